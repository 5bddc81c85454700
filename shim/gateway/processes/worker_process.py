"""A worker as its supervisor sees it: a process that is told what to do, and asked what it counts.

It is a new interpreter, and no fork of this one: threads and loops can't be forked in order, and what it has to
know is small.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
import pickle
import socket
import sys
from collections import deque
from collections.abc import Callable, Sequence

import attrs

from shim.gateway.board.told import Told
from shim.gateway.processes import channel, sums
from shim.gateway.processes.channel import Channel
from shim.gateway.processes.worker import Start

log = logging.getLogger("shim.gateway")


@attrs.define(eq=False)
class Worker:
    """One worker process, and what it told last.

    ``told`` are its metrics, ``board`` what people are shown; ``ready`` once it takes calls; ``silent`` is for how
    many rounds it has not answered.
    """

    number: int
    process: asyncio.subprocess.Process
    channel: Channel
    ready: bool = False
    told: sums.Told = attrs.field(factory=list)
    board: Told = attrs.field(factory=Told)
    questions: deque[asyncio.Future[None]] = attrs.field(factory=deque)
    silent: int = 0

    @classmethod
    async def spawn(cls, start: Start) -> Worker:
        """Start a process; raises OSError."""
        ours, theirs = socket.socketpair()
        with contextlib.ExitStack() as undo, theirs:
            undo.enter_context(ours)
            # The same modules, wherever this process has them from, and none from the folder it happens to be in.
            code = (
                f"import sys; sys.path[:] = {sys.path!r}; "
                f"from shim.gateway.processes.worker import main; sys.exit(main({theirs.fileno()}))"
            )
            process = await asyncio.create_subprocess_exec(
                *(sys.executable, "-P", "-c", code),
                stdin=asyncio.subprocess.DEVNULL,
                pass_fds=(theirs.fileno(), start.shares, *start.descriptors),
                process_group=0,  # a terminal's Ctrl-C is for the supervisor
            )
            undo.pop_all()
        line = await Channel.over(ours)
        line.say(channel.START, pickle.dumps(start))
        return cls(start.number, process, line)

    def ask(self) -> asyncio.Future[None]:
        """Have the worker tell its metrics; the future ends when it has."""
        answer = asyncio.get_running_loop().create_future()
        self.questions.append(answer)
        self.channel.say(channel.METRICS)
        return answer

    async def listen(self, ready: Callable[[], None]) -> None:
        """Take in what the worker says, until its end."""
        while (message := await self.channel.hear()) is not None:
            match message:
                case channel.READY, _:
                    self.ready = True
                    log.info("worker %s takes calls", self.process.pid)
                    ready()
                case channel.METRICS, content:
                    counted = json.loads(content)
                    self.told, self.board = counted["metrics"], Told.from_json(counted["board"])
                    if self.questions and not (answer := self.questions.popleft()).done():
                        answer.set_result(None)
        for answer in self.questions:
            answer.cancel()


async def ask_all(workers: Sequence[Worker], patience: float) -> set[Worker]:
    """Have workers tell their metrics, and return those that did not within so many seconds."""
    answers = {worker.ask(): worker for worker in workers}
    if not answers:
        return set()
    _, missing = await asyncio.wait(answers, timeout=patience)
    return {answers[one] for one in missing}
