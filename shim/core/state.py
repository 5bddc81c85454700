"""The state of one exchange, and the legacy errors for its replies."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence

import attrs

from shim.core.content import JsonReader, decoded_size, error_code
from shim.core.messages import (
    Answer,
    Call,
    Command,
    Dropped,
    FieldReport,
    Outcome,
    PassThrough,
    Record,
    Reply,
    Send,
    Sent,
    field,
    reason_phrase,
    replaced,
)
from shim.core.question import LegacyQuery
from shim.core.recognize import Match
from shim.core.responses import CallError, document_reply, error_body, in_legacy_names
from shim.core.route import Context, Decision
from shim.core.translate import UpstreamPage
from shim.documents.calls import Successor, Target
from shim.documents.errors import ErrorRule
from shim.documents.templates import filled_in
from shim.documents.vocabulary import Json, JsonObject

NAMED = 20
"""How many writes a sentence lists; it gives only the number of the others."""
LONGEST_SAID = 200
"""How many characters of a write's content such a sentence quotes: enough for an id or a role."""


@attrs.define
class ExchangeState:
    """The state of one exchange."""

    match: Match
    call: Call
    context: Context
    started: float
    """Seconds of the monotonic clock."""
    decision: Decision
    json: JsonReader
    """Decodes replies."""
    reason: str
    """The reason of the answer, at first that of the first decision."""
    route: str = "none"
    """The side asked last; ``none`` before the first request."""
    query: LegacyQuery = attrs.field(factory=LegacyQuery)
    """The caller's query, once it is read; ``body`` likewise."""
    body: JsonObject | None = None
    word: str = ""
    """The word in the body that selects the successor's call."""
    knows_nothing: bool = False
    """Whether the side asked last found nothing."""
    asked: Call = attrs.field(init=False)
    """The last call that was sent."""
    last: Reply = attrs.field(init=False)
    """The head of its reply."""
    added: tuple[str, Sequence[UpstreamPage]] | None = None
    """The tier whose list follows another one's, and the pages of that list."""
    given: JsonObject = attrs.field(factory=dict)
    """The values from lookups before a tier's call."""
    done: list[str] = attrs.field(factory=list)
    """The first ``NAMED`` writes that were sent before a tier's call."""
    done_count: int = 0
    """How many writes were sent."""
    kept: int = 0
    """The bytes stored for later steps: writes before a tier's call, and a lookup's result."""
    writes_several: bool = False
    """Whether the call needs several writes."""
    needs_last: bool = True
    """Whether the last reply is still needed.

    The reply to a write before a tier's call isn't.
    """
    sent: list[Sent] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    def ask(
        self, call: Call, route: str, *, rewritten: bool, may_read: bool = True
    ) -> Generator[Command, Reply, Reply]:
        """Send one call, and return the head of the reply.

        Raises CallError if the deadline passed before it could be sent.
        """
        deadline = self.context.settings.deadline
        if self.sent and self.context.monotonic() - self.started > deadline:
            detail = f"Upstream did not answer within {deadline:g} seconds."
            raise CallError(504, "SHIM_DEADLINE_EXCEEDED", detail)
        self.route = route
        self.asked = call
        self.last = yield Send(
            call,
            route,
            rewritten,
            may_read,
            done=self.done_before,
            held=self._held(),
            needs_last=self.needs_last,
            is_one_of_several=self.writes_several and call.method != "GET",
        )
        self.needs_last = True
        sent = Sent(call.method, call.target, self.last.status, route)
        is_like_last = self.sent and self.sent[-1] == sent
        # hundreds of writes may be equal
        self.sent.append(self.sent[-1] if is_like_last else sent)
        return self.last

    def _held(self) -> int:
        """Return the number of bytes that the exchange, not the door, stores for later steps."""
        if self.body is None:
            decoded = 0
        else:
            decoded = decoded_size(self.call.body or b"")
        return decoded + self.kept

    def legacy_names(self, tier: Successor) -> Mapping[str, str]:
        """Return the legacy names of members in a tier's body."""
        target = tier.only or tier.choices.get(self.word)
        if isinstance(target, Target):
            return target.legacy_names
        return {}

    def has_done(self, call: Call) -> None:
        """Note a write that was sent before a tier's call."""
        if len(self.done) < NAMED:
            said = (call.body or b"").decode("utf-8", "replace")[:LONGEST_SAID]
            self.done.append(f"{call.method} {call.target} {said}".rstrip())
        self.done_count += 1
        self.needs_last = False

    @property
    def done_before(self) -> str:
        """A sentence about the writes that an error does not undo; empty if there are none."""
        if self.done_count > NAMED:
            more = f" and {self.done_count - NAMED} more"
        else:
            more = ""
        if self.done:
            return f"Done before: {', '.join(self.done)}{more}."
        return ""

    def record(
        self, fields: tuple[FieldReport, ...] = (), dropped: tuple[Dropped, ...] = ()
    ) -> Record:
        """Return the record of the exchange so far."""
        operation = self.match.operation
        reason = self.reason
        if self.context.settings.because:
            reason = f"{reason}; {self.context.settings.because}"
        notes = dict.fromkeys(filter(None, self.notes))
        return Record(
            operation=operation.id,
            api=self.match.api.name,
            route=self.route,
            reason=reason,
            sunset=self.decision.sunset,
            deprecated=operation.deprecated,
            sent=tuple(self.sent),
            fields=fields,
            dropped=dropped,
            notes=tuple(notes),
        )


