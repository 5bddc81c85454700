"""Ask a retired call's successors, tier by tier: flex first, and dedicated if flex's answer leads there.

A tier gets one upstream call, or several if pages are collected. The legacy answer is
built from the replies. An error stays unchanged, unless the document has a rule for its
code.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import partial
from operator import eq

import attrs

from shim.core.answer import LegacyAnswer
from shim.core.before import (
    ask_before,
    check_lengths,
    look_before,
    made_body,
    plan_writes,
)
from shim.core.body import read_body
from shim.core.content import decoded_size, error_code
from shim.core.lens import Look, check_unchanged, lens_of, lists_of, look, seen_through
from shim.core.messages import (
    Answer,
    Command,
    Outcome,
    PassThrough,
    Read,
    Repeated,
    Reply,
    Translated,
    field,
    without,
)
from shim.core.question import MAX_PAGE_SIZE, LegacyQuery, sent_on, successor_call
from shim.core.recognize import Match
from shim.core.responses import CallError, document_reply, refuse_redirect
from shim.core.route import empty_key, tier_key
from shim.core.state import ExchangeState, failed, refuse_success
from shim.core.translate import UpstreamPage
from shim.documents.calls import Successor, Target
from shim.documents.fields import BODY, Resource
from shim.documents.lens import Lens
from shim.documents.model import NO_CONTENT
from shim.documents.objects import RefusedChoice
from shim.documents.question import RequestBody
from shim.documents.sources import NoValue, look_up, parse_source
from shim.documents.templates import Template
from shim.documents.vocabulary import JsonObject

_LEAD_ON = frozenset({400, 404})
"""Statuses of errors which may mean that a cluster is on another tier."""

Question = tuple[Target, LegacyQuery | None, bytes | None]
"""The call for a tier, the query of its first page, and its content."""


def ask_successors(
    state: ExchangeState, tiers: Sequence[Successor]
) -> Generator[Command, Reply, Outcome | None]:
    """Ask the first tier, and each later one that an answer leads to.

    Returns None for a list that is added to another; its pages are in the state.
    """
    waiting = [*tiers]
    while True:
        tier = waiting.pop(0)
        later = waiting[0] if waiting else None
        choice = tier.only or tier.choices[state.word]
        question = yield from _find_question(state, tier, later, choice)
        if isinstance(question, PassThrough | Answer):
            return question
        if later is None:
            # The body was read already; decoded, it takes many times the memory.
            state.body = None
        answer = partial(
            LegacyAnswer, state.match, state.context, state.query, tier.tier
        )
        if isinstance(question, tuple):
            made = answer(question[0])
            reply, pages = yield from _ask_tier(state, tier, made, question)
        else:
            made = answer(question.target)
            reply = question.reply
            pages = [made.page(reply, state.json)] if question.shows_it else []
        if 200 <= reply.status < 300:
            if isinstance(choice, RefusedChoice):
                raise CallError(400, choice.error_code, choice.detail)
            return answered(state, tier, made, pages, reply)
        leads_on = reply.status in _LEAD_ON
        document = None
        wrapped = state.query.envelope and reply.status >= 400
        may_change = tier.errors or wrapped or state.done or state.legacy_names(tier)
        if may_change or (leads_on and later is not None):
            reply = yield Read(state.context.settings.body_limit)
            document = state.json.read(reply)
        code = error_code(document)
        if not leads_on or later is None or state.done or code not in later.after:
            break
        state.reason += f"; {tier.tier} answered {code}"
    if leads_on and has_tiers(state.match):
        state.context.memory.forget(tier_key(state.match, state.call.origin))
    state.knows_nothing = reply.status == 404
    return failed(state, tier, reply, document)


def _find_question(
    state: ExchangeState,
    tier: Successor,
    later: Successor | None,
    choice: Target | RefusedChoice,
) -> Generator[Command, Reply, Question | Look | Outcome]:
    """Make the calls before a tier's own.

    Return its request, or the answer of another call.
    """
    if isinstance(choice, Target) and (lens := lens_of(state.body, choice)) is not None:
        return (yield from _see_through(state, tier, choice, lens))
    if isinstance(choice, Target) and choice.before:
        return (yield from _go_before(state, tier, choice))
    return question_of(state, tier, later, choice)


def _go_before(
    state: ExchangeState, tier: Successor, target: Target
) -> Generator[Command, Reply, Question | Outcome]:
    """Make the calls before a tier's own, and return its request, or an outcome if one of them fails.

    Nothing is written until everything to be sent is known.
    """
    check_lengths(state, target)
    outcome = yield from look_before(state, tier, target)
    if outcome is not None:
        return outcome
    question = question_of(state, tier, None, target)
    planned = plan_writes(state, target)
    if planned:
        state.body = None  # no other tier is asked after a write
    for writes in planned:
        for call in writes.calls(state, target):
            reply, document = yield from ask_before(state, tier, call)
            if not 200 <= reply.status < 300:
                return failed(state, tier, reply, document)
            state.has_done(call)
    return question


def _see_through(
    state: ExchangeState, tier: Successor, target: Target, lens: Lens
) -> Generator[Command, Reply, Question | Look]:
    """Merge the caller's body into the resource.

    Return the request, or the lookup if there is nothing to write. The resource is
    looked up again just before the write, since Atlas writes unconditionally.
    """
    if lens.version:
        first = yield from look(state, tier, target, lens)
    else:
        first = None
    if first is not None and not first.shows_it:
        return first
    body = seen_through(state, tier, target, lens, first)
    if first is not None and not body:
        state.notes.append("nothing was sent: the resource already has these values")
        return first
    if first is not None and lists_of(lens) & body.keys():
        state.kept = decoded_size(first.reply.body or b"")
        second = yield from look(state, tier, target, lens)
        state.kept = 0
        if not second.shows_it:
            return second
        check_unchanged(lens, first, second)
    return target, state.query, state.context.dumps(body)


def _ask_tier(
    state: ExchangeState, tier: Successor, made: LegacyAnswer, question: Question
) -> Generator[Command, Reply, tuple[Reply, list[UpstreamPage]]]:
    """Ask a tier with one call, or one for each page.

    Return the last reply and the pages for the answer.
    """
    (target, query, content), pages = question, list[UpstreamPage]()
    while True:
        call = successor_call(state.match, state.call, target, query, content)
        if tier.tier == "legacy":  # in the caller's own words, except for a part of it
            whole = without(state.call.headers, ("range", "if-range"))
            call = attrs.evolve(
                state.call, method="GET", target=call.target, headers=whole
            )
        reply = yield from state.ask(call, tier.tier, rewritten=True)
        refuse_redirect(tier.tier, reply)
        is_success = 200 <= reply.status < 300
        may_refuse = tier.errors and str(reply.status) in tier.errors
        takes_part = (
            may_refuse or state.added or tier.tier in state.match.compiled.reads
        )
        # any success of a probe shows the tier
        if not is_success or not takes_part or target.path is tier.probe:
            return reply, pages
        reply = yield Read(state.context.settings.body_limit)
        pages.append(made.page(reply, state.json, pages))
        if may_refuse:
            refuse_success(tier.errors, reply, pages[-1].document, state.match)
        following = query and made.next_query(query, pages)
        if not following:
            return reply, pages
        query = following


def legacy_list(match: Match) -> Successor:
    """Return the legacy endpoint as a tier with a list, whose items stay unchanged."""
    operation = match.operation
    path = Template(f"{match.api.base}{operation.path.text}", ())
    target = Target("GET", path, operation.version, "collected")
    return Successor(tier="legacy", only=target)


def question_of(
    state: ExchangeState,
    tier: Successor,
    later: Successor | None,
    choice: Target | RefusedChoice,
) -> Question:
    """Return the request for a tier.

    If the tier can't do a call, a GET, if there is one, shows whether the cluster is
    there: an error of any other kind is then the answer, since it explains more than a
    refusal. Otherwise CallError is raised.
    """
    if not isinstance(choice, Target):
        return _probe_for(state, tier, later, choice)
    target = choice
    if state.added is not None:
        target = attrs.evolve(choice, paging="collected")
    query = state.query
    if target.query:
        query = sent_on(state.query, target.query, state.notes)
    if target.paging == "collected":
        query = attrs.evolve(query, page=1, size=MAX_PAGE_SIZE)
    content = None if target.method == "GET" else state.call.body
    if target.body is not None:
        source = _body_for(state, tier, target.body)
        content = state.context.dumps(made_body(state, target.body, source))
    return target, query, content


def _probe_for(
    state: ExchangeState,
    tier: Successor,
    later: Successor | None,
    choice: RefusedChoice,
) -> Question:
    """Return the GET that shows whether the cluster is on a tier which can't do the call."""
    match = state.match
    context = state.context
    key = tier_key(match, state.call.origin)
    known = context.memory.recall(key, context.monotonic())
    if later is None or tier.probe is None or known == tier.tier:
        state.route = tier.tier
        raise CallError(400, choice.error_code, choice.detail)
    other = next(one for one in tier.choices.values() if isinstance(one, Target))
    return Target("GET", tier.probe, other.version), None, None


