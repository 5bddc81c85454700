"""Asking one side: the upstream call, or calls when pages are collected, and the legacy answer made of them."""

from __future__ import annotations

from collections.abc import Generator, Hashable, Sequence
from typing import Any

from shim.core import responses as answers
from shim.core.commands import Answer, Outcome, PassThrough, Read, Send
from shim.core.memo import CachedTranslation
from shim.core.messages import Reply, field
from shim.core.query import LegacyQuery
from shim.core.request_body import build_body
from shim.core.state import ExchangeState, decoded, error, error_code, read, record, scene, send, successor_call
from shim.core.translate import Translated, has_next, in_order, page, translate_items, translate_one
from shim.documents.model import NO_CONTENT, Successor, Target

COLLECT = 500
"""Items asked for in one upstream page when all pages are collected (contract: the most a page may have)."""

MOST = 20 * COLLECT
"""Items of one upstream page that are translated: far more than it may have, and far fewer than fit in its bytes."""


def ask(  # noqa: PLR0913, PLR0917 - a tier, what to ask it, and where its answer may lead
    run: ExchangeState,
    successor: Successor,
    target: Target,
    query: LegacyQuery,
    body: dict[str, Any] | None,
    later: Successor | None,
) -> Generator[Send | Read, Reply, Outcome | None]:
    """Ask one tier; None means that its answer leads on to the later one."""
    content = run.call.body
    if target.body is not None:
        content = build_body(target, body, content, scene(run), run.context.dumps)
    path = target.path.build(run.match.raw)
    is_page = run.match.operation.shape == "page"
    documents: list[dict[str, Any]] = []
    while True:
        text = _upstream_query(target, query, len(documents), is_page=is_page)
        call = successor_call(run, target.method, f"{path}?{text}" if text else path, target.version, content)
        reply = yield from send(run, call, successor.tier, rewritten=True)
        if isinstance(reply, Answer):
            return reply
        if not 200 <= reply.status < 300:
            return (yield from failed(run, reply, query, later))
        if successor.tier not in run.match.entry.reading:
            return _unread(run, successor, reply, query)
        reply = yield from read(run)
        if not documents and (known := _known(run, successor, reply)) is not None:
            run.note(successor.note)
            return _answer(run, known, reply)
        document = decoded(run, reply)
        if type(document) is not dict or (is_page and not _is_list(document.get(target.items))):
            return _unreadable(run, reply, target)
        documents.append(document)
        if target.paging != "collected" or not _goes_on(documents, target.items):
            break
        if len(documents) >= run.context.settings.page_cap:
            detail = f"Upstream has more than {len(documents)} pages of {COLLECT} items; ask the successor itself."
            return error(run, 502, "SHIM_TOO_MANY_PAGES", detail)
    run.note(successor.note)
    made = (
        _page(run, successor.tier, target, query, documents)
        if is_page
        else translate_one(run.match.entry.compiled[successor.tier], document, scene(run))
    )
    ready = _ready(run, made, query)
    if len(documents) == 1 and run.match.entry.timeless:
        run.context.memory.translations.keep(_memo_key(run, successor), reply.body or b"", ready)
    return _answer(run, ready, reply)


def _is_list(value: Any) -> bool:
    return type(value) is list and len(value) <= MOST


def _unread(run: ExchangeState, successor: Successor, reply: Reply, query: LegacyQuery) -> Answer:
    """Return an answer that upstream's content has no part in."""
    run.note(successor.note)
    operation = run.match.operation
    status = operation.status[run.match.api.name]
    if status in NO_CONTENT:
        return Answer(answers.bare(status, reply.headers), record(run))
    made = translate_one(run.match.entry.compiled[successor.tier], {}, scene(run))
    return _answer(run, _ready(run, made, query), reply)


def _memo_key(run: ExchangeState, successor: Successor) -> Hashable:
    """Return all that a translation depends on besides upstream's bytes."""
    match, tier = run.match, successor.tier
    return (match.entry, match.api.name, tier, run.call.target, run.context.base)


def _known(run: ExchangeState, successor: Successor, reply: Reply) -> CachedTranslation | None:
    if reply.body is None or not run.match.entry.timeless:
        return None
    return run.context.memory.translations.get(_memo_key(run, successor), reply.body)


def _goes_on(documents: Sequence[dict[str, Any]], items: str) -> bool:
    """Tell whether another upstream page follows the last one."""
    last = documents[-1]
    if not last[items]:
        return False
    linked = has_next(last)
    if linked is not None:
        return linked
    total = last.get("totalCount")
    return type(total) is int and total > sum(len(document[items]) for document in documents)


