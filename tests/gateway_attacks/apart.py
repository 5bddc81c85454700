"""The gateway in a process of its own: its log, its memory, and a limit on its open files."""

import base64
import contextlib
import os
import pickle
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import attrs
import pytest

from tests.peers.raw import PATIENCE
from tests.peers.served import LOOPBACK, At

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20

PROGRAM = """
import base64, logging, pickle, resource, sys
from shim.gateway.options import Options
from shim.gateway.run import serve_in_thread

files, uvloop, options = pickle.loads(base64.b64decode(sys.argv[1]))
if not uvloop:
    sys.modules["uvloop"] = None
if files:
    resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))
logging.basicConfig(level=logging.INFO)
with serve_in_thread(Options(**options)) as served:
    print(served.url, served.admin_url, flush=True)
    sys.stdin.read()
"""

reads_proc = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a process's peak is read from /proc")


@attrs.frozen
class Apart:
    """A running gateway; ``admin`` is its other listener."""

    pid: int
    url: str
    admin: At
    log: IO[bytes]

    def peak(self) -> int:
        """Return the most memory it ever had resident, in bytes."""
        text = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(text.partition("VmHWM:")[2].split()[0]) * 1024

    def said(self) -> str:
        """Return what it has logged so far."""
        return os.pread(self.log.fileno(), 64 * MIB, 0).decode()


@contextlib.contextmanager
def apart(origin: str, *, files: int = 0, uvloop: bool = True, **options: Any) -> Iterator[Apart]:
    """Run a gateway that may have so many open files (0: as many as this process), and end it in order.

    Without ``uvloop`` it runs on asyncio's own loop, even where the other is installed.
    """
    values = {"listen": LOOPBACK, "admin": LOOPBACK, "upstream": origin, "drain": 1.0, **options}
    argument = base64.b64encode(pickle.dumps((files, uvloop, values))).decode()
    with tempfile.TemporaryFile() as log:
        running = subprocess.Popen(
            [sys.executable, "-c", PROGRAM, argument],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )
        try:
            assert running.stdout is not None
            words = running.stdout.readline().split()
            assert len(words) == 2, os.pread(log.fileno(), MIB, 0).decode()
            served = Apart(running.pid, words[0], At(words[1]), log)
            yield served
            running.communicate("", timeout=3 * PATIENCE)
        finally:
            running.kill()
            running.communicate()
