"""A process that is clean and has the drop-in off before and after each test."""

from collections.abc import Iterator

import pytest

import shim
from tests.requests import conftest as door

clean_process, closing, early = door.clean_process, door.closing, door.early
atlas, retired, raw = door.atlas, door.retired, door.raw


@pytest.fixture(autouse=True)
def off() -> Iterator[None]:
    """Whatever a test switches on is off again."""
    shim.uninstall()
    yield
    shim.uninstall()
