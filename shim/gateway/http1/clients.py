"""Count a listener's connections and those of each peer, and choose which ones end.

A peer is the other end of a connection, or the caller that a balancer names: with the
PROXY protocol (version 2, haproxy.org/download/3.0/doc/proxy-protocol.txt, 2.2), or
with X-Forwarded-For.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import logging
import socket
from collections import Counter as Tally
from collections.abc import Awaitable, Callable, Iterable
from functools import lru_cache

from shim.core.messages import Headers
from shim.gateway.errors import NO_ROOM, Failure, Refusal, busy
from shim.gateway.http1.callers import CallerWire, PeerConnections
from shim.gateway.http1.response import Request
from shim.gateway.http1.secure import SECURED
from shim.gateway.http1.wire import READ, Wires
from shim.gateway.option_values import Network, is_address
from shim.gateway.options import Options

log = logging.getLogger("shim.gateway.refused")

LONG = 8192  # bytes from which an incomplete head is counted; few heads are as long
_QUIET = 1.0  # seconds between two warnings

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
# The limit on addresses and extensions in bytes; the largest known header has about
# 500.
MAX_HEADER_LENGTH = 2048
HOPS = 16  # The number of X-Forwarded-For addresses that are read, from its end.
# The peer of a connection whose balancer has not named the caller yet.
UNNAMED = ""

_LENGTHS = {0x00: 0, 0x11: 12, 0x12: 12, 0x21: 36, 0x22: 36, 0x31: 216, 0x32: 216}
"""The size of the addresses in bytes, by family and protocol.

