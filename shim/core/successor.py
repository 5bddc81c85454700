"""The successors of a retired call, asked tier by tier: flex first, and dedicated if flex's answer leads there.

A tier is asked by one upstream call, or by several if pages are collected. The legacy answer is made of what came
back. An error stays as it came, unless the document has a rule for its code.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from operator import eq

import attrs

from shim.core.answer import LegacyAnswer, rules_context
from shim.core.content import JsonReader, error_code
from shim.core.messages import (
    Answer,
    Call,
    Command,
    Dropped,
    FieldReport,
    Outcome,
    PassThrough,
    Read,
    Record,
    Repeated,
    Reply,
    Send,
    Sent,
    field,
    reason_phrase,
    replaced,
    without,
)
from shim.core.question import MOST, LegacyQuery, invalid_attribute, read_body, sent_on, successor_call
from shim.core.recognise import Match
from shim.core.responses import CallError, document_reply, refuse_redirect
from shim.core.route import Context, Decision, empty_key, tier_key
from shim.core.translate import Translated, UpstreamPage, translate_one
from shim.documents.calls import ErrorRule, Successor, Target
from shim.documents.fields import Resource
from shim.documents.model import NO_CONTENT
from shim.documents.question import RefusedChoice, RequestBody
from shim.documents.sources import NoValue, look_up, parse_source, unquoted
from shim.documents.templates import Template, filled_in
from shim.documents.vocabulary import Json, JsonObject

_LEAD_ON = frozenset({400, 404})
"""Statuses of errors that may say that a cluster lives on another tier."""


@attrs.define
class ExchangeState:
    """The state of one exchange, ``started`` at a time in seconds of the monotonic clock.

    ``json`` reads replies. ``reason`` begins with that of the first ``decision``. ``route`` is the side asked last,
    ``none`` before any was; it ``knows_nothing`` if it answered that nothing is there. ``query`` and ``body`` are what
    the caller asked for, once read; ``word`` is the part of it that chooses the successor's call. ``asked`` is the last
    call that was sent, ``last`` the head of its reply. ``added`` is the tier whose list follows another one's, and that
    list's pages.
    """

    match: Match
    call: Call
    context: Context
    started: float
    decision: Decision
    json: JsonReader
    reason: str
    route: str = "none"
    query: LegacyQuery = attrs.field(factory=LegacyQuery)
    body: JsonObject | None = None
    word: str = ""
    knows_nothing: bool = False
    asked: Call = attrs.field(init=False)
    last: Reply = attrs.field(init=False)
    added: tuple[str, Sequence[UpstreamPage]] | None = None
    sent: list[Sent] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    def ask(
        self, call: Call, route: str, *, rewritten: bool, may_read: bool = True
    ) -> Generator[Command, Reply, Reply]:
        """Send one call, and return the head of the reply; raises CallError if that would begin after the deadline."""
        deadline = self.context.settings.deadline
        if self.sent and self.context.monotonic() - self.started > deadline:
            raise CallError(504, "SHIM_DEADLINE_EXCEEDED", f"Upstream did not answer within {deadline:g} seconds.")
        self.route, self.asked = route, call
        self.last = yield Send(call, route, rewritten, may_read)
        self.sent.append(Sent(call.method, call.target, self.last.status, route))
        return self.last

    def record(self, fields: tuple[FieldReport, ...] = (), dropped: tuple[Dropped, ...] = ()) -> Record:
        """Return the record of the exchange as it stands."""
        operation, because = self.match.operation, self.context.settings.because
        return Record(
            operation=operation.id,
            api=self.match.api.name,
            route=self.route,
            reason=f"{self.reason}; {because}" if because else self.reason,
            sunset=self.decision.sunset,
            deprecated=operation.deprecated,
            sent=tuple(self.sent),
            fields=fields,
            dropped=dropped,
            notes=tuple(dict.fromkeys(filter(None, self.notes))),
        )


def ask_successors(state: ExchangeState, tiers: Sequence[Successor]) -> Generator[Command, Reply, Outcome | None]:
    """Ask the first tier, and each later one that an answer leads to.

    Returns None after a list that is added to another one: the state has its pages.
    """
    match, context, waiting = state.match, state.context, [*tiers]
    while True:
        tier = waiting.pop(0)
        later = waiting[0] if waiting else None
        choice = tier.only or tier.choices[state.word]
        target, query, content = question_of(state, tier, later, choice)
        made = LegacyAnswer(match, context, state.call.path, state.query, tier.tier, target)
        pages: list[UpstreamPage] = []
        while True:
            call = successor_call(match, state.call, target, query, content)
            if tier.tier == "legacy":  # in the caller's own words, but for a part of it
                whole = without(state.call.headers, ("range", "if-range"))
                call = attrs.evolve(state.call, method="GET", target=call.target, headers=whole)
            reply = yield from state.ask(call, tier.tier, rewritten=True)
            refuse_redirect(tier.tier, reply)
            if not 200 <= reply.status < 300:
                break
            if isinstance(choice, RefusedChoice):
                raise CallError(400, choice.error_code, choice.detail)
            if state.added is not None or tier.tier in match.compiled.reads:
                reply = yield Read(context.settings.body_limit)
                pages.append(made.page(reply, state.json, pages))
                if following := query and made.next_query(query, pages):
                    query = following
                    continue
            if not tier.adds:
                return answered(state, tier, made, pages, reply)
            state.added = tier.tier, pages
            return None
        leads_on, document = reply.status in _LEAD_ON, None
        wrapped = state.query.envelope and reply.status >= 400
        if tier.errors or wrapped or (leads_on and later is not None):
            reply = yield Read(context.settings.body_limit)
            document = state.json.read(reply)
        code = error_code(document)
        if not leads_on or later is None or code not in later.after:
            break
        state.reason += f"; {tier.tier} answered {code}"
    if leads_on and has_tiers(match):
        context.memory.forget(tier_key(match, state.call.origin))
    state.knows_nothing = reply.status == 404
    return failed(state, tier, reply, document)


def legacy_list(match: Match) -> Successor:
    """Return the legacy endpoint as a tier with a list, whose items stay as they are."""
    operation = match.operation
    path = Template(f"{match.api.base}{operation.path.text}", ())
    target = Target("GET", path, operation.version, "collected")
    return Successor(tier="legacy", only=target)


def question_of(
    state: ExchangeState, tier: Successor, later: Successor | None, choice: Target | RefusedChoice
) -> tuple[Target, LegacyQuery | None, bytes | None]:
    """Return the call that asks a tier, the query of its first page, and its content.

    In place of a call that the tier can't do it is a GET, if there is one, that shows whether the cluster lives
    there: an error of any other kind is the answer then, since it says more than a refusal. Else CallError is raised.
    """
    match, context, content = state.match, state.context, state.call.body
    if isinstance(choice, Target):
        target = choice if state.added is None else attrs.evolve(choice, paging="collected")
    else:
        known = context.memory.recall(tier_key(match, state.call.origin), context.monotonic())
        if later is None or tier.probe is None or known == tier.tier:
            state.route = tier.tier
            raise CallError(400, choice.error_code, choice.detail)
        other = next(one for one in tier.choices.values() if isinstance(one, Target))
        return Target("GET", tier.probe, other.version), None, None
    query = sent_on(state.query, target.query, state.notes)
    if target.paging == "collected":
        query = attrs.evolve(query, page=1, size=MOST)
    body, request = state.body, tier.request or match.operation.request
    if tier.request is not None:
        body, _ = read_body(tier.request, state.call, context.loads, state.notes.append)
    if target.body is not None and body is not None and request is not None:
        given = [name for name in _unread(request, target.body) if look_up(body, unquoted(name)) is not NoValue.MISSING]
        state.notes += [f"the member {name} was not sent on: no rule reads it" for name in given]
        rules = rules_context(match, context)
        made = translate_one(match.compiled.body(tier.tier, target), body, rules)
        if made.dropped:
            raise invalid_attribute(made.dropped[0].where)
        content = context.dumps(made.value)
    return target, query, content


def _unread(request: RequestBody, resource: Resource) -> list[str]:
    """Return the members of a legacy body that the document says nothing of but their type."""
    if resource.rest:
        return []
    rules = [rule for field in resource.walk() for rule in field.rules["body"]]
    read = [parse_source(source) for rule in rules for source in (*rule.sources, *rule.looked_at)]
    others = request.members.keys() - {request.choose, *request.refused}
    return [name for name in sorted(others) if not any(all(map(eq, path, unquoted(name))) for path in read)]


def has_tiers(match: Match) -> bool:
    """Return whether the tier of a call's cluster is worth remembering."""
    return bool(match.cluster) and len(match.operation.successors) > 1


