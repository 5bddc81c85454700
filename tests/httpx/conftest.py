"""Both libraries of the family, in a process that the drop-in has not changed."""

import importlib
from typing import Any

import pytest

from tests.doors.process import *  # noqa: F403 - its fixtures


@pytest.fixture(params=["httpx", "httpx2"])
def either(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Run a module's tests over both libraries.

    Returns the library.
    """
    plain = pytest.importorskip(request.param)
    monkeypatch.setattr(
        request.module, "httpx", importlib.import_module(f"shim.{request.param}")
    )
    if hasattr(request.module, "plain"):
        monkeypatch.setattr(request.module, "plain", plain)
    return plain
