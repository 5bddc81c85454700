"""The caller's address: PROXY protocol headers (version 2), and X-Forwarded-For of trusted proxies."""

import ipaddress
import struct

import pytest

from shim.gateway.http1.clients import forwarded_peer, read_peer

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
PROXY = 0x21
LOCAL = 0x20
TCP4 = 0x11
TCP6 = 0x21
UNIX = 0x31
UNSPEC = 0x00


def header(
    command: int,
    family: int,
    addresses: bytes,
    *,
    signature: bytes = SIGNATURE,
    length: int = -1,
) -> bytes:
    """Return a header; ``length`` replaces its true length."""
    said = len(addresses) if length < 0 else length
    return signature + bytes([command, family]) + struct.pack("!H", said) + addresses


def tcp(source: str, more: bytes = b"") -> bytes:
    """Return the header of a connection from an address; ``more`` are additional fields (TLVs)."""
    address = ipaddress.ip_address(source)
    to = ipaddress.ip_address(
        "192.0.2.1" if address.version == 4 else "2001:db8::1"
    ).packed
    ports = struct.pack("!HH", 50000, 443)
    return header(
        PROXY,
        TCP4 if address.version == 4 else TCP6,
        address.packed + to + ports + more,
    )


V4 = tcp("203.0.113.7")
V6 = tcp("2001:db8::7")
NAMED = {
    V4: "203.0.113.7",
    V6: "2001:db8::7",
    tcp("::ffff:203.0.113.7"): "203.0.113.7",
    tcp("203.0.113.7", b"\x04\x00\x10" + bytes(16)): "203.0.113.7",
    tcp("2001:db8::7", b"\x02\x00\x09shim.test"): "2001:db8::7",
    tcp(
        "203.0.113.7", b"GET /smuggled HTTP/1.1\r\n\r\n".ljust(2000, b"\0")
    ): "203.0.113.7",
    header(PROXY, UNIX, bytes(216)): None,
    header(PROXY, UNSPEC, b"GET /smuggled HTTP/1.1\r\n\r\n"): None,
    header(LOCAL, UNSPEC, b""): None,
    header(LOCAL, TCP4, V4[16:]): None,
}
NO_HEADERS = {
    "nothing": b"",
    "cut": V4[:20],
    "a request": b"GET /x HTTP/1.1\r\nHost: shim.test\r\n\r\n",
    "version 1": b"PROXY TCP4 203.0.113.7 192.0.2.1 50000 443\r\n",
    "version 1 in the binary form": header(0x11, TCP4, V4[16:]),
    "version 3": header(0x31, TCP4, V4[16:]),
    "no such command": header(0x22, TCP4, V4[16:]),
    "no such family": header(PROXY, 0x41, V4[16:]),
    "no such protocol": header(PROXY, 0x13, V4[16:]),
    "addresses too short for IPv4": header(PROXY, TCP4, V4[16:-1]),
    "addresses too short for IPv6": header(PROXY, TCP6, V4[16:]),
    "addresses too short for unix": header(PROXY, UNIX, bytes(215)),
    "no addresses": header(PROXY, TCP4, b""),
    "too long": tcp("203.0.113.7", bytes(65000)),
    "longer than it is": header(PROXY, TCP4, b"", length=60000),
    "another signature": header(PROXY, TCP4, V4[16:], signature=SIGNATURE.lower()),
    "an empty line before": b"\r\n" + V4,
}


async def peer_in(data: bytes, step: int) -> tuple[str | None, bytes]:
    """Read from bytes that arrive a few at a time, and return the peer and the unread bytes."""
    left = [data]

    async def receive(size):
        piece, left[0] = left[0][: min(size, step)], left[0][min(size, step) :]
        return piece

    return await read_peer(receive), left[0]


@pytest.mark.parametrize("step", [1, 3, 100_000])
@pytest.mark.parametrize("data", NAMED, ids=repr)
async def test_the_header_contains_the_peer(data, step):
    """The address of the balancer's caller is used, and no byte after the header is consumed."""
    assert await peer_in(data + b"GET / HTTP/1.1", step) == (
        NAMED[data],
        b"GET / HTTP/1.1",
    )


@pytest.mark.parametrize("kind", NO_HEADERS)
async def test_an_invalid_header_is_refused(kind):
    """So is a connection without a header if one is required."""
    with pytest.raises(ConnectionError):
        await peer_in(NO_HEADERS[kind], 3)


TRUSTED = (
    ipaddress.ip_network("127.0.0.0/28"),
    ipaddress.ip_network("10.0.0.0/8"),
    ipaddress.ip_network("fd00::/8"),
)
ALICE = "203.0.113.5"
BOB = "203.0.113.6"
PROXY_ADDRESS = "127.0.0.1"


@pytest.mark.parametrize(("lines", "named"), [
    ([ALICE], ALICE), ([f"::ffff:{ALICE}"], ALICE), (["2001:db8::7"], "2001:db8::7"), ([f"{BOB}, {ALICE}"], ALICE),
    ([f"{BOB},{ALICE}"], ALICE), ([", ".join([BOB] * 50 + [ALICE])], ALICE), ([f"{BOB}, , {ALICE},"], ALICE),
    ([f"{ALICE}, 10.1.2.3"], ALICE), ([f"{BOB}, {ALICE}, 10.1.2.3, fd00::1"], ALICE), ([BOB, ALICE], ALICE),
    ([f"{BOB}, {ALICE}", "10.1.2.3"], ALICE), ([f"junk, {ALICE}"], ALICE), ([], PROXY_ADDRESS),
    ([""], PROXY_ADDRESS), (["junk"], PROXY_ADDRESS), (["localhost"], PROXY_ADDRESS),
    ([f"{ALICE}, junk"], PROXY_ADDRESS), (["127.0.0.1, 10.1.2.3"], PROXY_ADDRESS),
    ([", ".join([ALICE] + ["10.1.2.3"] * 15)], ALICE), ([", ".join([ALICE] + ["10.1.2.3"] * 16)], PROXY_ADDRESS),
])  # fmt: skip
def test_the_last_untrusted_address_counts(lines, named):
    """Addresses to its left may be forged. Without any, the proxy itself is the caller."""
    assert (
        forwarded_peer(
            PROXY_ADDRESS, tuple(("x-forwarded-FOR", line) for line in lines), TRUSTED
        )
        == named
    )


@pytest.mark.parametrize(("peer", "name", "trusted"), [
    ("127.0.0.1", "X-Forwarded-For", ()), ("127.0.0.100", "X-Forwarded-For", TRUSTED),
    ("unix", "X-Forwarded-For", TRUSTED), ("127.0.0.1", "X-Real-IP", TRUSTED), ("127.0.0.1", "Forwarded", TRUSTED),
])  # fmt: skip
def test_other_peers_are_not_trusted(peer, name, trusted):
    """By default no proxy is trusted, and no other field is read."""
    assert forwarded_peer(peer, ((name, ALICE),), trusted) == peer
