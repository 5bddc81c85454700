"""The legacy answer that a successor's successes make: pages read within bounds, translated, sorted and cut."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Any
from urllib.parse import quote_plus

import attrs

from shim.core.content import JsonReader
from shim.core.context import ExchangeState
from shim.core.links import next_link
from shim.core.messages import Call, Dropped, FieldReport, Record, Reply, Translate, field
from shim.core.question import LegacyQuery
from shim.core.responses import CallError, enveloped, written
from shim.core.rules import TranslationContext
from shim.core.translate import Translated, TranslatedItems, UpstreamPage, translate_items, translate_one
from shim.core.writers import WriteItems
from shim.documents.calls import LINK, Target
from shim.documents.fields import BARE
from shim.documents.model import Operation
from shim.documents.sources import look_up, parse_source
from shim.documents.templates import link_query
from shim.documents.value_types import Json, JsonObject, instant, is_usual_time

COLLECT = 500
"""Items asked for in one upstream page when all pages are collected (contract: the most a page may have)."""

MOST = 20 * COLLECT
"""Items of one upstream page that are translated: far more than it may have, and far fewer than fit in its bytes."""

FRAMES = 16
"""The number of forms of the text around items that are kept for a repeated call."""

Translation = tuple[bytes, tuple[FieldReport, ...], tuple[Dropped, ...]]
"""Content, and what the record says of it."""


@attrs.define
class LegacyAnswer:
    """The legacy answer of one exchange, made of the pages that one tier answered with.

    ``write`` writes the items of a list at once, None if it can't. ``link`` is the last reply's to the next page.
    """

    state: ExchangeState
    tier: str
    target: Target
    pages: list[UpstreamPage] = attrs.field(factory=list)
    write: WriteItems | None = attrs.field(init=False)
    link: str = attrs.field(default="", init=False)
    _frames: dict[tuple[int, int | None, bool], tuple[bytes, bytes] | None] = attrs.field(factory=dict, init=False)

    @write.default
    def _write(self) -> WriteItems | None:
        match = self.state.match
        writer = None if self.state.query.pretty else match.compiled.writer(self.tier, match.api.name)
        return None if writer is None else writer.begin(rules_context(self.state))

    def read(self, reply: Reply) -> bool:
        """Read one more page, and return whether another one follows it; raises CallError if it can't be read."""
        self.pages.append(self._page_of(reply))
        self.link = next_link(reply.headers) if self.target.next == LINK else ""
        return self.target.paging == "collected" and (not self.target.bare or bool(self.link)) and self._goes_on()

    @property
    def following(self) -> str:
        """The raw query, or the pair, that asks for the page after the last one; empty if nothing in it leads there."""
        target, document = self.target, self.pages[-1].document
        if target.next == LINK:
            return link_query(self.link)
        found = look_up(document, (target.next,)) if target.next in document else None
        if found is None and target.next:
            found = look_up(document, parse_source(target.next))
        last = found[-1] if type(found) is list and found else found
        if type(last) not in {str, int} or last == "":
            return ""
        return f"{quote_plus(target.cursor)}={quote_plus(str(last))}" if target.cursor else link_query(str(last))

    @property
    def is_empty(self) -> bool:
        """Whether the list is empty upstream; a page past the end does not show that."""
        shape, pages = self.state.match.operation.shape, self.pages
        if shape == "one" or any(page.items for page in pages):
            return False
        if self.target.paging == "collected" or shape == "array" or self.state.query.page == 1 or not pages:
            return True
        return pages[0].document.get("totalCount") == 0

    def content(self) -> Translation:
        """Return the answer as content, in an envelope if the caller asked for one."""
        match, pages, rules = self.state.match, self.pages, rules_context(self.state)
        operation, translator = match.operation, match.compiled.translator(self.tier, match.api.name)
        translated: Translated | TranslatedItems
        document: Json
        if operation.shape == "one":
            translated = translate_one(translator, pages[0].document if pages else {}, rules)
            document = translated.document
            if translator.bare and document is None:
                raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", self._no_value(translated))
        else:
            if (at_once := self._at_once()) is not None:
                return at_once
            translated = items = translate_items(translator, pages, rules, self.target.items)
            is_kept = operation.shape == "page" and self.target.paging == "kept"
            ordered = items.values if is_kept else in_order(items.values, operation)
            shown, query, total, more = self._cut(ordered)
            document = [*ordered] if operation.shape == "array" else self._page(shown, query, total, more=more)
        content = written(self._shown(document), pretty=self.state.query.pretty, dumps=self.state.context.dumps)
        return content, translated.fields, translated.dropped

    def begin_again(self, record: Record) -> Translate:
        """Return a function that translates other content for the same call; ``record`` is the call's."""
        call = Call(self.state.call.method, self.state.call.origin, self.state.call.target)
        state = attrs.evolve(self.state, call=call, json=JsonReader(self.state.context.loads))
        made = attrs.evolve(self, state=state, pages=[])
        return partial(made.again, record)

    def again(self, record: Record, content: bytes) -> tuple[bytes, Record] | None:
        """Return the translation of another success's content, None unless it is one page of the usual kind."""
        self.state.size = self.state.json.marks = 0
        self.pages.clear()
        try:
            made = None if self.read(Reply(200, (), content)) else self._at_once()
        except CallError:
            return None
        if made is None:
            return None
        text, fields, dropped = made
        same = fields is record.fields and not record.dropped
        return text, record if same else attrs.evolve(record, fields=fields, dropped=dropped)

    def _page_of(self, reply: Reply) -> UpstreamPage:
        """Return the document that a reply carries, and the items of a list.

        Raises CallError if it can't be read, or if all pages together are larger than one body may be.
        """
        state, target = self.state, self.target
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
        route, status = state.route, reply.status
        detail = f"The {route} endpoint answered {status} with content ({kind}) that can't be translated: {what}."
        raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", detail)

    def _goes_on(self) -> bool:
        """Return whether another upstream page follows the last one."""
        last = self.pages[-1]
        if not last.items:
            return False
        if self.target.next or self.target.media_type:
            return bool(self.following)
        linked = has_next(last.document)
        if linked is not None:
            return linked
        total = last.document.get("totalCount")
        return type(total) is int and total > sum(len(page.items) for page in self.pages)

    def _at_once(self) -> Translation | None:
        """Return the answer whose items are written at once; None if there are several pages, or an unusual item."""
        page, write = self.pages[0], self.write
        made = write(page.items, self.state.context.clock()) if write and page.items and len(self.pages) == 1 else None
        if made is None:
            return None
        (texts, *ranks), fields = made
        ordered = texts if self.target.paging == "kept" else ranked(texts, ranks, self.state.match.operation)
        shown, query, total, more = self._cut(ordered)
        frame = self._frame(query, total, more)
        return None if frame is None else (b"".join((frame[0], ",".join(shown).encode(), frame[1])), fields, ())

    def _frame(self, query: LegacyQuery, total: int | None, more: bool) -> tuple[bytes, bytes] | None:  # noqa: FBT001 - a key
        """Return the text around the items of a page; None if an encoder escapes something in it.

        An encoder that escapes a lone surrogate may escape parts of items, too.
        """
        key = query.size, total, more
        if key not in self._frames:
            if len(self._frames) >= FRAMES:
                self._frames.clear()
            dumps, name = self.state.context.dumps, self.state.match.operation.items
            frame = dumps(self._shown(self._page((), query, total, more=more)))
            before, hole, after = frame.partition(dumps({name: []})[1:-2])
            self._frames[key] = None if b"\\" in frame else (before + hole, after)
        return self._frames[key]

    def _cut(self, items: Sequence[Json]) -> tuple[Sequence[Any], LegacyQuery, int | None, bool]:
        """Return those items that stand on the legacy page, its query, how many there are, and whether more follow."""
        query, total = self.state.query, len(items)
        if self.target.paging == "kept":
            document = self.pages[0].document
            said = document.get("totalCount")
            count = said if type(said) is int and said >= 0 else None
            more = has_next(document)
            if more is None:
                more = count is not None and query.page * query.size < count
            return items, query, count, more
        if self.state.context.whole and query.page == 1:
            query = attrs.evolve(query, size=max(query.size, total))
        end = query.page * query.size
        return items[end - query.size : end], query, total, end < total

    def _page(self, items: Sequence[Json], query: LegacyQuery, total: int | None, *, more: bool) -> JsonObject:
        """Return a legacy page; ``more``: another page follows."""
        url = f"{self.state.context.base}{self.state.call.path.removesuffix('/')}"
        links: list[Json] = [{"href": f"{url}?{query.link(query.page, own=True)}", "rel": "self"}]
        if query.page > 1:
            links.append({"href": f"{url}?{query.link(query.page - 1, own=False)}", "rel": "previous"})
        if more:
            links.append({"href": f"{url}?{query.link(query.page + 1, own=False)}", "rel": "next"})
        document: JsonObject = {"links": links, self.state.match.operation.items: [*items]}
        if query.count and total is not None:
            document["totalCount"] = total
        return document

    def _shown(self, document: Json) -> Json:
        """Return a document in an envelope, if the caller asked for one."""
        if not self.state.query.envelope:
            return document
        operation = self.state.match.operation
        return enveloped(document, operation.status[self.state.match.api.name], page=operation.shape == "page")

    def _no_value(self, translated: Translated) -> str:
        said = "; ".join(f"{one.where} was {one.said!r}: {one.why}"[:200] for one in translated.dropped) or "none"
        return f"The {self.state.route} endpoint answered with nothing that makes the one value of the answer: {said}."


