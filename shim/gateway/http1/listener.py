"""Accept connections on TCP sockets, with or without TLS, and set them up.

A connection counts from its acceptance, before a balancer's header (``proxy_protocol``)
and TLS.
"""

from __future__ import annotations

import asyncio
import contextlib
import errno
import logging
import os
import socket
from collections.abc import Callable
from functools import partial
from ssl import SSLContext, SSLError

import attrs

from shim.errors import SettingsError
from shim.gateway.http1.clients import UNNAMED, Clients, peer_of, read_peer
from shim.gateway.http1.connection import Connection, log
from shim.gateway.http1.secure import Tls
from shim.gateway.option_values import Address

refused_log = logging.getLogger("shim.gateway.refused")

_BACKLOG = 1024
_FLUSH = 0.01  # seconds between checks of unsent data
_AT_ONCE = 64  # connections accepted before other tasks get their turn
# Seconds in which no connection is accepted after the descriptors ran out.
_PAUSE = 0.5

_EXHAUSTED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
_GONE = (BlockingIOError, InterruptedError, ConnectionError)


@attrs.frozen
class Bound:
    """Listening sockets, several for a name with several addresses."""

    sockets: tuple[socket.socket, ...]
    address: Address
    is_kept: bool = False
    """Whether a service manager keeps the sockets open, and another process accepts the
    waiting connections.
    """

    def close(self) -> None:
        for one in self.sockets:
            one.close()


def bind(wanted: Address, name: str = "listen") -> Bound:
    """Listen on all addresses of an option's host, on one port.

    Port 0 is a free port, and the host ``::`` includes all of IPv4. Raises
    SettingsError, with the system's error as its cause.
    """
    both = wanted.host == "::" and socket.has_dualstack_ipv6()
    made = list[socket.socket]()
    try:
        infos = socket.getaddrinfo(
            wanted.host or None,
            wanted.port,
            type=socket.SOCK_STREAM,
            flags=socket.AI_PASSIVE,
        )
        with contextlib.ExitStack() as opened:
            for family, _, _, _, (host, port, *scope) in dict.fromkeys(infos):
                where = (host, made[0].getsockname()[1] if made else port, *scope)
                try:
                    one = socket.create_server(
                        where, family=family, backlog=_BACKLOG, dualstack_ipv6=both
                    )
                except OSError as error:
                    # a family that this machine only knows by name
                    if error.errno != errno.EAFNOSUPPORT:
                        raise
                else:
                    made.append(opened.enter_context(one))
            opened.pop_all()
        if not made:
            raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))  # noqa: TRY301 - like failures before
    except OSError as error:
        # Python puts the address before it
        said = (error.strerror or str(error)).partition(" (")[0].lower()
        cure = "give an address of this machine and an unused port"
        raise SettingsError(
            f"{name}: can't listen at {wanted.authority}: {said}; {cure}"
        ) from error
    return Bound(tuple(made), Address(wanted.host, made[0].getsockname()[1]))


