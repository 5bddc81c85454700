"""Two hundred programs that poll one list, each every 100 ms, through one gateway."""

from __future__ import annotations

import asyncio
import random
import time
from statistics import median
from urllib.request import urlopen

import aiohttp

from benchmarks.bodies import legacy_path
from benchmarks.candidates import gateway
from benchmarks.processes import upstream

POLLERS, EVERY = 200, 0.1


def measure(seconds: int) -> list[tuple[str, str]]:
    """Return (what, figure) rows for the gateway without and with coalescing, at 20 ms upstream."""
    rows, asked = [], {}
    for flags in ((), ("--coalesce",)):
        with upstream(20) as server, gateway(server.port, *flags) as process:
            times = asyncio.run(_poll(f"http://127.0.0.1:{process.port}{legacy_path('small')}", seconds))
            with urlopen(f"http://127.0.0.1:{server.port}/count") as reply:
                asked[flags] = int(reply.read())
        name = flags[0] if flags else "without --coalesce"
        rows.append((f"{POLLERS} pollers, {name}: calls, upstream calls, p50", _shown(times, asked[flags])))
    rows.append(("coalescing cuts upstream calls", f"{asked[()] / max(asked[('--coalesce',)], 1):.0f}-fold"))
    return rows


def _shown(times: list[float], asked: int) -> str:
    return f"{len(times)}, {asked}, {median(times) * 1000:.1f} ms"


async def _poll(url: str, seconds: int) -> list[float]:
    times: list[float] = []
    dice = random.Random(1)  # noqa: S311 - phases, not secrets
    end = time.perf_counter() + seconds
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def one(start: float) -> None:
            await asyncio.sleep(start)
            while (began := time.perf_counter()) < end:
                async with session.get(url, headers={"Authorization": "Bearer one"}) as reply:
                    await reply.read()
                times.append(time.perf_counter() - began)
                await asyncio.sleep(max(0.0, EVERY - (time.perf_counter() - began)))

        await asyncio.gather(*(one(dice.random() * EVERY) for _ in range(POLLERS)))
    return times
