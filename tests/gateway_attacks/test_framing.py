"""Where one request ends and the next begins: versions, pipelines, upgrades, overheads, other people's clients."""

import contextlib
import json
import shutil
import subprocess

import pytest

from tests.gateway_attacks.crowds import holding
from tests.gateway_hostile.rows import RESTORES, SNAPSHOTS, post
from tests.peers.raw import EndedError, until
from tests.peers.served import ask, calling, gateway, get, status_of, value_of


@pytest.fixture(scope="module")
def site():
    """One gateway for all tests; the content of each reply is its request's target."""
    with holding() as upstream, gateway(upstream.origin) as served:
        yield upstream, served


def old(request: bytes) -> bytes:
    """Return a request as HTTP/1.0 has it."""
    return request.replace(b"HTTP/1.1", b"HTTP/1.0", 1)


@pytest.mark.parametrize(("request_bytes", "goes_on"), [
    (old(get("/x")), False), (old(get("/x", "Connection: close")), False),
    (old(get("/x", "Connection: close, keep-alive")), False), (old(get("/x", "Connection: keep-alive")), True),
    (old(get("/x", "Connection: TE, Keep-Alive")), True), (get("/x"), True),
    (get("/x", "Connection: close"), False), (get("/x", "Connection: CLOSE"), False),
    (get("/x", "Connection: x, close"), False),
])  # fmt: skip
def test_who_keeps_a_connection(site, request_bytes, goes_on):
    """HTTP/1.0 has to ask for more, HTTP/1.1 for less; behind a reply that says close there is nothing."""
    with calling(site[1]) as peer:
        peer.send(request_bytes + get("/second"))
        reply, content = peer.message()
        assert content == b"/x"
        if goes_on:
            assert peer.message()[1] == b"/second"
        else:
            assert value_of(reply, "Connection") == "close"
            assert not peer.rest()


@pytest.mark.parametrize("size", [7, 100_000])
def test_pipeline_of_all_kinds(site, size):
    """Wherever segments begin, each reply is where its request was, be it content, chunks, HEAD or a refused path."""
    inner = get("/inner")
    requests = (
        post(f"Content-Length: {len(inner)}", content=inner, target="/1"),
        get("/2", method="HEAD"),
        post("Transfer-Encoding: chunked", content=b"5\r\nhello\r\n0\r\nX: a\r\n\r\n", target="/3"),
        get("/4", "Content-Length: 0"),
        post("Content-Length: 3", content=b"\r\n\r", target="/5"),
        b"\r\n" + get("/6"),
        get("/x/../y"),
        get("/never"),
    )
    with calling(site[1]) as peer:
        data = b"".join(requests)
        for start in range(0, len(data), size):
            peer.send(data[start : start + size])
        assert peer.message()[1] == b"/1"
        assert value_of(peer.take(b"\r\n\r\n"), "Content-Length") == "2"
        assert [peer.message()[1] for _ in range(4)] == [b"/3", b"/4", b"/5", b"/6"]
        assert status_of(peer.message()[0]) == 400
        assert not peer.rest()


@pytest.mark.parametrize(("following", "content"), [(get("/y"), b"/y"), (b"junk\r\n\r\n", None)])
def test_pipeline_waits_for_the_one_before(site, following, content):
    """Replies come in the order of requests, also if the second is ready first, or is not HTTP."""
    upstream, served = site
    upstream.held.clear()
    upstream.go_on.clear()
    with calling(served) as peer:
        peer.send(get("/hold") + following)
        until(lambda: upstream.held, "a call in flight")
        assert status_of(ask(served, get("/other"))[0]) == 200
        upstream.go_on.set()
        assert peer.message()[1] == b"/hold"
        reply, said = peer.message()
        assert said == content or status_of(reply) == 400


