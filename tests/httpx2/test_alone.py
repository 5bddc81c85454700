"""httpx2 in a program that has no httpx; ``tests/httpx`` and ``tests/doors`` say how its calls go."""

import subprocess
import sys

import pytest

pytest.importorskip("httpx2", reason="the extra httpx2 is not installed")


def test_httpx_is_not_loaded(retired):
    """A program may call httpx2 by the name of httpx, which works only while nobody has loaded the other."""
    code = (
        "import sys; from shim import httpx2; import shim; shim.install(); "
        f"httpx2.get({retired!r}); httpx2.Client(transport=httpx2.Transport()).get({retired!r}); "
        "assert 'httpx' not in sys.modules; httpx2.alias_httpx(); import httpx; "
        f"print(httpx.__name__, shim.record(httpx.get({retired!r})).route)"
    )
    done = subprocess.run([sys.executable, "-W", "ignore", "-c", code], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == ("httpx2 flex\n", "")
