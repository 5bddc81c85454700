"""What the tests of the family share."""

import contextlib
from typing import Any

import pytest

from shim.core.settings import RouteWord
from tests.family.doors import DOORS, WRITE_DOORS
from tests.family.replay import FILLED, caller, gateway
from tests.peers.scripted import by_side, upstream


@pytest.fixture(params=DOORS)
def door(request):
    """Each way in, in turn, not opened yet: a function of the upstream's origin, see ``doors``."""
    return DOORS[request.param]


@pytest.fixture(params=WRITE_DOORS)
def write_door(request):
    """Each way in for writes, likewise."""
    return WRITE_DOORS[request.param]


@pytest.fixture(scope="module")
def atlas():
    """An upstream on which a test puts its answers."""
    with upstream(by_side()) as running:
        yield running


@pytest.fixture(scope="module")
def clients(atlas):
    """Callers of gateways after the sunset, by route, and of one while the legacy instance reads meant something."""
    ways: dict[str, dict[str, Any]] = {
        **{route: {"route": route} for route in (RouteWord.AUTO, RouteWord.DATE, RouteWord.FLEX)},
        "filled": {"now": FILLED},
    }
    with contextlib.ExitStack() as stack:
        served = {name: stack.enter_context(gateway(atlas.origin, **way)) for name, way in ways.items()}
        yield {name: stack.enter_context(caller(one)) for name, one in served.items()}
