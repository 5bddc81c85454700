"""A worker: a process that takes calls of a listener that it shares, and does as its supervisor says."""

from __future__ import annotations

import asyncio
import logging
import os
import pickle
import signal
import socket

import attrs

from shim.core.recognise import Engine
from shim.documents.model import Document
from shim.errors import SettingsError
from shim.gateway.board.told import message
from shim.gateway.http1.shares import Share, Shares
from shim.gateway.http1.sockets import Bound
from shim.gateway.logs.lines import apart
from shim.gateway.logs.rendering import set_level, set_up
from shim.gateway.options import Address, LogFormat, Options
from shim.gateway.processes import channel
from shim.gateway.processes.channel import Channel
from shim.gateway.processes.process import loop_factory, prepare
from shim.gateway.processes.sums import told_by_worker
from shim.gateway.reload import Plan
from shim.gateway.server import Gateway

log = logging.getLogger("shim.gateway")


@attrs.frozen
class Start:
    """What a worker begins with.

    ``descriptors`` are of the sockets that listen, and ``shares`` of the memory in which it is the worker ``number``;
    the rest is where it listens, and what it answers with.
    """

    number: int
    shares: int
    descriptors: tuple[int, ...]
    address: Address | None
    options: Options
    documents: tuple[Document, ...]


def main(descriptor: int) -> int:
    """Take calls until the supervisor says that it is enough, or is gone; return the exit code."""
    # A terminal's Ctrl-C and a group's SIGHUP are for the supervisor, which says what they mean.
    for number in (signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    with asyncio.Runner(loop_factory=loop_factory()) as runner:
        return runner.run(_work(socket.socket(fileno=descriptor)))


async def _work(end: socket.socket) -> int:
    supervisor = await Channel.over(end)
    first = await supervisor.hear()
    if first is None:
        return 0
    start: Start = pickle.loads(first[1])  # noqa: S301 - nobody but the process that started this one can write to it
    options = start.options
    set_up(options.log_level, options.log_format, os.getpid())
    with apart(as_json=options.log_format is LogFormat.JSON):
        prepare(start.options)
        try:
            gateway = Gateway(start.options, Engine(start.documents))
            sockets = tuple(socket.socket(fileno=one) for one in start.descriptors)
            share = Share(Shares(start.shares, start.options.workers), start.number)
            await gateway.start(Bound(sockets, start.address, share=share))
        except SettingsError as error:
            log.error("%s", error)  # noqa: TRY400 - an operator's mistake needs no traceback
            return 2
        supervisor.say(channel.READY)
        worker = _Worker(gateway, supervisor)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, worker.drain)
        await worker.work()
        supervisor.say(channel.METRICS, _counted(gateway))
        await supervisor.close()
    return 0


def _counted(gateway: Gateway) -> bytes:
    return message(told_by_worker(gateway.metrics.registry), gateway.told())


class _Worker:
    """A gateway, and what its supervisor wants of it."""

    def __init__(self, gateway: Gateway, supervisor: Channel) -> None:
        self._gateway = gateway
        self._supervisor = supervisor
        self._grace: float | None = None
        self._ending = asyncio.Event()
        self._cut = asyncio.Event()

    def drain(self) -> None:
        """Begin the end, if it has not begun."""
        self._ending.set()

    async def work(self) -> None:
        """Return when the end has come."""
        obeying = asyncio.ensure_future(self._obey())
        await self._ending.wait()
        await self._gateway.drain(self._cut.wait(), grace=self._grace)
        if obeying.done():
            obeying.result()
        obeying.cancel()

    async def _obey(self) -> None:
        try:
            await self._hear()
        finally:
            # Without a supervisor nobody could end this process in order; and after a defect another is better.
            self._ending.set()

    async def _hear(self) -> None:
        while (message := await self._supervisor.hear()) is not None:
            match message:
                case channel.PLAN, content:
                    options, documents = pickle.loads(content)  # noqa: S301 - as above
                    set_level(options.log_level)
                    self._gateway.apply(Plan(options, Engine(documents)))
                case channel.METRICS, _:
                    self._supervisor.say(channel.METRICS, _counted(self._gateway))
                case channel.DRAIN, content:
                    self._grace = float(content)
                    self._ending.set()
                case channel.CUT, _:
                    self._cut.set()
