"""What is no retired call is sent and answered as plain httpx does it."""

import httpx as plain
import pytest

from shim import httpx
from tests.doors.calls import SNAPSHOTS
from tests.peers.answering import RawServer, reply

pytestmark = pytest.mark.usefixtures("either")

FLEX = b'{"results": [], "totalCount": 0}'


def echo(request):
    """Answer with fields that a door could be tempted to tidy up."""
    return reply("207 Odd", "x-odd: a", "X-Odd: b", "Content-Encoding: identity", "Server:", body=b"\x00\xff")


def chunks():
    """A body of unknown length."""
    yield b"one"
    yield b"two"


CALLS = [
    ("GET", "/", {}),
    (
        "GET",
        "/api/atlas/v2/groups/a/flexClusters?x=%2f%2F+%20&y=é",
        {"headers": {"Accept": "*/*", "X-Odd": "ü".encode()}},
    ),
    ("GET", SNAPSHOTS.replace("v1.0", "v2"), {"headers": {"Accept": "application/vnd.atlas.preview+json"}}),
    ("OPTIONS", f"{SNAPSHOTS}/", {}),
    ("DELETE", SNAPSHOTS, {"auth": ("user", "secret")}),
    (
        "POST",
        "/upload",
        {"files": {"f": ("a.txt", b"content")}, "headers": {"Content-Type": "multipart/form-data; boundary=b"}},
    ),
    ("POST", "/form", {"data": {"a": "1", "b": ["2", "3"]}, "cookies": {"c": "d"}}),
    ("PUT", "/json", {"json": {"ä": [1, 2.5, None]}, "params": {"q": "a b"}}),
    ("PATCH", "/stream", {"content": chunks, "headers": [("X", "1"), ("X", "2")]}),
    ("PURGE", "/%7euser/%2e%2e/x;y=1?", {}),
]


def exchanged(library, server, method, path, arguments):
    """Return the bytes of one request and what the caller sees of its response."""
    arguments = {name: value() if callable(value) else value for name, value in arguments.items()}
    cookies = arguments.pop("cookies", None)
    with library.Client(cookies=cookies) as client:
        response = client.request(method, f"{server.url}{path}", **arguments)
    request = server.requests.pop()
    seen = (response.status_code, response.reason_phrase, response.headers.raw, response.content, str(response.url))
    return request, seen, sorted(response.extensions), response.request.headers.raw


@pytest.mark.parametrize(("method", "path", "arguments"), CALLS)
def test_the_bytes_are_those_of_httpx(raw, method, path, arguments):
    """Request and response of a covered origin, compared with the plain client."""
    server = raw(lambda request: b"HTTP/1.1 204 Fine\r\n\r\n" if request.startswith(b"HEAD") else echo(request))
    ours = exchanged(httpx, server, method, path, arguments)
    assert ours == exchanged(plain, server, method, path, arguments)


async def test_the_bytes_are_those_of_httpx_for_async_clients(raw):
    """The same for AsyncClient."""
    server = raw(echo)
    for library in (plain, httpx):
        async with library.AsyncClient(http1=True) as client:
            await client.post(f"{server.url}/x?y=%2f", json={"a": 1}, auth=("user", "secret"))
    assert server.requests[0] == server.requests[1]


def test_the_request_is_the_callers_own_object(raw):
    """Nothing is copied on the way."""
    server = raw(echo)
    with httpx.Client() as client:
        request = client.build_request("GET", f"{server.url}/x")
        response = client.send(request=request)
    assert response.request is request


def test_a_proxy_of_the_environment_is_used(raw, monkeypatch):
    """For a retired call as for every other, and not with trust_env=False."""
    proxy = raw(lambda request: reply("200 OK", body=FLEX))
    origin = RawServer(lambda request: reply("200 OK", body=FLEX))
    with origin:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("NO_PROXY", "")
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", origin.url)
        assert httpx.get(f"{origin.url}{SNAPSHOTS}").json()["results"] == []
        assert (len(proxy.requests), len(origin.requests)) == (1, 0)
        assert proxy.targets()[0].startswith(f"{origin.url}/api/atlas/v2/groups/")
        assert httpx.get(f"{origin.url}{SNAPSHOTS}", trust_env=False).json()["results"] == []
        assert (len(proxy.requests), len(origin.requests)) == (1, 1)
