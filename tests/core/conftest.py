"""What every test of the core may have."""

import pytest
from hypothesis import settings

from shim.core.documents import load_documents
from shim.core.engine import Engine
from tests.core.driver import SHIPPED

# A slow machine is no defect.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")


@pytest.fixture(scope="session")
def engine() -> Engine:
    """The shipped documents."""
    return Engine(load_documents([SHIPPED]))
