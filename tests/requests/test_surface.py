# mypy: disable-error-code="attr-defined, union-attr, override, arg-type, var-annotated"
# (requests types responses as possibly missing; a test that is wrong about that fails by itself)
"""``from shim import requests`` has what requests has; untouched calls are requests' own, byte for byte."""

import importlib
import inspect
import io
import pkgutil
import subprocess
import sys

import pytest
import requests as plain

from shim import requests
from tests.doors.calls import SNAPSHOTS
from tests.peers.answering import reply

OURS = {"Session", "session", "request", "get", "options", "head", "post", "put", "patch", "delete"}
MODULES = [info.name for info in pkgutil.iter_modules(plain.__path__) if not info.name.startswith("_")]


def public(module):
    return {name for name in vars(module) if not name.startswith("_")}


def test_every_public_name_is_there():
    """Ours where the rewrite is, requests' own object everywhere else."""
    for name in public(plain) - OURS - {"api", "sessions"}:
        assert getattr(requests, name) is getattr(plain, name), name
    for name in OURS:
        assert getattr(requests, name) is not getattr(plain, name), name
    assert set(requests.__all__) == set(getattr(plain, "__all__", public(plain)))
    assert requests.__version__ == plain.__version__


def test_a_star_import_brings_the_same_names():
    """Whether or not requests says which: before 2.34 it brings all that are public."""
    brought = [{}, {}]
    exec("from requests import *", brought[0])
    exec("from shim.requests import *", brought[1])
    assert set(brought[0]) == set(brought[1])


def test_no_public_name_is_added():
    """No module, type or helper of ours has one in the package."""
    assert public(requests) <= public(plain) | set(MODULES) | {"Adapter"}


@pytest.mark.parametrize("name", MODULES)
def test_every_module_can_be_imported_by_name(name):
    """As requests' own module, but for the two that hold what is ours."""
    module = importlib.import_module(f"shim.requests.{name}")
    original = importlib.import_module(f"requests.{name}")
    if name in {"api", "sessions"}:
        own = {key for key, value in vars(original).items() if getattr(value, "__module__", None) == original.__name__}
        assert all(getattr(module, key) is getattr(original, key) for key in own - OURS)
        assert all(getattr(module, key) is getattr(requests, key) for key in own & OURS)
    else:
        assert module is original
    assert getattr(requests, name) is module


def test_modules_below_packages_can_be_imported_by_name():
    """Tutorials reach urllib3's Retry that way."""
    code = (
        "from shim.requests.packages.urllib3.util.retry import Retry; import urllib3; "
        "assert Retry is urllib3.util.Retry; "
        "from shim import requests; requests.packages.urllib3.disable_warnings()"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize("name", sorted(OURS - {"Session"}))
def test_signatures_are_requests_own(name):
    """For people, type checkers and inspect alike."""
    assert inspect.signature(getattr(requests, name)) == inspect.signature(getattr(plain, name))
    assert getattr(requests, name).__doc__ == getattr(plain, name).__doc__


def test_a_session_is_a_requests_session():
    """So that isinstance and except clauses of other libraries hold."""
    assert issubclass(requests.Session, plain.Session)
    assert isinstance(requests.session(), requests.Session)


def arrivals(library, raw, calls):
    """Make the calls with a library against a raw server, and return what arrived, without its port."""
    server = raw(lambda request: reply("200 OK", "Set-Cookie: a=b; Path=/", body=b"{}"))
    calls(library, server.url)
    return [request.replace(server.url[7:].encode(), b"host") for request in server.requests]


def ordinary(library, url):
    session = library.Session()
    session.headers["X-Session"] = "1"
    session.get(f"{url}/a b?x=%2f#frag", params={"q": ["1", "ü"]}, auth=("u", "p"))
    session.post(f"{url}/json", json={"a": 1})
    session.post(f"{url}/form", data={"a": "1"}, cookies={"c": "d"})
    session.put(f"{url}/stream", data=iter([b"one", b"two"]))
    session.post(f"{url}/file", data=io.BytesIO(b"content"))
    session.delete(f"{url}/api/atlas/v2/groups/{'0' * 24}/flexClusters/a", headers={"Accept": "application/json"})
    session.post(
        f"{url}/api/atlas/v2/groups/{'0' * 24}/flexClusters", data=(b"%d" % i for i in range(3)), auth=("u", "p")
    )
    session.patch(f"{url}/api/atlas/v1.0/groups/{'0' * 24}/clusters/a", json={}, auth=None)
    library.head(f"{url}/head", timeout=5)
    library.options(f"{url}/options", timeout=5)
    session.send(session.prepare_request(library.Request("get", f"{url}/prepared")))
    session.send(library.Request("GET", f"{url}/api/atlas/v2/groups", headers={"X-Latin": b"\xe9"}).prepare())


def test_untouched_calls_are_byte_for_byte_those_of_requests(raw):
    """Methods, fields, their order, bodies, framing and cookies; Atlas' other endpoints included."""
    assert arrivals(requests, raw, ordinary) == arrivals(plain, raw, ordinary)


def test_untouched_responses_are_requests_own(raw):
    """Nothing is added to them."""
    server = raw(lambda request: reply("200 OK", body=b"{}"))
    seen = [library.get(f"{server.url}/x", timeout=5) for library in (requests, plain)]
    assert set(vars(seen[0])) == set(vars(seen[1]))
    assert set(vars(seen[0].request)) == set(vars(seen[1].request))


@pytest.mark.parametrize(
    "url", ["nonsense", "http://", "http://*x", "https://[", "mailto:a@b", "http://a:port/api/atlas/v2/"]
)
def test_what_is_wrong_with_a_url_is_said_by_requests(url):
    """The same exception with the same words."""
    seen = []
    for library in (requests, plain):
        with pytest.raises(plain.RequestException) as caught:
            library.get(url, timeout=5)
        seen.append((type(caught.value), str(caught.value)))
    assert seen[0] == seen[1]


def test_what_is_set_on_the_sessions_module_is_what_requests_uses(raw, monkeypatch):
    """As its own tests do with netrc; for a retired call as for any."""
    server = raw(lambda request: reply("200 OK", body=b'{"results": [], "totalCount": 0}'))
    monkeypatch.setattr(requests.sessions, "get_netrc_auth", lambda url: ("user", "pass"))
    requests.get(f"{server.url}/x", timeout=5)
    requests.get(f"{server.url}{SNAPSHOTS}", timeout=5)
    monkeypatch.undo()
    assert all(b"Basic dXNlcjpwYXNz" in request for request in server.requests)
    assert requests.sessions.get_netrc_auth is plain.utils.get_netrc_auth
