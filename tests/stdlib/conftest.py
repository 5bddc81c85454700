"""Start and end each test with an unchanged process, and switch the drop-in on during the test."""

import pytest

import shim
from tests.doors.process import *  # noqa: F403 - its fixtures


@pytest.fixture(autouse=True)
def on(off: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch the drop-in on, and let openers find no proxy."""
    shim.install()
