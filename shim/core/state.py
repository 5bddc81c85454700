"""One exchange in progress: what was sent so far, and the small steps that every part of it takes."""

from __future__ import annotations

from collections.abc import Generator
from itertools import chain
from typing import Any

import attrs

from shim.core.context import Context, json_marks
from shim.core.messages import Call, Command, Dropped, FieldReport, Record, Reply, Send, Sent
from shim.core.query import LegacyQuery
from shim.core.recognise import Match
from shim.core.responses import CallError
from shim.core.route import sunset_of
from shim.core.rules import TranslationContext
from shim.documents.value_types import Json, JsonObject

_DEPTH = 100
"""How deep a document may be nested: writing it again must not fail where reading it did not."""

SMALL = 16 * 1024
"""Bytes of content whose marks are not counted: all pages of one answer together could not have too many."""

MARKS = 400_000
"""JSON marks of one document: decoding the worst of them takes 60 ms; 500 clusters in two shards each have 284,000, a
full page of anything else 42,000 (recorded)."""

ALL_MARKS = 1_000_000
"""The same of all that is read for one answer: 60 MiB when decoded at worst; twenty full pages have 840,000."""


_UNREAD = LegacyQuery()


@attrs.define
class ExchangeState:
    """The state of one exchange.

    ``started`` is by the monotonic clock; ``route`` is the side asked last, ``none`` before any was;
    ``query`` and ``body`` are what the caller asked for, once that was read, and ``word`` what chooses the call
    among them; ``knows_nothing`` tells that
    the side asked last has no such thing, ``last`` is the head of the last reply. ``size`` are the bytes
    of the pages read so far, ``marks`` the JSON marks of all large content, and ``refused`` says why content is
    not decoded that has too many.
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
    marks: int = 0
    refused: str = ""
    sent: list[Sent] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

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

    def decoded(self, reply: Reply) -> Json:
        """Return the JSON that a reply carries, None when it carries none that could be written again."""
        if reply.fault is not None:
            return None
        content = reply.body or b""
        if len(content) > SMALL:
            # The first one needn't be counted if it has no more bytes than it may have marks.
            marks = len(content) if not self.marks and len(content) <= MARKS else json_marks(content)
            self.marks += marks
            if marks > MARKS or self.marks > ALL_MARKS:
                most, what = (MARKS, "it") if marks > MARKS else (ALL_MARKS, "what was read for one answer")
                self.refused = f"{what} has more than {most} brackets, commas and colons"
                return None
        try:
            document: Json = self.context.loads(content)
        except (ValueError, RecursionError):
            return None
        return document if _is_shallow(document) else None

    def is_atlas_error(self, reply: Reply) -> bool:
        """Tell whether Atlas itself says so, perhaps in an envelope: with a code, null included, or its status.

        Both were recorded: errors whose ``errorCode`` is null, and errors that have none.
        """
        document = self.decoded(reply)
        if type(document) is dict and type(document.get("content")) is dict:
            document = document["content"]
        return type(document) is dict and ("errorCode" in document or type(document.get("error")) is int)

    def error_code(self, reply: Reply) -> str | None:
        """Return the ``errorCode`` of an Atlas error, None when the content is no such thing."""
        document = self.decoded(reply)
        code = document.get("errorCode") if type(document) is dict else None
        return code if type(code) is str else None


def _is_shallow(document: Json) -> bool:
    level: list[Any] = [document] if type(document) in _NESTS else []
    depth = 0
    while level and depth < _DEPTH:
        inner = [value.values() if type(value) is dict else value for value in level]
        depth += 1
        if _NESTS.isdisjoint(map(type, chain.from_iterable(inner))):  # the last level has the most values
            return True
        level = [value for values in inner for value in values if type(value) in _NESTS]
    return not level


_NESTS = frozenset({dict, list})
