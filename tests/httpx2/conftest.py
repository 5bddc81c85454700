"""A clean process, with the drop-in off before and after each test."""

from tests.auto import conftest as door

clean_process, early, off = door.clean_process, door.early, door.off
atlas, retired, raw = door.atlas, door.retired, door.raw