def _body_for(state: ExchangeState, tier: Successor, resource: Resource) -> JsonObject:
    """Return the source of a tier's body: the caller's, with members from path and query."""
    body = state.body
    request = tier.request or state.match.operation.request
    if tier.request is not None:
        loads = state.context.loads
        body, _ = read_body(tier.request, state.call, loads, state.notes.append)
    if request is not None and body is not None:
        for name in _unread(request, resource):
            if look_up(body, name.split(".")) is not NoValue.MISSING:
                state.notes.append(
                    f"the member {name} was not passed on: no rule reads it"
                )
    return {**(body or {}), **(state.given or {})}


def _unread(request: RequestBody, resource: Resource) -> list[str]:
    """Return the members of a legacy body for which the document only gives a type."""
    if resource.rest:
        return []
    read = []
    for rule in resource.rules_for(BODY):
        for source in rule.reads:
            read.append(parse_source(source))
    known = {name for name, refused in request.refused.items() if refused.but is None}
    others = request.members.keys() - {request.choose, *known}
    found = []
    for name in sorted(others):
        parts = name.split(".")
        if not any(all(map(eq, path, parts)) for path in read):
            found.append(name)
    return found


def has_tiers(match: Match) -> bool:
    """Return whether the tier of a call's cluster should be stored."""
    return bool(match.cluster) and len(match.operation.successors) > 1


