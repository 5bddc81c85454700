"""Start and end each test with a process that the drop-in has not changed."""

import pytest

import shim
from tests.doors.process import *  # noqa: F403 - its fixtures


@pytest.fixture
def switched_on(clean_process):
    """Switch the drop-in on for the process."""
    shim.install()
