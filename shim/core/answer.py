"""The legacy answer that a successor's successes make: pages read within bounds, translated, sorted and cut."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

import attrs

from shim.core.content import MARKS, JsonReader
from shim.core.messages import FieldReport, Record, Reply, field
from shim.core.paging import following, goes_on, has_next, next_link
from shim.core.question import MOST, LegacyQuery
from shim.core.recognise import Match
from shim.core.responses import CallError, put_in
from shim.core.route import Context
from shim.core.rules import TranslationContext
from shim.core.translate import Translated, UpstreamPage, items_of, together, translate_items, translate_one
from shim.core.writers import ListWriter
from shim.documents.calls import LINK, Target
from shim.documents.fields import BARE
from shim.documents.model import Operation
from shim.documents.sources import look_up, parse_source, unquoted
from shim.documents.vocabulary import Json, JsonObject, instant, is_usual_time

ITEMS = 20 * MOST
"""Items of one upstream page that are translated: far more than it may have, and far fewer than fit in its bytes."""

FRAMES = 16
"""The number of texts around items whose frames are kept for a repeated call."""

AROUND = 4096
"""Characters of such a text."""


Made = tuple[bytes, tuple[FieldReport, ...]]
"""An answer's content, and what its fields are."""


@attrs.frozen
class Frame:
    """The text around the items of an answer, from the first to the one before the end."""

    first: int
    end: int
    before: str
    after: str

    def around(self, pieces: list[str], each: int, fields: tuple[FieldReport, ...]) -> Made:
        """Return the answer with items that were written in so many pieces each."""
        texts = pieces[self.first * each : self.end * each]
        texts[0] = self.before + texts[0].removeprefix(",")
        texts.append(self.after)
        return "".join(texts).encode(), fields


