"""One exchange: what it is given from outside, how far it got, and the small steps that every part of it takes."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import attrs

from shim.core.content import JsonReader, dumps, loads
from shim.core.memory import Memory
from shim.core.messages import Call, Dropped, FieldReport, Record, Reply, Send, Sent
from shim.core.question import LegacyQuery
from shim.core.recognise import Match
from shim.core.responses import CallError
from shim.core.settings import Settings
from shim.documents.value_types import JsonObject


def _without_slash(base: str) -> str:
    return base.rstrip("/")


@attrs.frozen
class Context:
    """What one exchange is given from outside.

    ``base`` is the URL that the caller used and that links lead back to, ``scheme://authority`` and perhaps a path
    before ``/api``; a slash at its end is dropped, since paths begin with one. ``clock`` returns seconds since the
    epoch, for dates; ``monotonic`` is the clock for durations, ``clock`` by default. ``loads`` and ``dumps`` are the
    JSON codec. If ``whole``, the first page of a list whose upstream pages were all read has all items, whatever page
    size the caller named, so that an iteration over it does not read them again for each page.
    """

    settings: Settings
    memory: Memory
    clock: Callable[[], float]
    base: str = attrs.field(converter=_without_slash)
    loads: Callable[[bytes], Any] = loads
    dumps: Callable[[Any], bytes] = dumps
    monotonic: Callable[[], float] = attrs.field()
    whole: bool = False

    @monotonic.default
    def _monotonic(self) -> Callable[[], float]:
        return self.clock


_UNREAD = LegacyQuery()


@attrs.define
class ExchangeState:
    """The state of one exchange.

    ``started`` is in seconds of the monotonic clock, ``sunset`` the one in force; ``json`` reads replies. ``route`` is
    the side asked last, ``none`` before any was. ``query`` and ``body`` are what the caller asked for, once read;
    ``word`` is the part of it that chooses the successor's call. ``knows_nothing``: the side asked last has no such
    thing. ``asked`` is the last call that was sent, ``last`` the head of its reply, ``size`` the bytes of the pages
    read so far.
    """

    match: Match
    call: Call
    context: Context
    started: float
    sunset: datetime
    json: JsonReader
    reason: str = ""
    route: str = "none"
    query: LegacyQuery = _UNREAD
    body: JsonObject | None = None
    word: str = ""
    knows_nothing: bool = False
    asked: Call = attrs.field(init=False)
    last: Reply | None = None
    size: int = 0
    sent: list[Sent] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    def note(self, text: str) -> None:
        """Add a note for people, unless there is nothing to say or it was said."""
        if text and text not in self.notes:
            self.notes.append(text)

    def send(self, call: Call, route: str, *, rewritten: bool, may_read: bool = True) -> Send:
        """Return the command that sends one call; raises CallError if that would begin after the deadline."""
        deadline = self.context.settings.deadline
        if self.sent and self.context.monotonic() - self.started > deadline:
            raise CallError(504, "SHIM_DEADLINE_EXCEEDED", f"Upstream did not answer within {deadline:g} seconds.")
        self.route, self.asked = route, call
        return Send(call, route, rewritten, may_read)

    def got(self, reply: Reply) -> Reply:
        """Note the head of the reply to the call that was sent last, and return it."""
        self.sent.append(Sent(self.asked.method, self.asked.target, reply.status, self.route))
        self.last = reply
        return reply

    def record(self, fields: tuple[FieldReport, ...] = (), dropped: tuple[Dropped, ...] = ()) -> Record:
        """Return the record of the exchange as it stands."""
        operation, because = self.match.operation, self.context.settings.because
        return Record(
            operation=operation.id,
            api=self.match.api.name,
            route=self.route,
            reason=f"{self.reason}; {because}" if because else self.reason,
            sunset=self.sunset,
            deprecated=operation.deprecated,
            sent=tuple(self.sent),
            fields=fields,
            dropped=dropped,
            notes=tuple(self.notes),
        )
