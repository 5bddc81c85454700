"""The cost of ``import shim.auto`` before the first call to Atlas, and how long that call blocks a running loop.

It is processor time, because wall time includes the machine's other work.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
from statistics import median

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer

LIBRARIES = ("urllib3", "requests", "httpx", "aiohttp")

FIRST_CALL = f"""
import asyncio, sys, time, warnings
warnings.simplefilter("ignore")
import shim.auto, {{library}}
turns = []

async def beat():
    last = time.process_time()
    while True:
        await asyncio.sleep(0.001)
        turns.append(time.process_time() - last)
        last += turns[-1]

async def main():
    beating = asyncio.create_task(beat())
    async with {{library}}.{{client}}(headers={{{{"Authorization": "Bearer {DEMO_TOKEN}"}}}}) as client:
        await client.get(sys.argv[1] + "/elsewhere")
        turns.clear()
        await client.get(sys.argv[1] + "/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots")
    beating.cancel()
    print(max(turns) * 1000)

asyncio.run(main())
"""


def measure(rounds: int) -> list[tuple[str, str]]:
    """Return rows of a name and ms: imports with and without the drop-in, and first calls of async clients."""
    rows = []
    for library in LIBRARIES:
        pairs = [
            (
                _processor(f"import {library}"),
                _processor(f"import shim.auto, {library}"),
            )
            for _ in range(rounds)
        ]
        alone, more = (
            median(one for one, _ in pairs),
            median(two - one for one, two in pairs),
        )
        rows.append(
            (
                f"import shim.auto before {library}",
                f"{more:.0f} ms of processor to {alone:.0f} ms",
            )
        )
    with FakeServer(FakeAtlas()) as atlas:
        for library, client in (("httpx", "AsyncClient"), ("aiohttp", "ClientSession")):
            code = FIRST_CALL.format(library=library, client=client)
            worst = median(float(_run(code, atlas.url)) for _ in range(rounds))
            rows.append(
                (
                    f"first call to Atlas, {library}",
                    f"the loop waits {worst:.1f} ms of processor at most",
                )
            )
    return rows


def _processor(code: str) -> float:
    """Return the milliseconds of processor time of a program."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    _run(code)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1000


def _run(code: str, *arguments: str) -> str:
    environ = (
        {**os.environ, "ATLAS_SHIM_UPSTREAM": arguments[0]}
        if arguments
        else dict(os.environ)
    )
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(
        command, env=environ, check=True, capture_output=True, text=True
    ).stdout
