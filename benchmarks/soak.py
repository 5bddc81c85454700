"""A soak: callers and upstream misbehave in every way, and afterwards nothing of that may remain.

    python -m benchmarks.soak                 half a minute
    python -m benchmarks.soak --minutes 10
    python -m benchmarks.soak --minutes 10 --memory 16 --body-limit 4    the gateway of a pod of 128Mi

A gateway runs in its own process. After a warm-up, and again at the end, all callers
disconnect, and its memory, file descriptors and tasks are counted. Some callers are
hostile; honest ones know their response (benchmarks/hostile.py). Exit code 1 means that
something remained, that a hostile connection was not closed, or that a caller got
another's response.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import gzip
import json
import os
import random
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import click

from benchmarks import hostile
from benchmarks.hostile import GROUP

ROOT = Path(__file__).resolve().parent.parent
BACKUP = f"/api/atlas/v2/groups/{GROUP}/serverless/orders/backup"
GROWTH = 8 << 20
"""The allowed difference of resident memory in bytes: an allocator's arenas, but no growth."""

QUIET = 40.0
"""Seconds within which everything kept for the next call must be released."""

V2 = "/api/atlas/v2"
OLD = "Accept: application/vnd.atlas.2023-01-01+json"
ITEMS = [
    {"id": f"{number:024x}", "status": "COMPLETED", "startTime": "2026-01-01T00:00:00Z"}
    for number in range(50)
]
CONTENT = json.dumps(
    {"results": ITEMS, "totalCount": len(ITEMS), "id": f"{1:024x}", "status": "PENDING"}
).encode()
ORDER = json.dumps(
    {
        "deliveryType": "automated",
        "snapshotId": f"{1:024x}",
        "targetClusterName": "other",
        "targetGroupId": GROUP,
    }
).encode()

PROGRAM = """
import asyncio, gc, logging, signal, sys
from shim.core.settings import RouteWord
from shim.gateway.options import Options
from shim.gateway.server import Gateway
from shim.gateway.option_values import Address
from shim.gateway.run import loop_factory
from shim.gateway.upstream import pool

pool.KEEP = 10.0  # less than the soak's rest

async def main():
    served = Gateway(Options(
        listen=Address("127.0.0.1", 0), admin=None, upstream=sys.argv[1], deadline=2.0, upstream_timeout=2.0,
        client_timeout=1.0, keepalive_timeout=5.0, max_connections=400,
        memory=int(sys.argv[2]) << 20, body_limit=int(sys.argv[3]) << 20,
        route=RouteWord.AUTO, writes=frozenset({"people", "clusters", "instances"}),
    ))
    await served.start()
    def count():
        gc.collect()
        print(len(asyncio.all_tasks()), served.limits.count, flush=True)
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, count)
    print(served.url, flush=True)
    await asyncio.Event().wait()

logging.disable(logging.WARNING)
with asyncio.Runner(loop_factory=loop_factory()) as runner:
    runner.run(main())
"""


def reply(
    content: bytes, *lines: str, status: str = "200 OK", length: int | None = None
) -> bytes:
    """Return a reply; ``length`` is its declared Content-Length."""
    said = len(content) if length is None else length
    return (
        "\r\n".join(
            (f"HTTP/1.1 {status}", f"Content-Length: {said}", *lines, "", "")
        ).encode()
        + content
    )


