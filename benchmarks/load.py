"""Load from wrk: requests per second and latencies of one row."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from pathlib import Path

import attrs

from benchmarks.processes import OTHERS, Running

WARM_UP = 2
"""Seconds of load before a row."""

FLEET = Path(__file__).parent / "fleet.lua"
"""The script with which wrk requests each cluster in turn."""

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@attrs.frozen
class Measured:
    """One row of one candidate: requests/s, latencies in ms, processor µs per request, resident MiB, failures."""

    rate: float
    p50: float
    p99: float
    cpu: float
    resident: float
    failures: int


def measure(
    candidate: Running,
    path: str,
    connections: int,
    seconds: int,
    *words: str,
    clusters: int = 1,
) -> Measured:
    """Warm up and measure a candidate; ``words`` are more arguments of wrk. Raises RuntimeError without wrk.

    With several ``clusters``, each is requested in turn.
    """
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed; it makes the load")
    if clusters > 1:
        os.environ["CLUSTERS"] = str(clusters)
        words = (*words, "-s", str(FLEET))
    _wrk(candidate, path, connections, WARM_UP, *words)
    before = candidate.seconds()
    text = _wrk(candidate, path, connections, seconds, *words)
    return Measured(
        rate=float(_one(r"Requests/sec:\s+([\d.]+)", text)),
        p50=_latency(text, "50"),
        p99=_latency(text, "99"),
        cpu=(candidate.seconds() - before)
        / max(int(_one(r"(\d+) requests in", text)), 1)
        * 1e6,
        resident=candidate.resident(),
        failures=int(_one(r"Non-2xx or 3xx responses: (\d+)", text, "0")) + _lost(text),
    )


def _wrk(
    candidate: Running, path: str, connections: int, seconds: int, *words: str
) -> str:
    pinned = ["taskset", "-c", OTHERS] if shutil.which("taskset") else []
    command = [
        *pinned,
        "wrk",
        "-t1",
        f"-c{connections}",
        f"-d{seconds}s",
        "--latency",
        *words,
        candidate.origin + path,
    ]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def _lost(text: str) -> int:
    """Return the number of calls without a response."""
    errors = re.search(
        r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", text
    )
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
