"""Which successor answers: flex is asked, and the dedicated tier where flex's answer leads there.

Asking one tier is an upstream call, or several when pages are collected, and the legacy answer that
is made of what came back.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from functools import cache

import attrs

from shim.core.commands import Answer, Command, Exchange, Outcome, PassThrough, Read
from shim.core.memory import CachedTranslation
from shim.core.messages import Call, Reply, field, replaced, without
from shim.core.query import LegacyQuery
from shim.core.recognise import Match
from shim.core.request_body import build_body
from shim.core.responses import CallError, bare_reply, document_reply, enveloped, written
from shim.core.route import Decision, sunset_of
from shim.core.state import ExchangeState
from shim.core.translate import (
    Translated,
    TranslatedItems,
    UpstreamPage,
    cut_page,
    has_next,
    kept_page,
    translate_items,
    translate_one,
)
from shim.documents.model import NO_CONTENT, RefusedChoice, Successor, Target

COLLECT = 500
"""Items asked for in one upstream page when all pages are collected (contract: the most a page may have)."""

REMEMBERED = 16
"""Request targets that are remembered with a call; programs make the same few again and again."""

MOST = 20 * COLLECT
"""Items of one upstream page that are translated: far more than it may have, and far fewer than fit in its bytes."""

_FOREIGN = frozenset({
    "accept",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
})  # fmt: skip
"""Request fields that a successor is told in its own words, and those that speak of the legacy representation,
which it does not have (RFC 9110, 13)."""

_ABOUT_BODY = _FOREIGN | {
    "content-digest", "content-encoding", "content-length", "content-md5", "digest", "repr-digest",
}  # fmt: skip
"""Together with request fields that describe the caller's own content, and no other."""


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
    content = state.call.body
    if target.body is not None and state.body is not None:
        content = context.dumps(build_body(match.compiled.body(target), state.body, state.translation_context()))
    key = (match.compiled, match.api.name, successor.tier, state.call.target, context.base, context.whole)
    pages: list[UpstreamPage] = []
    while True:
        call = _successor_call(state, target, len(pages), content)
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
        if target.paging != "collected" or not _goes_on(pages):
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
    request = state.match.operation.request
    assert request is not None, "choices need a body"
    assert state.body is not None, "choices need a body"
    return successor.choices[str(state.body[request.choose])]


def _refuse(state: ExchangeState, successor: Successor, refused: RefusedChoice, later: Successor | None) -> Asked:
    """Refuse what a tier can't do; before that ask with a GET, if there is one, whether the cluster lives there.

    An error of any other kind is the answer, since it says more than a refusal.
    """
    known = state.context.memory.tiers.recall((state.call.origin, *state.match.cluster), state.context.clock())
    if later is not None and successor.probe is not None and known != successor.tier:
        version = next(choice.version for choice in successor.choices.values() if isinstance(choice, Target))
        call = _successor_call(state, Target("GET", successor.probe, version), 0, None, paged=False)
        reply = yield from state.send(call, successor.tier, rewritten=True)
        if not 200 <= reply.status < 300:
            return (yield from _failed(state, reply, successor, later))
    state.route = successor.tier
    raise CallError(400, refused.error_code, refused.detail)


def _successor_call(
    state: ExchangeState, target: Target, collected: int, content: bytes | None, *, paged: bool = True
) -> Call:
    """Return a call in a successor's terms: its path and version, the caller's other fields, and a page to begin at."""
    call, match = state.call, state.match
    query = state.query if paged else None
    key = (id(target), id(query), collected)
    known = match.targets.get(key)  # the very objects are kept beside it
    if known is None:
        if len(match.targets) >= REMEMBERED:
            match.targets.clear()
        known = match.targets[key] = (_target(match, target, query, collected), target, query)
    accept = _accept(target.version)
    headers = (*without(call.headers, _FOREIGN if content == call.body else _ABOUT_BODY), accept)
    if content:
        headers = (*headers, ("Content-Type", accept[1]))
    return Call(target.method, call.origin, known[0], headers, content)


