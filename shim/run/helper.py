"""The processes beside the program: a keeper that holds the listening socket, and the gateway that serves it.

The keeper forks the gateway, and forks it again if it dies: open connections break then, new ones are served. Both
end with the last of the program's descendants: a pipe tells while one holds it open, and those that have closed it,
as daemons do, are found by the run's mark in their environment.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import re
import resource
import secrets
import select
import shutil
import signal
import socket
import ssl
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import NoReturn

import attrs

from shim.core.messages import Call
from shim.core.recognise import Engine, Match
from shim.errors import SettingsError
from shim.gateway.credentials.gates import CallerGate, VerifyGate
from shim.gateway.credentials.signers import PASSTHROUGH, UpstreamSigner
from shim.gateway.errors import Refusal
from shim.gateway.http1.head import RequestHead
from shim.gateway.http1.listener import Bound
from shim.gateway.ledger import OTHER
from shim.gateway.option_values import Address
from shim.gateway.options import Options
from shim.gateway.run import loop_factory
from shim.gateway.server import Gateway
from shim.run.causes import last_words, report
from shim.run.certificates import make_certificate
from shim.run.peers import Doorkeeper, kernel_tells, marked
from shim.run.proxy import ProxyServer, readable
from shim.run.variables import Run, environment_of
from shim.tools.inventory.writing import VARIABLE as INVENTORY

HIGH = 100
"""The lowest number of an inherited file descriptor: programs use the first few themselves."""

_SOON = 1.0
"""Seconds: if a gateway lives shorter than this, the next one starts with a delay."""

_BETWEEN = 0.1
"""Seconds between two looks at all processes; a program is started sooner."""

_is_plain = re.compile(r"/[\w./+@=-]*", re.ASCII).fullmatch
"""A path that can stand in every variable: no separator, quote or space of any."""


@attrs.frozen
class Wanted:
    """What is to run beside the program."""

    options: Options
    engine: Engine
    run: Run
    program: Sequence[str]
    environ: Mapping[str, str] = attrs.field(repr=False)
    unseen: str
    """What is said at the program's end if no call has come."""
    report: bool
    """Whether what came of its calls is said then."""
    process: int = attrs.field(factory=os.getpid)
    """The command's number, which becomes the program's."""
    alive: int = -1
    """A pipe that the program and its descendants hold open."""
    ready: int = -1
    """A pipe for what came of the start."""


