"""The life of a gateway: start, serve, drain, end."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import signal
import threading
import time
from collections.abc import Callable, Iterator
from importlib import import_module
from typing import Any

from shim.core.engine import Engine, default_engine
from shim.core.memory import Memory
from shim.gateway.admin import Admin
from shim.gateway.handler import Handler
from shim.gateway.metrics import Metrics
from shim.gateway.options import Address, Options
from shim.gateway.protocol import Server
from shim.gateway.upstream import Upstream

log = logging.getLogger("shim.gateway")

_FLUSH = 0.01
"""Seconds between looks at what is still to be written; no event tells the end of it."""

_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


class Gateway:
    """A gateway that can be embedded: ``await start()``, use ``url``, ``await stop()``.

    ``clock`` returns seconds since the epoch and decides which side of a sunset it is.
    """

    def __init__(
        self,
        options: Options | None = None,
        engine: Engine | None = None,
        *,
        memory: Memory | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self.options = options or Options()
        self.metrics = Metrics()
        self._upstream = Upstream(
            self.options.upstream,
            connect_timeout=self.options.connect_timeout,
            idle_timeout=self.options.idle_timeout,
        )
        engine = engine or default_engine()
        engine.check_settings(self.options.settings())
        self._handler = Handler(
            options=self.options,
            engine=engine,
            upstream=self._upstream,
            metrics=self.metrics,
            memory=memory or Memory(),
            clock=clock,
        )
        self._calls: _Listener | None = None
        self._admin: _Listener | None = None

    @property
    def url(self) -> str:
        """Where calls are taken, as ``http://host:port``."""
        assert self._calls is not None, "start() comes first"
        return f"http://{self._calls.address.authority}"

    @property
    def admin_url(self) -> str | None:
        """Where probes and metrics are answered; None without such a listener."""
        return f"http://{self._admin.address.authority}" if self._admin else None

    async def start(self) -> None:
        """Take calls; raises OSError when an address can't be listened on."""
        await self._upstream.open()
        try:
            self._calls = await _Listener.open(Server(self._handler), self.options.listen)
            self._handler.own = self._authorities(self._calls.address)
            if self.options.admin is not None:
                admin = Admin(self.metrics, ready=lambda: not self._handler.draining)
                self._admin = await _Listener.open(Server(admin), self.options.admin)
        except BaseException:
            await self.stop(grace=0)
            raise
        log.info("takes calls at %s for %s", self.url, self.options.upstream)

    async def stop(self, *, grace: float | None = None) -> None:
        """Take no more connections, let calls in flight end (``grace`` seconds at most), close all."""
        self._handler.draining = True
        grace = self.options.drain if grace is None else grace
        try:
            if self._calls is not None:
                self._calls.refuse()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout(grace):
                        await self._handler.idle()
                        await self._calls.flushed()
                await self._calls.close()
            if self._admin is not None:
                self._admin.refuse()
                await self._admin.close()
        finally:
            await self._upstream.close()

    def _authorities(self, address: Address) -> frozenset[str]:
        own = {address.authority, *(f"{host}:{address.port}" for host in _LOOPBACK)}
        if self.options.public_url is not None:
            own.add(self.options.public_url.partition("://")[2])
        return frozenset(own)


class _Listener:
    """One listening socket (or several, for a name with several addresses) and its connections."""

    def __init__(self, web: Server, sockets: asyncio.Server, address: Address) -> None:
        self._web = web
        self._sockets = sockets
        self.address = address

    @classmethod
    async def open(cls, web: Server, wanted: Address) -> _Listener:
        """Listen; a port of 0 is a free one."""
        loop = asyncio.get_running_loop()
        sockets = await loop.create_server(web, wanted.host, wanted.port, backlog=1024)
        return cls(web, sockets, Address(wanted.host, sockets.sockets[0].getsockname()[1]))

    def refuse(self) -> None:
        """Take no more connections."""
        self._sockets.close()

    async def flushed(self) -> None:
        """Return when all replies are in the hands of the kernel, however slowly callers read."""
        while any(  # noqa: ASYNC110 - asyncio has no event for an empty buffer
            connection.transport is not None and connection.transport.get_write_buffer_size()
            for connection in self._web.connections
        ):
            await asyncio.sleep(_FLUSH)

    async def close(self) -> None:
        """End the connections that are left."""
        self._web.pre_shutdown()
        await self._web.shutdown(0.1)


async def run(options: Options, engine: Engine | None = None) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends the drain."""
    gateway = Gateway(options, engine)
    loop = asyncio.get_running_loop()
    signals: asyncio.Queue[int] = asyncio.Queue()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, signals.put_nowait, number)
    try:
        await gateway.start()
        log.info("drains after %s", signal.Signals(await signals.get()).name)
        stopping = asyncio.ensure_future(gateway.stop())
        again = asyncio.ensure_future(signals.get())
        await asyncio.wait((stopping, again), return_when=asyncio.FIRST_COMPLETED)
        again.cancel()
        if not stopping.done():
            stopping.cancel()
            await asyncio.gather(stopping, return_exceptions=True)
            await gateway.stop(grace=0)
        else:
            stopping.result()
    finally:
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.remove_signal_handler(number)


def serve(options: Options, engine: Engine | None = None) -> int:
    """Run a gateway in this thread until a signal ends it, and return the exit code: 0."""
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(run(options, engine))
    return 0


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's, when it is installed; None means asyncio's own."""
    try:
        uvloop: Any = import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


@contextlib.contextmanager
def serve_in_thread(
    options: Options | None = None,
    engine: Engine | None = None,
    *,
    clock: Callable[[], float] = time.time,
) -> Iterator[Gateway]:
    """Run a gateway in a thread of its own for the length of a ``with`` block, and yield it.

    Without options it listens on free ports of loopback.
    """
    options = options or Options(listen=Address("127.0.0.1", 0), admin=Address("127.0.0.1", 0))
    gateway = Gateway(options, engine, clock=clock)
    started: threading.Event = threading.Event()
    ends: list[BaseException] = []
    handles: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []

    async def live() -> None:
        stop = asyncio.Event()
        handles.append((asyncio.get_running_loop(), stop))
        await gateway.start()
        started.set()
        await stop.wait()
        await gateway.stop()

    def body() -> None:
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(live())
        except BaseException as error:  # noqa: BLE001 - raised again in the caller's thread
            ends.append(error)
        finally:
            started.set()

    thread = threading.Thread(target=body, name="atlas-shim-gateway", daemon=True)
    thread.start()
    started.wait()
    try:
        if not ends:
            yield gateway
    finally:
        if not ends:
            loop, stop = handles[0]
            loop.call_soon_threadsafe(stop.set)
        thread.join()
    if ends:
        raise ends[0]
