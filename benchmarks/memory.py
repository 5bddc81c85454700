"""Measure the peak memory of a gateway that gets far more calls than its memory allows.

    python -m benchmarks.memory                              the table of docs/reference/operating.md
    python -m benchmarks.memory --memory 16 --body-limit 4   one row

Each cell is the peak of a new ``atlas-shim serve``, on Linux. Before the attack, repeated
calls fill the part of its memory that is for kept responses. A row ends with the number
of calls that got an answer, and of those that got 503.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import signal
import socket
import ssl
import sys
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path

import attrs
import click
import trustme

from benchmarks.processes import free_port

MIB = 1 << 20
ROWS = ((64, 16), (16, 4))
"""``--memory`` and ``--body-limit`` of the table's rows, in MiB."""

PATIENT = "600"
"""The seconds of all deadlines, so that none ends an attack."""

GATHERING = 30.0
"""Seconds until delayed replies get their last byte."""

READ_SIZE = 64 << 10
READ_PAUSE = 0.02
"""The bytes that a slow reader reads at a time, and the seconds that it then waits."""

PAGE_ITEMS = 500
"""Items of the largest page that a caller may ask Atlas for."""

MOST_ITEMS = 10_000
"""Items of the longest list in one response that the gateway translates."""

KEPT_SIZE = 100 << 10
KEPT_COUNT = 150
"""Size and number of the repeated calls' responses: together more than 12 MiB."""

ITEM = {
    "id": "64a0b1c2d3e4f50617283940",
    "startTime": "2026-06-01T00:00:00Z",
    "status": "COMPLETED",
    "expiration": "2027-01-01T00:00:00Z",
}


