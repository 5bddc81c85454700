"""Which successor answers: flex is asked, and the dedicated tier where flex's answer leads there.

Asking one tier is an upstream call, or several when pages are collected, and the legacy answer that
is made of what came back.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from typing import Any

import attrs

from shim.core.content import error_code
from shim.core.context import ExchangeState
from shim.core.memory import CachedTranslation
from shim.core.messages import Answer, Command, Exchange, Outcome, PassThrough, Read, Reply, field
from shim.core.question import build_body
from shim.core.responses import CallError, bare_reply, document_reply, enveloped, written
from shim.core.route import Decision
from shim.core.successor_calls import COLLECT, note_dropped, successor_call
from shim.core.successor_errors import error_in_legacy_terms
from shim.core.translate import (
    Translated,
    TranslatedItems,
    UpstreamPage,
    cut_page,
    has_next,
    in_order,
    kept_page,
    translate_items,
    translate_one,
)
from shim.documents.fields import BARE
from shim.documents.model import NO_CONTENT, RefusedChoice, Successor, Target
from shim.documents.sources import look_up, parse_source
from shim.documents.value_types import Json

MOST = 20 * COLLECT
"""Items of one upstream page that are translated: far more than it may have, and far fewer than fit in its bytes."""


@attrs.frozen
class TryNextTier:
    """A tier's answer leads on to the next one; ``code`` is the error code that says so."""

    code: str


Asked = Generator[Command, Reply, Outcome | TryNextTier]


def ask_tiers(state: ExchangeState, decision: Decision) -> Exchange:
    """Ask the decided tier, and the other one when its answer leads there and replies may correct the decision."""
    tiers = state.match.compiled.tiers[decision.route]
    if not decision.corrects:
        tiers = tiers[:1]
    place = 0
    while isinstance(outcome := (yield from _ask(state, *tiers[place : place + 2])), TryNextTier):
        state.reason = f"{state.reason}; {tiers[place].tier} answered {outcome.code}"
        place += 1
    _learn(state, tiers[place], outcome)
    return outcome


def _learn(state: ExchangeState, successor: Successor, outcome: Outcome) -> None:
    """Remember the tier that answered with a success; forget it when an answer says that it is not there."""
    match, memory = state.match, state.context.memory
    if not match.cluster or len(match.operation.successors) == 1:
        return
    if isinstance(outcome, Answer) and outcome.reply.status < 300:
        memory.tiers.remember((state.call.origin, *match.cluster), successor.tier, state.context.monotonic())
    elif state.sent and state.sent[-1].status in {400, 404}:
        memory.tiers.forget((state.call.origin, *match.cluster))


def _ask(state: ExchangeState, successor: Successor, later: Successor | None = None) -> Asked:
    """Ask one tier, and translate what it answers; TryNextTier where that leads to the later one."""
    match, context = state.match, state.context
    target = successor.only or _chosen(state, successor)
    if isinstance(target, RefusedChoice):
        return (yield from _refuse(state, successor, target, later))
    note_dropped(state, target)
    content = state.call.body
    if target.body is not None and state.body is not None:
        content = context.dumps(build_body(match.compiled.body(target), state.body, state.translation_context()))
    key = (match.compiled, match.api.name, successor.tier, state.call.target, context.base, context.whole)
    pages: list[UpstreamPage] = []
    while True:
        call = successor_call(state, target, len(pages), content)
        reply = yield from state.send(call, successor.tier, rewritten=True)
        if not 200 <= reply.status < 300:
            return (yield from _failed(state, reply, successor, later))
        if successor.tier not in match.compiled.reads:
            break
        reply = yield Read(context.settings.body_limit)
        if not pages and match.compiled.timeless and reply.body is not None:
            known = context.memory.translations.get(key, reply.body)
            if known is not None:
                state.note(successor.note)
                return _answer(state, known, reply)
        pages.append(_page_of(state, target, reply))
        if target.paging != "collected" or target.bare or not _goes_on(pages):
            break
        if len(pages) >= context.settings.page_cap:
            detail = f"Upstream has more than {len(pages)} pages of {COLLECT} items; ask the successor itself."
            raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
    state.note(successor.note)
    status = match.operation.status[match.api.name]
    if not pages and status in NO_CONTENT:
        return Answer(bare_reply(status, reply.headers), state.record())
    translation = _translate(state, successor.tier, target, pages)
    if len(pages) == 1 and match.compiled.timeless and reply.body is not None:
        context.memory.translations.keep(key, reply.body, translation)
    return _answer(state, translation, reply)


def _chosen(state: ExchangeState, successor: Successor) -> Target | RefusedChoice:
    """Return the call that the word of the caller's body or query chooses."""
    return successor.choices[state.word]


def _refuse(state: ExchangeState, successor: Successor, refused: RefusedChoice, later: Successor | None) -> Asked:
    """Refuse what a tier can't do; before that ask with a GET, if there is one, whether the cluster lives there.

    An error of any other kind is the answer, since it says more than a refusal.
    """
    known = state.context.memory.tiers.recall((state.call.origin, *state.match.cluster), state.context.monotonic())
    if later is not None and successor.probe is not None and known != successor.tier:
        version = next(choice.version for choice in successor.choices.values() if isinstance(choice, Target))
        call = successor_call(state, Target("GET", successor.probe, version), 0, None, paged=False)
        reply = yield from state.send(call, successor.tier, rewritten=True)
        if not 200 <= reply.status < 300:
            return (yield from _failed(state, reply, successor, later))
    state.route = successor.tier
    raise CallError(400, refused.error_code, refused.detail)


