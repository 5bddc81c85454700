"""What every test of the core may have."""

import pytest

from shim.core.recognise import Engine
from shim.documents import load_documents
from tests.core.driver import SHIPPED


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The shipped documents."""
    return Engine(load_documents([SHIPPED]))
