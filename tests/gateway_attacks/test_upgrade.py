"""Rows 6 and 7: nothing is upgraded; what follows is the next request, or is refused, and is never hoarded."""

import contextlib
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.gateway_attacks.apart import MIB, apart, reads_proc
from tests.gateway_attacks.crowds import holding
from tests.gateway_hostile.rows import SNAPSHOTS, post
from tests.peers.raw import PATIENCE, Peer, until
from tests.peers.served import ask, calling, gateway, get, status_of

UPGRADES = ["h2c", "foo", "websocket", "h2c, websocket", "HTTP/2.0", "TLS/1.0", "h2c/1"]
JUNK = {
    "zeros": bytes(65536),
    "frames": b"\x81\x7e\xff\xff" + b"a" * 65532,
    "requests": get("/y") * 1600,
    "empty lines": b"\r\n" * 32768,
    "a long line": b"a" * 65536,
}


def upgrade(protocol: str, target: str = "/x") -> bytes:
    """Return a GET that asks for another protocol."""
    return get(target, "Connection: Upgrade, HTTP2-Settings", f"Upgrade: {protocol}", "HTTP2-Settings: AAMAAABkAAQ")


@pytest.fixture(scope="module")
def site():
    """One gateway for all rows."""
    with holding() as upstream, gateway(upstream.origin) as served:
        yield upstream, served


@pytest.mark.parametrize("protocol", UPGRADES)
def test_request_behind_an_upgrade(site, protocol):
    """Both requests of one segment are answered, in their order, and a third one after them."""
    with calling(site[1]) as peer:
        peer.send(upgrade(protocol) + get("/second"))
        assert [peer.message()[1] for _ in range(2)] == [b"/x", b"/second"]
        peer.send(get("/third"))
        assert peer.message()[1] == b"/third"


@pytest.mark.parametrize("protocol", UPGRADES)
def test_content_and_request_behind_an_upgrade(site, protocol):
    """Content of a request that asks for an upgrade is content, and what follows it a request."""
    upstream, served = site
    upstream.arrivals.contents.clear()
    lines = ("Connection: Upgrade", f"Upgrade: {protocol}")
    with calling(served) as peer:
        peer.send(post(*lines, "Content-Length: 5", content=b"hello") + get("/second"))
        assert [peer.message()[1] for _ in range(2)] == [b"/x", b"/second"]
        peer.send(post(*lines, "Transfer-Encoding: chunked", content=b"5\r\nhello\r\n0\r\n\r\n") + get("/second"))
        assert [peer.message()[1] for _ in range(2)] == [b"/x", b"/second"]
    assert upstream.arrivals.contents == [b"hello", b"", b"hello", b""]


@pytest.mark.parametrize("protocol", ["h2c", "websocket"])
def test_request_behind_an_upgrade_of_a_retired_call(site, protocol):
    """It is the same on calls that are recognised."""
    with calling(site[1]) as peer:
        peer.send(upgrade(protocol, SNAPSHOTS) + get("/second"))
        peer.message()
        assert peer.message()[1] == b"/second"


@pytest.mark.parametrize("protocol", UPGRADES)
def test_many_upgrades_in_one_segment(site, protocol):
    """Each of ten requests that ask for an upgrade is answered."""
    with calling(site[1]) as peer:
        peer.send(b"".join(upgrade(protocol, f"/{number}") for number in range(10)))
        assert [peer.message()[1] for _ in range(10)] == [b"/%d" % number for number in range(10)]


@pytest.mark.parametrize("together", [True, False], ids=["in one segment", "after the answer"])
@pytest.mark.parametrize("protocol", ["h2c", "foo", "websocket"])
def test_junk_behind_an_upgrade(site, protocol, together):
    """The request is answered, the junk behind it is 400, and the connection ends."""
    junk = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" if protocol == "h2c" else b"\x81\x05hello\r\n\r\n"
    with calling(site[1]) as peer:
        peer.send(upgrade(protocol) + (junk if together else b""))
        assert peer.message()[1] == b"/x"
        if not together:
            peer.send(junk)
        assert status_of(peer.message()[0]) in {400, 505}
        assert not peer.rest()


def test_junk_while_the_call_is_in_flight(site):
    """Junk that comes before the answer changes nothing about the answer; then it is refused."""
    upstream, served = site
    with calling(served) as peer:
        peer.send(upgrade("h2c", "/hold"))
        until(lambda: upstream.held, "a call in flight")
        peer.send(b"junk\r\n\r\n")
        assert status_of(ask(served, get("/other"))[0]) == 200
        upstream.go_on.set()
        assert peer.message()[1] == b"/hold"
        assert status_of(peer.message()[0]) == 400
        assert not peer.rest()


def poured(peer: Peer, piece: bytes, most: int) -> int:
    """Send pieces until none is taken for a second, the connection ends, or it was the most; return how many bytes."""
    total = 0
    peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 65536)
    peer.socket.settimeout(1.0)
    with contextlib.suppress(OSError):
        while total < most:
            total += peer.socket.send(piece)
    peer.socket.settimeout(PATIENCE)
    return total


@reads_proc
@pytest.mark.parametrize("start", [upgrade("h2c", "/hold"), get("/hold")], ids=["upgrade", "no upgrade"])
@pytest.mark.parametrize("kind", JUNK)
def test_junk_in_flight_is_not_hoarded(start, kind):
    """While a call is in flight, what follows waits in the kernel or ends the connection: no memory is spent on it."""
    size, most = 12, 16 * MIB
    with holding() as upstream, apart(upstream.origin) as served:
        ask(served, get("/other"))
        before = served.peak()
        with contextlib.ExitStack() as stack:
            crowd = [stack.enter_context(calling(served)) for _ in range(size)]
            for peer in crowd:
                peer.send(start)
            until(lambda: len(upstream.held) == size, "calls in flight")
            with ThreadPoolExecutor(size) as threads:
                taken = list(threads.map(lambda peer: poured(peer, JUNK[kind], most), crowd))
            assert status_of(ask(served, get("/other"))[0]) == 200
        assert served.peak() - before < size * 3 * MIB
        assert max(taken) < most
