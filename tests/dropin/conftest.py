"""Start and end each test with an unchanged process, and collect the warnings of a test."""

import inspect
import warnings
from collections.abc import Callable, Iterator

import pytest

from shim.errors import LegacyEndpointWarning
from tests.doors.process import *  # noqa: F403 - its fixtures


@pytest.fixture
def caught() -> Iterator[list[warnings.WarningMessage]]:
    """Every warning of a test, whatever the filters of the run are."""
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("always", LegacyEndpointWarning)
        yield seen


@pytest.fixture
def places(
    caught: list[warnings.WarningMessage], request: pytest.FixtureRequest
) -> Callable[[], list[int | str]]:
    """Return the places of the warnings in order: a line of the test's file, or the name of another file."""
    own = request.module.__file__
    return lambda: [
        one.lineno if one.filename == own else one.filename for one in caught
    ]


def line() -> int:
    """Return the line of the caller."""
    return inspect.stack()[1].lineno
