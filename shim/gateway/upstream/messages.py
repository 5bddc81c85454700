"""A call to upstream and its reply as it arrives: a head, and content, still coded, to be read or handed on."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING

import attrs

from shim.core.content import with_content
from shim.core.messages import Call, Reply
from shim.gateway.http1.body import BUFFERED, Body
from shim.gateway.http1.head import ReplyHead
from shim.gateway.http1.wire import NEVER

if TYPE_CHECKING:  # a reply and its connection know each other
    from shim.gateway.upstream.connection import UpstreamConnection

_QUICK = 256 * 1024  # bytes of content that are read within a few milliseconds
_GROWS = 256  # how many times as long as coded content decoded content may be, more or less


@attrs.frozen
class OutboundCall:
    """One call about to be sent.

    ``rewritten``: the caller has signed another target. ``readable``: its reply may be read, and so comes in a coding
    that can be undone. A ``stream`` is content that takes the place of the call's body, of ``length`` bytes if that
    is known, else chunked; it can be sent once. If the same head was sent ``early``, that reply is the call's.
    ``until`` is a time of the loop's clock, from which on TimeoutError is raised in place of what has not come.
    """

    call: Call
    rewritten: bool = False
    readable: bool = False
    stream: AsyncIterator[bytes] | None = None
    length: int | None = None
    early: UpstreamResponse | None = None
    until: float = NEVER

    @property
    def is_chunked(self) -> bool:
        """Whether its content is of no known length."""
        return self.stream is not None and self.length is None


class UpstreamResponse(Body):
    """A reply whose ``head`` is there, and its body, still coded, to be read or handed on.

    Of a call that was not decided yet ``sent`` is the head, and ``began`` when it was sent, in seconds of perf_counter.
    """

    __slots__ = ("_connection", "_size", "_taken", "began", "head", "sent")
    sent: bytes
    began: float

    def __init__(self, head: ReplyHead, connection: UpstreamConnection, *, bodiless: bool) -> None:
        super().__init__(connection, 0 if bodiless else head.length, chunked=head.chunked and not bodiless)
        self.head = head
        self._connection = connection
        self._size = self._taken = 0

    async def read(self, limit: int) -> Reply:
        """Return the reply with its decoded content, or with a fault in plain words.

        Long content is decoded in turn with others. Raises Refusal when the connection fails before the content's end,
        or memory is short.
        """
        if (content := self.whole(limit)) is not None:
            return Reply(self.head.status, self.head.headers, content)
        complete = (self.length or 0) <= limit and await self.collect(limit, self._take)
        grows = _GROWS**self.head.codings
        if self._size * grows > _QUICK:
            await self._connection.upstream.turns.next()
        return with_content(self.head, self.chunks, limit, complete=complete)

    def whole(self, limit: int) -> bytes | None:
        """Return the content if it has arrived with its head and has no coding, else None."""
        if not self.is_complete or self.head.codings or self.chunks or self._unread > min(limit, BUFFERED):
            return None
        content = self.arrived()
        self.chunks, self._size = [content], len(content)
        return content

    def lift(self) -> None:
        """Lift the deadline of content that is handed on; upstream must still not fall silent."""
        if not self.is_complete:
            self._connection.until = NEVER
            self._connection.expect()

    def _take(self, size: int) -> None:
        """Count what exceeds the reservation of each request as held."""
        self._size += size
        if (needed := self._size - BUFFERED - self._taken) > 0:
            self._connection.upstream.limits.take(needed)
            self._taken += needed

    def close(self) -> None:
        """Give the content up; its connection ends, unless the content was complete."""
        if self._taken:
            self._connection.upstream.limits.give(self._taken)
            self._taken = 0
        if not self.is_complete and self.error is None:
            self._connection.abort()