@pytest.mark.parametrize("target", ["/x", SNAPSHOTS])
@pytest.mark.parametrize("protocol", ["h2c", "foo", "websocket", "h2c, websocket", "HTTP/2.0", "TLS/1.0", "h2c/1"])
def test_requests_behind_an_upgrade(site, protocol, target):
    """Nothing is upgraded: content is content, what follows is the next request, and all are answered in order."""
    upstream, served = site
    upstream.arrivals.contents.clear()
    lines = ("Connection: Upgrade, HTTP2-Settings", f"Upgrade: {protocol}", "HTTP2-Settings: AAMAAABkAAQ")
    chunks = post(*lines, "Transfer-Encoding: chunked", content=b"5\r\nhello\r\n0\r\n\r\n")
    with calling(served) as peer:
        peer.send(get(target, *lines) + post(*lines, "Content-Length: 5", content=b"hello") + chunks + get("/last"))
        peer.message()
        assert [peer.message()[1] for _ in range(3)] == [b"/x", b"/x", b"/last"]
        peer.send(get("/third"))
        assert peer.message()[1] == b"/third"
    assert upstream.arrivals.contents == [b"", b"hello", b"hello", b"", b""]


BIG = 1 << 20
CHUNKS = {
    "a chunk's extension": b"1;" + b"a" * BIG + b"\r\na\r\n0\r\n\r\n",
    "extensions of many chunks": (b"1;" + b"a" * 4000 + b"\r\na\r\n") * 256 + b"0\r\n\r\n",
    "zeros before a chunk's size": b"0" * BIG + b"1\r\na\r\n0\r\n\r\n",
    "one trailer": b"0\r\nX: " + b"a" * BIG + b"\r\n\r\n",
    "many trailers": b"0\r\n" + b"X: a\r\n" * (BIG // 6) + b"\r\n",
}
MUCH = {
    "target": get("/" + "x" * BIG),
    "query": get("/?" + "x" * BIG),
    "fields": get("/x", *(["X: a"] * (BIG // 6))),
    "value": get("/x", "X: " + "a" * BIG),
    "name": get("/x", "X" * BIG + ": a"),
    "method": b"A" * BIG,
    "no colon": b"GET /x HTTP/1.1\r\n" + b"a" * BIG,
    **{name: post("Transfer-Encoding: chunked", content=content) for name, content in CHUNKS.items()},
    **{
        f"{name}, retired": post("Transfer-Encoding: chunked", content=content, target=RESTORES)
        for name, content in CHUNKS.items()
    },
}


@pytest.mark.parametrize("what", MUCH)
def test_overhead_is_bounded(site, what):
    """A mebibyte that carries no content is refused, and the connection ends; nothing more of it is read."""
    with calling(site[1]) as peer:
        with contextlib.suppress(OSError):
            peer.send(MUCH[what])
        with contextlib.suppress(EndedError):
            reply, content = peer.message()
            assert status_of(reply) in {400, 413, 414, 431, 501}
            assert json.loads(content)["errorCode"].startswith("SHIM_")
            assert not peer.rest()
    assert status_of(ask(site[1], get("/next"))[0]) == 200


@pytest.mark.parametrize("size", [1000, 100_000])
def test_largest_head(site, size):
    """What is just below the limits passes, in one segment and in many."""
    request = get("/" + "x" * 8000, *(f"X-{number}: {'a' * 480}" for number in range(100)))
    with calling(site[1]) as peer:
        for start in range(0, len(request), size):
            peer.send(request[start : start + size])
        assert status_of(peer.message()[0]) == 200


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("options", [(), ("--http1.0",), ("--http2",), ("-H", "Expect: 100-continue", "-d", "@-")])
def test_curl(site, options):
    """Curl has both answers over one connection, whichever version it would rather have."""
    url = site[1].url
    command = ["curl", "-sS", "-m", "10", "-w", " %{http_code} %{num_connects};", *options, f"{url}/a", f"{url}/b"]
    run = subprocess.run(command, input=b"hello", capture_output=True, check=True)
    assert run.stdout.decode() == f"/a 200 1;/b 200 {int('--http1.0' in options)};"
