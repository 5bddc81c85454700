"""The operator's listener in a thread of its own, which answers whatever the calls' side does."""

from __future__ import annotations

import asyncio
import contextlib
import threading

import attrs

from shim.gateway.admin import Admin
from shim.gateway.checks import authorities_of
from shim.gateway.http1.listener import Listener
from shim.gateway.http1.server import Server
from shim.gateway.http1.sockets import Bound, bind_tcp
from shim.gateway.options import Address, Options

MOST = 64
"""Connections at a time; one more ends one that is idle, which a probe that asks at once never is."""

LIMITS = attrs.evolve(
    Options(),
    max_connections=MOST,
    header_timeout=5.0,
    body_timeout=5.0,
    keepalive_timeout=5.0,
    send_timeout=5.0,
)
"""What the operator's connections are held to."""


class AdminThread:
    """Serves ``admin`` on a plain asyncio loop: what it needs is little, and nothing it shares with the calls' loop."""

    def __init__(self, admin: Admin, wanted: Address, bound: Bound | None = None) -> None:
        """Listen, unless there are sockets that do; raises OSError."""
        self._admin = admin
        self._bound = bound or bind_tcp(wanted)
        assert self._bound.address is not None
        self.address: Address = self._bound.address
        admin.authorities = authorities_of(self.address)
        self._loop = asyncio.new_event_loop()
        self._ended = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name="admin", daemon=True)

    def start(self) -> None:
        """Answer from now on."""
        self._thread.start()

    async def stop(self) -> None:
        """Let answers in progress end, and close all."""
        if self._thread.ident is not None:
            with contextlib.suppress(RuntimeError):  # it has ended by a defect, which was logged
                self._loop.call_soon_threadsafe(self._ended.set)
            await asyncio.to_thread(self._thread.join)
        self._bound.close()
        self._loop.close()

    def _run(self) -> None:
        self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        listener = Listener(Server(self._admin, LIMITS), self._bound, reserve=True)
        await self._ended.wait()
        await listener.refuse()
        await listener.close()
