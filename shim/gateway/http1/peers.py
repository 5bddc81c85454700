"""Who calls: the other end of a connection, or what a balancer in front of the gateway says of its own caller.

It says so by the PROXY protocol's binary header (version 2, haproxy.org/download/3.0/doc/proxy-protocol.txt, 2.2), or
by X-Forwarded-For, which is believed from the addresses of the option ``trusted_proxies`` alone.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache

from shim.core.messages import Headers
from shim.gateway.options import Network

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"

MOST = 2048
"""Bytes of addresses and extensions that are taken; the largest known header has some 500."""

UNIX = "unix"
"""The peer of all connections on a unix socket."""

UNNAMED = ""
"""The peer of a connection whose balancer has not said yet whom it stands for."""

_LENGTHS = {0x11: 12, 0x21: 36}
"""Bytes of the addresses of TCP over IPv4 and IPv6, and where the family is another, none that tell anything."""


class NoProxyHeader(ValueError):  # noqa: N818 - named for what is missing
    """A connection does not begin with the header that it should begin with."""


async def read_peer(receive: Callable[[int], Awaitable[bytes]]) -> str | None:
    """Return the address of the balancer's caller, None where it speaks for itself or the family has none.

    ``receive`` returns at most so many bytes, and none at the end; not one more is asked for than the header has.
    Raises NoProxyHeader.
    """
    start = await _exactly(receive, 16)
    version_command, family = start[12], start[13]
    length = int.from_bytes(start[14:16], "big")
    if not start.startswith(SIGNATURE) or version_command not in {0x20, 0x21} or length > MOST:
        raise NoProxyHeader("no PROXY protocol header of version 2")
    rest = await _exactly(receive, length)
    if version_command == 0x20:  # LOCAL: the balancer's own, a health check
        return None
    needed = _LENGTHS.get(family)
    if needed is None:
        return None
    if length < needed:
        raise NoProxyHeader("a PROXY protocol header without its addresses")
    return str(ipaddress.ip_address(rest[: 4 if needed == 12 else 16]))


async def _exactly(receive: Callable[[int], Awaitable[bytes]], size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = await receive(size - len(data))
        if not piece:
            raise NoProxyHeader("the connection ended within its PROXY protocol header")
        data += piece
    return data


def peer_of(connection: socket.socket) -> str:
    """Return the address at the other end of a connection; all of a unix socket's are one."""
    if connection.family == socket.AF_UNIX:
        return UNIX
    try:
        return str(connection.getpeername()[0])
    except OSError:  # it is gone already
        return "unknown"


@lru_cache(maxsize=1024)
def is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    """Tell whether an address is one of those whose word on others counts."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in trusted if network.version == found.version)


def forwarded_peer(peer: str, headers: Headers, trusted: tuple[Network, ...]) -> str:
    """Return the address of the caller that a trusted balancer names: the last one that isn't trusted itself."""
    if not trusted or not is_trusted(peer, trusted):
        return peer
    named = ",".join(value for name, value in headers if name.lower() == "x-forwarded-for")
    return _last_untrusted([word.strip() for word in named.split(",")], trusted) or peer


def _last_untrusted(addresses: Sequence[str], trusted: tuple[Network, ...]) -> str | None:
    for address in reversed(addresses):
        try:
            ipaddress.ip_address(address)
        except ValueError:
            return None  # what stands before it was written by nobody who is trusted
        if not is_trusted(address, trusted):
            return address
    return None
