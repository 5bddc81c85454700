"""A process that is clean and has the drop-in off before and after each test, and a manager that is closed."""

from collections.abc import Iterator

import pytest

from shim import urllib3
from tests.auto import conftest as door

clean_process, closing, early, off = door.clean_process, door.closing, door.early, door.off
atlas, retired, raw = door.atlas, door.retired, door.raw


@pytest.fixture
def http() -> Iterator[urllib3.PoolManager]:
    """A manager of ours with one connection to each host, for which a call has to wait."""
    with urllib3.PoolManager(maxsize=1, block=True) as manager:
        yield manager
