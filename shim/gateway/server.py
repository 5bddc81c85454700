"""The life cycle of a gateway: start, serve, drain, stop."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import socket
import ssl
import threading
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from typing import Any

from shim.core.recognize import Engine, shared_engine
from shim.core.route import Memory
from shim.errors import SettingsError
from shim.flags.providers import connected, provider_factory
from shim.flags.values import FeatureFlag
from shim.gateway.admin import Admin
from shim.gateway.call import Handler
from shim.gateway.checks import authorities_of
from shim.gateway.credentials.gates import CallerGate, gate_for
from shim.gateway.exchange import Shared
from shim.gateway.http1.clients import Clients
from shim.gateway.http1.listener import Bound, Listener, bind
from shim.gateway.ledger import Ledger
from shim.gateway.limits import Limits
from shim.gateway.metrics import Metrics
from shim.gateway.options import Options, doubts
from shim.gateway.plan import LivePlan, Plan, PlanSource, collected
from shim.gateway.radar_inventory import RadarInventory
from shim.gateway.status import StatusObject, status_of
from shim.gateway.tls import listening
from shim.gateway.upstream.client import Upstream
from shim.gateway.watch import Watched

log = logging.getLogger("shim.gateway.settings")

# Seconds in which persistent connections may bring one more call after new ones are
# refused.
_LAST_CALLS = 0.5
# Seconds in which new connections are accepted after ``/readyz`` reports the shutdown.
_NOTICED = 5.0
# Seconds since the last probe of ``/readyz`` after which probes count as stopped.
_ASKED = 30.0
_BEAT = 1.0  # seconds between two signs of life of the event loop
# Seconds without a sign of life after which the loop will not recover; ``/livez``
# reports it.
STUCK = 30.0


class Gateway:
    """A gateway for embedding: ``await start()``, use ``url``, ``await stop()``.

    ``clock`` returns seconds since the epoch, for sunsets. ``environ`` has the
    credentials that some modes need. A plan of ``settings`` replaces options and
    engine, and follows their files. Raises SettingsError if credentials or TLS files
    can't be used.
    """

    def __init__(
        self,
        options: Options | None = None,
        engine: Engine | None = None,
        *,
        clock: Callable[[], float] = time.time,
        environ: Mapping[str, str] = os.environ,
        settings: LivePlan | None = None,
    ) -> None:
        if settings is None:
            options = options or Options()
            made = Plan(
                options, engine or shared_engine({**os.environ, **options.switches})
            )
            settings = LivePlan(made, PlanSource({}))
        settings.use = self.apply
        self.settings, plan, options = settings, settings.plan, settings.plan.options
        self._provider = provider_factory(environ)
        self._environ = environ
        self.watched: list[Watched[Any]] = [*settings.watched]
        problems = list[str]()
        gate = CallerGate()
        with collected(problems, plan.given):
            self.tls = listening(options)
            self.watched += [self.tls] if self.tls is not None else []
        with collected(problems, plan.given):
            gate = gate_for(options, environ, self.watched)
        if problems:
            raise SettingsError(*problems)
        self.limits = Limits(options)
        self.ledger = Ledger()
        self.upstream = Upstream(options)
        shared = Shared(self.upstream, Memory(), RadarInventory(environ, clock), clock)
        self._handler = Handler(plan, shared, gate, self.limits, self.ledger)
        self.metrics = Metrics(self._handler, self.tls, self.watched)
        self._calls: Listener | None = None
        self._admin: Admin | None = None
        self._beating: asyncio.Task[None] | None = None
        self._ended = threading.Event()
        self._beaten = float("inf")
        self.is_ready = False

    @property
    def options(self) -> Options:
        """The options in use."""
        return self._handler.plan.options

    def apply(self, plan: Plan) -> None:
        """Use another plan for new calls; those in flight keep theirs."""
        handler = self._handler
        key = plan.settings.flag
        flag = self._handler.flag
        if (old := flag) is None or key != old.key:
            if key:
                flag = FeatureFlag(
                    key, partial(connected, key, self._provider), Plan.by_flag
                )
            else:
                flag = None
        # Together: a call between them would see neither the old settings nor the new.
        handler.flag = flag
        handler.plan = plan
        self.settings.plan = plan
        if old is not None and old is not flag:
            old.stop()
        if self._calls is not None:
            tls = self.tls is not None
            public_url = plan.options.public_url
            handler.authorities = authorities_of(
                self._calls.address, public_url=public_url, tls=tls
            )

    def guard(self, within: Callable[[CallerGate], CallerGate]) -> None:
        """Let ``within`` wrap the gate of the options."""
        self._handler.gate = within(self._handler.gate)

    @property
    def url(self) -> str:
        """The address for calls: ``http://host:port``, or ``https`` with TLS."""
        assert self._calls is not None, "start() comes first"
        return f"{'https' if self.tls else 'http'}://{self._calls.address.authority}"

    @property
    def admin_url(self) -> str | None:
        """The address for probes and metrics, or None without such a listener."""
        if self._admin:
            return f"http://{self._admin.address.authority}"
        return None

    async def start(self, bound: Bound | None = None) -> None:
        """Accept calls at ``bound`` or at the options' address.

        If ``bound`` has no sockets, the embedding program accepts connections and
        passes them to ``adopt``. Raises SettingsError on failure.
        """
        self.upstream.open()
        try:
            await self.look()
            bound = bound or bind(self.options.listen)
            tls = self.tls
            server = self.metrics.server = Clients(self._handler, self.options)
            server.failures = self.ledger.failures
            self._calls = Listener(
                server, bound, lambda: None if tls is None else tls.value[0]
            )
            self._beating = asyncio.create_task(self._beat())
            self.apply(self._handler.plan)
            for one in self.watched:
                if any(one.files()):
                    threading.Thread(
                        target=one.follow,
                        args=(self._ended,),
                        name="watched files",
                        daemon=True,
                    ).start()
            if self.options.admin is not None:
                self._admin = Admin(
                    bind(self.options.admin, "admin"),
                    metrics=self.metrics.text,
                    status=self.status,
                    live=lambda: time.monotonic() - self._beaten < STUCK,
                    ready=lambda: self.is_ready,
                )
        except BaseException:
            await self.stop(grace=0)
            raise
        self._handler.shared.inventory.begin()
        self.is_ready = True

    async def look(self) -> None:
        """Log a warning for each valid setting that will make calls fail."""
        for doubt in doubts(self.options, self._environ):
            log.warning("%s", doubt)
        await self._handler.gate.look()

    async def stop(self, *, grace: float | None = None, pause: float = 0.0) -> None:
        """Stop: report it, refuse connections after ``pause`` seconds, drain, close.

        Calls that are left after ``grace`` seconds (default: the option ``drain``) are
        cut.
        """
        self.is_ready = False
        until = asyncio.get_running_loop().time() + (
            self.options.drain if grace is None else grace
        )
        try:
            if self._calls is not None:
                await asyncio.sleep(pause)
                await self._calls.refuse()
                with contextlib.suppress(TimeoutError):
                    async with asyncio.timeout_at(until):
                        await self._calls.drained(
                            _LAST_CALLS, lambda: self.limits.count
                        )
                await self._calls.close()
        finally:
            admin = self._admin
            self._admin = None
            if admin is not None:
                await admin.stop()
            self._ended.set()
            if self._beating is not None:
                self._beating.cancel()
            if (flag := self._handler.flag) is not None:
                flag.stop()
            await self.upstream.close()
            await self._handler.gate.close()
            await self._handler.shared.inventory.flush()

    async def drain(self, cut: Coroutine[None, None, object]) -> None:
        """Stop, at once when ``cut`` returns.

        A balancer that asks ``/readyz`` gets time to notice.
        """
        asked = (
            self._admin is not None and time.monotonic() - self._admin.asked < _ASKED
        )
        if asked:
            pause = min(_NOTICED, self.options.drain / 2)
        else:
            pause = 0.0
        stopping = asyncio.ensure_future(self.stop(pause=pause))
        again = asyncio.ensure_future(cut)
        again.add_done_callback(lambda _: stopping.cancel())
        try:
            await stopping
        except asyncio.CancelledError:
            await self.stop(grace=0)
        finally:
            again.cancel()

    async def adopt(
        self, connection: socket.socket, tls: ssl.SSLContext | None
    ) -> None:
        """Serve a connection that was accepted elsewhere, and own it from now on.

        Returns after the handshake. If that fails, raises OSError, whose subclass may
        be ssl.SSLError.
        """
        assert self._calls is not None, "start() comes first"
        if (task := self._calls.take(connection, tls)) is not None:
            await task

    def status(self) -> StatusObject:
        """Return the status for people; any thread may call it."""
        return status_of(
            self._handler, self.watched, self.tls, listens=self.url, ready=self.is_ready
        )

    async def _beat(self) -> None:
        while True:
            self._beaten = time.monotonic()
            if (flag := self._handler.flag) is not None:
                flag.hangs()  # logs it
            for one in self.watched:
                one.give_up()
            await asyncio.sleep(_BEAT)
