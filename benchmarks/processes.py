"""Start, pin and watch the measured processes."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence

import attrs

CANDIDATE, OTHERS = "0", "1"
"""The processors: the candidate has its own; load and upstream share the other."""

TICK = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")


@attrs.frozen
class Running:
    """A process that listens on ``port`` of the loopback interface."""

    port: int
    process: subprocess.Popen[bytes]
    tls: bool = False

    @property
    def origin(self) -> str:
        """Its URL."""
        return f"{'https' if self.tls else 'http'}://127.0.0.1:{self.port}"

    def _pids(self) -> list[int]:
        children = f"/proc/{self.process.pid}/task/{self.process.pid}/children"
        with contextlib.suppress(OSError), open(children) as file:  # noqa: PTH123 - a kernel file
            return [self.process.pid, *map(int, file.read().split())]
        return [self.process.pid]

    def seconds(self) -> float:
        """Return the processor time used so far, children included."""
        total = 0
        for pid in self._pids():
            with open(f"/proc/{pid}/stat") as file:  # noqa: PTH123 - a kernel file
                fields = file.read().rpartition(")")[2].split()
            total += int(fields[11]) + int(fields[12])
        return total / TICK

    def resident(self) -> float:
        """Return the resident memory in MiB, children included."""
        total = 0
        for pid in self._pids():
            with open(f"/proc/{pid}/statm") as file:  # noqa: PTH123 - a kernel file
                total += int(file.read().split()[1])
        return total * _PAGE / 2**20


def free_port() -> int:
    """Return a free TCP port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(
    command: Sequence[str],
    port: int,
    *,
    cpu: str = CANDIDATE,
    environ: Mapping[str, str] | None = None,
    tls: bool = False,
) -> Iterator[Running]:
    """Run a command pinned to a processor until the block ends; raises RuntimeError if it does not listen."""
    pinned = (
        ["taskset", "-c", cpu, *command] if shutil.which("taskset") else list(command)
    )
    process = subprocess.Popen(
        pinned,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        env={**os.environ, **(environ or {})},
    )
    try:
        for _ in range(300):
            with (
                contextlib.suppress(OSError),
                socket.create_connection(("127.0.0.1", port), timeout=1),
            ):
                break
            if process.poll() is not None:
                raise RuntimeError(f"{command[0]} ended at once")
            time.sleep(0.05)
        else:
            raise RuntimeError(f"{command[0]} does not listen")
        yield Running(port=port, process=process, tls=tls)
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


@contextlib.contextmanager
def upstream(delay: float, *, fresh: bool = False) -> Iterator[Running]:
    """Run the upstream, which responds after ``delay`` milliseconds, with ``fresh`` differently each time."""
    port = free_port()
    command = [
        sys.executable,
        "-m",
        "benchmarks.upstream",
        str(port),
        str(delay),
        *(["fresh"] * fresh),
    ]
    with running(command, port, cpu=OTHERS) as process:
        yield process
