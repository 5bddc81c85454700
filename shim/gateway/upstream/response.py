"""Upstream's reply as it arrives: its head, and its content, still coded, to be read or handed on."""

from __future__ import annotations

from shim.core.content import with_content
from shim.core.messages import Reply
from shim.gateway.http1.body import BUFFERED, Body
from shim.gateway.http1.head import ReplyHead
from shim.gateway.http1.wire import Turns, Wire
from shim.gateway.limits import Limits

_QUICK = 256 * 1024
"""Bytes of content that are read within a few milliseconds."""

_GROWS = 256
"""How many times as long decoded content may be, more or less, and still be read quickly."""


class Bounded(Wire):
    """A connection whose replies have to come until some time."""

    __slots__ = ()

    def lift(self) -> None:
        """Bound what is still to come of the reply by nothing but upstream's silence."""
        raise NotImplementedError


class UpstreamResponse(Body):
    """A reply whose ``head`` is there, and the body that it has.

    ``announces`` says that the head has ``Sunset`` or ``Deprecation``.
    """

    __slots__ = ("_budget", "_connection", "_is_coded", "_size", "_taken", "_turns", "announces", "head", "reason")

    def __init__(self, head: ReplyHead, connection: Bounded, budget: Limits, turns: Turns, *, bodiless: bool) -> None:
        super().__init__(connection, 0 if bodiless else head.length, chunked=head.chunked and not bodiless)
        self.head = Reply(head.status, head.headers)
        self.reason = head.reason
        self.announces = head.announces
        self._is_coded = head.is_coded
        self._connection = connection
        self._budget = budget
        self._turns = turns
        self._size = self._taken = 0

    async def read(self, limit: int) -> Reply:
        """Return the reply with its decoded content, or with a fault in plain words.

        What takes long to read is read when nothing else is that does. Raises Refusal when the connection fails
        before the content's end, or memory is short.
        """
        if (content := self.whole(limit)) is not None:
            return Reply(self.head.status, self.head.headers, content)
        complete = await self.collect(limit, self._take)
        if self._size * _GROWS > _QUICK and (self._size > _QUICK or self._is_coded):
            await self._turns.next()
        return with_content(self.head, self.chunks, limit, complete=complete)

    def whole(self, limit: int) -> bytes | None:
        """Return the content if, as most, it has come with its head and has no coding; else None."""
        if not self.is_complete or self._is_coded or self.chunks or self._unread > min(limit, BUFFERED):
            return None
        content = self.arrived()
        self.chunks, self._size = [content], len(content)
        return content

    def lift(self) -> None:
        """Let what is still to come take its time: it is handed on."""
        if not self.is_complete:
            self._connection.lift()

    def _take(self, size: int) -> None:
        """Count what is more than each request has reserved."""
        self._size += size
        if (needed := self._size - BUFFERED - self._taken) > 0:
            self._budget.take(needed)
            self._taken += needed

    def close(self) -> None:
        """Give the content up; its connection ends, unless the content was complete."""
        if self._taken:
            self._budget.give(self._taken)
            self._taken = 0
        if not self.is_complete and self.error is None:
            self._connection.abort()
