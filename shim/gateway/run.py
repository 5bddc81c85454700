"""Run the gateway as a program, from its set-up to the signal that ends it.

It can also run in a thread.
"""

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
from typing import cast

from anyio.from_thread import start_blocking_portal

from shim._version import __version__
from shim.core.recognize import Engine
from shim.gateway.http1.activation import handed_over
from shim.gateway.limits import Limits
from shim.gateway.log_writer import logged
from shim.gateway.option_values import Address
from shim.gateway.options import Options
from shim.gateway.plan import LivePlan, unknown_variables
from shim.gateway.server import Gateway

log = logging.getLogger("shim.gateway.start")
process_log = logging.getLogger("shim.gateway.process")

# Descriptors for listeners, logs, the loop, resolving and the operator's connections.
_SPARE = 128
# Seconds beyond ``drain``, and after a second signal, until the process is killed.
_LATE = 10.0
# The same after calls have ended: for the log's last lines, and for threads that may
# wait forever.
_AFTER = 3.0


def fill_descriptors() -> None:
    """Open standard streams that are closed, so that no socket gets their descriptors."""
    while (new := os.open(os.devnull, os.O_RDWR)) < 3:  # the lowest free one
        pass
    os.close(new)


def serve(settings: LivePlan) -> None:
    """Serve until SIGTERM or SIGINT, then drain; a second signal ends the drain.

    Afterwards the process has a few seconds to end, whatever its threads do. Raises
    SettingsError if an address can't be listened on, or if credentials or TLS files
    can't be used.
    """
    fill_descriptors()
    options = settings.plan.options
    with logged(options.log_level, options.log_format):
        for problem in unknown_variables(os.environ):
            logging.getLogger("shim.gateway.settings").warning("%s", problem)
        _raise_open_files(options)
        # These signals make other programs reload files or reopen logs, and would end
        # this one.
        for ignored in (signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2):
            signal.signal(ignored, signal.SIG_IGN)
        # Modules that are loaded now stay loaded: collecting them again and again would
        # only delay calls.
        gc.collect()
        gc.freeze()
        # A call leaves nothing that only the collector finds, and a search every few
        # calls would delay each.
        gc.set_threshold(10_000, 20, 20)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_run(settings))


async def _run(settings: LivePlan) -> None:
    options = settings.plan.options
    gateway = Gateway(settings=settings)
    loop = asyncio.get_running_loop()
    ends = asyncio.Queue[str]()

    def end(why: str) -> None:
        _end_within(_LATE + (gateway.options.drain if gateway.is_ready else 0), 1)
        ends.put_nowait(why)

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, end, number.name)
    await gateway.start(handed_over(options.listen, os.environ))
    where = f"accepts calls at {gateway.url} for {options.upstream}"
    if gateway.upstream.proxy is not None:
        where += f" by the proxy {gateway.upstream.proxy.authority}"
    if options.allowed is not None:
        allows = f", allows {options.allowed.text}"
    else:
        allows = ""
    if options.admin:
        admin = f"probes and metrics at {options.admin.authority}"
    else:
        admin = "no probes and metrics"
    about = f"credentials {options.credentials}{allows}, route {options.route}, {admin}"
    log.info("%s (atlas-shim %s, %s)", where, __version__, about)
    logging.getLogger("shim.gateway.end").info("drains after %s", await ends.get())
    await gateway.drain(ends.get())
    _end_within(_AFTER, 0)


@contextlib.contextmanager
def serve_in_thread(
    options: Options | None = None,
    engine: Engine | None = None,
    *,
    clock: Callable[[], float] = time.time,
    environ: Mapping[str, str] = os.environ,
) -> Iterator[Gateway]:
    """Run a gateway in its own thread for a ``with`` block, and yield it.

    Without options it listens on free ports of loopback.
    """
    options = options or Options(
        listen=Address("127.0.0.1", 0), admin=Address("127.0.0.1", 0)
    )
    gateway = Gateway(options, engine, clock=clock, environ=environ)
    with start_blocking_portal(
        backend_options={"loop_factory": loop_factory()}
    ) as loop:
        loop.call(gateway.start)
        try:
            yield gateway
        finally:
            loop.call(gateway.stop)


def loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """Return uvloop's factory if it is installed; None means asyncio's own."""
    with contextlib.suppress(ImportError):
        return cast(
            "Callable[[], asyncio.AbstractEventLoop]",
            import_module("uvloop").new_event_loop,
        )
    return None


def _end_within(seconds: float, code: int) -> None:
    """Kill the process in so many seconds, if it has not ended by then.

    A thread may wait for a file forever.
    """
    timer = threading.Timer(seconds, os._exit, (code,))
    timer.daemon = True
    timer.start()


def _raise_open_files(options: Options) -> None:
    """Let the process open as many files as its connections need (setrlimit(2)).

    If it may not, that is logged.
    """
    # For each caller's connection there may be a surplus one, which gets 503, and a
    # request in flight.
    wanted = 2 * options.max_connections + Limits(options).most + _SPARE
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY or soft >= wanted:
        return
    if hard == resource.RLIM_INFINITY:
        allowed = wanted
    else:
        allowed = min(wanted, hard)
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, hard))
        soft = allowed
    if soft < wanted:
        process_log.warning(
            "can open %s files, but may need %s; see max_connections", soft, wanted
        )
