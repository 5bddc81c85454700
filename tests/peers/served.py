"""The gateway on loopback, and raw requests to it."""

import contextlib
import json
import os
import socket
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from typing import Any, Protocol

import attrs

from shim.core.recognize import Engine
from shim.gateway.option_values import Address
from shim.gateway.options import Options
from shim.gateway.run import serve_in_thread
from shim.gateway.server import Gateway
from tests.peers.raw import PATIENCE, Arrivals, Peer, reply, replying, until

LOOPBACK = Address("127.0.0.1", 0)


Clock = datetime | Callable[[], float]
"""A fixed instant, or a function that returns the time."""


@contextlib.contextmanager
def gateway(
    origin: str,
    engine: Engine | None = None,
    *,
    now: Clock = time.time,
    environ: Mapping[str, str] = os.environ,
    **options: Any,
) -> Iterator[Gateway]:
    """Run a gateway for an upstream, on free ports; limits derived from max_connections may be overridden."""
    most, of_peer, connections = (
        options.pop(name, None)
        for name in ("max_requests", "peer_requests", "peer_connections")
    )
    values = {"listen": LOOPBACK, "admin": LOOPBACK, "drain": 5.0, **options}
    if isinstance(now, datetime):
        clock = now.timestamp
    else:
        clock = now
    with serve_in_thread(
        Options(upstream=origin, **values), engine, clock=clock, environ=environ
    ) as served:
        limits = served.limits
        server = served.metrics.server
        limits.most = most or limits.most
        limits.most_of_peer = of_peer or limits.most - limits.most // 4
        server.most_of_peer = connections or server.most_of_peer
        yield served


class Served(Protocol):
    """A listener at a URL."""

    @property
    def url(self) -> str:
        """Its origin."""
        ...


class HasAdmin(Protocol):
    """A gateway with an admin listener."""

    @property
    def admin_url(self) -> str | None:
        """Its origin."""
        ...


@attrs.frozen
class At:
    """A listener known by its URL: in another process, or a gateway's admin listener."""

    url: str


def admin(served: HasAdmin) -> At:
    """Return a gateway's admin listener."""
    return At(served.admin_url or "")


def counted(served: Gateway) -> At:
    """Return a gateway's admin listener after all calls have finished: a reply arrives before its count."""
    until(lambda: not served.limits.count, "the last count")
    return admin(served)


def connect(served: Served, source: str = "") -> Peer:
    """Connect to a listener, from an address if one is given (all of 127.0.0.0/8 is this machine)."""
    host, _, port = served.url.partition("://")[2].rpartition(":")
    return Peer(
        socket.create_connection(
            (host, int(port)), PATIENCE, (source, 0) if source else None
        )
    )


@contextlib.contextmanager
def calling(served: Served, source: str = "") -> Iterator[Peer]:
    """Connect to a listener for the length of a block."""
    peer = connect(served, source)
    try:
        yield peer
    finally:
        peer.close()


def get(
    target: str, *lines: str, method: str = "GET", host: str = "shim.test"
) -> bytes:
    """Return a request without content."""
    return "\r\n".join(
        (f"{method} {target} HTTP/1.1", f"Host: {host}", *lines, "", "")
    ).encode("latin-1")


def ask(served: Served, request: bytes, source: str = "") -> tuple[bytes, bytes]:
    """Send one request on a connection of its own, and return head and content of the reply."""
    with calling(served, source) as peer:
        peer.send(request)
        return peer.message()


@attrs.frozen
class Crossed:
    """One call through a gateway: the head and the content of the reply, and upstream's requests."""

    head: bytes
    content: bytes
    upstream: Arrivals

    @property
    def status(self) -> int:
        """The reply's status."""
        return status_of(self.head)

    @property
    def json(self) -> Any:
        """The reply's content."""
        return json.loads(self.content)

    @property
    def sent(self) -> bytes:
        """The head of upstream's only request."""
        (head,) = self.upstream.heads
        return head

    def value(self, name: str) -> str | None:
        """Return one of the reply's fields."""
        return value_of(self.head, name)


def cross(request: bytes, *replies: bytes, **options: Any) -> Crossed:
    """Send one request through a gateway of its own, to an upstream with these replies, by default ``hi``."""
    with (
        replying(*(replies or (reply(),))) as upstream,
        gateway(upstream.origin, **options) as served,
    ):
        return Crossed(*ask(served, request), upstream)


def lines_of(head: bytes) -> list[tuple[str, str]]:
    """Return the field lines of a head, names in lower case, in order."""
    lines = head.decode("latin-1").rstrip("\r\n").split("\r\n")[1:]
    return [
        (name.lower(), value.strip())
        for name, _, value in (line.partition(":") for line in lines)
    ]


def value_of(head: bytes, name: str) -> str | None:
    """Return one field's only value."""
    values = [value for key, value in lines_of(head) if key == name.lower()]
    assert len(values) <= 1, f"{name} is there {len(values)} times"
    return values[0] if values else None


def status_of(head: bytes) -> int:
    """Return the status of a reply's head."""
    return int(head.split(b" ", 2)[1])
