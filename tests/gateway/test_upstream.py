"""Connections to upstream, and proxies."""

import json
import socket
import threading

import pytest

from shim.core.settings import RouteWord
from shim.gateway.upstream.client import Proxy, proxy_for
from tests.peers.raw import (
    PATIENCE,
    Peer,
    converse,
    raw_upstream,
    reply,
    replying,
    until,
)
from tests.peers.served import ask, gateway, get, status_of, value_of


def error_of(head: bytes) -> str:
    """Return the error type in Proxy-Status."""
    said = value_of(head, "Proxy-Status") or ""
    assert said.startswith("atlas-shim; error="), said
    return said.removeprefix("atlas-shim; error=").partition(";")[0]


def test_a_closed_idle_connection_is_replaced():
    """The call succeeds at its first sending."""
    closed = threading.Event()

    def script(peer: Peer) -> None:
        peer.message()
        peer.send(reply())
        peer.socket.shutdown(socket.SHUT_RDWR)
        closed.set()

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        for turn in range(5):
            closed.clear()
            assert status_of(ask(served, get("/x", method="PUT"))[0]) == 200, turn
            assert closed.wait(PATIENCE)
        assert upstream.connections == 5


def test_a_connection_that_takes_too_long_is_504():
    """A full backlog answers no handshake."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        listener.listen(0)
        port = listener.getsockname()[1]
        fillers = [socket.socket() for _ in range(4)]
        for filler in fillers:
            filler.settimeout(0)
            filler.connect_ex(("127.0.0.1", port))
        with gateway(f"http://127.0.0.1:{port}", upstream_timeout=0.3) as served:
            head, _ = ask(served, get("/x"))
        for filler in fillers:
            filler.close()
    assert status_of(head) == 504
    assert error_of(head) == "connection_timeout"


@pytest.mark.parametrize(("scheme", "port"), [("http", 80), ("https", 443)])
def test_the_proxy_of_the_environment_is_used(monkeypatch, scheme, port):
    """Its CONNECT has the login; requests in the tunnel have not."""
    with replying(
        b"HTTP/1.1 407 Proxy Authentication Required\r\nContent-Length: 0\r\n\r\n"
    ) as proxy:
        monkeypatch.setenv(
            f"{scheme}_proxy", proxy.origin.replace("//", "//me:p%40ss@")
        )
        monkeypatch.setenv("no_proxy", "")
        with gateway(f"{scheme}://upstream.invalid") as served:
            head, _ = ask(served, get("/x", "Authorization: Bearer t"))
    assert status_of(head) == 502
    assert error_of(head) == "destination_unavailable"
    assert proxy.heads[0].startswith(b"CONNECT upstream.invalid:%d HTTP/1.1\r\n" % port)
    assert value_of(proxy.heads[0], "Proxy-Authorization") == "Basic bWU6cEBzcw=="
    assert value_of(proxy.heads[0], "Authorization") is None


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_failing_proxy_is_named(monkeypatch, caplog, scheme):
    """Response and log have its host and port, but not its login."""
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        where = f"127.0.0.1:{closed.getsockname()[1]}"
        monkeypatch.setenv(f"{scheme}_proxy", f"http://me:s3cret@{where}")
        monkeypatch.setenv("no_proxy", "")
        caplog.set_level("INFO")
        with gateway(f"{scheme}://upstream.invalid") as served:
            head, content = ask(served, get("/x"))
    assert status_of(head) == 502
    assert f"The proxy is {where}." in json.loads(content)["detail"]
    assert until(lambda: where in caplog.text, "the line of the call")
    assert "s3cret" not in f"{head!r}{content!r}{caplog.text}"


def test_no_proxy_is_followed(monkeypatch):
    """A host in NO_PROXY is called directly."""
    monkeypatch.setenv("http_proxy", "http://proxy.invalid:3128")
    monkeypatch.setenv("no_proxy", "upstream.test")
    assert proxy_for("http://upstream.test:81") is None
    assert proxy_for("http://other.test") == Proxy("proxy.invalid", 3128, login=None)


@pytest.mark.parametrize(("method", "is_told"), [("GET", False), ("POST", True)])
def test_an_interrupted_write_may_have_been_executed(method, is_told):
    """The response says so; for a read this is irrelevant."""
    with (
        raw_upstream(lambda peer: converse(peer, lambda *_: None)) as upstream,
        gateway(upstream.origin) as served,
    ):
        _, content = ask(
            served, get("/api/atlas/v2/groups", "Content-Length: 0", method=method)
        )
    assert (
        "whether it executed the call is unknown" in json.loads(content)["detail"]
    ) is is_told


TEAM = "/api/atlas/v2/orgs/o/teams/t/users"
NOBODY = reply(b'{"results": []}')
ADDED = reply(b"{}")


UNREADABLE = (502, "SHIM_UPSTREAM_UNREADABLE")
CUT = b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"
BROKEN = b"HTTP/1.1 ?"
SILENT = b""


@pytest.mark.parametrize(
    ("last", "told"),
    [
        (None, UNREADABLE),
        (CUT, UNREADABLE),
        (BROKEN, UNREADABLE),
        (SILENT, (504, "SHIM_UPSTREAM_TIMEOUT")),
    ],
)
@pytest.mark.parametrize("options", [{"deadline": 0.5}, {"upstream_timeout": 0.5}])
@pytest.mark.parametrize("done", [0, 1])
def test_a_connection_lost_between_writes(last, told, options, done):
    """The 502 or 504 says which writes were done, and nothing is sent twice."""
    replies = iter([NOBODY, *[ADDED] * done, last])
    arrived = list[bytes]()

    def answer(head, content):
        arrived.extend([content] if content else [])
        said = next(replies)
        if said in {CUT, BROKEN}:
            return iter([said])
        return said

    switched = {
        "route": RouteWord.SUCCESSOR,
        "writes": frozenset({"people"}),
        **options,
    }
    body = b'[{"id": "a"}, {"id": "b"}]'
    request = get(TEAM, f"Content-Length: {len(body)}", method="POST") + body
    with (
        raw_upstream(lambda peer: converse(peer, answer)) as upstream,
        gateway(upstream.origin, **switched) as served,
    ):
        head, content = ask(served, request)
    error = json.loads(content)
    added = 'Done before: POST /api/atlas/v2/orgs/o/teams/t:addUser {"id":"a"}.'
    assert (status_of(head), error["errorCode"]) == told
    assert [json.loads(one)["id"] for one in arrived] == ["a", "b"][: done + 1]
    assert (f" {added} See" in error["detail"]) == bool(done)


def test_a_file_has_the_media_type_of_the_callers_version():
    """Upstream uses the new version's type; the content is unchanged."""
    kind = "application/vnd.atlas.2023-0%d-01+gzip"
    file = b"\x1f\x8b...\x00"
    answer = reply(file, f"Content-Type: {kind % 2}")
    request = get(
        "/api/atlas/v2/groups/g/clusters/h/logs/mongodb.gz", f"Accept: {kind % 1}"
    )
    with (
        replying(answer) as upstream,
        gateway(upstream.origin, route=RouteWord.SUCCESSOR) as served,
    ):
        head, content = ask(served, request)
    assert value_of(head, "Content-Type") == kind % 1
    assert content == file
