"""The soak's hostile callers, and honest ones that check that they get no other caller's response.

A hostile caller holds its connection until a limit of the soak's gateway closes it.
"""

from __future__ import annotations

import asyncio
import collections
import contextlib
import json
import random
from collections.abc import AsyncIterator, Callable

GROUP = "6510aa1b2c3d4e5f60718293"
PATIENCE = 12.0
"""Seconds without a response after which a connection must have been closed. No limit of the soak's gateway is above
five, and responses to several calls may be late one after the other."""

HELD, MIXED = "held", "another's answer"
"""Problems that must not occur."""

_HEAD = b"Host: soak.test\r\n"
_GET = b"GET /echo/0 HTTP/1.1\r\n" + _HEAD
_POST = b"POST /x HTTP/1.1\r\n" + _HEAD
Script = Callable[[asyncio.StreamWriter], AsyncIterator[bytes]]


async def silent(_: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    """Connect and send nothing."""
    yield b""


async def early_bytes(_: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    """Send much content at once, then nothing."""
    yield _POST + b"Content-Length: 1000000\r\n\r\n" + bytes(65536)


async def drip(_: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    """Send an endless head byte by byte."""
    for number in range(int(PATIENCE * 5)):
        yield _GET[number % len(_GET) :][:1]
        await asyncio.sleep(0.2)


async def drip_content(_: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    """Send chunks with far more framing than content."""
    yield _POST + b"Transfer-Encoding: chunked\r\n\r\n"
    for _number in range(2000):
        yield b"1;" + b"x" * 2000 + b"\r\na\r\n"


async def junk(_: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    """Send junk after a valid request."""
    yield _GET + b"\r\n" + random.randbytes(200_000)  # noqa: S311 - no secret


async def upgrade(_: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    """Request an upgrade, and send the other protocol while the call is in progress."""
    yield (
        _GET
        + b"Connection: Upgrade\r\nUpgrade: h2c\r\n\r\n"
        + b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
        + bytes(500_000)
    )


async def unread(writer: asyncio.StreamWriter) -> AsyncIterator[bytes]:
    """Pipeline many requests without reading, until nothing has arrived for a while."""
    writer.transport.pause_reading()  # type: ignore[attr-defined]
    yield (
        f"GET /api/atlas/v2/groups/{GROUP}/clusters HTTP/1.1\r\n".encode()
        + _HEAD
        + b"\r\n"
    ) * 500
    await asyncio.sleep(3)
    writer.transport.resume_reading()  # type: ignore[attr-defined]


SCRIPTS: tuple[Script, ...] = (
    silent,
    early_bytes,
    drip,
    drip_content,
    junk,
    upgrade,
    unread,
)


async def attack(port: int, until: float, seen: collections.Counter[str]) -> None:
    """Run scripts until a time, each on its own connection."""
    loop = asyncio.get_running_loop()
    while loop.time() < until:
        script = random.choice(SCRIPTS)  # noqa: S311 - no secret
        name = script.__name__.replace("_", " ")
        with contextlib.suppress(OSError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            try:
                async with asyncio.timeout(PATIENCE) as patience:
                    async for data in script(writer):
                        writer.write(data)
                        await writer.drain()
                    while await reader.read(65536):
                        patience.reschedule(loop.time() + PATIENCE)
                seen[f"{name}: closed"] += 1
            except TimeoutError:
                seen[f"{HELD}: {name}"] += 1
            except (
                OSError,
                RuntimeError,
            ):  # uvloop raises the latter for a write to a reset connection
                seen[f"{name}: reset"] += 1
            finally:
                writer.transport.abort()


def answer(target: bytes) -> bytes | None:
    """Return upstream's content for a call of ``check``, or None."""
    _, echo, number = target.rpartition(b"/echo/")
    if echo:
        return b'{"echo":%d}' % int(number)
    _, echo, rest = target.partition(b"/flexclusters/echo-")
    if echo:
        item = {"id": f"{int(rest.partition(b'/')[0]):024x}", "status": "COMPLETED"}
        return json.dumps({"results": [item], "totalCount": 1}).encode()
    return None


async def check(
    port: int, own: int, until: float, seen: collections.Counter[str]
) -> None:
    """Make calls with unique responses, passed and translated ones, and compare them."""
    number = own * 1_000_000
    translated = f"/api/atlas/v2/groups/{GROUP}/serverless/echo-{own}/backup/snapshots"
    while asyncio.get_running_loop().time() < until:
        with contextlib.suppress(OSError, asyncio.IncompleteReadError):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            for _ in range(20):
                number += 1
                target, expected = random.choice(  # noqa: S311 - no secret
                    (
                        (f"/echo/{number}", b'{"echo":%d}' % number),
                        (translated, b'"id":"%024x"' % own),
                    )
                )
                writer.write(f"GET {target} HTTP/1.1\r\n".encode() + _HEAD + b"\r\n")
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                size = head.partition(b"content-length: ")[2].partition(b"\r\n")[0]
                content = await reader.readexactly(int(size or b"0"))
                good = head.split(b" ")[1] == b"200"
                seen[
                    "own answer"
                    if good and expected in content
                    else MIXED
                    if good
                    else "honest, refused"
                ] += 1
                if not good:
                    break
                await asyncio.sleep(random.random() / 20)  # noqa: S311 - connections have to be idle now and then
            writer.close()
