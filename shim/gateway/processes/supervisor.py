"""The process above the workers: it listens, reads settings, answers the operator, and takes no call itself.

The sockets stay open here, so that a worker that ends loses no connection but its own.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import pickle
import time
from collections.abc import Callable, Coroutine

import attrs
from prometheus_client import Counter, Gauge

from shim.core.recognise import Engine
from shim.gateway.admin import Admin
from shim.gateway.admin_thread import AdminThread
from shim.gateway.board.facts import ends_in, status_of
from shim.gateway.board.standing import Standing
from shim.gateway.board.status import Status
from shim.gateway.board.told import Told, add
from shim.gateway.board.written import InventoryLook
from shim.gateway.credentials.own import is_loopback
from shim.gateway.http1.shares import NOBODY, Shares
from shim.gateway.http1.sockets import Bound, bind
from shim.gateway.http1.turn_away import turn_away
from shim.gateway.in_flight import InFlight
from shim.gateway.metrics import Metrics
from shim.gateway.options import Options
from shim.gateway.processes import channel, sums
from shim.gateway.processes.worker import Start
from shim.gateway.processes.worker_process import Worker, ask_all
from shim.gateway.reload import Plan
from shim.gateway.server import STUCK, Gateway
from shim.gateway.settings_report import report

log = logging.getLogger("shim.gateway")

EVERY = 1.0
"""Seconds between two questions to each worker, and at most for an answer."""

_STEADY = 60.0
"""Seconds after which a worker counts as one that runs, and is replaced at once."""

_BACK_OFF = (0.1, 30.0)
"""Seconds until a worker that ended sooner is replaced: at first, doubled each time, and at most."""

_TIDY = 10.0
"""Seconds more than the drain that workers have for their end; then they are killed."""


class StartError(Exception):
    """No worker could start; ``code`` is the exit code of the one that ended, which has logged why."""

    def __init__(self, code: int) -> None:
        super().__init__(f"a worker ended before it took calls, with exit code {code}")
        self.code = code


class Supervisor:
    """Keeps the options' ``workers`` running; used as a Gateway is.

    Raises SettingsError, as a Gateway does, when credentials or TLS files are of no use.
    """

    def __init__(self, options: Options, engine: Engine) -> None:
        Gateway(options, engine)  # what is wrong is told once, and here
        self._plan = Plan(options, engine)
        self.metrics = Metrics(InFlight())
        self.metrics.apply(engine.documents, self._plan.settings)
        registry = self.metrics.registry
        self._taking = Gauge("atlas_shim_workers", "Processes that take calls.", registry=registry)
        self._silent = Gauge(
            "atlas_shim_workers_silent",
            "Workers that did not tell their metrics in time: what they told before counts.",
            registry=registry,
        )
        self._replaced = Counter("atlas_shim_workers_replaced", "Workers that ended by themselves.", registry=registry)
        self.standing = Standing()
        self._inventory_look = InventoryLook(os.environ)
        self.on_quit: Callable[[], None] | None = None
        self._shares = Shares.of(options.workers)
        self._bound: Bound | None = None
        self._admin: AdminThread | None = None
        self._workers: set[Worker] = set()
        self._past: sums.Told = []
        self._past_board = Told()
        self._keepers: list[asyncio.Task[None]] = []
        self._watcher: asyncio.Task[None] | None = None
        self._beaten = time.monotonic()
        self._started: asyncio.Future[None] | None = None
        self._draining = False
        self._ending = asyncio.Event()
        self._cut = asyncio.Event()

    @property
    def options(self) -> Options:
        """The options in use."""
        return self._plan.options

    @property
    def url(self) -> str:
        """Where calls are taken, as a Gateway says it."""
        assert self._bound is not None, "start() comes first"
        address = self._bound.address
        scheme = "http" if self.options.tls_cert is None else "https"
        return f"{scheme}://{address.authority if address else 'localhost'}"

    def apply(self, plan: Plan) -> None:
        """Have the calls that come from now on answered by another plan, in all workers."""
        self._plan = plan
        self.metrics.apply(plan.engine.documents, plan.settings)
        for worker in self._workers:
            worker.channel.say(channel.PLAN, pickle.dumps((self._options(), plan.engine.documents)))

    async def start(self, bound: Bound | None = None, admin: Bound | None = None) -> None:
        """Return when the first worker takes calls, of sockets as a Gateway takes them.

        Raises OSError when an address can't be listened on, StartError when a worker ended before one took calls.
        """
        loop = asyncio.get_running_loop()
        self._started = loop.create_future()
        try:
            self._bound = bound or bind(self.options)
            self.standing.listens = self.options.uds or self.url
            if self.options.admin is not None:
                self._admin = AdminThread(self._pages(), self.options.admin, admin)
                self._admin.start()
            self._keepers = [
                loop.create_task(self._keep(number, self._bound)) for number in range(self.options.workers)
            ]
            self._watcher = loop.create_task(self._watch())
            await self._started
        except BaseException:
            self._cut.set()
            await self._stop()
            raise

    async def drain(self, cut: Coroutine[None, None, object]) -> None:
        """End as a Gateway does: let calls in flight end, until ``cut`` returns."""
        stopping, again = asyncio.ensure_future(self._stop()), asyncio.ensure_future(cut)
        await asyncio.wait((stopping, again), return_when=asyncio.FIRST_COMPLETED)
        again.cancel()
        self._cut.set()
        await stopping

    async def _stop(self) -> None:
        self._draining = True
        options = self.options
        await _either(self._cut.wait(), seconds=options.drain_min)
        self._ending.set()
        if self._bound is not None:
            self._bound.unlink()
            if not self._bound.lent:
                turn_away(self._bound.sockets)
            self._bound.close()
        grace = options.drain - options.drain_min
        self._tell(channel.DRAIN, str(grace).encode())
        ended = asyncio.gather(*self._keepers, return_exceptions=True)
        await _either(self._cut.wait(), asyncio.shield(ended), seconds=grace + _TIDY)
        self._tell(channel.CUT)
        await _either(asyncio.shield(ended), seconds=_TIDY)
        for worker in self._workers:
            log.error("worker %s does not end, and is killed", worker.process.pid)
            worker.process.kill()
        await ended
        if self._watcher is not None:
            self._watcher.cancel()
        if self._admin is not None:
            await self._admin.stop()
        self._shares.close()

    def _tell(self, kind: bytes, content: bytes = b"") -> None:
        for worker in self._workers:
            worker.channel.say(kind, content)

    async def _keep(self, number: int, bound: Bound) -> None:
        """Keep one worker running: start another when it ends, unless the end has begun."""
        loop = asyncio.get_running_loop()
        pause, most = _BACK_OFF
        while not self._ending.is_set():
            began = loop.time()
            code = await self._one(number, bound)
            if self._ending.is_set():
                return
            assert self._started is not None
            if not self._started.done():
                self._ending.set()
                self._started.set_exception(StartError(code))
                return
            self._replaced.inc()
            pause = _BACK_OFF[0] if loop.time() - began >= _STEADY else min(most, 2 * pause)
            await _either(self._ending.wait(), seconds=pause)

    async def _one(self, number: int, bound: Bound) -> int:
        """Run one worker from its start to its end, and return its exit code as a shell has it."""
        try:
            worker = await Worker.spawn(self._start(number, bound))
        except OSError as error:
            log.error("can't start a worker: %s", error)  # noqa: TRY400 - no memory, or too many processes
            return 1
        self._workers.add(worker)
        if self._ending.is_set():
            worker.channel.say(channel.DRAIN, b"0")
        try:
            await worker.listen(self._takes_calls)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(worker.process.wait(), _TIDY)
        finally:
            self._workers.discard(worker)
            self._shares.put(number, NOBODY)
            if worker.process.returncode is None:
                worker.process.kill()
            code = await worker.process.wait()
            await worker.channel.close()
            self._past = sums.add([self._past, sums.lasting(worker.told)])
            self._past_board = attrs.evolve(add((self._past_board, worker.board)), certificates=())
        if not self._ending.is_set():
            log.error("worker %s ended with %s", worker.process.pid, code)
        return code if code >= 0 else 128 - code

    def _start(self, number: int, bound: Bound) -> Start:
        return Start(
            number=number,
            shares=self._shares.descriptor,
            descriptors=tuple(one.fileno() for one in bound.sockets),
            address=bound.address,
            options=self._options(),
            documents=self._plan.engine.documents,
        )

    def _options(self) -> Options:
        return attrs.evolve(self.options.part(), admin=None)

    def _takes_calls(self) -> None:
        if self._started is not None and not self._started.done():
            self._started.set_result(None)

    async def _watch(self) -> None:
        """Ask each worker for its metrics again and again: a count outlives its worker, and who is stuck is seen."""
        while True:
            await asyncio.sleep(EVERY)
            self._beaten = time.monotonic()
            asked = list(self._workers)
            missing = await ask_all(asked, EVERY)
            for worker in asked:
                worker.silent = worker.silent + 1 if worker in missing else 0
                if worker.silent:
                    self._shares.put(worker.number, NOBODY)  # nobody waits for it; it says for itself that it is back
                if worker.silent >= STUCK / 2 / EVERY:  # a round without an answer takes twice as long
                    log.error("worker %s is stuck, and is killed", worker.process.pid)
                    worker.process.kill()

    async def _page(self) -> bytes:
        asked = [worker for worker in self._workers if worker.ready]
        missing = await ask_all(asked, EVERY)
        self._taking.set(sum(worker.ready for worker in self._workers))
        self._silent.set(len(missing))
        announced = self._added().announced
        self.metrics.announced.sightings = lambda: announced
        own = sums.tell(self.metrics.registry)
        return sums.page(sums.add([own, self._past, *(worker.told for worker in self._workers)]))

    async def _told(self) -> Told:
        await ask_all([worker for worker in self._workers if worker.ready], EVERY)
        return self._added()

    def _added(self) -> Told:
        return add((self._past_board, *(worker.board for worker in self._workers)))

    async def _status(self, told: Told) -> Status:
        inventory = await self._inventory_look.look(ends_in(self._plan, self.standing))
        ready = self._is_ready()
        return status_of(told, self._plan, self.standing, ready=ready, inventory=inventory)

    def _is_ready(self) -> bool:
        return not self._draining and any(worker.ready for worker in tuple(self._workers))

    def _pages(self) -> Admin:
        loop, quits = asyncio.get_running_loop(), self.on_quit

        async def metrics() -> bytes:
            return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._page(), loop))

        async def status() -> Status:
            told = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(self._told(), loop))
            return await self._status(told)

        def end() -> None:
            assert quits is not None
            loop.call_soon_threadsafe(quits)

        assert self.options.admin is not None
        return Admin(
            metrics,
            status,
            live=lambda: time.monotonic() - self._beaten < STUCK,
            ready=self._is_ready,
            plan=lambda: self._plan,
            end=end if quits is not None and is_loopback(self.options.admin.host) else None,
            config=lambda plan: report(plan, os.environ, _flag_of(plan)),
        )


def _flag_of(plan: Plan) -> dict[str, object]:
    key = plan.settings.flag
    return {"flag": key, "note": "each worker asks for itself; their log lines say what it answers"} if key else {}


async def _either(*these: Coroutine[None, None, object] | asyncio.Future[object], seconds: float) -> None:
    """Return when the first of these has ended, or after so many seconds."""
    tasks = [asyncio.ensure_future(one) for one in these]
    await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
