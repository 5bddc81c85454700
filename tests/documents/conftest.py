"""The invented APIs, and ways in to a process that has them by one variable."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from tests.family.doors import DOORS

APIS = Path(__file__).parent / "apis"


@pytest.fixture(autouse=True)
def surroundings(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> None:
    """The process has the documents."""
    folder = request.getfixturevalue("folder") if "folder" in request.fixturenames else APIS
    monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(folder))


@pytest.fixture(params=DOORS)
def door(request: pytest.FixtureRequest) -> Callable[[str], Any]:
    """Each way in, in turn, after the sunset: a function of the upstream's origin."""
    return partial(DOORS[request.param], over=True)
