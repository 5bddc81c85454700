"""The drop-in compared with its libraries: one client each, one connection, alternating calls, medians.

Each row compares a call through ``shim.httpx`` or ``shim.requests`` with one through
the library itself, in pairs, so that a drift affects both. The calls are to another
host, to Atlas before the sunset, and retired with a known and with a new body.
"""

from __future__ import annotations

import os
import time
import warnings
from collections.abc import Callable
from contextlib import closing
from functools import partial
from statistics import median
from typing import Any

import httpx as plain_httpx
import requests as plain_requests

from benchmarks.bodies import GROUP, legacy_path
from benchmarks.processes import upstream
from shim import httpx, requests
from shim.errors import LegacyEndpointWarning

Make = Callable[[], Any]
PAIRS: dict[str, tuple[Make, Make]] = {
    "httpx": (plain_httpx.Client, httpx.Client),
    "requests": (plain_requests.Session, requests.Session),
}


def measure(rounds: int) -> list[tuple[str, str]]:
    """Return rows of a name and a figure."""
    warnings.simplefilter("ignore", LegacyEndpointWarning)
    os.environ["NO_PROXY"] = "*"
    rows = []
    with upstream(0) as seen, upstream(0, fresh=True) as fresh, upstream(20) as slow:
        for name, made in PAIRS.items():
            flex, legacy = _flex("small"), legacy_path("small")
            os.environ["ATLAS_SHIM_UPSTREAM"] = "http://127.0.0.1:1"
            _, ratio = _pair(made, (seen.origin + flex,) * 2, rounds)
            rows.append((f"{name}: another host", f"{ratio:.3f}"))
            for origin, what, theirs, count in (
                (seen.origin, "Atlas, not retired", flex, rounds),
                (seen.origin, "retired, a body seen before", legacy, rounds),
                (fresh.origin, "retired, 8 new snapshots", legacy, rounds),
                (slow.origin, "retired, at 20 ms", legacy, rounds // 10),
            ):
                os.environ["ATLAS_SHIM_UPSTREAM"] = origin
                more, ratio = _pair(made, (origin + flex, origin + theirs), count)
                rows.append((f"{name}: {what}", f"{ratio:.3f}, {more * 1e6:+.0f} µs"))
        os.environ["ATLAS_SHIM_UPSTREAM"] = fresh.origin
        few, many = (
            _pair(
                PAIRS["httpx"],
                (fresh.origin + _flex(size), fresh.origin + legacy_path(size)),
                rounds // 10,
            )[0]
            for size in ("small", "large")
        )
        rows.append(
            (
                "httpx: one more new snapshot",
                f"{(many - few) / (500 - 8) * 1e6:+.1f} µs",
            )
        )
    return rows


def _flex(body: str) -> str:
    return f"/api/atlas/v2/groups/{GROUP}/flexClusters/{body}/backup/snapshots"


def _pair(
    made: tuple[Make, Make], urls: tuple[str, str], rounds: int
) -> tuple[float, float]:
    """Return the additional seconds of a call with the drop-in, and its ratio to a plain call."""
    with closing(made[0]()) as one, closing(made[1]()) as two:
        calls = (partial(_read, one, urls[0]), partial(_read, two, urls[1]))
        for call in calls * 3:
            call()
        pairs = [(_seconds(calls[0]), _seconds(calls[1])) for _ in range(rounds)]
    return median(two - one for one, two in pairs), median(
        two / one for one, two in pairs
    )


def _read(client: Any, url: str) -> object:
    return client.get(url).content


def _seconds(call: Callable[[], object]) -> float:
    began = time.perf_counter()
    call()
    return time.perf_counter() - began
