"""The legacy answer that a successor's successes make: pages read within bounds, translated, sorted and cut."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import attrs

from shim.core.content import JsonReader
from shim.core.messages import Again, Reply, field
from shim.core.paging import goes_on, has_next
from shim.core.question import MOST, LegacyQuery
from shim.core.recognise import Match, SortKey
from shim.core.responses import CallError
from shim.core.route import Context
from shim.core.rules import TranslationContext
from shim.core.translate import RESULTS, Translated, UpstreamPage, together, translate_items, translate_one
from shim.documents.calls import Target
from shim.documents.fields import BARE
from shim.documents.sources import look_up, parse_source
from shim.documents.vocabulary import Json, JsonObject, are_in_order, instant

ITEMS = 20 * MOST
"""Items of one upstream page that are translated: far more than it may have, and far fewer than fit in its bytes."""


@attrs.frozen(eq=False)
class LegacyAnswer:
    """What makes the legacy answer, to the caller's ``path``, of the pages of one tier; it holds no credentials."""

    match: Match
    context: Context
    path: str
    query: LegacyQuery
    tier: str
    target: Target
    rules: TranslationContext = attrs.field(init=False)

    @rules.default
    def _rules(self) -> TranslationContext:
        return rules_context(self.match, self.context)

    def page(self, reply: Reply, json: JsonReader, before: Sequence[UpstreamPage] = ()) -> UpstreamPage:
        """Return the document that a reply carries, and the items of a list.

        Raises CallError if it can't be read, or if it is larger than one body may be, together with those ``before``.
        """
        target, limit, size = self.target, self.context.settings.body_limit, len(reply.body or b"")
        if sum([page.size for page in before], size) > limit:
            detail = f"Upstream's pages together are larger than {limit} bytes; ask the successor itself."
            raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
        if reply.status == 206:  # no range was asked for (RFC 9110, 15.3.7)
            reply = attrs.evolve(reply, fault="it is a part, and all of it was asked for")
        document, is_list = json.read(reply), self.match.operation.shape != "one"
        whole = document if type(document) is dict else {}
        items: Any = document if target.bare else whole.get(RESULTS)
        if is_list and type(items) is list and len(items) <= ITEMS:
            return UpstreamPage(whole, items, size)
        if not is_list and (type(document) is dict or (target.bare and document is not None)):
            _refuse_unlike(target, document)
            return UpstreamPage(whole if type(document) is dict else {BARE: document}, [])
        expected = "a JSON value" if target.bare else "a JSON object"
        if is_list:
            holder = "a list" if target.bare else f"an object with a list {RESULTS!r}"
            expected = f"{holder} of {ITEMS} items at most"
        what = reply.fault or json.refused or f"it is not {expected}"
        kind = field(reply.headers, "content-type") or "no content type"
        said = f"The {self.tier} endpoint answered {reply.status} with content ({kind})"
        raise CallError(502, "SHIM_UPSTREAM_UNREADABLE", f"{said} that can't be translated: {what}.")

    def next_query(self, query: LegacyQuery, pages: Sequence[UpstreamPage]) -> LegacyQuery | None:
        """Return the query for the page after these, None if none follows; raises CallError after the last allowed."""
        if not goes_on(self.target, pages):
            return None
        if len(pages) >= self.context.settings.page_cap:
            detail = f"Upstream has more than {len(pages)} pages of {MOST} items; ask the successor itself."
            raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
        return attrs.evolve(query, page=query.page + 1)

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
        document, made = self._document(pages, added)
        return Translated(self._written(document), made.fields, made.dropped)

    def _document(
        self, pages: Sequence[UpstreamPage], added: tuple[str, Sequence[UpstreamPage]] | None = None
    ) -> tuple[Json, Translated]:
        """Return the document of the answer, and what it was made of."""
        match, rules = self.match, self.rules
        operation, translator = match.operation, match.compiled.answers(self.tier, match.api.name)
        if operation.shape == "one":
            made = translate_one(translator, pages[0].document if pages else {}, rules)
            return made.value, made
        made = translate_items(translator, pages, rules)
        if added is not None:
            other = match.compiled.answers(added[0], match.api.name)
            before = sum(len(page.items) for page in pages)
            made = together(made, translate_items(other, added[1], rules, before))
        items = made.value
        if operation.shape == "array" or self.target.paging == "collected":
            items = in_order(items, match.compiled.order)
        return [*items] if operation.shape == "array" else self._page(*self._cut(items, pages)), made

    def again(self, match: Match, path: str, content: bytes) -> Again | None:
        """Return the answer to another call of the operation, whose ``path`` this is, made of a success's content.

        Returns None for what takes an exchange: content that can't be translated, an empty list, more pages.
        """
        answer = LegacyAnswer(match, self.context, path, self.query, self.tier, self.target)
        try:
            pages = [answer.page(Reply(200, (), content), JsonReader(self.context.loads))]
            if goes_on(self.target, pages) or answer.is_empty(pages):
                return None
            document, made = answer._document(pages)
        except CallError:
            return None
        return answer._written(document), made.fields, made.dropped

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
        document: JsonObject = {"links": links, RESULTS: [*items]}
        if query.count and total is not None:
            document["totalCount"] = total
        return document

    def _written(self, document: Json) -> bytes:
        operation = self.match.operation
        status, is_page = operation.status[self.match.api.name], operation.shape == "page"
        return self.query.written(document, status, self.context.dumps, page=is_page)


def rules_context(match: Match, context: Context) -> TranslationContext:
    """Return the values that rules may use in an exchange."""
    base, api = context.base, match.api.base
    # Below the root is all that any link may name.
    bases = tuple(f"{one}/" for one in (api, match.operation.base) if one)
    return TranslationContext(match.raw, match.parameters, context.clock, f"{base}{api}", base, bases)


def _refuse_unlike(target: Target, document: Json) -> None:
    """Raise CallError if an answer has several values where a legacy answer has room for one."""
    if target.alike is not None:
        found = look_up(document, parse_source(target.alike.source))
        if type(found) is list and any((type(one) is bool, one) != (type(found[0]) is bool, found[0]) for one in found):
            raise CallError(target.alike.status, target.alike.error_code, target.alike.detail)


def in_order(items: Sequence[Json], order: Sequence[SortKey]) -> Sequence[Json]:
    """Sort items by an operation's order; an item without the field counts as the newest."""
    by: list[tuple[Sequence[Any], bool]] = []
    for key in order:
        ranks: Sequence[Any] = items
        for part in key.path:
            ranks = [one.get(part) if type(one) is dict else None for one in ranks]
        if key.is_time and not are_in_order([*filter(None, ranks)]):
            ranks = [one and instant(one) for one in ranks]
        if None in ranks:  # which no field is
            ranks = [(True, 0) if one is None else (False, one) for one in ranks]
        by.append((ranks, key.backwards))
        if len({*ranks}) == len(items):  # the keys that follow decide nothing
            break
    places = list(range(len(items)))
    for ranks, backwards in reversed(by):
        places.sort(key=ranks.__getitem__, reverse=backwards)
    return [items[place] for place in places]
