"""PROXY protocol v2: whoever stands before the gateway says who calls, in a header that is read strictly.

The format is that of HAProxy's ``doc/proxy-protocol.txt``, 2.2.
"""

import contextlib
import ipaddress
import struct
from typing import Any

import pytest

from tests.gateway_attacks.crowds import (
    Certificate,
    busy,
    calling_from,
    connect,
    count_ended,
    crowd,
    ended,
    gets_in,
    holding,
)
from tests.peers.raw import EndedError, Peer, replying, until
from tests.peers.raw import reply as whole
from tests.peers.served import calling, gateway, get, status_of

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PROXY, LOCAL = 0x21, 0x20
TCP4, TCP6, UNIX, UNSPEC = 0x11, 0x21, 0x31, 0x00


def header(command: int, family: int, addresses: bytes, *, signature: bytes = SIGNATURE, length: int = -1) -> bytes:
    """Return a header; ``length`` is what it says that it has, if that is not so."""
    said = len(addresses) if length < 0 else length
    return signature + bytes([command, family]) + struct.pack("!H", said) + addresses


def tcp(source: str, more: bytes = b"") -> bytes:
    """Return the header of a connection from an address; ``more`` are further fields (TLVs)."""
    address = ipaddress.ip_address(source)
    to = ipaddress.ip_address("192.0.2.1" if address.version == 4 else "2001:db8::1").packed
    ports = struct.pack("!HH", 50000, 443)
    return header(PROXY, TCP4 if address.version == 4 else TCP6, address.packed + to + ports + more)


PATHS = b"/run/a".ljust(108, b"\0") + b"/run/b".ljust(108, b"\0")
V4, V6 = tcp("203.0.113.7"), tcp("2001:db8::7")
NOOP = b"\x04\x00\x10" + bytes(16)
GOOD = {
    "IPv4": V4,
    "IPv6": V6,
    "IPv4 in IPv6": tcp("::ffff:203.0.113.7"),
    "unix": header(PROXY, UNIX, PATHS),
    "LOCAL": header(LOCAL, UNSPEC, b""),
    "LOCAL with addresses to be ignored": header(LOCAL, TCP4, bytes(12)),
    "IPv4 and further fields": tcp("203.0.113.7", NOOP * 5),
    "IPv6 and an authority": tcp("2001:db8::7", b"\x02\x00\x09shim.test"),
}
BAD = {
    "none": b"",
    "none, but what looks like one in the request": b"GET /x HTTP/1.1\r\nHost: shim.test\r\nX: "
    + b"a" * 30
    + b"\r\n\r\n",
    "version 1": b"PROXY TCP4 203.0.113.7 192.0.2.1 50000 443\r\n",
    "version 1, unknown": b"PROXY UNKNOWN\r\n",
    "version 1 in the binary form": header(0x11, TCP4, V4[16:]),
    "version 3": header(0x31, TCP4, V4[16:]),
    "no such command": header(0x22, TCP4, V4[16:]),
    "no such command, 15": header(0x2F, TCP4, V4[16:]),
    "no such family": header(PROXY, 0x41, V4[16:]),
    "no such protocol": header(PROXY, 0x13, V4[16:]),
    "addresses too short for IPv4": header(PROXY, TCP4, V4[16:-1]),
    "addresses too short for IPv6": header(PROXY, TCP6, V4[16:]),
    "no addresses": header(PROXY, TCP4, b""),
    "addresses too short for unix": header(PROXY, UNIX, PATHS[:-1]),
    "another signature": header(PROXY, TCP4, V4[16:], signature=SIGNATURE.lower()),
    "a signature with an empty line before": b"\r\n" + V4,
    "twice": V4 + V4,
    "TLS where there is none": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + bytes(40),
}


@pytest.fixture(scope="module")
def site():
    """One gateway behind a proxy."""
    with holding() as upstream, gateway(upstream.origin, proxy_protocol=True, handshake_timeout=2.0) as served:
        yield upstream, served


@pytest.mark.parametrize("together", [True, False], ids=["in one segment", "apart"])
@pytest.mark.parametrize("name", GOOD)
def test_header_and_requests(site, name, together):
    """Behind the header the connection is like any other."""
    with calling(site[1]) as peer:
        for part in (GOOD[name], get("/x")) if not together else (GOOD[name] + get("/x"),):
            peer.send(part)
        assert peer.message()[1] == b"/x"
        peer.send(get("/y"))
        assert peer.message()[1] == b"/y"


@pytest.mark.parametrize("name", GOOD)
def test_header_in_single_bytes(site, name):
    """It is the same header when it comes a byte at a time."""
    with calling(site[1]) as peer:
        for byte in GOOD[name] + get("/x"):
            peer.send(bytes([byte]))
        assert peer.message()[1] == b"/x"


@pytest.mark.parametrize("name", BAD)
def test_header_that_is_none(site, name):
    """The connection ends; upstream hears of nothing, and the next caller is served."""
    upstream, served = site
    upstream.arrivals.heads.clear()
    with calling(served) as peer:
        peer.send(BAD[name] + get("/bad"))
        said = peer.rest()
        assert not said or status_of(said) == 400
    assert not upstream.arrivals.heads
    with calling(served) as peer:
        peer.send(V4 + get("/x"))
        assert peer.message()[1] == b"/x"


