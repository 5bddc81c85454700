"""Fixtures for the tests of the core."""

import pytest

from shim.core.recognize import Engine, shared_engine


@pytest.fixture(scope="session")
def engine() -> Engine:
    """Return the shipped mapping documents."""
    return shared_engine({})
