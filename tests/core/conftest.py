"""What every test of the core may have."""

import pytest

from shim.core.recognise import Engine, shared_engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The shipped documents."""
    return shared_engine({})
