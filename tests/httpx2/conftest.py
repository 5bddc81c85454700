"""A clean process that has httpx2, with the drop-in off before and after each test."""

import pytest

from tests.auto import conftest as door

pytest.importorskip("httpx2", reason="the extra httpx2 is not installed")

clean_process, early, off = door.clean_process, door.early, door.off
atlas, retired, raw = door.atlas, door.retired, door.raw