def _upstream_query(target: Target, query: LegacyQuery, collected: int, *, is_page: bool) -> str:
    pairs = list(query.foreign)
    if is_page:
        keeps = target.paging == "kept"
        size, number = (query.size, query.page) if keeps else (COLLECT, collected + 1)
        # The count is always asked for: without it Atlas gives no next link (recorded).
        pairs += ["includeCount=true", f"itemsPerPage={size}", f"pageNum={number}"]
    return "&".join(pairs)


def _page(
    run: ExchangeState, tier: str, target: Target, query: LegacyQuery, documents: Sequence[dict[str, Any]]
) -> Translated:
    """Return the page the caller asked for, from one upstream page kept or from all of them collected."""
    operation = run.match.operation
    sources = _unique([document[target.items] for document in documents])
    items = translate_items(run.match.entry.compiled[tier], sources, scene(run), target.items)
    url = f"{run.context.base}{run.call.path}"
    if target.paging == "collected":
        ordered = in_order(items.values, operation.order, operation.fields)
        end = query.page * query.size
        document = page(ordered[end - query.size : end], query, url=url, total=len(ordered), more=end < len(ordered))
    else:
        total = documents[0].get("totalCount")
        count = total if type(total) is int and total >= 0 else None
        more = has_next(documents[0])
        if more is None:
            more = count is not None and query.page * query.size < count
        document = page(items.values, query, url=url, total=count, more=more)
    return Translated(document=document, fields=items.fields, dropped=items.dropped)


def _unique(pages: Sequence[list[Any]]) -> list[Any]:
    """Return the items of all pages; one that moved to a later page while we read counts once."""
    sources = list(pages[0])
    known = {item["id"] for item in sources if type(item) is dict and type(item.get("id")) is str}
    for items in pages[1:]:
        for item in items:
            name = item.get("id") if type(item) is dict else None
            if type(name) is not str:
                sources.append(item)
            elif name not in known:
                known.add(name)
                sources.append(item)
    return sources


def _ready(run: ExchangeState, made: Translated, query: LegacyQuery) -> CachedTranslation:
    """Return a translated document as content, in an envelope if the caller asked for one."""
    operation = run.match.operation
    document = made.document
    if query.envelope:
        status = operation.status[run.match.api.name]
        document = answers.enveloped(document, status, page=operation.shape == "page")
    content = answers.content_of(document, pretty=query.pretty, dumps=run.context.dumps)
    return CachedTranslation(content=content, fields=made.fields, dropped=made.dropped)


def _answer(run: ExchangeState, made: CachedTranslation, reply: Reply) -> Answer:
    status = run.match.operation.status[run.match.api.name]
    kind = answers.content_type(run.match)
    answer = answers.document(made.content, status=status, upstream=reply.headers, kind=kind)
    return Answer(answer, record(run, made.fields, made.dropped))


def failed(
    run: ExchangeState, reply: Reply, query: LegacyQuery, later: Successor | None
) -> Generator[Send | Read, Reply, Outcome | None]:
    """Hand an error on as it is, in an envelope if the caller asked for one; None leads to the later tier."""
    if later is not None and reply.status in {400, 404}:
        reply = yield from read(run)
        code = error_code(run, reply)
        if code in later.after:
            run.reason = f"{run.reason}; {run.route} answered {code}"
            return None
    if not query.envelope or reply.status < 400:
        return PassThrough(record(run))
    if reply.body is None and reply.fault is None:
        reply = yield from read(run)
    document = decoded(run, reply)
    if type(document) is not dict:
        return PassThrough(record(run))
    shown = answers.enveloped(document, reply.status, page=False)
    content = answers.content_of(shown, pretty=query.pretty, dumps=run.context.dumps)
    kind = field(reply.headers, "content-type") or "application/json"
    return Answer(answers.document(content, status=reply.status, upstream=reply.headers, kind=kind), record(run))


def _unreadable(run: ExchangeState, reply: Reply, target: Target) -> Answer:
    is_page = run.match.operation.shape == "page"
    expected = f"an object with a list {target.items!r} of {MOST} items at most" if is_page else "a JSON object"
    what = reply.fault or f"it is not {expected}"
    kind = field(reply.headers, "content-type") or "no content type"
    detail = f"The {run.route} endpoint answered {reply.status} with content ({kind}) that can't be translated: {what}."
    return error(run, 502, "SHIM_UPSTREAM_UNREADABLE", detail)
