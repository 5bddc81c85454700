"""Start the processes next to the program: a keeper and the gateway.

The keeper holds the listening socket and forks the gateway. If the gateway dies, the
keeper forks it again: open connections break, and new ones are served. Both end with
the last of the program's descendants. A pipe shows whether one still holds it open.
Descendants that have closed the pipe, as daemons do, are found by the run's mark in
their environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import resource
import secrets
import select
import shutil
import signal
import socket
import ssl
import time
from collections import Counter
from collections.abc import Coroutine, Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import attrs

from shim.core.messages import Call
from shim.core.recognize import Engine, Match
from shim.core.route import sunset_of
from shim.errors import SettingsError
from shim.gateway.credentials.gates import CallerGate, VerifyGate
from shim.gateway.credentials.signers import PASSTHROUGH, UpstreamSigner
from shim.gateway.errors import Refusal
from shim.gateway.http1.head import RequestHead
from shim.gateway.http1.listener import Bound
from shim.gateway.option_values import Address
from shim.gateway.options import Options
from shim.gateway.run import fill_descriptors, loop_factory
from shim.gateway.server import Gateway
from shim.run.causes import ProgramCalls, refused_calls
from shim.run.certificates import make_certificate
from shim.run.folders import has_inner, make_folder, note_inner, place_of, remove_dead
from shim.run.peers import Doorkeeper, kernel_tells, marked
from shim.run.proxy import ProxyServer, readable
from shim.run.variables import FOLDER, Run, environment_of
from shim.tools.inventory import writing

HIGH = 100
"""The lowest number of an inherited file descriptor; programs use the first few themselves."""

_SOON = 1.0
"""Seconds: if a gateway lives shorter than this, the next one starts with a delay."""

_BETWEEN = 0.1
"""Seconds between two scans of all processes; longer than the start of a program."""


@attrs.define(eq=False)
class Helper:
    """The processes next to one program; each has its own copy of this value."""

    options: Options
    engine: Engine
    run: Run
    program: Sequence[str]
    environ: Mapping[str, str] = attrs.field(repr=False)
    unseen: str
    """The text for the program's end if no call has come."""
    report: str
    """The format of the report at the end: ``table`` or ``json``; empty for none."""
    running: int = -1
    """A pipe that is open until the run ends, for process 1 of a container.

    The program's orphans end with that process, so the run does not wait for them.
    """
    process: int = attrs.field(factory=os.getpid)
    """The process id of the command, which becomes the program's."""
    alive: int = -1
    """A pipe that the program and its descendants hold open."""
    ready: int = -1
    """A pipe for the result of the start."""

    def start(self) -> dict[str, str]:
        """Start the processes next to this one, and return the program's environment.

        This process becomes the program. Raises SettingsError if the gateway does not
        start, and OSError.
        """
        fill_descriptors()  # closed descriptors stay closed for the program
        self.alive, living = os.pipe()
        readable, self.ready = os.pipe()
        if not os.fork():
            # A grandchild is not a child of the program, and has no terminal.
            os.setsid()
            if not os.fork():
                os.close(living)
                self._keep()
            os._exit(0)
        with contextlib.suppress(ChildProcessError):  # SIGCHLD may be ignored
            os.wait()
        os.close(self.alive)
        os.close(self.ready)
        with open(readable, encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
            answer = json.loads(
                file.readline() or '{"error": "the gateway did not start"}'
            )
        if "error" in answer:
            raise SettingsError(answer["error"])
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
        os.set_inheritable(
            fcntl.fcntl(living, fcntl.F_DUPFD, min(HIGH, most - 2)),
            True,  # noqa: FBT003 - its signature
        )
        os.close(living)
        return dict(answer["environment"])

    def _keep(self) -> None:
        """Set up the run, and keep a gateway running until the program has ended."""
        folder = None
        lock = -1
        try:
            self._stand_apart()
            place = place_of(self.environ)
            remove_dead(place)
            folder, lock = make_folder(place)
            listening = socket.create_server(("127.0.0.1", 0), backlog=65535)
            mark = secrets.token_hex(16)
            secret = not kernel_tells(listening)
            port = listening.getsockname()[1]
            run = attrs.evolve(
                self.run, folder=folder, port=port, mark=mark, secret=secret
            )
            root, *tls = make_certificate(run.host, run.hooks_name)
            self.run = attrs.evolve(run, root=root)
            if outer := self.environ.get(FOLDER):
                note_inner(Path(outer))
            environment = environment_of(self.run, self.environ)
            noted: Iterable[bytes] = ()
            if self.report:
                calls = environment[writing.VARIABLE] = (
                    environment.get(writing.VARIABLE) or f"{folder}/calls.jsonl"
                )
                noted = file = os.fdopen(
                    writing.opened(calls, os.O_RDWR | os.O_APPEND | os.O_CREAT), "rb"
                )
                file.seek(0, os.SEEK_END)
            door = Doorkeeper(listening, mark.encode(), secret)
            null = os.open(os.devnull, os.O_WRONLY)
            over = False
            while not over:
                began = time.monotonic()
                gateway_process = os.fork()
                if not gateway_process:
                    _end_after(self._serve(door, tls, noted, environment))
                # A reader of the program's output must not have to wait for the keeper.
                # Only the first gateway reports that it is ready.
                for number in (2, self.ready):
                    os.dup2(null, number)
                over = os.waitpid(gateway_process, 0)[1] == 0
                self.unseen = ""  # the first gateway may have seen calls
                if not over and time.monotonic() - began < _SOON:
                    time.sleep(_SOON)
                    is_released = bool(select.select([self.alive], [], [], 0)[0])
                    over = is_released and next(marked(mark.encode()), None) is None
        except Exception as error:  # noqa: BLE001 - the command says it
            self._say(error=f"run: {error}")
        finally:
            if folder is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(lock)

    def _stand_apart(self) -> None:
        """Close the command's files, so that their readers reach the end.

        Standard error stays open for warnings.
        """
        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
        low = 3
        for kept in (
            *sorted({self.alive, self.ready, self.running} - {-1}),
            min(soft, 1 << 20),
        ):
            os.closerange(low, kept)
            low = kept + 1
        resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
        for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY)):
            os.dup2(os.open(os.devnull, flags), number)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)

    async def _serve(
        self,
        door: Doorkeeper,
        tls: Sequence[ssl.SSLContext],
        noted: Iterable[bytes],
        environment: Mapping[str, str],
    ) -> None:
        """Pass on the environment, and serve until the program's last process has ended."""
        try:
            gateway = Gateway(self.options, self.engine, environ=self.environ)
            gateway.guard(
                lambda gate: (
                    _ProgramsGate(gate) if isinstance(gate, VerifyGate) else gate
                )
            )
            await gateway.start(Bound((), Address("127.0.0.1", self.run.port)))
        except (OSError, SettingsError) as error:
            self._say(error=str(error))
            return
        loop = asyncio.get_running_loop()
        proxy = ProxyServer(self.run, tls[0], tls[1], gateway.adopt)
        door.open(lambda connection: loop.call_soon_threadsafe(proxy.take, connection))
        last = loop.create_task(self._last_ends())
        ends = [last]
        # it has ended; macOS has no such descriptors
        with contextlib.suppress(OSError, AttributeError):
            ends.append(loop.create_task(readable(os.pidfd_open(self.process))))
        self._say(environment=environment)
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if proxy.tasks:  # a failed handshake gets its own message
            await asyncio.wait(proxy.tasks, timeout=_SOON)
        proxy.counts["strangers"] = door.strangers
        proxy.counts["in Python"] = sum(
            b'"file":' in note and b'"operation":' in note for note in noted
        )
        for line in self._lines(gateway, proxy):
            with contextlib.suppress(OSError):
                os.write(2, f"{line}\n".encode())
        # a reader may be waiting for its end
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
        if self.running < 0:
            await last
        await gateway.stop(grace=0)
        # the keeper may have been killed
        shutil.rmtree(self.run.folder, ignore_errors=True)

    async def _last_ends(self) -> None:
        """Return when the last of the program's descendants has ended."""
        await readable(self.alive)
        await asyncio.to_thread(_await_marked, self.run.mark.encode())

    def _lines(self, gateway: Gateway, proxy: ProxyServer) -> Iterator[str]:
        """Yield the lines for the program's end, from the observed calls."""
        rows = gateway.ledger.calls()
        counts = Counter[str](proxy.counts)
        counts["calls"] += sum(rows.values())
        settings = self.options.settings()
        now = time.time()
        operations = [one for one in self.engine.operations if not one.lives]
        ended = {
            one.id: sunset_of(one, settings).timestamp() <= now for one in operations
        }
        for (operation, *_), calls in rows.items():
            if operation in ended:
                counts["retired" if ended[operation] else "ending"] += calls
        again = f"atlas-shim run -- {self.program[0]} …"  # the rest may contain a key
        seen = ProgramCalls(
            counts=+counts,
            refused=[
                *refused_calls(gateway.ledger.errors, self.engine.operations, again)
            ],
            again=again,
            host=self.run.host,
            others=proxy.others,
            unseen=self.unseen,
        )
        if has_inner(self.run.folder) and not counts["connections"]:
            return  # the run inside this one has seen the calls and reported them
        if self.report == "json":
            yield json.dumps(seen.as_json())
            return
        if self.report:
            yield f"atlas-shim: {seen.report()}"
        for sentence in seen.last_words():
            yield f"atlas-shim: {sentence}"

    def _say(self, **answer: object) -> None:
        os.write(self.ready, json.dumps(answer).encode() + b"\n")


