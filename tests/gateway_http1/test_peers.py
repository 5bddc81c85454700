"""Who calls: PROXY protocol headers, and X-Forwarded-For of those who are trusted."""

import ipaddress
import struct

import pytest

from shim.gateway.http1.peers import SIGNATURE, NoProxyHeader, forwarded_peer, read_peer

TRUSTED = (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1"))


def header(command, family, addresses, length=None):
    size = len(addresses) if length is None else length
    return SIGNATURE + struct.pack("!BBH", command, family, size) + addresses


V4 = ipaddress.ip_address("192.0.2.7").packed + ipaddress.ip_address("192.0.2.8").packed + b"\0\x50\x1f\x90"
V6 = ipaddress.ip_address("2001:db8::7").packed * 2 + b"\0\x50\x1f\x90"


async def told(data, step=3):
    """Read from bytes that arrive a few at a time, and return the peer and what was left unread."""
    left = [data]

    async def receive(size):
        piece, left[0] = left[0][: min(size, step)], left[0][min(size, step) :]
        return piece

    return await read_peer(receive), left[0]


@pytest.mark.parametrize(
    ("data", "peer"),
    [
        (header(0x21, 0x11, V4), "192.0.2.7"),
        (header(0x21, 0x21, V6), "2001:db8::7"),
        (header(0x21, 0x11, V4 + b"\x04\0\x03abc"), "192.0.2.7"),
        (header(0x20, 0x11, V4), None),
        (header(0x20, 0x00, b""), None),
        (header(0x21, 0x31, bytes(216)), None),
    ],
    ids=["v4", "v6", "with an extension", "local", "local and empty", "unix"],
)
async def test_header_names_the_peer(data, peer):
    """The address of the balancer's caller is taken, and not a byte behind the header."""
    assert await told(data + b"GET / HTTP/1.1") == (peer, b"GET / HTTP/1.1")


@pytest.mark.parametrize(
    "data",
    [
        b"PROXY TCP4 192.0.2.7 192.0.2.8 80 8080\r\n",
        b"GET / HTTP/1.1\r\nHost: a\r\n\r\n",
        header(0x11, 0x11, V4),
        header(0x22, 0x11, V4),
        header(0x21, 0x11, V4[:5]),
        header(0x21, 0x11, b"", 60000),
        header(0x21, 0x11, V4)[:20],
        b"",
    ],
    ids=["v1", "none", "version 1", "command", "too short", "too long", "cut", "nothing"],
)
async def test_what_is_no_header_is_refused(data):
    """A connection that should have one and has none is nobody's."""
    with pytest.raises(NoProxyHeader):
        await told(data)


@pytest.mark.parametrize(
    ("peer", "lines", "named"),
    [
        ("192.0.2.1", ["203.0.113.9"], "192.0.2.1"),
        ("10.0.0.1", ["203.0.113.9"], "203.0.113.9"),
        ("10.0.0.1", ["6.6.6.6, 203.0.113.9, 10.2.2.2"], "203.0.113.9"),
        ("10.0.0.1", ["6.6.6.6", "203.0.113.9"], "203.0.113.9"),
        ("::1", ["2001:db8::9"], "2001:db8::9"),
        ("10.0.0.1", ["203.0.113.9, nonsense"], "10.0.0.1"),
        ("10.0.0.1", ["10.1.1.1"], "10.0.0.1"),
        ("10.0.0.1", [], "10.0.0.1"),
        ("unix", ["203.0.113.9"], "unix"),
    ],
)
def test_the_last_address_that_is_not_trusted_counts(peer, lines, named):
    """What stands left of it was written by somebody who may say anything."""
    headers = tuple(("X-Forwarded-For", line) for line in lines)
    assert forwarded_peer(peer, headers, TRUSTED) == named


def test_nobody_is_believed_by_default():
    """Without trusted addresses the field means nothing."""
    assert forwarded_peer("10.0.0.1", (("X-Forwarded-For", "203.0.113.9"),), ()) == "10.0.0.1"