def _page_of(state: ExchangeState, target: Target, reply: Reply) -> UpstreamPage:
    """Return what a reply carries: a document, and of a page its items.

    Raises CallError when it can't be read, and when all pages together are larger than one body may be.
    """
    state.size += len(reply.body or b"")
    limit = state.context.settings.body_limit
    if state.size > limit:
        detail = f"Upstream's pages together are larger than {limit} bytes; ask the successor itself."
        raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
    document = state.json.read(reply)
    is_list = state.match.operation.shape != "one"
    items: Any = document if target.bare else look_up(document, parse_source(target.items))
    if is_list and type(items) is list and len(items) <= MOST:
        return UpstreamPage(document if type(document) is dict else {}, items)
    if not is_list and (type(document) is dict or (target.bare and document is not None)):
        _refuse_unlike(target, document)
        return UpstreamPage(document if type(document) is dict else {BARE: document}, [])
    expected = "a JSON object"
    if is_list or target.bare:
        expected = "a JSON value" if not is_list else f"a list of {MOST} items at most"
        expected = expected if target.bare else f"an object with a list {target.items!r} of {MOST} items at most"
    what = reply.fault or state.json.refused or f"it is not {expected}"
    kind = field(reply.headers, "content-type") or "no content type"
    detail = (
        f"The {state.route} endpoint answered {reply.status} with content ({kind}) that can't be translated: {what}."
    )
    raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", detail)


def _refuse_unlike(target: Target, document: Json) -> None:
    """Raise CallError where an answer has several values of what a legacy answer can tell one of."""
    if target.alike is not None:
        found = look_up(document, parse_source(target.alike.source))
        if type(found) is list and any((type(one) is bool, one) != (type(found[0]) is bool, found[0]) for one in found):
            raise CallError(target.alike.status, target.alike.error_code, target.alike.detail)


def _goes_on(pages: Sequence[UpstreamPage]) -> bool:
    """Tell whether another upstream page follows the last one."""
    last = pages[-1]
    if not last.items:
        return False
    linked = has_next(last.document)
    if linked is not None:
        return linked
    total = last.document.get("totalCount")
    return type(total) is int and total > sum(len(page.items) for page in pages)


def _translate(state: ExchangeState, tier: str, target: Target, pages: Sequence[UpstreamPage]) -> CachedTranslation:
    """Return the legacy answer as content, in an envelope if the caller asked for one."""
    match, query, rules = state.match, state.query, state.translation_context()
    operation, translator = match.operation, match.compiled.translator(tier, match.api.name)
    is_page = operation.shape == "page"
    translated: Translated | TranslatedItems
    document: Json
    if operation.shape == "array":
        translated = items = translate_items(translator, pages, rules, target.items)
        document = [*in_order(items.values, operation)]
    elif is_page:
        translated = items = translate_items(translator, pages, rules, target.items)
        url = f"{state.context.base}{state.call.path.removesuffix('/')}"
        collected = target.paging == "collected"
        if collected and state.context.whole and query.page == 1:
            query = attrs.evolve(query, size=max(query.size, len(items.values)))
        document = (
            cut_page(items, operation, query, url) if collected else kept_page(items, operation, pages[0], query, url)
        )
    else:
        translated = translate_one(translator, pages[0].document if pages else {}, rules)
        document = translated.document
        if translator.bare and document is None:
            raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", _no_value(state, translated))
    if query.envelope:
        document = enveloped(document, operation.status[match.api.name], page=is_page)
    content = written(document, pretty=query.pretty, dumps=state.context.dumps)
    # A page past the end of a list is no sign that upstream has no list.
    first = (
        target.paging == "collected"
        or operation.shape != "page"
        or query.page == 1
        or not pages
        or pages[0].document.get("totalCount") == 0
    )
    empty = operation.shape != "one" and first and not any(page.items for page in pages)
    return CachedTranslation(content, translated.fields, translated.dropped, empty)


def _no_value(state: ExchangeState, translated: Translated) -> str:
    said = "; ".join(f"{one.where} was {one.said!r}: {one.why}"[:200] for one in translated.dropped)
    return f"The {state.route} endpoint answered with nothing that makes the one value of the answer: {said or 'none'}."


def _answer(state: ExchangeState, translation: CachedTranslation, reply: Reply) -> Answer:
    """Return the legacy answer; the one that was made last stands, if nothing that it was made of has changed."""
    match = state.match
    state.knows_nothing = translation.empty
    made_of = (reply.headers, state.reason, state.sent[-1], len(state.sent), *state.notes, state.sunset)
    for known, answer in translation.answered:
        if known == made_of:
            return answer
    status = match.operation.status[match.api.name]
    made = document_reply(translation.content, status, match.content_type, reply.headers)
    answer = Answer(made, state.record(translation.fields, translation.dropped))
    if len(state.sent) == 1:
        translation.answered[:] = [(made_of, answer)]
    return answer


def _failed(state: ExchangeState, reply: Reply, successor: Successor, later: Successor | None) -> Asked:
    """Hand an error on: to the later tier where it leads there, else to the caller.

    It stays as it is where the document says nothing of it, and the caller asked for no envelope.
    """
    state.knows_nothing = reply.status == 404
    leads = later is not None and reply.status in {400, 404}
    wrapped = state.query.envelope and reply.status >= 400
    if not (leads or wrapped or successor.errors):
        return PassThrough(state.record())
    reply = yield Read(state.context.settings.body_limit)
    code = error_code(state.json.read(reply))
    if leads and later is not None and code is not None and code in later.after:
        return TryNextTier(code)
    return error_in_legacy_terms(state, reply, successor)
