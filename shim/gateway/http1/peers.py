"""Who calls: the other end of a connection, or the caller that a balancer names.

By the PROXY protocol (version 2, haproxy.org/download/3.0/doc/proxy-protocol.txt, 2.2), or by X-Forwarded-For.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable
from functools import lru_cache

from shim.core.messages import Headers
from shim.gateway.option_values import Network

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
MOST = 2048  # bytes of addresses and extensions that are taken; the largest known header has some 500
HOPS = 16  # addresses of X-Forwarded-For that are looked at, from its end
UNNAMED = ""  # the peer of a connection whose balancer has not said yet whom it stands for

_LENGTHS = {0x00: 0, 0x11: 12, 0x12: 12, 0x21: 36, 0x22: 36, 0x31: 216, 0x32: 216}
"""Bytes of the addresses by family and protocol: unspecified, IPv4, IPv6, unix."""


async def read_peer(receive: Callable[[int], Awaitable[bytes]]) -> str | None:
    """Return the address of the balancer's caller, None if it names nobody; raises ConnectionError.

    ``receive`` is asked for no more bytes than the header has.
    """
    start = await _exactly(receive, 16)
    version_command, family = start[12], start[13]
    length = int.from_bytes(start[14:16], "big")
    if not start.startswith(SIGNATURE) or version_command not in {0x20, 0x21} or length > MOST:
        raise ConnectionError("no PROXY protocol header of version 2")
    rest = await _exactly(receive, length)
    if version_command == 0x20:  # LOCAL: the balancer's own, a health check
        return None
    if length < _LENGTHS.get(family, MOST + 1):
        raise ConnectionError("a PROXY protocol header without its addresses")
    size = {0x10: 4, 0x20: 16}.get(family & 0xF0)
    return None if size is None else _normal(str(ipaddress.ip_address(rest[:size])))


async def _exactly(receive: Callable[[int], Awaitable[bytes]], size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = await receive(size - len(data))
        if not piece:
            raise ConnectionError("the connection ended within its PROXY protocol header")
        data += piece
    return data


def peer_of(connection: socket.socket) -> str:
    """Return the address at the other end of a connection, "unknown" for one that has none, as a pair of sockets."""
    try:
        return _normal(str(connection.getpeername()[0]))
    except (OSError, IndexError):  # it is gone already
        return "unknown"


@lru_cache(maxsize=1024)
def _normal(text: str) -> str:
    """Return an address, with a port or in brackets as some write it, in one spelling; raises ValueError."""
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    address = ipaddress.ip_address(text.partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address)


@lru_cache(maxsize=1024)
def is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    """Return whether an address is one of those whose word on others counts."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    return any(found in network for network in trusted if network.version == found.version)


def forwarded_peer(peer: str, headers: Headers, trusted: tuple[Network, ...]) -> str:
    """Return the address of the caller that a trusted balancer names: the last one that isn't trusted itself."""
    if not is_trusted(peer, trusted):
        return peer
    named = ",".join(value for name, value in headers if name.lower() == "x-forwarded-for")
    for word in reversed(named.rsplit(",", HOPS)[-HOPS:]):
        if not (text := word.strip()):
            continue
        try:
            address = _normal(text)
        except ValueError:
            break  # what stands before it was written by nobody who is trusted
        if not is_trusted(address, trusted):
            return address
    return peer
