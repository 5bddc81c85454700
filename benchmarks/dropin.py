"""The drop-in beside plain httpx: one client, one connection, calls in turn, medians."""

from __future__ import annotations

import os
import time
from collections.abc import Callable
from statistics import median

import httpx as plain

from benchmarks.bodies import GROUP, legacy_path
from benchmarks.processes import upstream
from shim import httpx


def measure(rounds: int) -> list[tuple[str, str]]:
    """Return (what, ratio) rows; each pair is measured in turn, so that drift hits both alike."""
    rows = []
    for delay in (0, 20):
        with upstream(delay) as server:
            origin = f"http://127.0.0.1:{server.port}"
            os.environ["ATLAS_SHIM_UPSTREAM"] = origin
            small, pair = _pair(origin, "small", rounds if delay == 0 else rounds // 10)
            rows.append((f"drop-in / plain httpx, {delay} ms upstream", f"{pair:.3f}"))
            if delay == 0:
                large, _ = _pair(origin, "large", rounds // 10)
                rows.append(("one more snapshot costs", f"{(large - small) / (500 - 8) * 1e6:.1f} µs"))
    return rows


def _pair(origin: str, body: str, rounds: int) -> tuple[float, float]:
    """Return the drop-in's median seconds, and the median of its ratio to the plain call, pair by pair."""
    flex = f"{origin}/api/atlas/v2/groups/{GROUP}/flexClusters/{body}/backup/snapshots"
    legacy = origin + legacy_path(body)
    with plain.Client() as one, httpx.Client() as two:
        _seconds(lambda: one.get(flex)), _seconds(lambda: two.get(legacy))
        pairs = [
            (_seconds(lambda: one.get(flex).json()), _seconds(lambda: two.get(legacy).json())) for _ in range(rounds)
        ]
    return median(two for _, two in pairs), median(two / one for one, two in pairs)


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
