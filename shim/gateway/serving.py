"""The gateway as a program: from its start to the signal that ends it."""

from __future__ import annotations

import asyncio
import logging
import os
import signal
from collections.abc import Coroutine, Mapping
from functools import partial

from shim._version import __version__
from shim.core.recognise import Engine, shared_engine
from shim.gateway.log_writer import set_level
from shim.gateway.option_sources import Given
from shim.gateway.options import Options
from shim.gateway.process import loop_factory, prepare
from shim.gateway.reload import Plan, PlanSource, Reloader, Stamp
from shim.gateway.server import Gateway
from shim.gateway.systemd.manager import Manager
from shim.gateway.systemd.sockets import Sockets

log = logging.getLogger("shim.gateway")

_ENDING = (signal.SIGTERM, signal.SIGINT)
_NONE = Sockets()


async def run(  # noqa: PLR0913 - what was read, where from, and what a service manager holds
    options: Options,
    engine: Engine | None = None,
    *,
    source: PlanSource | None = None,
    known: Stamp = (),
    sockets: Sockets = _NONE,
    given: Mapping[str, Given] | None = None,
) -> None:
    """Serve until SIGTERM, SIGINT or ``POST /quitquitquit``, then drain; a second signal ends the drain.

    With a ``source``, whose files were ``known`` when they were read, SIGHUP and changes of the files
    replace options and engine. A service manager's ``sockets`` take the place of those that the options name, and it
    is told what happens. ``given`` tells of options where they were given. Raises OSError when an address can't be
    listened on, SettingsError when credentials or TLS files are of no use.
    """
    engine = engine or shared_engine(os.environ)
    plan = Plan(options, engine, given or {})
    gateway = Gateway(options, engine)
    gateway.apply(plan)
    loop = asyncio.get_running_loop()
    ends: asyncio.Queue[str] = asyncio.Queue()
    manager = Manager()
    gateway.on_quit = partial(ends.put_nowait, "POST /quitquitquit")
    chores: set[asyncio.Task[object]] = set()

    def chore(work: Coroutine[None, None, object]) -> None:
        task = loop.create_task(work)
        chores.add(task)
        task.add_done_callback(chores.discard)

    chore(manager.watchdog())
    for number in _ENDING:
        loop.add_signal_handler(number, ends.put_nowait, number.name)
    try:
        if source is not None:

            def apply(plan: Plan) -> None:
                set_level(plan.options.log_level)
                gateway.apply(plan)

            reloader = Reloader(source, plan, apply, gateway.standing)

            async def reload() -> None:
                with manager.reloading():
                    await reloader.reload()

            loop.add_signal_handler(signal.SIGHUP, lambda: chore(reload()))
            chore(reloader.watch(known))
        await gateway.start(sockets.calls, sockets.admin)
        where = f"takes calls at {options.uds or gateway.url} for {options.upstream}"
        log.info("%s (%s)", where, _about(gateway, engine))
        manager.ready(where)
        log.info("drains after %s", await ends.get())
        manager.stopping(gateway.options.drain)
        await gateway.drain(ends.get())
    finally:
        for task in chores:
            task.cancel()
        for number in (*_ENDING, signal.SIGHUP):
            loop.remove_signal_handler(number)


def _about(gateway: Gateway, engine: Engine) -> str:
    """Return in a few words what this gateway is and does."""
    options = gateway.options
    words = [
        f"atlas-shim {__version__}",
        f"credentials {options.credentials}",
        *([f"allows {options.allowed}"] if options.allowed is not None else []),
        *(["reads only"] if options.read_only else []),
        f"route {options.route}",
        f"documents {', '.join(sorted({document.name for document in engine.documents}))}",
        f"probes and metrics at {options.admin.authority}" if options.admin else "no probes and metrics",
    ]
    return "; ".join(words)


def serve(  # noqa: PLR0913 - as above
    options: Options,
    engine: Engine | None = None,
    *,
    source: PlanSource | None = None,
    known: Stamp = (),
    sockets: Sockets = _NONE,
    given: Mapping[str, Given] | None = None,
) -> None:
    """Run a gateway in this thread until a signal ends it."""
    prepare(options)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        runner.run(run(options, engine, source=source, known=known, sockets=sockets, given=given))
