"""Framing that the tables of ``gateway_hostile`` don't have: versions, pipelines, overheads, other clients."""

import contextlib
import http.client
import json
import shutil
import subprocess
from urllib.parse import urlsplit

import pytest

from tests.gateway_attacks.crowds import holding
from tests.gateway_hostile.rows import SNAPSHOTS, first, post
from tests.peers.raw import EndedError, until
from tests.peers.served import ask, calling, gateway, get, status_of, value_of


@pytest.fixture(scope="module")
def site():
    """One gateway for all tests; the content of each reply is its request's target."""
    with holding() as upstream, gateway(upstream.origin) as served:
        yield upstream, served


def old(target: str, *lines: str) -> bytes:
    """Return a GET of HTTP/1.0."""
    return "\r\n".join((f"GET {target} HTTP/1.0", "Host: shim.test", *lines, "", "")).encode()


@pytest.mark.parametrize("lines", [(), ("Connection: close",), ("Connection: close, keep-alive",)])
def test_http_1_0_ends(site, lines):
    """HTTP/1.0 without keep-alive is one request and one reply, without chunks."""
    with calling(site[1]) as peer:
        peer.send(old("/x", *lines) + old("/never"))
        reply = peer.take(b"\r\n\r\n")
        assert status_of(reply) == 200
        assert b"chunked" not in reply.lower()
        assert peer.rest() == b"/x"


@pytest.mark.parametrize("word", ["keep-alive", "Keep-Alive", "TE, keep-alive"])
def test_http_1_0_that_is_kept(site, word):
    """HTTP/1.0 with keep-alive goes on where the reply says so, and ends where it doesn't."""
    with calling(site[1]) as peer:
        peer.send(old("/x", f"Connection: {word}"))
        reply, content = peer.message()
        assert content == b"/x"
        if "keep-alive" in (value_of(reply, "Connection") or "").lower():
            peer.send(old("/y"))
            assert peer.message()[1] == b"/y"
        assert not peer.rest()


def test_http_1_0_and_a_translated_call(site):
    """Own replies of any kind are framed for HTTP/1.0 as well."""
    with calling(site[1]) as peer:
        peer.send(old(SNAPSHOTS))
        reply = peer.take(b"\r\n\r\n")
        assert b"chunked" not in reply.lower()
        peer.rest()


@pytest.mark.parametrize("lines", [("Connection: close",), ("Connection: CLOSE",), ("Connection: x, close",)])
def test_close_is_obeyed(site, lines):
    """A request that says close is the last one."""
    with calling(site[1]) as peer:
        peer.send(get("/x", *lines) + get("/never"))
        reply, content = peer.message()
        assert (content, value_of(reply, "Connection")) == (b"/x", "close")
        assert not peer.rest()


@pytest.mark.parametrize("split", [0, 1, 7, 100])
def test_hundred_requests_in_one_segment(site, split):
    """All are answered in their order, wherever segments begin."""
    requests = b"".join(get(f"/{number}") for number in range(100))
    with calling(site[1]) as peer:
        for start in range(0, len(requests), split or len(requests)):
            peer.send(requests[start : start + (split or len(requests))])
        assert [peer.message()[1] for _ in range(100)] == [b"/%d" % number for number in range(100)]


def test_pipeline_of_all_kinds(site):
    """Contents, chunks, HEAD, a refused path's end: each reply is where its request was."""
    requests = (
        post("Content-Length: 5", content=b"hello", target="/1"),
        get("/2", method="HEAD"),
        post("Transfer-Encoding: chunked", content=b"5\r\nhello\r\n0\r\nX: a\r\n\r\n", target="/3"),
        get("/4", "Content-Length: 0"),
        post("Content-Length: 3", content=b"\r\n\r", target="/5"),
        b"\r\n" + get("/6"),
        get("/x/../y"),
        get("/never"),
    )
    with calling(site[1]) as peer:
        peer.send(b"".join(requests))
        assert peer.message()[1] == b"/1"
        assert value_of(peer.take(b"\r\n\r\n"), "Content-Length") == "2"
        assert [peer.message()[1] for _ in range(4)] == [b"/3", b"/4", b"/5", b"/6"]
        assert status_of(peer.message()[0]) == 400
        assert not peer.rest()


def test_pipeline_waits_for_the_one_before(site):
    """Replies come in the order of requests, also when the second is ready first."""
    upstream, served = site
    with calling(served) as peer:
        peer.send(get("/hold") + get("/y"))
        until(lambda: upstream.held, "a call in flight")
        assert status_of(ask(served, get("/other"))[0]) == 200
        upstream.go_on.set()
        assert [peer.message()[1] for _ in range(2)] == [b"/hold", b"/y"]


def refused(served, request: bytes, statuses: set[int]) -> None:
    """See that a request that is sent as far as it is taken is refused, and the connection ended."""
    with calling(served) as peer:
        with contextlib.suppress(OSError):
            peer.send(request)
        try:
            reply, content = peer.message()
        except EndedError:
            return
        assert status_of(reply) in statuses
        assert json.loads(content)["errorCode"].startswith("SHIM_")
        assert not peer.rest()


