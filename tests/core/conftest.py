"""What every test of the core may have."""

import pytest

from shim.core.documents import load_documents
from shim.core.engine import Engine
from tests.core.driver import SHIPPED


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The shipped documents."""
    return Engine(load_documents([SHIPPED]))