def _end_after(serving: Coroutine[None, None, None]) -> NoReturn:
    """Run the gateway in this process, and end the process."""
    code = 0
    logging.basicConfig(level=logging.ERROR, format="atlas-shim: %(message)s")
    # The program's standard error gets no traceback and no messages of the event loop.
    logging.getLogger("shim.gateway").addFilter(
        lambda record: vars(record).update(exc_info=None) is None
    )
    logging.getLogger("asyncio").disabled = True
    try:
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(serving)
    except BaseException:  # noqa: BLE001 - the keeper starts another
        code = 1
    os._exit(code)


def _await_marked(mark: bytes) -> None:
    """Return when no process has the mark in two scans.

    A process that is starting a program has no mark for a moment.
    """
    looks = 2
    while looks:
        process = next(marked(mark), None)
        looks = looks - 1
        if process is None:
            time.sleep(_BETWEEN)
            continue
        looks = 2
        with contextlib.suppress(OSError):  # it has ended since the scan
            number = os.pidfd_open(int(process.name))
            poll = select.poll()
            poll.register(number, select.POLLIN)
            poll.poll()
            os.close(number)


class _ProgramsGate(CallerGate):
    """A key of the run signs retired calls; all others pass between the program and Atlas unchanged."""

    def __init__(self, verifying: CallerGate) -> None:
        self._verifying = verifying

    async def admit(
        self, head: RequestHead, call: Call, match: Match | None, *, listed: bool
    ) -> UpstreamSigner:
        """Return the credentials that sign this call. Raises Refusal."""
        if match is None:
            return PASSTHROUGH
        try:
            return await self._verifying.admit(head, call, match, listed=listed)
        except Refusal as refusal:
            if refusal.code == "SHIM_KEY_REFUSED":  # a key of the program itself
                return PASSTHROUGH
            raise
