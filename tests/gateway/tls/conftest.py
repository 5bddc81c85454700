"""Both event loops, and frequent checks of files."""

import sys

import pytest
import trustme

from tests.gateway.tls.worlds import Mount


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """Check the files often."""
    monkeypatch.setattr("shim.gateway.watch.EVERY", 0.02)


@pytest.fixture(params=["uvloop", pytest.param("asyncio", marks=pytest.mark.slow)])
def loop(request, monkeypatch):
    """Run the gateway on each of the loops, because each has its own TLS."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    else:
        monkeypatch.setitem(sys.modules, "uvloop", None)


@pytest.fixture(scope="session")
def authority():
    """Return the authority of the gateway's certificates."""
    return trustme.CA()


@pytest.fixture
def mount(tmp_path):
    """Return a folder whose files are all replaced at once."""
    return Mount(tmp_path)
