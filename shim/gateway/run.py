"""Runs the gateway as a program, from the set-up of its process to the signal that ends it, or in a thread."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import resource
import signal
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from typing import Any

from anyio.from_thread import start_blocking_portal

from shim._version import __version__
from shim.core.recognise import Engine
from shim.gateway.http1.listener import Bound
from shim.gateway.log_writer import logged
from shim.gateway.options import Address, Options
from shim.gateway.plan import Plan, PlanSource, unknown_variables
from shim.gateway.server import Gateway
from shim.gateway.systemd import Manager
from shim.gateway.watch import Stamp

log = logging.getLogger("shim.gateway")

_ENDING = (signal.SIGTERM, signal.SIGINT)

_NOT_OURS = (signal.SIGUSR1, signal.SIGUSR2)
"""Signals that make other programs reopen their logs; here they are ignored, since they would end the process."""

_SPARE = 128  # descriptors for listeners, logs, the loop, resolving and the operator's connections
_LATE = 10.0  # seconds beyond ``drain``, and after a second signal, in which the process ends by itself or is ended
_AFTER = 3.0  # the same once calls have ended: for the log's last lines, and for threads that may wait for ever


def serve(plan: Plan, source: PlanSource, known: Stamp, calls: Bound | None) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends the drain.

    SIGHUP and changes of the ``source``'s files, which were ``known`` when ``plan`` was read, replace the plan. A
    service manager's sockets for ``calls`` take the place of those that the options name. Afterwards the process has a
    few seconds to end, whatever its threads do. Raises OSError when an address can't be listened on, SettingsError
    when credentials or TLS files are of no use.
    """
    for number in range(3):  # a standard stream that is closed: else its number would be the loop's or a caller's
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    with logged(plan.options.log_level, plan.options.log_format):
        for problem in unknown_variables(source.environ):
            log.warning("%s", problem)
        _raise_open_files(plan.options)
        for ignored in _NOT_OURS:
            signal.signal(ignored, signal.SIG_IGN)
        # What is loaded now stays; looking through it again and again would only hold calls up.
        gc.collect()
        gc.freeze()
        # A call leaves nothing that only the collector finds, and looking for it every few calls costs part of each.
        gc.set_threshold(10_000, 20, 20)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_run(plan, source, known, calls))


async def _run(plan: Plan, source: PlanSource, known: Stamp, calls: Bound | None) -> None:
    gateway = Gateway(plan.options, plan.engine)
    gateway.follow(source, plan, known)
    loop, manager = asyncio.get_running_loop(), Manager()
    ends: asyncio.Queue[str] = asyncio.Queue()

    def end(why: str) -> None:
        _end_within(_LATE + (gateway.options.drain if gateway.is_ready else 0), 1)
        ends.put_nowait(why)

    chores: list[asyncio.Task[Any]] = [loop.create_task(manager.watchdog())]
    for number in _ENDING:
        loop.add_signal_handler(number, end, number.name)
    loop.add_signal_handler(signal.SIGHUP, lambda: chores.append(loop.create_task(gateway.settings.look(now=True))))
    try:
        await gateway.start(calls)
        options = plan.options
        where = f"takes calls at {options.uds or gateway.url} for {options.upstream}"
        where += f" by the proxy {gateway.proxy}" if gateway.proxy is not None else ""
        about = [
            f"atlas-shim {__version__}",
            f"credentials {options.credentials}",
            *([f"allows {options.allowed}"] if options.allowed is not None else []),
            f"route {options.route}",
            f"documents {', '.join(sorted({document.name for document in plan.engine.documents}))}",
            f"probes and metrics at {options.admin.authority}" if options.admin else "no probes and metrics",
        ]
        log.info("%s (%s)", where, "; ".join(about))
        manager.ready(where)
        log.info("drains after %s", await ends.get())
        manager.stopping(gateway.options.drain)
        await gateway.drain(ends.get())
    finally:
        for task in chores:
            task.cancel()
        for number in (*_ENDING, signal.SIGHUP):
            loop.remove_signal_handler(number)
    _end_within(_AFTER, 0)


@contextlib.contextmanager
def serve_in_thread(
    options: Options | None = None,
    engine: Engine | None = None,
    *,
    clock: Callable[[], float] = time.time,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Gateway]:
    """Run a gateway in a thread of its own for the length of a ``with`` block, and yield it.

    Without options it listens on free ports of loopback.
    """
    options = options or Options(listen=Address("127.0.0.1", 0), admin=Address("127.0.0.1", 0))
    gateway = Gateway(options, engine, clock=clock, environ=environ)
    with start_blocking_portal(backend_options={"loop_factory": loop_factory()}) as loop:
        loop.call(gateway.start)
        try:
            yield gateway
        finally:
            loop.call(gateway.stop)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's, when it is installed; None means asyncio's own."""
    try:
        uvloop: Any = import_module("uvloop")
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory


def _end_within(seconds: float, code: int) -> None:
    """End the process in so many seconds, if it hasn't ended by then: a thread may wait for a file for ever."""
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()


def _raise_open_files(options: Options) -> None:
    """Let the process open as many files as its connections need, as far as it may (setrlimit(2)).

    Each caller's connection is one, each request in flight one more, and so is each surplus connection that is
    answered 503. A limit that can't be raised is logged, since the gateway works below it.
    """
    wanted = 2 * options.max_connections + options.max_requests + _SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    allowed = wanted if hard == resource.RLIM_INFINITY else min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    if soft < wanted:
        log.warning("may open %s files, and could need %s: see max_connections", soft, wanted)