BIG = 1 << 20
OVERHEADS = {
    "a chunk's extension": b"1;" + b"a" * BIG + b"\r\na\r\n0\r\n\r\n",
    "extensions of many chunks": (b"1;" + b"a" * 4000 + b"\r\na\r\n") * 256 + b"0\r\n\r\n",
    "zeros before a chunk's size": b"0" * BIG + b"1\r\na\r\n0\r\n\r\n",
    "one trailer": b"0\r\nX: " + b"a" * BIG + b"\r\n\r\n",
    "many trailers": b"0\r\n" + b"X: a\r\n" * (BIG // 6) + b"\r\n",
}


@pytest.mark.parametrize("target", ["/x", SNAPSHOTS.replace("snapshots", "restoreJobs")], ids=["passed", "retired"])
@pytest.mark.parametrize("what", OVERHEADS)
def test_overhead_of_chunks(site, what, target):
    """Bytes that carry no content are bounded: a mebibyte of them is refused."""
    refused(site[1], post("Transfer-Encoding: chunked", content=OVERHEADS[what], target=target), {400, 413, 431})
    assert status_of(ask(site[1], get("/next"))[0]) == 200


def test_small_chunks(site):
    """Content in chunks of one byte is slow, and no fault."""
    upstream, served = site
    upstream.arrivals.contents.clear()
    content = b"1\r\na\r\n" * 20_000 + b"0\r\n\r\n"
    assert status_of(ask(served, post("Transfer-Encoding: chunked", content=content))[0]) == 200
    assert upstream.arrivals.contents == [b"a" * 20_000]


@pytest.mark.parametrize(
    ("request_bytes", "statuses"),
    [
        (get("/" + "x" * 20_000), {414}),
        (get("/?" + "x" * 20_000), {414}),
        (get("/" + "x" * BIG), {414}),
        (get("/x", *(f"X-{number}: {'a' * 7000}" for number in range(10))), {431}),
        (get("/x", *(f"X-{number}: a" for number in range(200))), {431}),
        (get("/x", *(f"X: {'a' * 10}" for _ in range(100_000))), {431}),
        (get("/x", "X: " + "a" * BIG), {431}),
        (get("/x", "X" * BIG + ": a"), {431}),
        (b"A" * BIG, {400, 414, 501}),
        (b"GET /x HTTP/1.1\r\n" + b"a" * BIG, {400, 431}),
    ],
    ids=[
        "target", "query", "huge target", "fields of 70 KB", "200 fields", "100,000 fields", "huge value", "huge name",
        "huge method", "no colon",
    ],
)  # fmt: skip
def test_heads_that_are_too_large(site, request_bytes, statuses):
    """Each has its status, and nothing more of it is read."""
    refused(site[1], request_bytes, statuses)
    assert status_of(ask(site[1], get("/next"))[0]) == 200


def test_largest_head(site):
    """What is just below the limits passes, in one segment and in many."""
    lines = [f"X-{number}: {'a' * 480}" for number in range(100)]
    request = get("/" + "x" * 8000, *lines)
    for size in (len(request), 1000):
        with calling(site[1]) as peer:
            for start in range(0, len(request), size):
                peer.send(request[start : start + size])
            assert status_of(peer.message()[0]) == 200


@pytest.mark.parametrize("host", ["shim.test", "SHIM.TEST", "shim.test:80"])
def test_absolute_form(site, host):
    """A target in absolute form that names the host of the request is its path (RFC 9112, 3.2.2), or is refused."""
    upstream, served = site
    upstream.arrivals.heads.clear()
    with calling(served) as peer:
        peer.send(first(f"GET http://{host}/x HTTP/1.1").replace(b"Host: shim.test", f"Host: {host}".encode()))
        reply, content = peer.message()
    assert status_of(reply) in {200, 400, 421}
    if status_of(reply) == 200:
        assert content == b"/x"
        assert upstream.arrivals.heads[0].startswith(b"GET /x HTTP/1.1\r\n")


@pytest.mark.parametrize("count", [1, 2, 10])
def test_empty_lines_before_a_request(site, count):
    """A few empty lines are skipped (RFC 9112, 2.2), also between requests."""
    with calling(site[1]) as peer:
        for _ in range(2):
            peer.send(b"\r\n" * count + get("/x"))
            assert peer.message()[1] == b"/x"


def test_http_client(site):
    """The standard library's client makes all its calls over one connection."""
    url = urlsplit(site[1].url)
    client = http.client.HTTPConnection(url.hostname or "", url.port, timeout=10)
    client.connect()
    local = client.sock.getsockname()
    for method, body in (
        ("GET", None),
        ("POST", b"hello"),
        ("HEAD", None),
        ("PUT", iter([b"a", b"b"])),
        ("DELETE", None),
    ):
        client.request(method, "/x", body=body, encode_chunked=True)
        reply = client.getresponse()
        assert (reply.status, reply.read()) == (200, b"" if method == "HEAD" else b"/x")
        assert client.sock.getsockname() == local
    client.close()


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize("options", [(), ("--http1.0",), ("--http2",), ("-H", "Expect: 100-continue", "-d", "@-")])
def test_curl(site, options):
    """Curl has both answers over one connection, whichever version it would rather have."""
    url = site[1].url
    command = ["curl", "-sS", "-m", "10", "-w", " %{http_code} %{num_connects};", *options, f"{url}/a", f"{url}/b"]
    run = subprocess.run(command, input=b"hello", capture_output=True, check=True)
    said = run.stdout.decode().split(";")
    assert said[0] == "/a 200 1"
    assert said[1].startswith("/b 200 ")
    if "--http1.0" not in options:
        assert said[1] == "/b 200 0"
