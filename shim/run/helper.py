"""The processes beside the program: a keeper that holds the listening sockets, and the gateway that serves them.

The keeper forks the gateway, and forks it again if it dies: open connections break then, new ones are served. Both
end with the last of the program's processes, which they notice by a pipe that all these processes hold open.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import json
import logging
import os
import shutil
import signal
import socket
import ssl
import tempfile
import time
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from pathlib import Path
from typing import NoReturn

import attrs

from shim.core.recognise import Engine
from shim.errors import SettingsError
from shim.gateway import Gateway
from shim.gateway.http1.listener import Bound, bind_tcp
from shim.gateway.ledger import OTHER
from shim.gateway.option_values import Address
from shim.gateway.options import Options
from shim.gateway.run import loop_factory
from shim.run.certificates import make_certificates
from shim.run.proxy import ProxyServer
from shim.run.variables import Run, environment_of

HIGH = 100
"""The lowest number of an inherited file descriptor: programs use the first few themselves."""

STARTED = 30.0
"""Seconds that the gateway has to start."""

_SOON = 1.0
"""Seconds: if a gateway lives shorter than this, the next one starts with a delay."""


@attrs.frozen
class _Pipes:
    """The pipes and sockets to the command: for the start's result, for its life, and for its questions."""

    started: int
    alive: int
    asked: socket.socket
    program: int


@attrs.frozen
class Helper:
    """The processes beside the program as the command sees them: the program's variables, and the counts."""

    environment: Mapping[str, str] = attrs.field(repr=False)
    asking: socket.socket

    def counts(self) -> dict[str, int]:
        """Return the counts so far: ``connections``, ``calls`` and ``retired`` ones."""
        self.asking.settimeout(STARTED)
        self.asking.sendall(b"?")
        answer = self.asking.recv(4096)
        found: dict[str, int] = json.loads(answer) if answer else {}
        return found


def start_helper(options: Options, engine: Engine, host: str, environ: Mapping[str, str]) -> Helper:
    """Start the processes beside this one, which then becomes the program; returns once calls can be served.

    Raises SettingsError if the gateway does not start.
    """
    ready, started = os.pipe()
    alive, living = os.pipe()
    asking, asked = socket.socketpair()
    program = os.getpid()
    if not os.fork():
        # A grandchild is not a child of the program, and has no terminal.
        os.setsid()
        if not os.fork():
            os.close(ready)
            os.close(living)
            asking.close()
            _keep(options, engine, host, environ, _Pipes(started, alive, asked, program))
        os._exit(0)
    os.wait()
    os.close(started)
    os.close(alive)
    asked.close()
    with open(ready, encoding="utf-8") as file:  # noqa: PTH123 - a descriptor
        answer = json.loads(file.read() or '{"error": "the gateway did not start"}')
    if "error" in answer:
        raise SettingsError(answer["error"])
    os.set_inheritable(fcntl.fcntl(living, fcntl.F_DUPFD, HIGH), True)  # noqa: FBT003 - the function's own signature
    os.close(living)
    return Helper(answer["environment"], asking)


def _keep(options: Options, engine: Engine, host: str, environ: Mapping[str, str], pipes: _Pipes) -> None:
    """Set up the run, and keep a gateway serving until the program has ended."""
    folder = Path(tempfile.mkdtemp(prefix="atlas-shim-run-"))
    try:
        _stand_apart(pipes)
        proxy, tls, gateway = (bind_tcp(Address("127.0.0.1", 0)) for _ in range(3))
        root, context = make_certificates(host)
        ports = [one.sockets[0].getsockname()[1] for one in (proxy, tls, gateway)]
        run = Run(host, folder, root, *ports)
        said = json.dumps({"environment": environment_of(run, environ)})
        serving = _Serving(options, engine, host, context, (proxy, tls, gateway), environ, pipes)
        ended = False
        while not ended:
            began, gateway_process = time.monotonic(), os.fork()
            if not gateway_process:
                serving.run(said)
            # Whoever reads the output to its end must not wait for the keeper.
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)
            with contextlib.suppress(OSError):
                os.close(pipes.started)
            ended = os.waitstatus_to_exitcode(os.waitpid(gateway_process, 0)[1]) == 0
            said = ""
            if not ended and time.monotonic() - began < _SOON:
                time.sleep(_SOON)
    except Exception as error:  # noqa: BLE001 - the command says it
        os.write(pipes.started, json.dumps({"error": f"run: {error}"}).encode())
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _stand_apart(pipes: _Pipes) -> None:
    """Close the command's files except standard error, for warnings: others may read the rest to its end."""
    kept = {2, pipes.started, pipes.alive, pipes.asked.fileno()}
    for number in [int(one.name) for one in Path("/dev/fd").iterdir()]:
        if number not in kept and number > 2:
            with contextlib.suppress(OSError):  # the listing's own
                os.close(number)
    for number, flags in ((0, os.O_RDONLY), (1, os.O_WRONLY)):
        os.dup2(os.open(os.devnull, flags), number)
    os.chdir("/")
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_DFL)


