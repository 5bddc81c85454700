"""The upstream: the path of a request selects the size of its response, which comes at once or after a delay.

As a program it serves until it is stopped: ``python -m benchmarks.upstream PORT
DELAY_MS``. With a third argument ``fresh``, each response has a new body.
"""

from __future__ import annotations

import asyncio
import itertools
import re
import sys
from collections.abc import Iterator, Mapping
from typing import cast

from benchmarks.bodies import SIZES, snapshots

VARIANTS = {"small": 2000, "accents": 2000, "middle": 300, "large": 120}
"""The number of fresh bodies that are used in turn. They are prepared, because upstream shares its processor with the
load. A gateway that keeps the last response of a path has dropped each before it is used again."""


def replies(name: str, *, fresh: bool) -> Iterator[bytes]:
    """Yield responses to calls for a body, endlessly."""
    bodies = (
        snapshots(name, variant) for variant in range(VARIANTS[name] if fresh else 1)
    )
    head = b"HTTP/1.1 200 OK\r\nContent-Type: application/vnd.atlas.2024-11-13+json;charset=utf-8\r\n"
    made = [
        head + b"Content-Length: %d\r\n\r\n%s" % (len(body), body) for body in bodies
    ]
    return itertools.cycle(made)


class Upstream(asyncio.Protocol):
    """One connection. Requests have no content, so each ends after its fields."""

    delay = 0.0
    replies: Mapping[bytes, Iterator[bytes]]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Keep the transport."""
        self.transport = cast("asyncio.Transport", transport)
        self.pending = b""

    def data_received(self, data: bytes) -> None:
        """Respond to each complete request."""
        self.pending += data
        while (end := self.pending.find(b"\r\n\r\n")) >= 0:
            head, self.pending = self.pending[:end], self.pending[end + 4 :]
            named = re.search(rb"/flexClusters/(\w+)/", head)
            reply = next(
                self.replies.get(named[1] if named else b"", self.replies[b"small"])
            )
            if self.delay:
                asyncio.get_running_loop().call_later(self.delay, self.reply, reply)
            else:
                self.reply(reply)

    def reply(self, content: bytes) -> None:
        """Write, unless the connection has closed meanwhile."""
        if not self.transport.is_closing():
            self.transport.write(content)


async def main(port: int, delay: float) -> None:
    """Serve until the process is stopped."""
    Upstream.delay = delay
    server = await asyncio.get_running_loop().create_server(Upstream, "127.0.0.1", port)
    async with server:
        await server.serve_forever()


if __name__ == "__main__":
    Upstream.replies = {
        name.encode(): replies(name, fresh="fresh" in sys.argv[3:]) for name in SIZES
    }
    try:
        import uvloop

        uvloop.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
    except ImportError:
        asyncio.run(main(int(sys.argv[1]), float(sys.argv[2]) / 1000))