def rules_context(state: ExchangeState) -> TranslationContext:
    """Return the values that rules may use in an exchange."""
    match, base, api = state.match, state.context.base, state.match.api.base
    bases = (f"{api}/", f"{match.operation.base}/")
    here, now = f"{base}{state.call.path}", state.context.clock()
    return TranslationContext(match.raw, match.parameters, now, f"{base}{api}", base, bases, here)


def _refuse_unlike(target: Target, document: Json) -> None:
    """Raise CallError if an answer has several values where a legacy answer has room for one."""
    if target.alike is not None:
        found = look_up(document, parse_source(target.alike.source))
        if type(found) is list and any((type(one) is bool, one) != (type(found[0]) is bool, found[0]) for one in found):
            raise CallError(target.alike.status, target.alike.error_code, target.alike.detail)


def in_order(items: Sequence[Json], operation: Operation) -> Sequence[Json]:
    """Sort items by the operation's order, ``-name`` descending; an item without the field counts as the newest."""
    types = {field.name: field.type for field in operation.fields}
    all_ranks = list[Sequence[Any]]()
    for key in operation.order:
        name = key.removeprefix("-")
        ranks: list[Any] = list(items)
        for part in name.split("."):
            ranks = [one.get(part) if type(one) is dict else None for one in ranks]
        if types[name] == "time" and not all(map(is_usual_time, filter(None, ranks))):
            ranks = [one and instant(one) for one in ranks]
        if None in ranks:  # which no field is
            ranks = [(True, 0) if one is None else (False, one) for one in ranks]
        all_ranks.append(ranks)
    return ranked(items, all_ranks, operation)


def ranked(items: Sequence[Json], ranks: Sequence[Sequence[Any]], operation: Operation) -> Sequence[Json]:
    """Sort items by their ranks, of which there is one sequence for each key of the operation's order."""
    places = list(range(len(items)))
    for key, by in zip(reversed(operation.order), reversed(ranks), strict=True):
        places.sort(key=by.__getitem__, reverse=key.startswith("-"))
    return [items[place] for place in places]


def has_next(document: JsonObject) -> bool | None:
    """Return whether a list document links to a next page, None if it has no links."""
    links = document.get("links")
    if type(links) is not list or not links:
        return None
    return any(type(link) is dict and link.get("rel") == "next" for link in links)
