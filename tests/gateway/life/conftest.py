"""Run the command as a process, without the machine's settings."""

import os
import queue
import re
import signal
import subprocess
import sys
import threading
from pathlib import Path

import attrs
import pytest

from shim.gateway.log_writer import LogLines
from shim.gateway.losses import Losses
from tests.peers.ports import free_port
from tests.peers.raw import PATIENCE
from tests.peers.served import At

ROOT = Path(__file__).parents[3]
OURS = ("ATLAS_SHIM_", "MONGODB_ATLAS_", "MCLI_")


@attrs.define
class Running:
    """A gateway as a process, and the lines that it logged."""

    process: subprocess.Popen[str]
    lines: "queue.Queue[str]" = attrs.field(factory=queue.Queue)
    seen: list[str] = attrs.field(factory=list)

    def logged(self, pattern: str) -> re.Match[str]:
        """Return the match in the next line that has one; earlier lines are dropped."""
        while True:
            try:
                line = self.lines.get(timeout=PATIENCE)
            except queue.Empty:
                raise AssertionError(
                    f"{pattern} is not in {''.join(self.seen)}"
                ) from None
            self.seen.append(line)
            if found := re.search(pattern, line):
                return found

    def end(self, number: int = signal.SIGTERM) -> int:
        """Send a signal, and return the exit code."""
        self.process.send_signal(number)
        return self.process.wait(PATIENCE)

    def calls(self) -> At:
        """Return the URL for calls, once it is logged."""
        return At(self.logged(r"accepts calls at (\S+)")[1])


def clean_environ(**more: str) -> dict[str, str]:
    """Return this process's environment without settings, credentials and proxies."""
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(OURS)
    }
    return {
        **kept,
        "PYTHONUNBUFFERED": "1",
        "PYTHONPATH": str(ROOT),
        "NO_PROXY": "*",
        **more,
    }


@pytest.fixture(autouse=True)
def patient(monkeypatch):
    """Raise timeouts, because a slow machine is not a hanging disk."""
    monkeypatch.setattr("shim.gateway.watch.PATIENCE", PATIENCE)


@pytest.fixture(autouse=True)
def lost_nothing(monkeypatch):
    """Reset the counts of lost lines after each test."""
    monkeypatch.setattr(LogLines, "lost", Losses())


@pytest.fixture
def serve():
    """Return a function that starts ``atlas-shim serve`` with arguments.

    Gateways that still run at the end are killed.
    """
    started: list[subprocess.Popen[str]] = []
    readers: list[threading.Thread] = []

    def serve(*words, env=None, before=(), program=("-m", "shim", "serve"), **how):
        process = subprocess.Popen(
            [*before, sys.executable, *program, "--listen", "127.0.0.1:0", *words],
            env=clean_environ(**(env or {})),
            stderr=subprocess.PIPE,
            text=True,
            **how,
        )
        started.append(process)
        running = Running(process)

        def read():
            assert process.stderr is not None
            for line in process.stderr:
                running.lines.put(line)

        reader = threading.Thread(target=read, daemon=True)
        readers.append(reader)
        reader.start()
        return running

    yield serve
    for process in started:
        process.kill()
        process.wait()
    for reader in readers:
        reader.join()
    for process in started:
        assert process.stderr is not None
        process.stderr.close()


@pytest.fixture
def port():
    """Return a free port of loopback."""
    return free_port()