def answered(
    state: ExchangeState,
    tier: Successor,
    made: LegacyAnswer,
    pages: Sequence[UpstreamPage],
    reply: Reply,
) -> Outcome | None:
    """Return the legacy answer for a tier's successes; ``reply`` is the last one.

    Returns None for a list that is added to another; its pages are in the state.
    """
    if state.match.operation.content != "json":
        names_version = field(reply.headers, "content-type") == made.target.accept
        return PassThrough(
            state.record(), state.match.content_type if names_version else ""
        )
    if tier.adds:
        state.added = tier.tier, pages
        return None
    match = state.match
    memory = state.context.memory
    since = state.decision.since
    state.notes[:0] = [match.operation.note]
    state.notes.append(tier.note)
    # a list that was empty may have items by now
    if tier.switch and state.asked.method != "GET":
        memory.forget(empty_key(state.call, state.asked.path))
    status = match.operation.status[match.api.name]
    content = Translated(b"", ())
    kind = ""
    if status not in NO_CONTENT:
        content = made.content(match, state.call.path, pages, state.added)
        kind = match.content_type
    if state.added:
        state.route = state.added[0]
    state.knows_nothing = bool(pages) and made.is_empty(pages)
    shown = document_reply(content.value, status, kind, reply.headers)
    record = state.record(content.fields, content.dropped)
    repeated = None
    if has_tiers(match):
        key = tier_key(match, state.call.origin)
        memory.remember(key, tier.tier, state.context.monotonic())
    reads_errors = any(rule.when for rule in tier.errors.values())
    once = len(record.sent) == 1 and not reads_errors
    is_plain_read = state.call.method == "GET" and match.compiled.switched is None
    if since is not None and pages and once and is_plain_read:
        timeless = match.compiled.timeless
        path = made.target.path
        repeated = Repeated(
            state.asked, tier.tier, path, reply.status, since, timeless, made.again
        )
    return Answer(shown, record, None, repeated)