@pytest.mark.parametrize("fields", [b"", get("/smuggled")], ids=["", "and bytes to be ignored"])
def test_unspecified_family(site, fields):
    """A receiver is free to take or to refuse it; what it carries is skipped either way."""
    upstream, served = site
    upstream.arrivals.heads.clear()
    with calling(served) as peer, contextlib.suppress(EndedError, OSError):
        peer.send(header(PROXY, UNSPEC, fields) + get("/x"))
        assert peer.message()[1] == b"/x"
    assert not any(b"/smuggled" in head for head in upstream.arrivals.heads)


@pytest.mark.parametrize("length", [2000, 65535])
def test_header_of_great_length(site, length):
    """Further fields are skipped, or the connection ends: they are never taken for a request."""
    upstream, served = site
    upstream.arrivals.heads.clear()
    fields = get("/smuggled").ljust(length - 12, b"\0")
    with calling(served) as peer, contextlib.suppress(EndedError, OSError):
        peer.send(tcp("203.0.113.7", fields) + get("/x"))
        assert peer.message()[1] == b"/x"
    assert not any(b"/smuggled" in head for head in upstream.arrivals.heads)


@pytest.mark.parametrize("size", [0, 1, 12, 15, 16, 20, len(V4) - 1])
def test_header_that_does_not_come(site, size):
    """It has a deadline, after which the connection ends without a word."""
    with calling(site[1]) as peer:
        peer.send(V4[:size])
        assert not peer.rest()


def test_header_that_drips(site):
    """A byte now and then is no progress."""
    with calling(site[1]) as peer:
        peer.send(header(PROXY, TCP4, V4[16:], length=60000))

        def dripped() -> bool:
            with contextlib.suppress(OSError):
                peer.send(b"a")
            return ended(peer)

        until(dripped, "the end of a header that drips")


def test_connections_without_header_do_not_stay(site):
    """A crowd of them ends while others are served."""
    with crowd(site[1], 30) as silent:
        while count_ended(silent) < 30:
            with calling(site[1]) as peer:
                peer.send(V6 + get("/x"))
                assert peer.message()[1] == b"/x"


def test_header_that_nobody_expects():
    """Without the option it is a bad request like any other."""
    with holding() as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(V4 + get("/x"))
        assert status_of(peer.message()[0]) == 400
        assert not peer.rest()
        assert not upstream.arrivals.heads


def answered(served, start: bytes) -> tuple[bytes, bytes]:
    with calling(served) as peer:
        peer.send(start + get("/x"))
        return peer.message()


@pytest.mark.parametrize("source", ["203.0.113.7", "2001:db8::7"])
def test_limits_are_those_of_the_named_peer(source):
    """Who is named has its own limit, whoever stands before the gateway; others have theirs."""
    with holding() as upstream, gateway(upstream.origin, proxy_protocol=True, max_peer_requests=1) as served:
        with calling(served) as first:
            first.send(tcp(source) + get("/hold"))
            until(lambda: upstream.held, "a call in flight")
            assert busy(*answered(served, tcp(source)))
            for other in ("203.0.113.8", "2001:db8:1::8"):
                assert answered(served, tcp(other))[1] == b"/x"
            with calling_from("127.0.0.9", served) as elsewhere:
                elsewhere.send(tcp(source) + get("/x"))
                assert busy(*elsewhere.message())
            upstream.go_on.set()
            assert first.message()[1] == b"/hold"
        gets_in("127.0.0.1", served, tcp(source) + get("/x"), b"/x")


def test_connections_are_those_of_the_named_peer():
    """So are connections: one that is named too often loses idle ones, and nobody else does."""
    options: dict[str, Any] = {"keepalive_timeout": 60.0, "header_timeout": 60.0, "max_peer_connections": 2}
    with (
        holding() as upstream,
        gateway(upstream.origin, proxy_protocol=True, **options) as served,
        crowd(served, 10, sending=tcp("203.0.113.7")) as many,
        crowd(served, 2, sending=V6) as few,
    ):
        until(lambda: count_ended(many) >= 8, "the end of those beyond the limit")
        assert answered(served, tcp("203.0.113.9"))[1] == b"/x"
        assert count_ended(few) == 0


def test_local_connections_are_those_of_the_proxy():
    """A LOCAL header names nobody: the peer is the one that connected."""
    local = GOOD["LOCAL with addresses to be ignored"]
    with (
        holding() as upstream,
        gateway(upstream.origin, proxy_protocol=True, max_peer_requests=1) as served,
        calling(served) as first,
    ):
        first.send(local + get("/hold"))
        until(lambda: upstream.held, "a call in flight")
        assert busy(*answered(served, local))
        assert answered(served, V4)[1] == b"/x"
        with calling_from("127.0.0.9", served) as elsewhere:
            elsewhere.send(local + get("/x"))
            assert elsewhere.message()[1] == b"/x"


def test_one_address_in_two_spellings():
    """An IPv4 address within IPv6 is that IPv4 address."""
    with (
        holding() as upstream,
        gateway(upstream.origin, proxy_protocol=True, max_peer_requests=1) as served,
        calling(served) as first,
    ):
        first.send(V4 + get("/hold"))
        until(lambda: upstream.held, "a call in flight")
        assert busy(*answered(served, GOOD["IPv4 in IPv6"]))


def test_header_before_tls(tmp_path):
    """The header comes before the handshake, and is not encrypted."""
    certificate = Certificate(tmp_path)
    with replying(whole()) as upstream, gateway(upstream.origin, proxy_protocol=True, **certificate.options) as served:
        plain = connect(served)
        plain.send(V4)
        peer: Peer = certificate.wrapped(plain)
        for _ in range(2):
            peer.send(get("/x"))
            assert status_of(peer.message()[0]) == 200
        peer.close()