REGION = {
    "electableSpecs": {"instanceSize": "M10", "nodeCount": 3},
    "priority": 7,
    "providerName": "AWS",
    "regionName": "US_EAST_1",
}
CODED = gzip.compress(CONTENT)
BOMB = gzip.compress(bytes(8 << 20))
CLUSTER = json.dumps(
    {
        "name": "orders",
        "id": f"{2:024x}",
        "clusterType": "REPLICASET",
        "paused": False,
        "diskSizeGB": 10.0,
        "replicationSpecs": [
            {
                "id": f"{3:024x}",
                "numShards": 1,
                "zoneName": "Zone 1",
                "regionConfigs": [REGION],
            }
        ],
    }
).encode()
FAULTS: dict[str, bytes] = {
    "close": b"",
    "reset": b"",
    "short": reply(CONTENT[:100], length=len(CONTENT)),
    "short, reset": reply(CONTENT[:100], length=len(CONTENT)),
    "hang": b"",
    "hang after the head": reply(b"", length=len(CONTENT)),
    "chunks broken": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\nnonsense\r\n",
    "not HTTP": b"nonsense\r\n\r\n",
    "large head": reply(CONTENT, "X: " + "a" * 200_000),
}
REPLIES = (
    *[reply(CONTENT)] * 6,
    *[reply(CLUSTER)] * 6,
    reply(CODED, "Content-Encoding: gzip"),
    reply(CODED[:-9], "Content-Encoding: gzip"),
    reply(BOMB, "Content-Encoding: gzip"),
    reply(b"<html>"),
    reply(b'{"x":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    reply(b"a" * (3 << 20)),
    reply(b"{}", "Retry-After: 1", status="429 Too Many Requests"),
    reply(b"{}", status="500 Internal Server Error"),
    reply(b"", status="503 Service Unavailable"),
    reply(
        b'{"errorCode":"CANNOT_USE_NON_FLEX_CLUSTER_IN_FLEX_API"}',
        status="400 Bad Request",
    ),
)


async def upstream(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Reply to calls on one connection, one in five with a fault."""
    with contextlib.suppress(
        OSError, asyncio.IncompleteReadError, asyncio.LimitOverrunError, ValueError
    ):
        while True:
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            if b"content-length: " in head:
                await reader.readexactly(
                    int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
                )
            elif b"transfer-encoding" in head:
                while size := int(await reader.readline(), 16):
                    await reader.readexactly(size + 2)
                await reader.readline()
            content = hostile.answer(head.split(b" ")[1])
            if content is not None:
                # Sometimes with an additional reply that was not requested, which no
                # caller may receive.
                writer.write(
                    reply(content) + reply(b'{"echo":0}') * (random.random() < 0.1)  # noqa: S311 - no secret
                )
                await writer.drain()
                continue
            if random.random() < 0.8:  # noqa: S311 - no secret
                writer.write(random.choice(REPLIES))  # noqa: S311 - no secret
                await writer.drain()
                continue
            name, data = random.choice(list(FAULTS.items()))  # noqa: S311 - no secret
            writer.write(data)
            await writer.drain()
            if name.startswith("hang"):
                await reader.read()
            if name.endswith("reset"):
                writer.transport.abort()
            break
    writer.close()


def request(method: str, target: str, content: bytes = b"", *lines: str) -> bytes:
    """Return a request."""
    length = (f"Content-Length: {len(content)}",) if content else ()
    head = (
        f"{method} {target} HTTP/1.1",
        "Host: soak.test",
        "Accept-Encoding: gzip",
        *length,
        *lines,
        "",
        "",
    )
    return "\r\n".join(head).encode() + content


SPECS = [{"numShards": 1, "zoneName": "Zone 1", "regionConfigs": [REGION]}]
USERS = json.dumps([{"id": f"{number:024x}"} for number in range(9)]).encode()
WRITES = (
    request("PATCH", f"{V2}/groups/{GROUP}/clusters/orders", b'{"paused": true}', OLD),
    request(
        "PATCH",
        f"{V2}/groups/{GROUP}/clusters/orders",
        json.dumps({"replicationSpecs": SPECS}).encode(),
        OLD,
    ),
    request("POST", f"{V2}/groups/{GROUP}/clusters", CLUSTER, OLD),
    request("POST", f"{V2}/orgs/{GROUP}/teams/{GROUP}/users", USERS, OLD),
    request(
        "PATCH",
        f"{V2}/groups/{GROUP}/invites",
        b'{"username":"a@b.example","roles":["GROUP_OWNER"]}',
        OLD,
    ),
    request("DELETE", f"{V2}/groups/{GROUP}/serverless/orders", b"", OLD),
)
CALLS = (
    *WRITES,
    request("GET", "/x"),
    request("HEAD", "/x"),
    request("GET", f"{BACKUP}/snapshots"),
    request("GET", f"{BACKUP}/snapshots"),
    request("GET", f"{BACKUP}/snapshots?envelope=true&itemsPerPage=3"),
    request("POST", f"{BACKUP}/restoreJobs", ORDER, "Content-Type: application/json"),
    request("PUT", "/x", b"a" * 200_000),
    request("POST", "/x", b"", "Transfer-Encoding: chunked")
    + b"5\r\nhello\r\n0\r\n\r\n",
    request("DELETE", "/x"),
    request("GET", "/a/../b"),
    request("GET", "/x", b"", "Content-Length: 5, 5"),
    request("CONNECT", "x:1"),
)


async def caller(port: int, until: float, seen: collections.Counter[str]) -> None:
    """Make correct or malformed calls until a time, a few on each connection."""
    loop = asyncio.get_running_loop()
    while loop.time() < until:
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                async with asyncio.timeout(4):
                    await _visit(reader, writer, seen)
            except TimeoutError:
                seen["slow"] += 1
            finally:
                writer.transport.abort()


async def _visit(
    reader: asyncio.StreamReader,
    writer: asyncio.StreamWriter,
    seen: collections.Counter[str],
) -> None:
    for _ in range(random.randint(1, 8)):  # noqa: S311 - no secret
        data = random.choice(CALLS)  # noqa: S311 - no secret
        how = random.random()  # noqa: S311 - no secret
        if how < 0.03:
            seen["left a part of a request"] += 1
            writer.write(data[: len(data) // 2])
            if random.random() < 0.5:  # noqa: S311 - no secret
                await reader.read(100)
            return
        writer.write(data)
        await writer.drain()
        if how < 0.08:
            seen["left before the answer"] += 1
            await asyncio.sleep(random.random() / 20)  # noqa: S311 - no secret
            return
        line = await reader.readline()
        if not line:
            seen["cut"] += 1
            return
        seen[line.split(b" ")[1].decode()] += 1
        head = (await reader.readuntil(b"\r\n\r\n")).lower() if line else b""
        if (
            b"connection: close" in head
            or data.startswith(b"HEAD")
            or b"transfer-encoding" in head
        ):
            return
        if b"content-length: " in head:
            size = int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0])
            try:
                await reader.readexactly(size)
            except asyncio.IncompleteReadError:
                seen["cut"] += 1
                return


class Subject:
    """The gateway's process, observed from outside."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process

    def memory(self) -> int:
        """Return its resident bytes."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(text.partition("VmRSS:")[2].split()[0]) * 1024

    def peak(self) -> int:
        """Return the peak of its resident bytes."""
        text = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(text.partition("VmHWM:")[2].split()[0]) * 1024

    def seconds(self) -> float:
        """Return its processor time."""
        fields = (
            Path(f"/proc/{self.process.pid}/stat")
            .read_text(encoding="ascii")
            .rpartition(")")[2]
            .split()
        )
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def descriptors(self) -> int:
        """Return the number of its open files."""
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))  # noqa: PTH208 - a count

    async def tasks(self) -> tuple[int, int]:
        """Return the number of its tasks, and of requests in flight."""
        self.process.send_signal(signal.SIGUSR1)
        assert self.process.stdout is not None, "a pipe"
        tasks, in_flight = (await self.process.stdout.readline()).split()
        return int(tasks), int(in_flight)

    async def rest(self) -> tuple[int, int, int, int]:
        """Return memory, descriptors, tasks and requests once these have not changed for a while."""
        end = time.monotonic() + QUIET
        same, last = 0, (0, 0, 0)
        while same < 20 and time.monotonic() < end:
            await asyncio.sleep(1)
            now = (self.descriptors(), *await self.tasks())
            same = same + 1 if now == last else 0
            last = now
        return (self.memory(), *last)


@contextlib.asynccontextmanager
async def subject(
    origin: str, memory: int, body_limit: int
) -> AsyncIterator[tuple[Subject, int]]:
    """Run a gateway with these limits in MiB; yields it and its port."""
    words = (origin, str(memory), str(body_limit))
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", PROGRAM, *words, stdout=asyncio.subprocess.PIPE, cwd=ROOT
    )
    try:
        assert process.stdout is not None, "a pipe"
        url = (await process.stdout.readline()).decode().strip()
        yield Subject(process), int(url.rpartition(":")[2])
    finally:
        process.kill()
        await process.wait()


async def soak(minutes: float, callers: int, memory: int, body_limit: int) -> bool:
    """Run, print the observations, and return whether everything was released."""
    seen: collections.Counter[str] = collections.Counter()
    server = await asyncio.start_server(upstream, "127.0.0.1", 0)
    loop = asyncio.get_running_loop()

    async def load(seconds: float) -> None:
        until = loop.time() + seconds
        await asyncio.gather(
            *(caller(port, until, seen) for _ in range(callers)),
            *(hostile.attack(port, until, seen) for _ in range(callers // 2)),
            *(
                hostile.check(port, own, until, seen)
                for own in range(1, callers // 5 + 1)
            ),
        )

    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with subject(origin, memory, body_limit) as (gateway, port):
        await load(min(20.0, 60 * minutes))
        before = await gateway.rest()
        seen.clear()
        began = gateway.seconds()
        await load(60 * minutes)
        per_call = (gateway.seconds() - began) / max(1, sum(seen.values()))
        peak = gateway.peak()
        after = await gateway.rest()
    server.close()
    click.echo(
        f"{sum(seen.values())} calls in {minutes:g} minutes by {callers} callers: {dict(sorted(seen.items()))}"
    )
    for name, early, late in zip(
        ("memory", "descriptors", "tasks", "in flight"), before, after, strict=True
    ):
        click.echo(f"{name:12} {early:>12,} {late:>12,}")
    click.echo(f"{'peak memory':12} {peak:>12,}")
    click.echo(f"{'processor':12} {1e6 * per_call:>12,.0f} microseconds a call")
    bad = {
        name: times
        for name, times in seen.items()
        if name.startswith((hostile.HELD, hostile.MIXED))
    }
    click.echo(f"not as it should be: {bad or 'nothing'}")
    return (
        after[0] - before[0] <= GROWTH
        and after[1:] == before[1:]
        and after[3] == 0
        and not bad
    )


@click.command(help=__doc__)
@click.option("--minutes", default=0.5)
@click.option("--callers", default=50)
@click.option("--memory", default=64, help="The gateway's --memory, in MiB.")
@click.option("--body-limit", default=1, help="The gateway's --body-limit, in MiB.")
def main(minutes: float, callers: int, memory: int, body_limit: int) -> None:
    """Run, and exit with the result's code."""
    sys.exit(0 if asyncio.run(soak(minutes, callers, memory, body_limit)) else 1)


if __name__ == "__main__":
    main()