def answered(
    state: ExchangeState, tier: Successor, made: LegacyAnswer, pages: Sequence[UpstreamPage], reply: Reply
) -> Answer:
    """Return the legacy answer that a tier's successes make; ``reply`` is the last one."""
    match, memory, since = state.match, state.context.memory, state.decision.since
    state.notes.append(tier.note)
    if tier.switch and state.asked.method != "GET":  # a list that was empty may have an item now
        memory.forget(empty_key(state.call, state.asked.path))
    status, content, kind = match.operation.status[match.api.name], Translated(b"", ()), ""
    if pages or status not in NO_CONTENT:
        content, kind = made.content(pages, state.added), match.content_type
    state.route = state.added[0] if state.added else state.route
    state.knows_nothing = bool(pages) and made.is_empty(pages)
    shown = document_reply(content.value, status, kind, reply.headers)
    record, repeated = state.record(content.fields, content.dropped), None
    if has_tiers(match):
        memory.remember(tier_key(match, state.call.origin), tier.tier, state.context.monotonic())
    once = len(record.sent) == 1
    if since is not None and pages and once and state.call.method == "GET" and match.compiled.switched is None:
        timeless, path = match.compiled.timeless, made.target.path
        repeated = Repeated(state.asked, tier.tier, path, reply.status, since, timeless, made.again)
    return Answer(shown, record, None, repeated)


def failed(state: ExchangeState, tier: Successor, reply: Reply, document: Json) -> Outcome:
    """Return the legacy error that a tier's error makes; ``document`` is its content if that was read.

    It stays as it came unless the mapping document has a rule for its code, or an envelope was asked for.
    """
    found, wrapped = tier.errors.get(error_code(document) or ""), state.query.envelope and reply.status >= 400
    if type(document) is not dict or (found is None and not wrapped):
        return PassThrough(state.record())
    rule, headers = found or ErrorRule(), reply.headers
    kind = field(headers, "content-type") or "application/json"
    changes: JsonObject = {
        "errorCode": rule.code,
        "error": rule.status,
        "reason": rule.status and reason_phrase(rule.status),
        "detail": rule.detail and filled_in(rule.detail, state.match.parameters),
    }
    document = {**document, **{name: value for name, value in changes.items() if value is not None}}
    if rule.code is not None and field(headers, "x-error-code") is not None:
        headers = replaced(headers, "X-Error-Code", rule.code)
    status, asked = rule.status or reply.status, attrs.evolve(state.query, envelope=wrapped)
    content = asked.written(document, status, state.context.dumps)
    return Answer(document_reply(content, status, kind, headers), state.record())
