"""A process that is clean and has the drop-in on during each test."""

import pytest

import shim
from tests.auto import conftest as door

clean_process, early, off = door.clean_process, door.early, door.off
atlas, retired, raw = door.atlas, door.retired, door.raw


@pytest.fixture(autouse=True)
def on(off: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The drop-in is on, and openers find no proxy."""
    shim.install()
