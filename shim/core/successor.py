"""The successors of a retired call, asked tier by tier: flex first, and dedicated if flex's answer leads there.

A tier is asked by one upstream call, or by several if pages are collected. The legacy answer is made of what came
back; an error stays as it came, but for what the document says of its code or status.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote_plus

import attrs

from shim.core.content import error_code
from shim.core.context import ExchangeState
from shim.core.memory import CachedTranslation
from shim.core.messages import (
    Answer,
    Exchange,
    Outcome,
    PassThrough,
    Read,
    Reply,
    field,
    reason_phrase,
    replaced,
)
from shim.core.question import LegacyQuery, build_body, not_sent_on, successor_call
from shim.core.responses import (
    CallError,
    bare_reply,
    document_reply,
    enveloped,
    error_body,
    put_in,
    refuse_redirect,
    written,
)
from shim.core.route import Decision
from shim.core.rules import TranslationContext
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
from shim.documents.model import NO_CONTENT, ErrorRule, ErrorShape, RefusedChoice, Successor, Target
from shim.documents.sources import look_up, parse_source
from shim.documents.templates import filled_in, link_query
from shim.documents.value_types import Json, JsonObject

COLLECT = 500
"""Items asked for in one upstream page when all pages are collected (contract: the most a page may have)."""

MOST = 20 * COLLECT
"""Items of one upstream page that are translated: far more than it may have, and far fewer than fit in its bytes."""

_LEAD_ON = frozenset({400, 404})
"""Statuses of errors that may say that a cluster lives on another tier."""


def ask_successors(state: ExchangeState, decision: Decision) -> Exchange:
    """Ask the decided tier, and each later one that an answer leads to, if replies may correct the decision."""
    limit, compiled = state.context.settings.body_limit, state.match.compiled
    tiers = compiled.tiers[decision.route][: None if decision.corrects else 1]
    answer: Answer | None = None
    for tier, later in zip(tiers, (*tiers[1:], None), strict=True):
        choice = tier.only or tier.choices[state.word]
        target, query, content = _question(state, tier, later, choice)
        pages, document = list[UpstreamPage](), None
        while answer is None:
            call = successor_call(state.match, state.call, target, query, content)
            reply = state.got((yield state.send(call, tier.tier, rewritten=True)))
            refuse_redirect(tier.tier, reply)
            if not 200 <= reply.status < 300:
                break
            if isinstance(choice, RefusedChoice):
                raise CallError(400, choice.error_code, choice.detail)
            if tier.tier in compiled.reads:
                reply = yield Read(limit)
            answer = _answer(state, tier, target, pages, reply)
            if answer is None and query is not None:
                query = attrs.evolve(query, page=query.page + 1, following=_following(target, pages[-1]))
        if answer is not None:
            break
        if _matters(state, tier, later, reply):
            reply = yield Read(limit)
            document = state.json.read(reply)
        if later is not None:
            code = error_code(document, tier.error)
            if reply.status not in _LEAD_ON or code not in later.after:
                break
            state.reason = f"{state.reason}; {tier.tier} answered {code}"
    outcome = answer or _failed(state, tier, reply, document)
    _learn(state, tier, outcome)
    return outcome


def _question(
    state: ExchangeState, tier: Successor, later: Successor | None, choice: Target | RefusedChoice
) -> tuple[Target, LegacyQuery | None, bytes | None]:
    """Return the call that asks a tier, the query of its first page, and its content.

    In place of a call that the tier can't do it is a GET, if there is one, that shows whether the cluster lives
    there: an error of any other kind is the answer then, since it says more than a refusal. Else CallError is raised.
    """
    match, context, query = state.match, state.context, state.query
    if isinstance(choice, RefusedChoice):
        known = context.memory.tiers.recall((state.call.origin, *match.cluster), context.monotonic())
        if later is None or tier.probe is None or known == tier.tier:
            state.route = tier.tier
            raise CallError(400, choice.error_code, choice.detail)
        other = next(one for one in tier.choices.values() if isinstance(one, Target))
        return Target("GET", tier.probe, other.version, media_type=other.media_type), None, None
    if choice.query:
        for text in not_sent_on(query, choice.query):
            state.note(text)
    if choice.paging == "collected":
        query = attrs.evolve(query, page=1, size=COLLECT)
    content = state.call.body
    if choice.body is not None and state.body is not None:
        content = context.dumps(build_body(match.compiled.body(tier.tier, choice), state.body, _rules_context(state)))
    return choice, query, content


def _rules_context(state: ExchangeState) -> TranslationContext:
    """Return what rules may use in this exchange."""
    match, base, api = state.match, state.context.base, state.match.api.base
    bases = (f"{api}/", f"{match.operation.base}/")
    here, now = f"{base}{state.call.path}", state.context.clock()
    return TranslationContext(match.raw, match.parameters, now, f"{base}{api}", base, bases, here)


def _answer(
    state: ExchangeState, tier: Successor, target: Target, pages: list[UpstreamPage], reply: Reply
) -> Answer | None:
    """Return the legacy answer that a success makes with the pages before it, None if another page follows."""
    match, context = state.match, state.context
    key = translation = None
    if tier.tier in match.compiled.reads:
        if not pages and match.compiled.timeless and reply.body is not None:
            key = (match.compiled, match.api.name, tier.tier, state.call.target, context.base, context.whole)
            translation = context.memory.translations.get(key, reply.body)
        if translation is None:
            pages.append(_page_of(state, target, reply))
            if target.paging == "collected" and not target.bare and _goes_on(target, pages):
                if len(pages) >= context.settings.page_cap:
                    size = "" if target.next else f" of {COLLECT} items"
                    detail = f"Upstream has more than {len(pages)} pages{size}; ask the successor itself."
                    raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
                return None
    state.note(tier.note)
    status = match.operation.status[match.api.name]
    if translation is None:
        if not pages and status in NO_CONTENT:
            return Answer(bare_reply(status, reply.headers), state.record())
        translation = _translate(state, tier.tier, target, pages)
        if key is not None and reply.body is not None:
            context.memory.translations.keep(key, reply.body, translation)
    state.knows_nothing = translation.empty
    made = document_reply(translation.content, status, match.content_type, reply.headers)
    return Answer(made, state.record(translation.fields, translation.dropped))


def _matters(state: ExchangeState, tier: Successor, later: Successor | None, reply: Reply) -> bool:
    """Return whether an error's content has to be read: to be put in legacy terms, or since it may lead on."""
    state.knows_nothing = reply.status == 404
    leads = later is not None and reply.status in _LEAD_ON
    is_foreign = tier.error != state.match.operation.error
    return leads or is_foreign or bool(tier.errors) or (state.query.envelope and reply.status >= 400)


