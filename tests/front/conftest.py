"""Fixtures: each test runs for every proxy."""

import pytest

from tests.front.proxies import PROXIES, recorded


@pytest.fixture(scope="module", params=PROXIES)
def proxy(request):
    """The name of a proxy."""
    return request.param


@pytest.fixture(scope="module")
def front(proxy, tmp_path_factory):
    """A proxy between two recorders: its address, Atlas, and the gateway."""
    with recorded(tmp_path_factory.mktemp(proxy), proxy) as found:
        yield found
