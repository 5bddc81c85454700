"""Fixtures for tests that make retired calls.

Add ``pytest_plugins = ["shim.testing"]`` to your conftest.py.

``atlas_shim_off`` lets mocks of retired URLs match. ``fake_atlas`` is a running Atlas
after the sunset. They are not a pytest entry point, because that would slow down every
test run on a machine with atlas-shim.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from shim.fake.server import FakeServer


@pytest.fixture
def atlas_shim_off() -> Iterator[None]:
    """Switch the shim off in this test, however it was switched on.

    Calls go where the program sends them.

    The shim is also off in Pythons that the test starts.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ATLAS_SHIM_ROUTE", "off")
        yield


@pytest.fixture
def fake_atlas() -> Iterator[FakeServer]:
    """A fake Atlas after the sunset, on a socket of this machine.

    ``url`` is its origin, and ``fake`` the FakeAtlas.

    The shim covers its origin, and has learned nothing from other tests.
    ``fake.arrivals`` are the requests that reached it; ``shim.fake`` has its group,
    cluster and keys.
    """
    server = import_module("shim.fake.server")
    process = import_module("shim.doors.process")
    memory = import_module("shim.core.route")
    with pytest.MonkeyPatch.context() as patch, server.FakeServer() as running:
        patch.setenv("ATLAS_SHIM_UPSTREAM", running.url)
        patch.delenv("ATLAS_SHIM_ROUTE", raising=False)
        patch.setattr(process, "MEMORY", memory.Memory())
        yield running