def _target(match: Match, target: Target, query: LegacyQuery | None, collected: int) -> str:
    """Return a successor's request target: its path, and the caller's query in its terms, if that has a part in it."""
    path = target.path.build(match.raw)
    if query is None:
        return path
    pairs = [*query.foreign]
    if match.operation.shape == "page":
        size, number = (query.size, query.page) if target.paging == "kept" else (COLLECT, collected + 1)
        # The count is always asked for: without it Atlas gives no next link (recorded).
        pairs += ["includeCount=true", f"itemsPerPage={size}", f"pageNum={number}"]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


@cache
def _accept(version: str) -> tuple[str, str]:
    """Return the field that asks for a version of the API; documents name a handful."""
    return "Accept", f"application/vnd.atlas.{version}+json"


def _page_of(state: ExchangeState, target: Target, reply: Reply) -> UpstreamPage:
    """Return what a reply carries: a document, and of a page its items.

    Raises CallError when it can't be read, and when all pages together are larger than one body may be.
    """
    state.size += len(reply.body or b"")
    limit = state.context.settings.body_limit
    if state.size > limit:
        detail = f"Upstream's pages together are larger than {limit} bytes; ask the successor itself."
        raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
    document = state.decoded(reply)
    is_page = state.match.operation.shape == "page"
    if type(document) is dict:
        items = document.get(target.items) if is_page else []
        if type(items) is list and len(items) <= MOST:
            return UpstreamPage(document, items)
    expected = f"an object with a list {target.items!r} of {MOST} items at most" if is_page else "a JSON object"
    what = reply.fault or state.refused or f"it is not {expected}"
    kind = field(reply.headers, "content-type") or "no content type"
    detail = (
        f"The {state.route} endpoint answered {reply.status} with content ({kind}) that can't be translated: {what}."
    )
    raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", detail)


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
    if is_page:
        translated = items = translate_items(translator, pages, rules, target.items)
        url = f"{state.context.base}{state.call.path.removesuffix('/')}"
        collected = target.paging == "collected"
        if collected and state.context.whole and query.page == 1:
            query = attrs.evolve(query, size=max(query.size, len(items.values)))
        document = cut_page(items, operation, query, url) if collected else kept_page(items, pages[0], query, url)
    else:
        translated = translate_one(translator, pages[0].document if pages else {}, rules)
        document = translated.document
    if query.envelope:
        document = enveloped(document, operation.status[match.api.name], page=is_page)
    content = written(document, pretty=query.pretty, dumps=state.context.dumps)
    # A page past the end of a list is no sign that upstream has no list.
    first = target.paging == "collected" or query.page == 1 or not pages or pages[0].document.get("totalCount") == 0
    empty = is_page and first and not any(page.items for page in pages)
    return CachedTranslation(content, translated.fields, translated.dropped, empty)


def _answer(state: ExchangeState, translation: CachedTranslation, reply: Reply) -> Answer:
    """Return the legacy answer; the one that was made last stands, if nothing that it was made of has changed."""
    match = state.match
    state.knows_nothing = translation.empty
    sunset = sunset_of(match.operation, state.context.settings)
    made_of = (reply.headers, state.reason, state.sent[-1], len(state.sent), *state.notes, sunset)
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

    It stays as it is, but for a code that the document has a legacy word for, and an envelope if the caller
    asked for one.
    """
    state.knows_nothing = reply.status == 404
    leads = later is not None and reply.status in {400, 404}
    wrapped = state.query.envelope and reply.status >= 400
    if not (leads or wrapped or successor.errors):
        return PassThrough(state.record())
    reply = yield Read(state.context.settings.body_limit)
    code = state.error_code(reply)
    if leads and later is not None and code is not None and code in later.after:
        return TryNextTier(code)
    document = state.decoded(reply)
    legacy_code = None if code is None else successor.errors.get(code)
    if type(document) is not dict or not (wrapped or legacy_code):
        return PassThrough(state.record())
    headers = reply.headers
    if legacy_code is not None:
        document = {**document, "errorCode": legacy_code}
        if field(headers, "x-error-code") is not None:
            headers = replaced(headers, "X-Error-Code", legacy_code)
    shown = enveloped(document, reply.status, page=False) if wrapped else document
    content = written(shown, pretty=state.query.pretty, dumps=state.context.dumps)
    kind = field(headers, "content-type") or "application/json"
    return Answer(document_reply(content, reply.status, kind, headers), state.record())
