"""Connections to the one origin: made when they are needed, kept for a while, and never for long."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from urllib.parse import SplitResult

from shim.gateway.http1.deadlines import NEVER, deadlines
from shim.gateway.http1.secure import Secure, open_wire
from shim.gateway.http1.wire import READ, Turns
from shim.gateway.limits import Limits
from shim.gateway.options import Options
from shim.gateway.tls import system_context
from shim.gateway.upstream import faults
from shim.gateway.upstream.connection import UpstreamConnection
from shim.gateway.upstream.proxy import Proxy, tunnel

CONNECT = 10.0
"""Seconds that connecting may take, of those without a byte from upstream."""

KEEP = 60.0
"""Seconds that a connection without a request is kept."""

LONGEST = 300.0
"""Seconds after which a connection is not lent any more, so that each name is resolved again."""


class Pool:
    """Lends connections, the one used last first; must be made in a running loop.

    ``context`` returns what TLS to the origin is made with, and is asked for each connection. One is closed after
    ``KEEP`` seconds without a request, and not lent any more once it is ``LONGEST`` seconds old.
    """

    def __init__(
        self,
        origin: SplitResult,
        options: Options,
        budget: Limits,
        proxy: Proxy | None = None,
        context: Callable[[], ssl.SSLContext] = system_context,
    ) -> None:
        self.loop = asyncio.get_running_loop()
        self.deadlines = deadlines()
        self.budget = budget
        self.buffer = memoryview(bytearray(READ))
        self.turns = Turns(self.loop)
        self.idle_timeout = options.upstream_timeout
        self._connect_timeout = min(CONNECT, options.upstream_timeout)
        self._host = origin.hostname or ""
        self._port = origin.port or (443 if origin.scheme == "https" else 80)
        self._tls = origin.scheme == "https"
        self._context = context
        self._context_of_proxy = system_context() if proxy is not None and proxy.tls else None
        self._proxy = proxy
        self._idle: list[UpstreamConnection] = []
        self._open: set[UpstreamConnection] = set()
        self._is_closed = False
        self.opened = 0
        self.reused = 0

    def states(self) -> dict[str, int]:
        """Return how many connections are idle and active; may be asked in any thread."""
        idle = len(self._idle)
        return {"idle": idle, "active": max(0, len(self._open) - idle)}

    def lend(self) -> UpstreamConnection | None:
        """Return a connection that was used before, None if no such connection is idle."""
        while self._idle:
            connection = self._idle.pop()
            if connection.is_open and self.deadlines.now() - connection.born < LONGEST:
                connection.in_use = True
                connection.due = NEVER
                self.reused += 1
                return connection
            connection.abort()
        return None

    def release(self, connection: UpstreamConnection, *, keep: bool) -> None:
        """Take a connection back, to lend it again or to close it."""
        now = self.deadlines.now()
        connection.in_use = False
        if keep and not self._is_closed and now - connection.born < LONGEST:
            connection.due = now + KEEP
            self._idle.append(connection)
        else:
            connection.abort()

    def lost(self, connection: UpstreamConnection) -> None:
        """Forget a connection that has ended."""
        self.deadlines.forget(connection)
        self._open.discard(connection)
        if not connection.in_use and connection in self._idle:
            self._idle.remove(connection)

    async def close(self) -> None:
        """End all connections."""
        self._is_closed = True
        for connection in tuple(self._open):
            connection.abort()
        for _ in range(100):
            if not self._open:
                return
            await asyncio.sleep(0)

    async def connect(self, until: float = NEVER) -> UpstreamConnection:
        """Return a new connection; raises Refusal, and TimeoutError if none was made ``until`` then."""
        try:
            async with asyncio.timeout_at(min(until, self.deadlines.now() + self._connect_timeout)):
                connection = await (self._direct() if self._proxy is None else self._through(self._proxy))
        except OSError as error:
            if until <= self.deadlines.now():
                raise TimeoutError from None
            raise faults.unconnected(error, tls=self._tls, through_proxy=self._proxy is not None) from error
        connection.in_use = True
        # Not before: a loop that was interrupted while it connected may end a connection without a word.
        if connection.is_open:
            self._open.add(connection)
            self.opened += 1
            self.deadlines.watch(connection)
        return connection

    async def _direct(self) -> UpstreamConnection:
        """Connect to the origin itself."""
        connection = UpstreamConnection(self)
        await open_wire(connection, self._host, self._port, self._context() if self._tls else None)
        return connection

    async def _through(self, proxy: Proxy) -> UpstreamConnection:
        """Connect to a proxy, and with TLS through it to the origin (RFC 9110, 9.3.6)."""
        connection = UpstreamConnection(self)
        if not self._tls:
            await open_wire(connection, proxy.host, proxy.port, self._context_of_proxy)
            return connection
        context = self._context()
        transport = await tunnel(proxy, f"{self._host}:{self._port}", self._context_of_proxy, self.buffer)
        layer = Secure(connection, context, server_hostname=self._host)
        transport.set_protocol(layer)
        layer.connection_made(transport)
        await layer.shaken()
        return connection