def together(*sentences: str) -> str:
    """Join sentences, without the empty ones."""
    return " ".join(filter(None, sentences))


def refuse_success(
    errors: Mapping[str, ErrorRule], reply: Reply, document: Json, match: Match
) -> None:
    """Raise CallError if a success means an error."""
    rule = errors.get(str(reply.status))
    if rule and rule.when and rule.when.holds(document):
        detail = filled_in(rule.detail or "", match.parameters)
        raise CallError(rule.status or 404, rule.code or "", detail)


def failed(
    state: ExchangeState, tier: Successor, reply: Reply, document: Json
) -> Outcome:
    """Return the legacy error for a tier's error.

    ``document`` is its content if that was read. The error stays unchanged unless the
    mapping document has a rule for its code, it contains a member with another legacy
    name, the caller requested an envelope, or writes were sent before it.
    """
    found = tier.errors.get(error_code(document) or "")
    wrapped = state.query.envelope and reply.status >= 400
    if type(document) is not dict and state.done:
        document = error_body(
            reply.status, None, f"The {tier.tier} endpoint answered {reply.status}."
        )
    if type(document) is not dict:
        return PassThrough(state.record())
    as_it_came = document
    document = in_legacy_names(document, state.legacy_names(tier))
    if not (found or wrapped or state.done) and document == as_it_came:
        return PassThrough(state.record())
    rule = found or ErrorRule()
    headers = reply.headers
    kind = field(headers, "content-type") or "application/json"
    detail = rule.detail and filled_in(rule.detail, state.match.parameters)
    if state.done:
        kind = "application/json"
        detail = together(
            detail or str(document.get("detail") or ""), state.done_before
        )
    changes: JsonObject = {
        "errorCode": rule.code,
        "error": rule.status,
        "reason": rule.status and reason_phrase(rule.status),
        "detail": detail,
    }
    changed = {name: said for name, said in changes.items() if said is not None}
    document = {**document, **changed}
    if rule.code is not None and field(headers, "x-error-code") is not None:
        headers = replaced(headers, "X-Error-Code", rule.code)
    status = rule.status or reply.status
    asked = attrs.evolve(state.query, envelope=wrapped)
    content = asked.written(document, status, state.context.dumps)
    return Answer(document_reply(content, status, kind, headers), state.record())
