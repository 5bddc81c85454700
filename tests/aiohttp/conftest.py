"""A process that is clean before and after each test."""

import pytest

import shim
from tests.doors.process import *  # noqa: F403 - its fixtures


@pytest.fixture
def switched_on(clean_process):
    """The drop-in is on for the process."""
    shim.install()