def page(size: int, items: int, indent: int | None = None) -> bytes:
    """Return a list of snapshots that is about ``size`` bytes long."""
    length = len(json.dumps(ITEM, indent=indent))
    padding = "a" * max(0, size // items - length)
    snapshot = ITEM | {"mongoDBVersion": padding}
    content = {"results": [snapshot] * items, "totalCount": items}
    return json.dumps(content, indent=indent).encode()


def dense_page() -> bytes:
    """Return the first of two pages, estimated at more than 1 MiB once it is decoded."""
    empty: list[list[str]] = [[]] * 10
    snapshots = [ITEM | {"links": empty}] * PAGE_ITEMS
    content = {"results": snapshots, "totalCount": PAGE_ITEMS + 1}
    return json.dumps(content).encode()


class Upstream:
    """An upstream whose response depends on the cluster's name and the number of the page."""

    def __init__(self, body_limit: int) -> None:
        self.release = asyncio.Event()
        largest = body_limit * MIB - MIB // 4
        self.pages = {
            "kept": page(KEPT_SIZE, 100),
            "held": page(MIB, PAGE_ITEMS),
            "large": page(largest, PAGE_ITEMS),
            "many": page(largest, min(largest // 400, MOST_ITEMS)),
            "pretty": page(largest // 2, PAGE_ITEMS, indent=4),
            "dense": dense_page(),
        }

    async def serve(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> None:
        """Answer the calls of one connection."""
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = await reader.readuntil(b"\r\n\r\n")
                await self._answer(head.split(b" ")[1].decode(), writer)
        writer.close()

    async def _answer(self, target: str, writer: asyncio.StreamWriter) -> None:
        content = self._content(target)
        head = (
            "HTTP/1.1 200 OK\r\n"
            "Content-Type: application/json\r\n"
            f"Content-Length: {len(content)}\r\n\r\n"
        )
        writer.write(head.encode() + content[:-1])
        await writer.drain()
        if "/held" in target or "pageNum=2" in target:
            await self.release.wait()
        writer.write(content[-1:])
        await writer.drain()

    def _content(self, target: str) -> bytes:
        for name, content in self.pages.items():
            if f"/flexClusters/{name}" in target and "pageNum=2" not in target:
                return content
        return b'{"results": [], "totalCount": 100}'


@attrs.frozen
class Gateway:
    """A running ``atlas-shim serve``."""

    process: asyncio.subprocess.Process
    port: int
    tls: ssl.SSLContext | None

    def peak(self) -> int:
        """Return the peak of the resident memory, in bytes."""
        status = Path(f"/proc/{self.process.pid}/status").read_text(encoding="ascii")
        return int(status.partition("VmHWM:")[2].split()[0]) * 1024

    async def call(self, target: str, *, slowly: bool = False, hold: float = 0) -> int:
        """Call, read the whole response and return its status code.

        Args:
            target: The request's path and query.
            slowly: Read ``READ_SIZE`` bytes at a time through a small receive buffer.
            hold: Seconds for which the connection stays open afterwards.
        """
        connection = socket.socket()
        connection.setblocking(False)  # noqa: FBT003 - its only argument
        if slowly:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        address = ("127.0.0.1", self.port)
        await asyncio.get_running_loop().sock_connect(connection, address)
        reader, writer = await asyncio.open_connection(
            sock=connection,
            ssl=self.tls,
            server_hostname="127.0.0.1" if self.tls else None,
            limit=READ_SIZE,
        )
        writer.write(f"GET {target} HTTP/1.1\r\nHost: memory.test\r\n\r\n".encode())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            left = int(head.lower().partition(b"content-length:")[2].split()[0])
            while left:
                piece = await reader.read(min(left, READ_SIZE))
                if not piece:
                    return 0
                left -= len(piece)
                if slowly:
                    await asyncio.sleep(READ_PAUSE)
            await asyncio.sleep(hold)
            return int(head.split()[1])
        except (OSError, asyncio.IncompleteReadError):
            return 0
        finally:
            writer.transport.abort()


def snapshots(name: str) -> str:
    """Return the target of the legacy list of a cluster's snapshots."""
    group = ITEM["id"]
    return f"/api/atlas/v2/groups/{group}/serverless/{name}/backup/snapshots?itemsPerPage={PAGE_ITEMS}"


async def fill_kept(gateway: Gateway) -> None:
    """Repeat calls until the part of the memory for their responses is full."""
    for number in 2 * list(range(KEPT_COUNT)):
        await gateway.call(snapshots(f"kept{number}"))


async def replies(gateway: Gateway) -> list[int]:
    """Make 300 calls for lists of 1 MiB that arrive at once."""
    calls = [gateway.call(snapshots(f"held{number}")) for number in range(300)]
    return await asyncio.gather(*calls)


async def slow_readers(gateway: Gateway) -> list[int]:
    """Make 100 calls for lists as large as ``--body-limit`` allows, of few or many items, and read slowly."""
    names = [f"{name}{number}" for number in range(50) for name in ("many", "large")]
    calls = [gateway.call(snapshots(name), slowly=True) for name in names]
    return await asyncio.gather(*calls)


async def all_at_once(gateway: Gateway) -> list[int]:
    """Open 300 connections: idle ones, dense waiting pages, long lists, indented lists that are read slowly."""
    numbers = range(75)
    idle = [
        gateway.call(snapshots(f"kept{number}"), hold=GATHERING) for number in numbers
    ]
    dense = [gateway.call(snapshots(f"dense{number}")) for number in numbers]
    many = [gateway.call(snapshots(f"many{number}")) for number in numbers]
    pretty = [
        gateway.call(snapshots(f"pretty{number}"), slowly=True) for number in numbers
    ]
    return await asyncio.gather(*idle, *dense, *many, *pretty)


ATTACKS: dict[str, Callable[[Gateway], Awaitable[list[int]]]] = {
    "1 MiB replies": replies,
    "largest replies, read slowly": slow_readers,
    "all at once": all_at_once,
}


@contextlib.asynccontextmanager
async def running(
    options: Sequence[str], tls: ssl.SSLContext | None
) -> AsyncIterator[Gateway]:
    """Run a gateway with these options until the block ends."""
    port = free_port()
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "shim", "serve", "--admin", "off", "--listen", f"127.0.0.1:{port}"),
        *("--deadline", PATIENT, "--client-timeout", PATIENT),
        *("--upstream-timeout", PATIENT, *options),
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        for _ in range(200):
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection("127.0.0.1", port)
                writer.close()
                break
            await asyncio.sleep(0.1)
        yield Gateway(process, port, tls)
    finally:
        process.send_signal(signal.SIGKILL)
        await process.wait()


async def measure(memory: int, body_limit: int, name: str, folder: Path) -> str:
    """Return the peak of one attack in MiB, and the status codes that callers got."""
    upstream = Upstream(body_limit)
    server = await asyncio.start_server(upstream.serve, "127.0.0.1", 0)
    origin = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    options = [
        *("--upstream", origin, "--memory", f"{memory}MiB"),
        *("--body-limit", f"{body_limit}MiB"),
    ]
    tls = None
    if name == "all at once":
        authority = trustme.CA()
        tls = ssl.create_default_context()
        authority.configure_trust(tls)
        certificate = authority.issue_cert("127.0.0.1")
        both = folder / "gateway.pem"
        certificate.private_key_and_cert_chain_pem.write_to_path(str(both))
        options += ["--tls-cert", str(both), "--tls-key", str(both)]
    async with server, running(options, tls) as gateway:
        await fill_kept(gateway)
        idle = gateway.peak()
        asyncio.get_running_loop().call_later(GATHERING, upstream.release.set)
        statuses = collections.Counter(await ATTACKS[name](gateway))
        counts = ", ".join(
            f"{count} got {code}" for code, count in sorted(statuses.items())
        )
        return f"{gateway.peak() // MIB} MiB ({idle // MIB} before; {counts})"


@click.command(help=__doc__)
@click.option("--memory", type=int, help="The gateway's --memory, in MiB.")
@click.option("--body-limit", type=int, help="The gateway's --body-limit, in MiB.")
def main(memory: int | None, body_limit: int | None) -> None:
    """Print the table, or one row."""
    rows: tuple[tuple[int, int], ...] = ROWS
    if memory is not None and body_limit is not None:
        rows = ((memory, body_limit),)
    with tempfile.TemporaryDirectory() as folder:
        for row in rows:
            for name in ATTACKS:
                cell = asyncio.run(measure(*row, name, Path(folder)))
                click.echo(f"--memory {row[0]} --body-limit {row[1]}, {name}: {cell}")


if __name__ == "__main__":
    main()
