"""Identical reads at the same time share one upstream call (``--coalesce``), and nothing else does.

Identical reads have the same target, Host and credentials, and the same value in every field that could make a
difference. A write ends the sharing of its caller's reads in its group until it has its answer; one that succeeds ends
that of all older answers in its group, so that reads after it see its effect.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Iterator
from contextlib import contextmanager
from functools import partial

import attrs

from shim.core.messages import Headers, Record, Reply
from shim.gateway.errors import Failure

BUDGET = 16 * 1024 * 1024  # bytes of answers kept for later callers; beyond it those share an answer who wait for it

PATIENCE = 5.0  # seconds for which a write without an answer keeps reads from being shared

_NO_DIFFERENCE = frozenset({
    "baggage", "connection", "forwarded", "keep-alive", "traceparent", "tracestate", "user-agent", "x-correlation-id",
    "x-forwarded-for", "x-forwarded-host", "x-forwarded-port", "x-forwarded-proto", "x-real-ip", "x-request-id",
})  # fmt: skip
"""Fields that say who asks or how it got here, and nothing about what for (RFC 9110, 7.6; W3C Trace Context)."""

_FRESHNESS = frozenset({"cache-control", "pragma"})


@attrs.frozen
class Made:
    """A caller's reply, and how it was made: ``record`` is None for a call that was passed on.

    If its body is None, upstream's content follows, whose ``reason`` phrase stays. ``failure`` is what it counts as
    when it is an error of the core's own.
    """

    reply: Reply
    record: Record | None
    reason: str = ""
    failure: Failure | None = None


_Task = asyncio.Future[Made | None]  # None is a reply that is too large to be held
Make = Callable[[], Awaitable[Made | None]]  # asks upstream
Owner = tuple[Hashable, str]  # whose reads a write may change: by whose credentials, and in which group


def alike(headers: Headers, *, signed: bool) -> Hashable | None:
    """Return what the fields of two reads must have in common, None for a caller that wants its own answer.

    ``signed`` says that the gateway puts credentials of its own in the place of Authorization.
    """
    lines = []
    for name, value in headers:
        lower = name.lower()
        if lower in _FRESHNESS:
            return None
        if lower not in _NO_DIFFERENCE and not (signed and lower == "authorization"):
            lines.append((lower, value))
    # Lines of different names have no order (RFC 9110, 5.3); those of the same name keep theirs.
    return tuple(sorted(lines, key=lambda line: line[0]))


@attrs.define(eq=False)
class _Flight:
    """One upstream call, and how many wait for it; ``size`` counts against the budget once it is kept."""

    owner: Owner
    task: _Task
    born: float
    waiters: int = 0
    size: int = 0


class Coalescer:
    """The calls in flight, and the answers that are young enough to be shared."""

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight] = {}
        self._writes: list[tuple[Owner, float]] = []  # since when each is on its way

    async def share(self, owner: Owner, key: Hashable, window: float, make: Make) -> Made | None:
        """Return the answer to a read, asking upstream only if nobody does, or did in the last ``window`` seconds.

        The age of an answer counts from when upstream was asked. An error is shared like an answer.
        A caller that leaves (is cancelled) takes the upstream call with it only when nobody else waits for it.
        """
        now = asyncio.get_running_loop().time()
        if any(one == owner and now - began < PATIENCE for one, began in self._writes):
            return await make()
        flight = self._flights.get(key)
        if flight is None or (flight.task.done() and now - flight.born >= window):
            flight = self._flights[key] = _Flight(owner, asyncio.ensure_future(make()), now)
            flight.task.add_done_callback(partial(self._landed, key, flight, window))
        flight.waiters += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiters -= 1
            if not flight.waiters and not flight.task.done():
                self._drop(key, flight)
                flight.task.cancel()

    @contextmanager
    def writing(self, owner: Owner, succeeded: Callable[[], bool]) -> Iterator[None]:
        """Hold around a write: its owner shares no answers during it, and no older answer after it.

        If it ``succeeded``, the same holds for all of its group; a failed write of a stranger can't end sharing.
        """
        write = owner, asyncio.get_running_loop().time()
        self._writes.append(write)
        self._forget(owner)
        try:
            yield
        finally:
            self._forget(owner, everybodys=succeeded())
            self._writes.remove(write)

    def _forget(self, owner: Owner, *, everybodys: bool = False) -> None:
        for key, flight in list(self._flights.items()):
            if flight.owner == owner or (everybodys and flight.owner[1] == owner[1]):
                self._drop(key, flight)

    def _landed(self, key: Hashable, flight: _Flight, window: float, task: _Task) -> None:
        """Keep an answer, or an error, for the rest of its window."""
        # Asked for first: asyncio reports an error that is never looked at as a defect.
        failed = task.cancelled() or task.exception() is not None
        if self._flights.get(key) is flight:
            loop, made = task.get_loop(), None if failed else task.result()
            flight.size = 0 if made is None else len(made.reply.body or b"")
            left = flight.born + window - loop.time()
            if left <= 0 or sum(one.size for one in self._flights.values()) > BUDGET:
                self._drop(key, flight)
            else:
                loop.call_later(left, self._drop, key, flight)

    def _drop(self, key: Hashable, flight: _Flight) -> None:
        if self._flights.get(key) is flight:
            del self._flights[key]
