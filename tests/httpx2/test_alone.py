"""httpx2 in a program without httpx; ``tests/httpx`` and ``tests/doors`` test its calls."""

import pytest

from tests.peers.pythons import said

pytest.importorskip("httpx2", reason="the extra httpx2 is not installed")


def test_httpx_is_not_loaded(atlas, retired):
    """A program may import httpx2 as httpx, which works only if httpx was not loaded before."""
    code = (
        "import sys; from shim import httpx2; import shim; shim.install(); "
        f"httpx2.get({retired!r}); "
        "assert 'httpx' not in sys.modules; httpx2.alias_httpx(); import httpx; "
        f"print(httpx.__name__, shim.record(httpx.get({retired!r})).route)"
    )
    assert said(code, ATLAS_SHIM_UPSTREAM=atlas.url) == "httpx2 flex"
