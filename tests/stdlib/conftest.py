"""A process that is clean and has the drop-in on during each test."""

import pytest

import shim
from tests.doors.process import *  # noqa: F403 - its fixtures


@pytest.fixture(autouse=True)
def on(off: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The drop-in is on, and openers find no proxy."""
    shim.install()
