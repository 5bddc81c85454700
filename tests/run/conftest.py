"""Programs with a hard-coded host, run by the command, with a fake Atlas, another host, and a proxy between."""

import json
import os
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from shim.fake import FakeAtlas
from shim.fake.server import FakeServer
from tests.run.grid import BARE, BASE_URL
from tests.run.peers import CorporateProxy, OtherHost, other_host


class Runs:
    """Run programs.

    ``environ`` are the variables of the person at the terminal, ``folder`` is for
    temporary files. The command starts from ``loaded``, or from the beginning
    without it.
    """

    def __init__(self, environ, folder, loaded=None):
        self.environ = environ | {"TMPDIR": str(folder)}
        self.folder = folder
        self.loaded = loaded

    def command(self, *program, options=()):
        """Return the command line."""
        return [
            sys.executable,
            "-m",
            "shim",
            "run",
            *map(str, [*options, "--", *program]),
        ]

    def __call__(self, *program, options=(), **environ):
        """Run to the end, and return the result."""
        arguments = self.command(*program, options=options)[3:]
        (read, write), out = os.pipe(), self.folder.parent / "out"
        with out.open("wb") as file, open(read) as said:  # noqa: PTH123 - a descriptor
            asked = json.dumps([arguments, self.environ | environ]).encode()
            socket.send_fds(self.loaded, [asked], [file.fileno(), write])
            os.close(write)
            stderr = said.read()
            code = json.loads(self.loaded.recv(99))
        return subprocess.CompletedProcess(program, code, out.read_text(), stderr)

    def plainly(self, *program, **environ):
        """Run a program without the command."""
        environ = self.environ | environ
        return subprocess.run(
            program,
            env=environ,
            capture_output=True,
            text=True,
            check=False,
            timeout=180,
        )

    def begin(self, *program):
        """Start, and return the process."""
        return self._begin(*self.command(*program))

    def _begin(self, *command):
        return subprocess.Popen(
            command,
            env=self.environ,
            stdout=subprocess.PIPE,
            stdin=subprocess.PIPE,
            text=True,
        )

    @contextmanager
    def shared(self, *command):
        """Start one run, by another command if given; yield a function that runs programs in it."""
        with self._begin(*(command or self.command()), BARE, "-c", STARTER) as starter:

            def start(*program, **environ):
                print(
                    json.dumps([[*map(str, program)], environ]),
                    file=starter.stdin,
                    flush=True,
                )
                return subprocess.CompletedProcess(
                    program, *json.loads(starter.stdout.readline())
                )

            yield start

    def beside(self):
        """Return the processes of the runs themselves, by their folder for temporary files."""
        own = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                environ = (process / "environ").read_bytes()
                command = (process / "cmdline").read_bytes()
                if (
                    f"TMPDIR={self.folder}\0".encode() in environ
                    and b"\0run\0" in command
                ):
                    own.append(int(process.name))
        return own

    @staticmethod
    def has_ended(process):
        """Return whether a process has no threads left, since each may accept a connection until it ends."""
        states = set()
        try:
            for stat in Path(f"/proc/{process}/task").glob("*/stat"):
                states.add(stat.read_text().rpartition(")")[2].split()[0])
        except OSError:  # a thread has ended meanwhile, and others may be left
            return False
        return states <= {"Z", "X"}

    def left(self):
        """Return files and processes that the runs have left."""
        return [*self.folder.iterdir(), *self.beside()]


LOADED = """
import json, os, socket, sys
import shim.cli.run, shim.run.helper
from shim.cli import main
asked = socket.socket(fileno=int(sys.argv[1]))
while (found := socket.recv_fds(asked, 1 << 20, 2))[0]:
    arguments, environ = json.loads(found[0])
    if process := os.fork():
        for number in found[1]:
            os.close(number)
        asked.send(str(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])).encode())
        continue
    for number, to in zip(found[1], (1, 2)):
        os.dup2(number, to)
    os.closerange(3, 99)
    os.environ.clear()
    os.environ.update(environ)
    main(arguments)
"""
"""A process that loads the command once and forks for each start: loading takes most of a start's time."""


@pytest.fixture(scope="session")
def loaded():
    """The socket of the process with the loaded command."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, "-c", LOADED, str(theirs.fileno())]
    with (
        ours,
        subprocess.Popen(command, stdin=subprocess.DEVNULL, pass_fds=[theirs.fileno()]),
    ):
        theirs.close()
        yield ours
        ours.shutdown(socket.SHUT_RDWR)


STARTER = """
import json, os, subprocess, sys
for line in sys.stdin:
    command, changes = json.loads(line)
    environ = {**os.environ, **{name: os.path.expandvars(value) for name, value in changes.items()}}
    done = subprocess.run(command, env=environ, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=180)
    print(json.dumps([done.returncode, done.stdout, done.stderr]), flush=True)
"""


@pytest.fixture
def atlas() -> Iterator[FakeServer]:
    """A fake Atlas after the sunset."""
    with FakeServer(FakeAtlas()) as server:
        yield server


PLAIN = {
    name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ
}


@pytest.fixture
def runs(atlas, tmp_path, loaded) -> Runs:
    """Run programs with the fake, in an environment without proxies, CA files and hooks."""
    (tmp_path / "folders").mkdir()
    return Runs(
        {**PLAIN, "ATLAS_SHIM_UPSTREAM": atlas.url}, tmp_path / "folders", loaded
    )


@pytest.fixture(scope="session")
def shared(tmp_path_factory):
    """Start a program in a shared run, for programs that are served without a message."""
    with FakeServer(FakeAtlas()) as server:
        environ = {
            "ATLAS_SHIM_UPSTREAM": server.url,
            "ATLAS_SHIM_WARNINGS": "off",
            "MONGODB_ATLAS_BASE_URL": BASE_URL,
        }
        with Runs(
            PLAIN | environ, tmp_path_factory.mktemp("folders")
        ).shared() as start:
            yield start


@pytest.fixture
def other(tmp_path) -> Iterator[OtherHost]:
    """Another host that the program calls, with a certificate of a private authority, in ``private.pem``."""
    with other_host() as host:
        private = tmp_path / "private.pem"
        private.write_bytes(host.pem)
        Path(f"{private}.wgetrc").write_text(f"ca_certificate = {private}\n")
        yield host


@pytest.fixture
def corporate(other) -> Iterator[CorporateProxy]:
    """A proxy with a password that connects every name to the other host."""
    with CorporateProxy(other) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        yield proxy
        proxy.shutdown()
