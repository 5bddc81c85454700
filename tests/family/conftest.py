"""Fixtures for the tests of the family."""

import contextlib

import pytest

from shim.core.settings import RouteWord
from tests.core.conftest import engine  # noqa: F401 - a fixture
from tests.family.doors import WRITE_DOORS
from tests.family.replay import AFTER, caller
from tests.peers.scripted import by_side, upstream
from tests.peers.served import gateway


@pytest.fixture(params=WRITE_DOORS)
def door(request):
    """Each entry point in turn, not opened yet: a function of the upstream's origin, see ``doors``."""
    return WRITE_DOORS[request.param]


@pytest.fixture(scope="module")
def atlas():
    """An upstream whose replies a test sets."""
    with upstream(by_side()) as running:
        yield running


@pytest.fixture(scope="module")
def clients(atlas):
    """Callers of gateways after the sunset, by route."""
    with contextlib.ExitStack() as stack:
        routes = (RouteWord.AUTO, RouteWord.DATE, RouteWord.FLEX)
        served = {
            route: stack.enter_context(gateway(atlas.origin, route=route, now=AFTER))
            for route in routes
        }
        yield {route: stack.enter_context(caller(one)) for route, one in served.items()}
