"""What these tests share: either loop, and looks at files that come fast."""

import sys

import pytest
import trustme

from tests.gateway.tls.worlds import Mount


@pytest.fixture(autouse=True)
def fast(monkeypatch):
    """Look at the files again and again."""
    monkeypatch.setattr("shim.gateway.watch.EVERY", 0.02)


@pytest.fixture(params=["uvloop", pytest.param("asyncio", marks=pytest.mark.slow)])
def loop(request, monkeypatch):
    """Run the gateway on each of the loops: TLS is each one's own."""
    if request.param == "uvloop":
        pytest.importorskip("uvloop", reason="uvloop is not installed")
    else:
        monkeypatch.setitem(sys.modules, "uvloop", None)


@pytest.fixture(scope="session")
def authority():
    """Return who vouches for the gateway's certificates."""
    return trustme.CA()


@pytest.fixture
def mount(tmp_path):
    """Return a folder of files that are replaced at once."""
    return Mount(tmp_path)
