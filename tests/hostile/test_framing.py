"""The boundary between requests: versions, pipelining, upgrades, oversized heads, third-party clients."""

import shutil
import subprocess

import pytest

from tests.hostile.crowds import behind
from tests.hostile.rows import SNAPSHOTS, post
from tests.peers.served import calling, get, value_of


@pytest.fixture(scope="module")
def site():
    """One gateway for all tests; each reply's content is its request's target."""
    with behind() as (upstream, served):
        yield upstream, served


def old(request: bytes) -> bytes:
    """Return a request in HTTP/1.0."""
    return request.replace(b"HTTP/1.1", b"HTTP/1.0", 1)


@pytest.mark.parametrize(("request_bytes", "goes_on"), [
    (old(get("/x")), False), (old(get("/x", "Connection: close")), False),
    (old(get("/x", "Connection: close, keep-alive")), False), (old(get("/x", "Connection: keep-alive")), True),
    (old(get("/x", "Connection: TE, Keep-Alive")), True), (get("/x"), True),
    (get("/x", "Connection: close"), False), (get("/x", "Connection: CLOSE"), False),
    (get("/x", "Connection: x, close"), False),
])  # fmt: skip
def test_the_version_and_connection_field_decide_persistence(
    site, request_bytes, goes_on
):
    """HTTP/1.0 needs keep-alive; after a reply with "close" nothing follows."""
    with calling(site[1]) as peer:
        peer.send(request_bytes + get("/second"))
        reply, content = peer.message()
        assert content == b"/x"
        if goes_on:
            assert peer.message()[1] == b"/second"
        else:
            assert value_of(reply, "Connection") == "close"
            assert not peer.rest()


@pytest.mark.parametrize("target", ["/x", SNAPSHOTS])
@pytest.mark.parametrize(
    "protocol",
    ["h2c", "foo", "websocket", "h2c, websocket", "HTTP/2.0", "TLS/1.0", "h2c/1"],
)
def test_requests_behind_an_upgrade_are_answered_in_order(site, protocol, target):
    """The gateway upgrades nothing: content stays content, and the next bytes are a request."""
    upstream, served = site
    upstream.arrivals.contents.clear()
    lines = (
        "Connection: Upgrade, HTTP2-Settings",
        f"Upgrade: {protocol}",
        "HTTP2-Settings: AAMAAABkAAQ",
    )
    chunks = post(
        *lines, "Transfer-Encoding: chunked", content=b"5\r\nhello\r\n0\r\n\r\n"
    )
    with calling(served) as peer:
        peer.send(
            get(target, *lines)
            + post(*lines, "Content-Length: 5", content=b"hello")
            + chunks
            + get("/last")
        )
        peer.message()
        assert [peer.message()[1] for _ in range(3)] == [b"/x", b"/x", b"/last"]
        peer.send(get("/third"))
        assert peer.message()[1] == b"/third"
    assert upstream.arrivals.contents == [b"", b"hello", b"hello", b"", b""]


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
@pytest.mark.parametrize(
    "options",
    [(), ("--http1.0",), ("--http2",), ("-H", "Expect: 100-continue", "-d", "@-")],
)
def test_curl_reuses_its_connection(site, options):
    """That holds with HTTP/1.0, HTTP/1.1 and a requested HTTP/2."""
    url = site[1].url
    command = [
        "curl",
        "-sS",
        "-m",
        "10",
        "-w",
        " %{http_code} %{num_connects};",
        *options,
        f"{url}/a",
        f"{url}/b",
    ]
    run = subprocess.run(command, input=b"hello", capture_output=True, check=True)
    assert run.stdout.decode() == f"/a 200 1;/b 200 {int('--http1.0' in options)};"
