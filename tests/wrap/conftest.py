"""A process that is clean and has the drop-in off before and after each test."""

from tests.auto import conftest as process

clean_process, closing, early, off = process.clean_process, process.closing, process.early, process.off
atlas, retired, raw = process.atlas, process.retired, process.raw