The families are unspecified, IPv4, IPv6 and unix.
"""


class Clients:
    """The connections that a listener has accepted, including those in their set-up.

    ``max_connections`` are served at a time, three quarters of them to one peer. Beyond
    that, an idle connection of the peer with the most is closed. If no connection is
    idle, the same number again get a refusal, and the rest are reset.
    """

    def __init__(
        self,
        handler: Callable[[Request], Awaitable[None]],
        options: Options | None = None,
    ) -> None:
        self.handler = handler
        self.options = options or Options()
        self.most_of_peer = (
            self.options.max_connections - self.options.max_connections // 4
        )
        self.loop = asyncio.get_running_loop()
        self.connections: Wires[CallerWire] = Wires()
        self.turned_away = Tally(surplus=0, dropped=0, handshake=0)
        self.failures: Tally[Failure] = Tally()
        self.buffer = memoryview(bytearray(READ))
        self.long_heads: dict[CallerWire, int] = {}
        self.draining = False
        self._peers: dict[str, PeerConnections] = {}
        self._quiet_until = 0.0

    def arrived(
        self, connection: CallerWire, address: str
    ) -> tuple[PeerConnections, str]:
        """Count a connection; return its peer, and "served", "surplus" or "dropped".

        An idle one may be closed for it.
        """
        peer = self._peers.setdefault(address, PeerConnections(address))
        peer.count += 1
        self.connections.add(connection)
        count = len(self.connections)
        most = self.options.max_connections
        # A balancer has many callers behind it.
        is_many = address == UNNAMED or is_trusted(
            address, self.options.trusted_proxies
        )
        of_peer = most if is_many else self.most_of_peer
        is_served = count <= most and peer.count <= of_peer
        if is_served or self.spare(peer if peer.count > of_peer else None):
            peer.idle[connection] = None
            return peer, "served"
        if count > 2 * most or peer.count > 2 * of_peer:
            self.warn("dropped a connection: %s are open", count)
            return peer, "dropped"
        return peer, "surplus"

    def warn(self, text: str, about: object) -> None:
        """Log a warning, at most one a second, so that a crowd does not fill the log."""
        if (now := self.loop.time()) >= self._quiet_until:
            self._quiet_until = now + _QUIET
            log.warning(text, about)

    def left(self, connection: CallerWire) -> None:
        """Stop counting a connection; a second call changes nothing."""
        if connection not in self.connections:
            return
        self.connections.discard(connection)
        self.long_heads.pop(connection, None)
        peer = connection.peer
        peer.idle.pop(connection, None)
        peer.count -= 1
        if not peer.count:
            self._peers.pop(peer.address, None)

    def refused(self, refusal: Refusal) -> Refusal:
        """Count and return a refusal for a caller whose request reaches no handler."""
        self.failures[refusal.failure] += 1
        return refusal

    @property
    def held(self) -> int:
        """Return the bytes that connections use besides their calls.

        They are for incomplete heads and TLS. Any thread may call it.
        """
        secured = sum(one.scheme == "https" for one in [*self.connections])
        return sum([*self.long_heads.values()]) + secured * SECURED

    def states(self) -> dict[str, int]:
        """Return how many connections are in a handshake, idle, and active.

        Any thread may call it.
        """
        connections = [*self.connections]
        arriving = sum(one.set_up is not None for one in connections)
        idle = sum(
            one.set_up is None
            for peer in [*self._peers.values()]
            for one in [*peer.idle]
        )
        return {
            "handshake": arriving,
            "idle": idle,
            "active": max(0, len(connections) - arriving - idle),
        }

    def hold_head(self, connection: CallerWire, size: int) -> None:
        """Count the bytes of an incomplete head.

        Raises Refusal if all of them exceed a quarter of the memory.
        """
        if size > LONG:
            self.long_heads[connection] = size
            if sum(self.long_heads.values()) > self.options.memory // 4:
                raise busy(NO_ROOM, close=True)

    def spare(self, peer: PeerConnections | None = None) -> bool:
        """Close the longest idle connection of a peer, or of the peer with the most.

        Returns False if all are busy.
        """
        peers: Iterable[PeerConnections] = self._peers.values()
        if peer is not None:
            peers = (peer,)
        peer = max(
            (one for one in peers if one.idle), key=lambda one: one.count, default=None
        )
        if peer is not None:
            connection = next(iter(peer.idle))
            del peer.idle[connection]
            connection.abort()
        return peer is not None


async def read_peer(receive: Callable[[int], Awaitable[bytes]]) -> str | None:
    """Return the address of the balancer's caller, or None if it has none.

    ``receive`` is asked for no more bytes than the header has. Raises ConnectionError.
    """
    start = await _exactly(receive, 16)
    version_command = start[12]
    family = start[13]
    length = int.from_bytes(start[14:16], "big")
    if (
        not start.startswith(SIGNATURE)
        or version_command not in {0x20, 0x21}
        or length > MAX_HEADER_LENGTH
    ):
        raise ConnectionError("no PROXY protocol header of version 2")
    rest = await _exactly(receive, length)
    if version_command == 0x20:  # LOCAL: the balancer's own health check
        return None
    if length < _LENGTHS.get(family, MAX_HEADER_LENGTH + 1):
        raise ConnectionError("a PROXY protocol header without its addresses")
    size = {0x10: 4, 0x20: 16}.get(family & 0xF0)
    if size is None:
        return None
    return _normal(str(ipaddress.ip_address(rest[:size])))


async def _exactly(receive: Callable[[int], Awaitable[bytes]], size: int) -> bytes:
    data = b""
    while len(data) < size:
        piece = await receive(size - len(data))
        if not piece:
            raise ConnectionError("the connection ended in its PROXY protocol header")
        data += piece
    return data


def peer_of(connection: socket.socket) -> str:
    """Return the address at the other end of a connection.

    It is "unknown" for a connection without one, such as a pair of sockets.
    """
    try:
        return _normal(str(connection.getpeername()[0]))
    except (OSError, IndexError):  # it is already closed
        return "unknown"


@lru_cache(maxsize=1024)
def _normal(text: str) -> str:
    """Return an address in one spelling; raises ValueError.

    It may have a port or brackets.
    """
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    address = ipaddress.ip_address(text.partition("%")[0])
    return str(getattr(address, "ipv4_mapped", None) or address)


@lru_cache(maxsize=1024)
def is_trusted(address: str, trusted: tuple[Network, ...]) -> bool:
    """Return whether an address is one that may name other callers."""
    return is_address(address) and any(
        ipaddress.ip_address(address) in network for network in trusted
    )


def forwarded_peer(peer: str, headers: Headers, trusted: tuple[Network, ...]) -> str:
    """Return the caller that a trusted balancer names: the last untrusted address."""
    named = ",".join(
        value for name, value in headers if name.lower() == "x-forwarded-for"
    )
    words = filter(None, map(str.strip, reversed(named.rsplit(",", HOPS)[-HOPS:])))
    address = peer
    # anything before such a word comes from an untrusted source
    with contextlib.suppress(ValueError):
        while is_trusted(address, trusted):
            address = _normal(next(words, ""))
        return address
    return peer
