"""Load by wrk: requests a second and latencies of one row."""

from __future__ import annotations

import re
import shutil
import subprocess

import attrs

from benchmarks.bodies import legacy_path
from benchmarks.processes import OTHERS, Running

_UNITS = {"us": 0.001, "ms": 1.0, "s": 1000.0}


@attrs.frozen
class Measured:
    """One row of one candidate: requests/s, latencies in ms, processor µs a request, resident MiB, failures."""

    rate: float
    p50: float
    p99: float
    cpu: float
    resident: float
    failures: int


def measure(candidate: Running, body: str, connections: int, seconds: int) -> Measured:
    """Warm a candidate up and measure it; raises RuntimeError without wrk."""
    _wrk(candidate.port, body, connections, 2)
    before = candidate.seconds()
    text = _wrk(candidate.port, body, connections, seconds)
    spent = candidate.seconds() - before
    count = int(_one(r"(\d+) requests in", text))
    return Measured(
        rate=rate(text),
        p50=_latency(text, "50"),
        p99=_latency(text, "99"),
        cpu=spent / max(count, 1) * 1e6,
        resident=candidate.resident(),
        failures=int(_one(r"Non-2xx or 3xx responses: (\d+)", text, "0")),
    )


def _wrk(port: int, body: str, connections: int, seconds: int) -> str:
    if shutil.which("wrk") is None:
        raise RuntimeError("wrk is not installed; it makes the load")
    url = f"http://127.0.0.1:{port}{legacy_path(body)}"
    command = [*pinned(), "wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", url]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout


def pinned() -> list[str]:
    """Return the words that pin a command to the load's processor."""
    return ["taskset", "-c", OTHERS] if shutil.which("taskset") else []


def rate(text: str) -> float:
    """Return the requests a second that wrk printed."""
    return float(_one(r"Requests/sec:\s+([\d.]+)", text))


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
