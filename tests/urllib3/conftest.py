"""A manager that is closed, in a process that the drop-in has not changed."""

from collections.abc import Iterator

import pytest

from shim import urllib3
from tests.doors.process import *  # noqa: F403 - its fixtures


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    """The shim's manager with one connection to each host, for which a call has to wait."""
    with urllib3.PoolManager(maxsize=1, block=True) as manager:
        yield manager
