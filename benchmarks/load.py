"""Load by wrk: requests a second and latencies of one row."""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import time

import attrs

from benchmarks.processes import OTHERS, Running

WARM_UP = 2
"""Seconds of load before a row."""

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@attrs.frozen
class Measured:
    """One row of one candidate.

    Requests/s, latencies in ms, processor µs a request, resident MiB, failures; and what it was computed from:
    requests, seconds, processor seconds of the candidate and of wrk.
    """

    rate: float
    p50: float
    p99: float
    resident: float
    failures: int
    count: int
    elapsed: float
    spent: float
    by_wrk: float

    @property
    def cpu(self) -> float:
        """Processor microseconds that the candidate took a request."""
        return self.spent / max(self.count, 1) * 1e6


def measure(candidate: Running, path: str, connections: int, seconds: int, *words: str, cpu: str = OTHERS) -> Measured:
    """Warm a candidate up and measure it; raises RuntimeError without wrk."""
    run(candidate, path, connections, WARM_UP, *words, cpu=cpu)
    return run(candidate, path, connections, seconds, *words, cpu=cpu)


def run(candidate: Running, path: str, connections: int, seconds: int, *words: str, cpu: str = OTHERS) -> Measured:
    """Measure a candidate as it is; ``words`` are further ones for wrk, which runs on the processors ``cpu``."""
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed; it makes the load")
    pinned = ["taskset", "-c", cpu] if shutil.which("taskset") else []
    command = [*pinned, "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", *words, candidate.origin + path]
    spent, by_wrk, began = candidate.seconds(), _children(), time.perf_counter()
    text = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    elapsed, by_wrk, spent = time.perf_counter() - began, _children() - by_wrk, candidate.seconds() - spent
    return Measured(
        rate=float(_one(r"Requests/sec:\s+([\d.]+)", text)),
        p50=_latency(text, "50"),
        p99=_latency(text, "99"),
        resident=candidate.resident(),
        failures=int(_one(r"Non-2xx or 3xx responses: (\d+)", text, "0")) + _lost(text),
        count=int(_one(r"(\d+) requests in", text)),
        elapsed=elapsed,
        spent=spent,
        by_wrk=by_wrk,
    )


def _children() -> float:
    """Return the processor seconds of children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def _lost(text: str) -> int:
    """Return how many calls got no answer."""
    errors = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text)
    return sum(map(int, errors.groups())) if errors else 0


def _one(pattern: str, text: str, default: str | None = None) -> str:
    match = re.search(pattern, text)
    if match is None and default is None:
        raise RuntimeError(f"wrk printed something else:\n{text}")
    return match[1] if match else default or ""


def _latency(text: str, percentile: str) -> float:
    match = re.search(rf"\s{percentile}%\s+([\d.]+)(us|ms|s)", text)
    if match is None:
        raise RuntimeError(f"wrk printed no percentile:\n{text}")
    return float(match[1]) * _UNITS[match[2]]