def start_helper(wanted: Wanted) -> dict[str, str]:
    """Start the processes beside this one, which then becomes the program; returns its environment.

    Raises SettingsError if the gateway does not start, and OSError.
    """
    while os.open(os.devnull, os.O_RDWR) < 3:  # what is closed stays closed for the program
        pass
    alive, living = os.pipe()
    readable, ready = os.pipe()
    if not os.fork():
        # A grandchild is not a child of the program, and has no terminal.
        os.setsid()
        if not os.fork():
            os.close(living)
            _keep(attrs.evolve(wanted, alive=alive, ready=ready))
        os._exit(0)
    with contextlib.suppress(ChildProcessError):  # SIGCHLD may be ignored
        os.wait()
    os.close(alive)
    os.close(ready)
    with open(readable, encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
        answer = json.loads(file.readline() or '{"error": "the gateway did not start"}')
    if "error" in answer:
        raise SettingsError(answer["error"])
    most = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    os.set_inheritable(fcntl.fcntl(living, fcntl.F_DUPFD, min(HIGH, most - 2)), True)  # noqa: FBT003 - its signature
    os.close(living)
    return dict(answer["environment"])


def _keep(wanted: Wanted) -> None:
    """Set up the run, and keep a gateway serving until the program has ended."""
    folder, environ = None, wanted.environ
    try:
        _stand_apart(wanted)
        folder = Path(tempfile.mkdtemp(prefix="atlas-shim-run-", dir=_place(environ)))
        listening, mark = socket.create_server(("127.0.0.1", 0), backlog=65535), secrets.token_hex(16)
        secret, port = not kernel_tells(listening), listening.getsockname()[1]
        run = attrs.evolve(wanted.run, folder=folder, port=port, mark=mark, secret=secret)
        root, *tls = make_certificate(run.host, run.hooks_name)
        run = attrs.evolve(run, root=root)
        environment = environment_of(run, environ)
        notes = Path(environ.get(INVENTORY) or folder / "calls.jsonl")
        if wanted.report:
            environment[INVENTORY] = str(notes)
        begin = notes.stat().st_size if notes.exists() else 0
        serving = _Serving(attrs.evolve(wanted, run=run), (tls[0], tls[1]), listening, notes, begin)
        another = attrs.evolve(serving, wanted=attrs.evolve(serving.wanted, unseen=""))  # the first may have seen calls
        null, over = os.open(os.devnull, os.O_WRONLY), False
        while not over:
            began, gateway_process = time.monotonic(), os.fork()
            if not gateway_process:
                serving.serve(environment)
            # Whoever reads one to its end must not wait for the keeper, nor is another gateway's word asked for.
            for number in (2, wanted.ready):
                os.dup2(null, number)
            over, serving = os.waitpid(gateway_process, 0)[1] == 0, another
            if not over and time.monotonic() - began < _SOON:
                time.sleep(_SOON)
                over = bool(select.select([wanted.alive], [], [], 0)[0]) and next(marked(mark.encode()), None) is None
    except Exception as error:  # noqa: BLE001 - the command says it
        _say(wanted, error=f"run: {error}")
    finally:
        if folder is not None:
            shutil.rmtree(folder, ignore_errors=True)


def _place(environ: Mapping[str, str]) -> str | None:
    """Return where the run's folder is: programs with a /tmp of their own still see the first two."""
    usual = environ.get("XDG_RUNTIME_DIR", "") if os.getuid() else "/run"
    places = filter(_is_plain, (environ.get("TMPDIR", ""), usual, "/tmp", "/var/tmp"))  # noqa: S108 - mkdtemp makes it
    return next((place for place in places if os.access(place, os.W_OK | os.X_OK)), None)


def _stand_apart(wanted: Wanted) -> None:
    """Close the command's files except standard error, for warnings: others may read the rest to its end."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    low = 3
    for kept in (*sorted((wanted.alive, wanted.ready)), min(soft, 1 << 20)):
        os.closerange(low, kept)
        low = kept + 1
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY)):
        os.dup2(os.open(os.devnull, flags), number)
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, signal.SIG_DFL)


def _await_marked(mark: bytes) -> None:
    """Return when no process has the mark any more, at two looks: while it starts a program a process shows none."""
    looks = 2
    while looks:
        process, looks = next(marked(mark), None), looks - 1
        if process is None:
            time.sleep(_BETWEEN)
            continue
        looks = 2
        with contextlib.suppress(OSError):  # it has ended in between
            number, poll = os.pidfd_open(int(process.name)), select.poll()
            poll.register(number, select.POLLIN)
            poll.poll()
            os.close(number)


class _ProgramsGate(CallerGate):
    """A key of the run signs retired calls; all else is between the program and Atlas, as without a run."""

    def __init__(self, verifying: CallerGate) -> None:
        self._verifying = verifying

    async def admit(self, head: RequestHead, call: Call, match: Match | None, *, listed: bool) -> UpstreamSigner:
        """Return who signs this call; raises Refusal."""
        if match is None:
            return PASSTHROUGH
        try:
            return await self._verifying.admit(head, call, match, listed=listed)
        except Refusal as refusal:
            if refusal.code == "SHIM_KEY_REFUSED":  # a key of the program's own
                return PASSTHROUGH
            raise


@attrs.frozen
class _Serving:
    """What each gateway process of the run serves, the first and those that replace it."""

    wanted: Wanted
    tls: tuple[ssl.SSLContext, ssl.SSLContext]
    listening: socket.socket
    notes: Path
    begin: int

    def serve(self, environment: Mapping[str, str]) -> NoReturn:
        """Hand over the environment, serve until the program's last process has ended, and end this one."""
        code = 0
        logging.basicConfig(level=logging.ERROR, format="atlas-shim: %(message)s")
        # No traceback belongs into a program's standard error, nor what the loop says of itself.
        logging.getLogger("shim.gateway").addFilter(lambda record: vars(record).update(exc_info=None) is None)
        logging.getLogger("asyncio").disabled = True
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(self._serve(environment))
        except (OSError, SettingsError) as error:
            _say(self.wanted, error=str(error))
        except BaseException:  # noqa: BLE001 - the keeper starts another
            code = 1
        os._exit(code)

    async def _serve(self, environment: Mapping[str, str]) -> None:
        loop, run = asyncio.get_running_loop(), self.wanted.run
        gateway = Gateway(self.wanted.options, self.wanted.engine, environ=self.wanted.environ)
        gateway.guard(lambda gate: _ProgramsGate(gate) if isinstance(gate, VerifyGate) else gate)
        proxy = ProxyServer(run, *self.tls, gateway.adopt, _warn)
        door = Doorkeeper(self.listening, run.mark.encode(), run.secret)
        await gateway.start(Bound((), Address("127.0.0.1", run.port)))
        door.open(lambda connection: loop.call_soon_threadsafe(proxy.take, connection))
        last = loop.create_task(self._last_ends())
        ends = [last]
        with contextlib.suppress(OSError, AttributeError):  # it has ended; macOS has no such descriptors
            ends.append(loop.create_task(readable(os.pidfd_open(self.wanted.process))))
        _say(self.wanted, environment=environment)
        await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        if proxy.tasks:  # a handshake that fails deserves its warning
            await asyncio.wait(proxy.tasks, timeout=_SOON)
        proxy.counts["strangers"] = door.strangers
        for sentence in self._sentences(gateway, proxy):
            _warn(sentence)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # somebody may read it to its end
        await last
        await gateway.stop(grace=0)
        shutil.rmtree(run.folder, ignore_errors=True)  # the keeper may have been killed

    async def _last_ends(self) -> None:
        """Return when the last of the program's descendants has ended."""
        await readable(self.wanted.alive)
        await asyncio.to_thread(_await_marked, self.wanted.run.mark.encode())

    def _sentences(self, gateway: Gateway, proxy: ProxyServer) -> Iterator[str]:
        """Yield what is to be said at the program's end, by what has been seen of it."""
        wanted, rows, counts = self.wanted, gateway.ledger.calls(), Counter[str](proxy.counts)
        counts["calls"] += sum(rows.values())
        counts["retired"] += sum(calls for (operation, *_), calls in rows.items() if operation != OTHER)
        for (code, *_), count in gateway.ledger.failures.items():
            counts[code or "answers of Atlas"] += count
        if wanted.report:
            with contextlib.suppress(OSError):  # nothing was noted
                notes = map(json.loads, self.notes.read_bytes()[self.begin :].splitlines())
                counts["in Python"] = sum("file" in note and "operation" in note for note in notes)
            yield report(+counts)
        yield from last_words(+counts, wanted.program[0], wanted.run.host, proxy.others, wanted.unseen)


def _say(wanted: Wanted, **answer: object) -> None:
    os.write(wanted.ready, json.dumps(answer).encode() + b"\n")


def _warn(sentence: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"atlas-shim: {sentence}\n".encode())
