"""What the supervisor and a worker say to each other: a letter and content, with its length before it."""

from __future__ import annotations

import asyncio
import contextlib
import socket

START = b"S"
"""To a worker, first of all: a pickled Start."""

PLAN = b"P"
"""To a worker: pickled options and documents, which answer the calls from now on."""

DRAIN = b"D"
"""To a worker: end, and cut what is left after so many seconds (a decimal number)."""

CUT = b"C"
"""To a worker that drains: end now."""

METRICS = b"M"
"""To a worker: tell what you count; from it: metrics, and what people are shown (JSON).

Each question has its answer, in their order.
"""

READY = b"R"
"""From a worker: it takes calls."""

_MOST = 64 * 1024 * 1024
"""Bytes of one message; more is no message of ours."""


class Channel:
    """One end of a socket pair."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer

    @classmethod
    async def over(cls, end: socket.socket) -> Channel:
        """Speak over one end, which is the channel's from here on."""
        return cls(*await asyncio.open_unix_connection(sock=end))

    def say(self, kind: bytes, content: bytes = b"") -> None:
        """Send a message, without waiting; an end that is gone hears nothing."""
        if not self._writer.is_closing():
            self._writer.write(kind + len(content).to_bytes(4, "big") + content)

    async def hear(self) -> tuple[bytes, bytes] | None:
        """Return the next message, None when the other end is gone."""
        try:
            head = await self._reader.readexactly(5)
            size = int.from_bytes(head[1:], "big")
            return (head[:1], await self._reader.readexactly(size)) if size <= _MOST else None
        except (asyncio.IncompleteReadError, ConnectionError):
            return None

    async def close(self) -> None:
        """Send what is left, and end."""
        self._writer.close()
        with contextlib.suppress(ConnectionError):
            await self._writer.wait_closed()