@attrs.frozen
class _Serving:
    """What each gateway process of the run serves, the first and those that replace it."""

    options: Options
    engine: Engine
    host: str
    context: ssl.SSLContext = attrs.field(repr=False)
    bound: tuple[Bound, Bound, Bound]
    environ: Mapping[str, str] = attrs.field(repr=False)
    pipes: _Pipes

    def run(self, said: str) -> NoReturn:
        """Serve until the program's last process has ended, and end this one."""
        code = 0
        logging.basicConfig(level=logging.ERROR, format="atlas-shim: %(message)s")
        try:
            with asyncio.Runner(loop_factory=loop_factory()) as runner:
                runner.run(self._serve(said))
        except (OSError, SettingsError) as error:
            with contextlib.suppress(OSError):  # It replaces one that died.
                os.write(self.pipes.started, json.dumps({"error": str(error)}).encode())
        except BaseException:  # noqa: BLE001 - the keeper starts another
            code = 1
        os._exit(code)

    async def _serve(self, said: str) -> None:
        loop, ended, tasks = asyncio.get_running_loop(), asyncio.Event(), set[asyncio.Task[None]]()
        gateway = Gateway(self.options, self.engine, environ=self.environ)
        proxy = ProxyServer(self.host, self.context, gateway.adopt, _warn)
        proxied, led, calls = self.bound
        await gateway.start(calls)
        try:
            for bound, serve in ((proxied, proxy.serve), (led, proxy.serve_tls)):
                for one in bound.sockets:
                    one.setblocking(False)  # noqa: FBT003 - the socket's own signature
                    loop.add_reader(one, partial(_accept, one, serve, tasks))
            loop.add_reader(self.pipes.alive, ended.set)
            loop.add_reader(self.pipes.asked, self._answer, gateway, proxy)
            _hear_of_end(self.pipes.program, tasks)
            if said:
                os.write(self.pipes.started, said.encode())
                os.close(self.pipes.started)
            await ended.wait()
        finally:
            if tasks:  # A handshake that fails deserves its warning.
                await asyncio.wait(tasks, timeout=_SOON)
            for task in tuple(tasks):
                task.cancel()
            await gateway.stop(grace=0)

    def _answer(self, gateway: Gateway, proxy: ProxyServer) -> None:
        if not self.pipes.asked.recv(1):
            asyncio.get_running_loop().remove_reader(self.pipes.asked)
            return
        rows = gateway.ledger.calls()
        retired = sum(calls for (operation, *_), calls in rows.items() if operation != OTHER)
        counts = {"connections": proxy.connections, "calls": sum(rows.values()), "retired": retired}
        self.pipes.asked.send(json.dumps(counts).encode())


def _accept(
    listening: socket.socket,
    serve: Callable[[socket.socket], Coroutine[None, None, None]],
    tasks: set[asyncio.Task[None]],
) -> None:
    try:
        connection, _ = listening.accept()
    except (BlockingIOError, ConnectionError):
        return
    connection.setblocking(False)  # noqa: FBT003 - the socket's own signature
    task = asyncio.get_running_loop().create_task(serve(connection))
    tasks.add(task)
    task.add_done_callback(tasks.discard)


def _hear_of_end(program: int, tasks: set[asyncio.Task[None]]) -> None:
    """Close standard error when the program ends, even if its children live on: somebody may read it to its end."""
    loop = asyncio.get_running_loop()
    if not hasattr(os, "pidfd_open"):
        return
    with contextlib.suppress(OSError):  # it has ended
        process = os.pidfd_open(program)

        async def let_go() -> None:
            if warning := {task for task in tasks if not task.done()}:
                await asyncio.wait(warning, timeout=_SOON)
            os.dup2(os.open(os.devnull, os.O_WRONLY), 2)

        def hear() -> None:
            loop.remove_reader(process)
            loop.create_task(let_go()).add_done_callback(lambda _: os.close(process))

        loop.add_reader(process, hear)


def _warn(sentence: str) -> None:
    with contextlib.suppress(OSError):
        os.write(2, f"atlas-shim: {sentence}\n".encode())
