# mypy: disable-error-code="attr-defined, union-attr, var-annotated, comparison-overlap"
# (urllib3's types hide what it imports; a test that is wrong about that fails by itself)
"""``from shim import urllib3`` has what urllib3 has; untouched calls are urllib3's own, byte for byte."""

import importlib
import inspect
import io
import pkgutil
import subprocess
import sys

import pytest
import urllib3 as plain

from shim import urllib3
from tests.peers.answering import reply

OLD = plain.__version__.startswith("1.")
CLASSES = {"HTTPConnectionPool", "HTTPSConnectionPool", "PoolManager", "ProxyManager"}
OURS = CLASSES | {"connection_from_url", "proxy_from_url"} | (set() if OLD else {"request"})
MODULES = [info.name for info in pkgutil.iter_modules(plain.__path__) if not info.name.startswith("_")]


def public(module):
    return {name for name in vars(module) if not name.startswith("_")}


def test_every_public_name_is_there():
    """Ours where retired calls are served, urllib3's own object everywhere else."""
    for name in public(plain) - OURS - {"connectionpool", "poolmanager"}:
        assert getattr(urllib3, name) is getattr(plain, name), name
    for name in OURS:
        assert getattr(urllib3, name) is not getattr(plain, name), name
    assert set(urllib3.__all__) == set(plain.__all__)
    assert urllib3.__version__ == plain.__version__


def test_a_star_import_brings_the_same_names():
    """Those that urllib3 says."""
    brought = [{}, {}]
    exec("from urllib3 import *", brought[0])
    exec("from shim.urllib3 import *", brought[1])
    assert set(brought[0]) == set(brought[1])


def test_no_public_name_is_added():
    """No module, type or helper of ours has one in the package."""
    assert public(urllib3) <= public(plain) | set(MODULES)


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_imported_by_name(name):
    """As urllib3's own module, but for the two that hold what is ours."""
    module, original = importlib.import_module(f"shim.urllib3.{name}"), importlib.import_module(f"urllib3.{name}")
    if name in {"connectionpool", "poolmanager"}:
        own = {key for key, value in vars(original).items() if getattr(value, "__module__", None) == original.__name__}
        assert all(getattr(module, key) is getattr(original, key) for key in own - OURS)
        assert all(getattr(module, key) is getattr(urllib3, key) for key in own & OURS)
    else:
        assert module is original


def test_modules_below_can_be_imported_by_name():
    """Generated clients reach SOCKSProxyManager that way; what nothing has loaded yet stands on what is ours then."""
    code = (
        "import sys, types; sys.modules['socks'] = types.ModuleType('socks');"  # PySocks need not be there
        "from shim.urllib3.util.retry import Retry; import urllib3; assert Retry is urllib3.Retry;"
        "from shim import urllib3 as ours; from shim.urllib3.contrib.socks import SOCKSProxyManager;"
        "assert issubclass(SOCKSProxyManager, ours.PoolManager)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_is_made_is_what_urllib3_makes():
    """So that isinstance and except clauses of other libraries hold."""
    for name in CLASSES:
        assert issubclass(getattr(urllib3, name), getattr(plain, name))
    assert issubclass(urllib3.HTTPSConnectionPool, urllib3.HTTPConnectionPool)
    assert issubclass(urllib3.ProxyManager, urllib3.PoolManager)
    pool = urllib3.connection_from_url("https://a.example")
    assert (type(pool), pool.scheme, pool.host, pool.port) == (urllib3.HTTPSConnectionPool, "https", "a.example", 443)
    assert (
        urllib3.connection_from_url("http://a.example:0").port == plain.connection_from_url("http://a.example:0").port
    )
    assert type(urllib3.PoolManager().connection_from_url("http://a.example")) is urllib3.HTTPConnectionPool
    assert urllib3.proxy_from_url("http://a.example").proxy.host == "a.example"


@pytest.mark.parametrize("name", sorted(OURS - CLASSES))
def test_signatures_are_urllib3s_own(name):
    """As people and inspect see them."""
    assert getattr(urllib3, name).__doc__ == getattr(plain, name).__doc__
    if name == "request":
        assert inspect.signature(urllib3.request).parameters.keys() >= {"method", "url"}


def arrivals(library, raw):
    """Make ordinary calls with a library against a raw server, and return what arrived, without its port."""
    server = raw(lambda request: reply("200 OK", body=b"{}"))
    url = server.url
    flex = f"{url}/api/atlas/v2/groups/{'0' * 24}/flexClusters"
    with library.PoolManager(headers={"X-Manager": "1"}) as http, library.connection_from_url(url) as pool:
        http.request("GET", f"{url}/a b?x=%2f#frag", fields={"q": "ü"})
        http.request("POST", f"{url}/form", fields={"a": "1"}, encode_multipart=False)
        http.request("PUT", f"{url}/stream", body=iter([b"one", b"two"]), headers={"X": "y"})
        http.request("POST", f"{url}/file", body=io.BytesIO(b"content"), preload_content=False).drain_conn()
        http.request("DELETE", f"{flex}/a", headers={"Accept": "application/json", "Authorization": "Basic abc"})
        http.urlopen("POST", flex, redirect=True, body="text")
        pool.urlopen("PATCH", f"/api/atlas/v1.0/groups/{'0' * 24}/clusters/a", b"{}", {"Content-Type": "a/b"})
        pool.request("HEAD", "/api/atlas/v2/groups")
    with library.ProxyManager(url) as proxy:
        proxy.request("GET", "http://atlas.example/api/atlas/v2/groups")
    return [request.replace(url[7:].encode(), b"host") for request in server.requests]


def test_untouched_calls_are_byte_for_byte_those_of_urllib3(raw):
    """Methods, fields, their order, bodies and framing; Atlas' other endpoints included."""
    assert arrivals(urllib3, raw) == arrivals(plain, raw)


@pytest.mark.parametrize("url", ["http://", "http://*x:y", "http://[", "mailto:a@b", "http://a:port/api/atlas/v2/"])
def test_what_is_wrong_with_a_url_is_said_by_urllib3(url):
    """The same exception with the same words."""
    seen = []
    for library in (urllib3, plain):
        with library.PoolManager() as http, pytest.raises(plain.exceptions.HTTPError) as caught:
            http.request("GET", url, retries=False, timeout=1)
        seen.append((type(caught.value), str(caught.value)))
    assert seen[0] == seen[1]


def test_what_is_set_on_a_module_is_set_where_urllib3_looks(monkeypatch):
    """And put back."""
    before = plain.poolmanager.parse_url
    monkeypatch.setattr(urllib3.poolmanager, "parse_url", len)
    assert plain.poolmanager.parse_url is len
    monkeypatch.undo()
    assert plain.poolmanager.parse_url is urllib3.poolmanager.parse_url is before