@attrs.frozen(eq=False)
class LegacyAnswer:
    """What makes the legacy answer, to the caller's ``path``, of the pages of one tier; it holds no credentials."""

    match: Match
    context: Context
    path: str
    query: LegacyQuery
    tier: str
    target: Target
    write: ListWriter | None = attrs.field(init=False)
    _frames: dict[tuple[str, int, str], Frame | None] = attrs.field(factory=dict, init=False)

    @write.default
    def _write(self) -> ListWriter | None:
        _, writer = self.match.compiled.answers(self.tier, self.match.api.name)
        if writer is None or self.query.pretty:
            return None
        return ListWriter(writer, rules_context(self.match, self.context, self.path))

    def page(self, reply: Reply, json: JsonReader, before: Sequence[UpstreamPage] = ()) -> UpstreamPage:
        """Return the document that a reply carries, and the items of a list.

        Raises CallError if it can't be read, or if it is larger than one body may be, together with those ``before``.
        """
        target, limit, size = self.target, self.context.settings.body_limit, len(reply.body or b"")
        if size + sum(page.size for page in before) > limit:
            detail = f"Upstream's pages together are larger than {limit} bytes; ask the successor itself."
            raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
        if reply.status == 206:  # no range was asked for (RFC 9110, 15.3.7)
            reply = attrs.evolve(reply, fault="it is a part, and all of it was asked for")
        document, is_list = json.read(reply), self.match.operation.shape != "one"
        whole = document if type(document) is dict else {}
        items: Any = document if target.bare else look_up(document, parse_source(target.items))
        if target.next:  # a resource whose list has pages may also come without it, whole
            is_list = is_list or type(items) is list or bool(before)
        if is_list and type(items) is list and len(items) <= ITEMS:
            return UpstreamPage(whole, items, size, next_link(reply.headers) if target.next == LINK else "")
        if not is_list and (type(document) is dict or (target.bare and document is not None)):
            _refuse_unlike(target, document)
            return UpstreamPage(whole if type(document) is dict else {BARE: document}, [])
        expected = "a JSON value" if target.bare else "a JSON object"
        if is_list:
            holder = "a list" if target.bare else f"an object with a list {target.items!r}"
            expected = f"{holder} of {ITEMS} items at most"
        what = reply.fault or json.refused or f"it is not {expected}"
        kind = field(reply.headers, "content-type") or "no content type"
        detail = f"{self._answered} {reply.status} with content ({kind}) that can't be translated: {what}."
        raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", detail)

    @property
    def _answered(self) -> str:
        return f"The {self.tier} endpoint answered"

    def next_query(self, query: LegacyQuery, pages: Sequence[UpstreamPage]) -> LegacyQuery | None:
        """Return the query for the page after these, None if none follows; raises CallError after the last allowed."""
        if not goes_on(self.target, pages):
            return None
        if len(pages) >= self.context.settings.page_cap:
            size = "" if self.target.next else f" of {MOST} items"
            detail = f"Upstream has more than {len(pages)} pages{size}; ask the successor itself."
            raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
        return attrs.evolve(query, page=query.page + 1, following=following(self.target, pages[-1]))

    def is_empty(self, pages: Sequence[UpstreamPage]) -> bool:
        """Return whether a list is empty upstream; a page past the end does not show that."""
        shape = self.match.operation.shape
        if shape == "one" or any(page.items for page in pages):
            return False
        is_whole = self.target.paging == "collected" or shape == "array" or self.query.page == 1
        return is_whole or pages[0].document.get("totalCount") == 0

    def content(
        self, pages: Sequence[UpstreamPage], added: tuple[str, Sequence[UpstreamPage]] | None = None
    ) -> Translated:
        """Return the answer as content, in the form that the caller asked for.

        ``added`` are the pages of another tier, whose items follow.
        """
        match, rules = self.match, rules_context(self.match, self.context, self.path)
        operation, (translator, _) = match.operation, match.compiled.answers(self.tier, match.api.name)
        if operation.shape == "one":
            whole = pages[-1].document if pages else {}
            if len(pages) > 1:
                put_in(whole, self.target.items, [*items_of(pages)])
            made = translate_one(translator, whole, rules)
            if translator.bare and made.value is None:
                said = "; ".join(f"{one.where} was {one.said!r}: {one.why}"[:200] for one in made.dropped) or "none"
                detail = f"{self._answered} with nothing that makes the one value of the answer: {said}."
                raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", detail)
            return attrs.evolve(made, value=self._written(made.value))
        if self.write is not None and added is None and len(pages) == 1:
            at_once = self._at_once(self.write, pages[0])
            if at_once is not None:
                return Translated(*at_once)
        made = translate_items(translator, pages, rules, self.target.items)
        if added is not None:
            other, _ = match.compiled.answers(added[0], match.api.name)
            before = sum(len(page.items) for page in pages)
            made = together(made, translate_items(other, added[1], rules, operation.items, before))
        items = made.value
        if operation.shape == "array" or self.target.paging == "collected":
            items = in_order(items, operation)
        document = [*items] if operation.shape == "array" else self._page(*self._cut(items, pages))
        return attrs.evolve(made, value=self._written(document))

    def again(self, record: Record, content: bytes) -> tuple[bytes, Record] | None:
        """Return what another success's content becomes, and its record; None unless it is one usual page."""
        write, made = self.write, None
        if write is None or len(content) > self.context.settings.body_limit:
            return None
        read = write.text(content, self.context.clock()) if len(content) <= MARKS else None
        if read is not None:
            before, items, after = read
            frame = self._around(before, len(items[0]) // items[1], after)
            made = None if frame is None else frame.around(*items)
        page = self._page_of(content) if made is None else None
        if page is not None and not goes_on(self.target, (page,)):
            made = self._at_once(write, page)
        if made is None:
            return None
        value, fields = made
        is_same = fields is record.fields and not record.dropped
        return value, record if is_same else attrs.evolve(record, fields=fields, dropped=())

    def _page_of(self, content: bytes) -> UpstreamPage | None:
        """Return the page that a success's content is, None if it has no list within bounds."""
        document, target = JsonReader(self.context.loads).decoded(content), self.target
        items: Any = document if target.bare else look_up(document, parse_source(target.items))
        if type(items) is not list or len(items) > ITEMS:
            return None
        return UpstreamPage(document if type(document) is dict else {}, items)

    def _around(self, before: str, count: int, after: str) -> Frame | None:
        """Return the frame of a number of items that stand between two texts, None if they aren't all of its list."""
        key = before, count, after
        if key not in self._frames:
            if len(before) + len(after) > AROUND:
                return None
            if len(self._frames) >= FRAMES:
                self._frames.clear()
            # An object, as items are, that stands nowhere else; 2.0 equals 2, and is written otherwise.
            hole: JsonObject = {"": next(number for number in itertools.count(2) if str(number) not in before + after)}
            page = self._page_of(b"%b%b%b" % (before.encode(), self.context.dumps(hole), after.encode()))
            self._frames[key] = None
            if page is not None and count <= ITEMS and self.context.dumps(page.items) == self.context.dumps([hole]):
                page = attrs.evolve(page, items=[hole] * count)
                self._frames[key] = None if goes_on(self.target, (page,)) else self._frame(page)
        return self._frames[key]

    def _at_once(self, write: ListWriter, page: UpstreamPage) -> Made | None:
        """Return the answer whose items are written at once, None if there are none, or an unusual one."""
        items = write.values(page.items, self.context.clock()) if page.items else None
        if items is None:
            return None
        frame = self._frame(page)
        return None if frame is None else frame.around(*items)

    def _frame(self, page: UpstreamPage) -> Frame | None:
        """Return what is around a page's items; None if it has none, or an encoder escapes something in it."""
        shown, size, total, more = self._cut(range(len(page.items)), (page,))
        hole = self.context.dumps({self.match.operation.items: []})[1:-2]
        before, hole, after = self._written(self._page((), size, total, more)).partition(hole)
        if not shown or b"\\" in before + after:  # perhaps it escapes the same in items
            return None
        return Frame(shown[0], shown[-1] + 1, (before + hole).decode(), after.decode())

    def _cut(self, items: Sequence[Json], pages: Sequence[UpstreamPage]) -> tuple[Sequence[Any], int, int | None, bool]:
        """Return the items of the legacy page, the page size, how many items there are, and whether more follow."""
        query, total = self.query, len(items)
        if self.target.paging == "kept":
            document = pages[0].document
            said = document.get("totalCount")
            count = said if type(said) is int and said >= 0 else None
            more = has_next(document)
            if more is None:
                more = count is not None and query.page * query.size < count
            return items, query.size, count, more
        size = max(query.size, total) if self.context.whole and query.page == 1 else query.size
        end = query.page * size
        return items[end - size : end], size, total, end < total

    def _page(self, items: Sequence[Json], size: int, total: int | None, more: bool) -> JsonObject:  # noqa: FBT001 - as cut
        """Return a legacy page; ``more``: another page follows."""
        url, query = f"{self.context.base}{self.path.removesuffix('/')}", self.query
        links: list[Json] = [{"href": f"{url}?{query.link(query.page, size, own=True)}", "rel": "self"}]
        if query.page > 1:
            links.append({"href": f"{url}?{query.link(query.page - 1, size, own=False)}", "rel": "previous"})
        if more:
            links.append({"href": f"{url}?{query.link(query.page + 1, size, own=False)}", "rel": "next"})
        document: JsonObject = {"links": links, self.match.operation.items: [*items]}
        if query.count and total is not None:
            document["totalCount"] = total
        return document

    def _written(self, document: Json) -> bytes:
        operation = self.match.operation
        status, is_page = operation.status[self.match.api.name], operation.shape == "page"
        return self.query.written(document, status, self.context.dumps, page=is_page)


def rules_context(match: Match, context: Context, path: str) -> TranslationContext:
    """Return the values that rules may use in an exchange; ``path`` is the caller's."""
    base, api = context.base, match.api.base
    # Below the root is all that any link may name.
    bases = tuple(f"{one}/" for one in (api, match.operation.base) if one)
    return TranslationContext(
        match.raw, match.parameters, context.clock(), f"{base}{api}", base, bases, f"{base}{path}"
    )


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
        for part in unquoted(name):
            ranks = [one.get(part) if type(one) is dict else None for one in ranks]
        if types[name] == "time" and not all(map(is_usual_time, filter(None, ranks))):
            ranks = [one and instant(one) for one in ranks]
        if None in ranks:  # which no field is
            ranks = [(True, 0) if one is None else (False, one) for one in ranks]
        all_ranks.append(ranks)
    return ranked(items, all_ranks, operation)


def ranked(items: Sequence[Json], ranks: Sequence[Sequence[Any]], operation: Operation) -> Sequence[Json]:
    """Sort items by their ranks: one sequence of ranks for each key of the operation's order."""
    if ranks and len(by_first := dict(zip(ranks[0], items, strict=True))) == len(items):  # it alone decides
        return [*map(by_first.__getitem__, sorted(by_first, reverse=operation.order[0].startswith("-")))]
    places = list(range(len(items)))
    for key, by in zip(reversed(operation.order), reversed(ranks), strict=True):
        places.sort(key=by.__getitem__, reverse=key.startswith("-"))
    return [items[place] for place in places]
