"""Fixtures: each test begins and ends without flags and providers."""

import pytest
from openfeature import api

from shim.doors import process


@pytest.fixture(autouse=True)
def _flags(monkeypatch):
    monkeypatch.setattr(process, "_flags", {})
    yield
    for flag in process._flags.values():
        flag.stop()
    api.clear_providers()
