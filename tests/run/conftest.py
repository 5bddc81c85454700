"""Programs with Atlas' host built in, run by the command beside a fake Atlas, another host, and a proxy between."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest

from shim.fake import FakeAtlas
from shim.fake.server import FakeServer
from tests.run.peers import CorporateProxy, OtherHost, other_host


class Runs:
    """Runs programs: ``environ`` is what the person at the terminal has set, ``folder`` is for temporary files."""

    def __init__(self, environ, folder):
        self.environ, self.folder = environ | {"TMPDIR": str(folder)}, folder

    def command(self, *program, options=()):
        """Return the command line."""
        return [sys.executable, "-m", "shim", "run", *options, "--", *map(str, program)]

    def __call__(self, *program, options=(), **environ):
        """Run to the end, and return what came of it."""
        return self.plainly(*self.command(*program, options=options), **environ)

    def plainly(self, *program, **environ):
        """Run a program without the command."""
        environ = self.environ | environ
        return subprocess.run(program, env=environ, capture_output=True, text=True, check=False, timeout=180)

    def begin(self, *program, options=()):
        """Start, and return the process."""
        command = self.command(*program, options=options)
        return subprocess.Popen(command, env=self.environ, stdout=subprocess.PIPE, stdin=subprocess.PIPE, text=True)

    def beside(self):
        """Return the processes of the runs' own, by the folder for temporary files that they were given."""
        own = []
        for process in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                environ, command = (process / "environ").read_bytes(), (process / "cmdline").read_bytes()
                if f"TMPDIR={self.folder}\0".encode() in environ and b"\0run\0" in command:
                    own.append(int(process.name))
        return own

    def left(self):
        """Return what the runs have left: files and processes."""
        return [*self.folder.iterdir(), *self.beside()]


@pytest.fixture
def atlas() -> Iterator[FakeServer]:
    """A fake Atlas after the sunset."""
    with FakeServer(FakeAtlas()) as server:
        yield server


@pytest.fixture
def runs(atlas, tmp_path) -> Runs:
    """Runs programs beside the fake, from an environment without proxies, roots and hooks of its own."""
    (tmp_path / "folders").mkdir()
    plain = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
    return Runs({**plain, "ATLAS_SHIM_UPSTREAM": atlas.url}, tmp_path / "folders")


@pytest.fixture
def other(tmp_path) -> Iterator[OtherHost]:
    """Another host that the program calls, with a certificate of a private authority, in ``private.pem``."""
    with other_host() as host:
        (tmp_path / "private.pem").write_bytes(host.pem)
        yield host


@pytest.fixture
def corporate(other) -> Iterator[CorporateProxy]:
    """A proxy with a password that leads every name to the other host."""
    with CorporateProxy(other) as proxy:
        threading.Thread(target=proxy.serve_forever, args=(0.02,), daemon=True).start()
        yield proxy
        proxy.shutdown()
