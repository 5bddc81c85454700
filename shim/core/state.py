"""One exchange in progress: what was sent so far, and the small steps that every part of it takes."""

from __future__ import annotations

from collections.abc import Generator

import attrs

from shim.core.content import JsonReader
from shim.core.context import Context
from shim.core.messages import Call, Command, Dropped, FieldReport, Record, Reply, Send, Sent
from shim.core.question import LegacyQuery
from shim.core.recognise import Match
from shim.core.responses import CallError
from shim.core.route import sunset_of
from shim.core.rules import TranslationContext
from shim.documents.value_types import JsonObject

_UNREAD = LegacyQuery()


@attrs.define
class ExchangeState:
    """The state of one exchange.

    ``started`` is by the monotonic clock; ``route`` is the side asked last, ``none`` before any was;
    ``query`` and ``body`` are what the caller asked for, once that was read, and ``word`` what chooses the call
    among them; ``knows_nothing`` tells that
    the side asked last has no such thing, ``last`` is the head of the last reply. ``size`` are the bytes
    of the pages read so far.
    """

    match: Match
    call: Call
    context: Context
    started: float
    reason: str = ""
    route: str = "none"
    query: LegacyQuery = _UNREAD
    body: JsonObject | None = None
    word: str = ""
    knows_nothing: bool = False
    last: Reply | None = None
    size: int = 0
    json: JsonReader = attrs.field(init=False)
    sent: list[Sent] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    @json.default
    def _json(self) -> JsonReader:
        return JsonReader(self.context.loads)

    def note(self, text: str) -> None:
        """Add a note for people, unless there is nothing to say or it was said."""
        if text and text not in self.notes:
            self.notes.append(text)

    def send(
        self, call: Call, route: str, *, rewritten: bool, may_read: bool = True
    ) -> Generator[Command, Reply, Reply]:
        """Send one call and note it; raises CallError when that would begin after the exchange's deadline."""
        deadline = self.context.settings.deadline
        if self.sent and self.context.monotonic() - self.started > deadline:
            raise CallError(504, "SHIM_DEADLINE_EXCEEDED", f"Upstream did not answer within {deadline:g} seconds.")
        self.route = route
        reply = yield Send(call, route, rewritten, may_read)
        self.sent.append(Sent(call.method, call.target, reply.status, route))
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
            sunset=sunset_of(operation, self.context.settings),
            deprecated=operation.deprecated,
            sent=tuple(self.sent),
            fields=fields,
            dropped=dropped,
            notes=tuple(self.notes),
        )

    def translation_context(self) -> TranslationContext:
        """Return what rules may look at in this exchange."""
        match = self.match
        base, api = self.context.base, match.api.base
        bases = (f"{api}/", f"{match.operation.base}/")
        return TranslationContext(match.raw, match.parameters, self.context.clock(), f"{base}{api}", base, bases)