def _page_of(state: ExchangeState, target: Target, reply: Reply) -> UpstreamPage:
    """Return the document that a reply carries, and the items of a list.

    Raises CallError if it can't be read, or if all pages together are larger than one body may be.
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
    """Raise CallError if an answer has several values where a legacy answer has room for one."""
    if target.alike is not None:
        found = look_up(document, parse_source(target.alike.source))
        if type(found) is list and any((type(one) is bool, one) != (type(found[0]) is bool, found[0]) for one in found):
            raise CallError(target.alike.status, target.alike.error_code, target.alike.detail)


def _following(target: Target, page: UpstreamPage) -> str:
    """Return the raw query, or the pair, that asks for the page after one; empty if nothing in it leads there."""
    found = look_up(page.document, (target.next,)) if target.next in page.document else None
    if found is None and target.next:
        found = look_up(page.document, parse_source(target.next))
    last = found[-1] if type(found) is list and found else found
    if type(last) not in {str, int} or last == "":
        return ""
    return f"{quote_plus(target.cursor)}={quote_plus(str(last))}" if target.cursor else link_query(str(last))


def _goes_on(target: Target, pages: Sequence[UpstreamPage]) -> bool:
    """Return whether another upstream page follows the last one."""
    last = pages[-1]
    if not last.items:
        return False
    if target.next:
        return bool(_following(target, last))
    linked = has_next(last.document)
    if linked is not None:
        return linked
    total = last.document.get("totalCount")
    return type(total) is int and total > sum(len(page.items) for page in pages)


def _translate(state: ExchangeState, tier: str, target: Target, pages: Sequence[UpstreamPage]) -> CachedTranslation:
    """Return the legacy answer as content, in an envelope if the caller asked for one."""
    match, query, rules = state.match, state.query, _rules_context(state)
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
    return CachedTranslation(content, translated.fields, translated.dropped, _is_empty(state, target, pages))


def _is_empty(state: ExchangeState, target: Target, pages: Sequence[UpstreamPage]) -> bool:
    """Return whether upstream has no item of a list; a page past the end of a list does not say so."""
    shape = state.match.operation.shape
    if shape == "one" or any(page.items for page in pages):
        return False
    if target.paging == "collected" or shape == "array" or state.query.page == 1 or not pages:
        return True
    return pages[0].document.get("totalCount") == 0


def _no_value(state: ExchangeState, translated: Translated) -> str:
    said = "; ".join(f"{one.where} was {one.said!r}: {one.why}"[:200] for one in translated.dropped)
    return f"The {state.route} endpoint answered with nothing that makes the one value of the answer: {said or 'none'}."


def _failed(state: ExchangeState, tier: Successor, reply: Reply, document: Json) -> Outcome:
    """Return the legacy error that a tier's error makes; ``document`` is its content if that was read.

    It stays as it came unless the mapping document has a rule for its code or status; content that is not an error
    document becomes one then.
    """
    shape, code = state.match.operation.error, error_code(document, tier.error)
    rule = tier.errors.get(code or "") or tier.errors.get(str(reply.status))
    wrapped = state.query.envelope and reply.status >= 400
    is_foreign = tier.error != shape and code is not None
    if rule is None and not is_foreign and (not wrapped or type(document) is not dict):
        return PassThrough(state.record())
    status, headers = reply.status, reply.headers
    kind = field(headers, "content-type") or "application/json"
    if type(document) is not dict or tier.error != shape:
        said = look_up(document, parse_source(tier.error.detail)) if tier.error.detail else None
        detail = said if is_foreign and type(said) is str else f"The successor answered {status}."
        document, kind = error_body(status, code, detail, shape=shape), "application/json"
    if rule is not None:
        status = rule.status or status
        _say_instead(document, shape, rule, state.match.parameters)
        if rule.code is not None and field(headers, "x-error-code") is not None:
            headers = replaced(headers, "X-Error-Code", rule.code)
    shown = enveloped(document, status, page=False) if wrapped else document
    content = written(shown, pretty=state.query.pretty, dumps=state.context.dumps)
    return Answer(document_reply(content, status, kind, headers), state.record())


def _say_instead(document: JsonObject, shape: ErrorShape, rule: ErrorRule, parameters: Mapping[str, str]) -> None:
    """Replace the members of an error document that a rule has others for."""
    if rule.code is not None:
        put_in(document, shape.code, rule.code)
    if rule.status is not None:
        put_in(document, shape.status, rule.status)
        put_in(document, shape.reason, reason_phrase(rule.status))
    if rule.detail is not None:
        put_in(document, shape.detail, filled_in(rule.detail, parameters))


def _learn(state: ExchangeState, tier: Successor, outcome: Outcome) -> None:
    """Remember the tier that answered with a success; forget it when an answer says that it is not there."""
    match, memory = state.match, state.context.memory
    if not match.cluster or len(match.operation.successors) == 1:
        return
    if isinstance(outcome, Answer) and outcome.reply.status < 300:
        memory.tiers.remember((state.call.origin, *match.cluster), tier.tier, state.context.monotonic())
    elif state.sent and state.sent[-1].status in _LEAD_ON:
        memory.tiers.forget((state.call.origin, *match.cluster))
