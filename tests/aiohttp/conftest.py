"""A clean process for each test, the fake Atlas on a socket, and an Atlas that answers as a test says."""

import pytest

import shim
from tests.requests import conftest as door

clean_process, early = door.clean_process, door.early
atlas, retired, raw = door.atlas, door.retired, door.raw


@pytest.fixture
def switched_on(clean_process):
    """The drop-in is on for the process."""
    shim.install()
    yield
    shim.uninstall()
