"""What these tests share: each runs for every proxy, with no setting of the machine taking part."""

import os

import pytest

from tests.front.proxies import PROXIES, recorded


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith(("ATLAS_SHIM_", "MONGODB_ATLAS_", "MCLI_"))]:
        monkeypatch.delenv(name)


@pytest.fixture(scope="module", params=PROXIES)
def proxy(request):
    """The name of a proxy."""
    return request.param


@pytest.fixture(scope="module")
def front(proxy, tmp_path_factory):
    """A proxy between two recorders: where it takes calls, Atlas, and the gateway."""
    with recorded(tmp_path_factory.mktemp(proxy), proxy) as found:
        yield found