class Listener:
    """Listening sockets, which the listener owns from now on, and their connections.

    ``tls`` returns the context of a handshake, or None without TLS. A ``reserve`` of
    descriptors lets the listener accept connections when the process has used up all
    others.
    """

    def __init__(
        self,
        clients: Clients,
        bound: Bound,
        tls: Callable[[], SSLContext | None],
        reserve: int = 0,
    ) -> None:
        self.clients = clients
        self.address = bound.address
        self._sockets = list(bound.sockets)
        self._is_kept = bound.is_kept
        self._tls = tls
        self._most_reserved = reserve
        self._reserve: list[int] = []
        for one in self._sockets:
            one.setblocking(False)  # noqa: FBT003 - the socket's own signature
        self._keep_reserve()
        self._watch()

    def _watch(self) -> None:
        for one in self._sockets:
            self.clients.loop.add_reader(one.fileno(), self._accept, one)

    def _accept(self, listening: socket.socket) -> None:
        self._keep_reserve()
        for _ in range(_AT_ONCE):
            try:
                connection, _address = listening.accept()
            except _GONE:
                return
            except OSError as error:
                if error.errno not in _EXHAUSTED:
                    raise
                if not self._reserve:
                    self._pause(error)
                    return
                os.close(self._reserve.pop())
            else:
                self.take(connection, self._tls())
                if len(self._reserve) < self._most_reserved:
                    # accept() would fail without a free descriptor even if no
                    # connection waits
                    return

    def _keep_reserve(self) -> None:
        with contextlib.suppress(OSError):
            while len(self._reserve) < self._most_reserved:
                self._reserve.append(os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC))

    def _pause(self, error: OSError) -> None:
        self.clients.warn(
            "connections wait to be accepted: %s", (error.strerror or "").lower()
        )
        for one in self._sockets:
            self.clients.loop.remove_reader(one.fileno())
        for _ in range(_AT_ONCE):  # space for those that wait
            self.clients.spare()
        self.clients.loop.call_later(_PAUSE, self._watch)

    def take(
        self, accepted: socket.socket, tls: SSLContext | None
    ) -> asyncio.Task[None] | None:
        """Serve a connection; return its set-up, or None if it is dropped.

        It may have been accepted elsewhere.
        """
        clients = self.clients
        if clients.options.proxy_protocol:
            address = UNNAMED
        else:
            address = peer_of(accepted)
        connection = Connection(clients, address, "http" if tls is None else "https")
        if connection.verdict == "dropped":
            clients.left(connection)
            clients.turned_away["dropped"] += 1
            with contextlib.suppress(OSError):  # it gets only a reset
                accepted.setsockopt(
                    socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0"
                )
            accepted.close()
            return None
        task = connection.set_up = clients.loop.create_task(
            self._set_up(connection, accepted, tls)
        )
        task.add_done_callback(partial(self._was_set_up, connection, accepted))
        return task

    async def _set_up(
        self, connection: Connection, accepted: socket.socket, tls: SSLContext | None
    ) -> None:
        """Read a balancer's header and shake hands, within ``client_timeout``."""
        clients = self.clients
        accepted.setblocking(False)  # noqa: FBT003 - the socket's own signature
        async with asyncio.timeout(clients.options.client_timeout):
            if clients.options.proxy_protocol:
                named = await read_peer(partial(clients.loop.sock_recv, accepted))
                clients.left(connection)
                connection.peer, connection.verdict = clients.arrived(
                    connection, named or peer_of(accepted)
                )
            layer = connection.tls = (
                None if tls is None else Tls(connection, tls, server_side=True)
            )
            loops_own = socket.socket(
                accepted.family, accepted.type, accepted.proto, accepted.detach()
            )
            await clients.loop.connect_accepted_socket(lambda: connection, loops_own)
            if layer is not None:
                await layer.ready

    def _was_set_up(
        self, connection: Connection, accepted: socket.socket, task: asyncio.Task[None]
    ) -> None:
        accepted.close()  # does nothing if the loop owns it now
        if task.cancelled():
            error = None
        else:
            error = task.exception()
        if task.cancelled() or (error is not None and not isinstance(error, SSLError)):
            connection.abort()
        if isinstance(error, OSError):
            self.clients.turned_away["handshake"] += 1
            why = (
                getattr(error, "reason", None)
                or error.strerror
                or str(error)
                or type(error).__name__
            )
            refused_log.warning(
                "refused a connection of %s: its handshake failed (%s)",
                connection.peer.address,
                why,
            )
        elif error is not None:
            log.error("unhandled %s", type(error).__name__, exc_info=error)

    async def refuse(self) -> None:
        """Stop listening, after accepting the connections that the kernel would reset.

        All of them are closed soon. If a service manager keeps the sockets open, the
        connections wait for the next process.
        """
        self.clients.draining = True
        sockets = self._sockets
        self._sockets = []
        for one in sockets:
            self.clients.loop.remove_reader(one.fileno())
            # A connection that arrives between the last of these and the end is reset,
            # unless a service manager keeps the sockets open.
            with one, contextlib.suppress(OSError):
                while not self._is_kept:
                    self.take(one.accept()[0], self._tls())
        await asyncio.sleep(0)
        if arriving := [
            one.set_up for one in self.clients.connections if one.set_up is not None
        ]:
            await asyncio.wait(arriving, timeout=1.0)

    async def drained(self, patience: float, in_flight: Callable[[], int]) -> None:
        """Return when no call is in flight and the kernel has all replies.

        More calls may arrive for ``patience`` seconds.
        """
        end = self.clients.loop.time() + patience
        await asyncio.sleep(_FLUSH)
        while in_flight() or self._is_needed(end):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(_FLUSH)

    def _is_needed(self, end: float) -> bool:
        """Return whether a connection may still bring a call, or has unsent bytes."""
        connections = self.clients.connections
        if connections and self.clients.loop.time() < end:
            return True
        return any(connection.unsent() for connection in connections)

    async def close(self) -> None:
        await self.clients.connections.abort()
        while self._reserve:
            os.close(self._reserve.pop())
