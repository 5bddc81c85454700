"""Build the legacy answer from a successor's successful replies.

Pages are read within limits, then translated, sorted and cut to the requested page.
"""

from __future__ import annotations

from collections.abc import Sequence
from operator import lt
from typing import Any

import attrs

from shim.core.content import JsonReader
from shim.core.messages import Reply, Translated, field
from shim.core.question import MAX_PAGE_SIZE, LegacyQuery
from shim.core.recognize import Match, SortKey
from shim.core.responses import CallError
from shim.core.route import Context
from shim.core.rules import TranslationContext
from shim.core.translate import (
    RESULTS,
    UpstreamPage,
    together,
    translate_items,
    translate_one,
)
from shim.documents.calls import Target
from shim.documents.fields import BARE
from shim.documents.vocabulary import Json, JsonObject, are_in_order, instant

ITEMS = 20 * MAX_PAGE_SIZE
"""How many items of one upstream page are translated at most.

Atlas sends far fewer, and far more would not fit in a body.
"""


@attrs.frozen(eq=False)
class LegacyAnswer:
    """Builds legacy answers from one tier's pages.

    Serves all calls of one operation that have the same query. It holds no credentials.
    """

    match: Match
    """The query that these calls share."""
    context: Context
    query: LegacyQuery
    tier: str
    target: Target

    def page(
        self, reply: Reply, json: JsonReader, before: Sequence[UpstreamPage] = ()
    ) -> UpstreamPage:
        """Return the document in a reply, and the items of a list.

        Raises CallError if it can't be read, or if it and the ``before`` bytes together
        exceed the size limit of a body.
        """
        target = self.target
        limit = self.context.settings.body_limit
        size = len(reply.body or b"")
        if sum([page.size for page in before], size) > limit:
            detail = f"Upstream's pages together are larger than {limit} bytes; call the successor directly."
            raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
        if reply.status == 206:  # no range was requested (RFC 9110, 15.3.7)
            reply = attrs.evolve(
                reply, fault="it is a partial response to a request for the whole"
            )
        page = self._page_of(json.read(reply), size)
        if page is not None:
            return page
        if target.bare:
            expected = "a JSON value"
        else:
            expected = "a JSON object"
        if self.match.operation.shape != "one":
            if target.bare:
                holder = "a list"
            else:
                holder = f"an object with a list {RESULTS!r}"
            expected = f"{holder} of {ITEMS} items at most"
        what = reply.fault or json.refused or f"it is not {expected}"
        kind = field(reply.headers, "content-type") or "no content type"
        said = f"The {self.tier} endpoint answered {reply.status} with content ({kind})"
        raise CallError(
            502, "SHIM_UPSTREAM_UNREADABLE", f"{said} that can't be translated: {what}."
        )

    def _page_of(self, document: Json, size: int) -> UpstreamPage | None:
        """Return the page in a document of ``size`` bytes, None if it isn't a page."""
        target = self.target
        whole = document if type(document) is dict else {}
        if self.match.operation.shape != "one":
            items: Any = document if target.bare else whole.get(RESULTS)
            if type(items) is list and len(items) <= ITEMS:
                return UpstreamPage(whole, items, size)
            return None
        if document is None or (document is not whole and not target.bare):
            return None
        return UpstreamPage(whole if document is whole else {BARE: document}, [])

    def next_query(
        self, query: LegacyQuery, pages: Sequence[UpstreamPage]
    ) -> LegacyQuery | None:
        """Return the query for the next page, None after the last.

        Raises CallError after the last page that is allowed.
        """
        if not goes_on(self.target, pages):
            return None
        if len(pages) >= self.context.settings.page_cap:
            detail = f"Upstream has more than {len(pages)} pages of {MAX_PAGE_SIZE} items; call the successor directly."
            raise CallError(502, "SHIM_TOO_MANY_PAGES", detail)
        return attrs.evolve(query, page=query.page + 1)

    def is_empty(self, pages: Sequence[UpstreamPage]) -> bool:
        """Return whether a list is empty upstream.

        A page past the end doesn't show that.
        """
        shape = self.match.operation.shape
        if shape == "one" or any(page.items for page in pages):
            return False
        is_whole = (
            self.target.paging == "collected"
            or shape == "array"
            or self.query.page == 1
        )
        return is_whole or pages[0].document.get("totalCount") == 0

    def again(self, match: Match, path: str, content: bytes) -> Translated | None:
        """Return the answer to another call, built from the same content.

        ``match`` and ``path`` belong to that call. Returns None for content that needs
        an exchange: it can't be translated, the list is empty, or more pages follow.
        """
        if len(content) > self.context.settings.body_limit:
            return None
        page = self._page_of(
            JsonReader(self.context.loads).decoded(content), len(content)
        )
        if page is None or goes_on(self.target, [page]):
            return None
        if not page.items and self.is_empty([page]):
            return None
        return self.content(match, path, [page])

    def content(
        self,
        match: Match,
        path: str,
        pages: Sequence[UpstreamPage],
        added: tuple[str, Sequence[UpstreamPage]] | None = None,
    ) -> Translated:
        """Return the content of the answer to a path, in the requested form.

        ``added`` are the pages of another tier; their items follow.
        """
        operation = match.operation
        compiled = match.compiled
        api = match.api.name
        rules = rules_context(match, self.context)
        translator = compiled.answers(self.tier, api)
        document: Json
        if operation.shape == "one":
            made = translate_one(translator, pages[0].document if pages else {}, rules)
            document = made.value
        else:
            made = translate_items(translator, pages, rules)
            if added is not None:
                before = sum([len(page.items) for page in pages])
                answers = compiled.answers(added[0], api)
                more = translate_items(answers, added[1], rules, before)
                made = together(made, more)
            document = items = made.value
            if operation.shape == "array" or self.target.paging == "collected":
                document = items = in_order(items, compiled.order)
            if operation.shape != "array":
                document = self._page(path, items, pages[0].document)
        is_page = operation.shape == "page"
        dumps = self.context.dumps
        written = self.query.written(
            document, operation.status[api], dumps, page=is_page
        )
        return Translated(written, made.fields, made.dropped)

    def _page(self, path: str, items: list[Json], upstream: JsonObject) -> JsonObject:
        """Return the legacy page at a path.

        It has all items if ``upstream``, an upstream page, is kept; otherwise one page
        of them.
        """
        url = f"{self.context.base}{path.removesuffix('/')}"
        query = self.query
        size = query.size
        total = None
        if self.target.paging == "kept":
            said = upstream.get("totalCount")
            if type(said) is int and said >= 0:
                total = said
            else:
                total = None
            more = has_next(upstream)
            if more is None:
                more = total is not None and query.page * size < total
        else:
            total = len(items)
            if self.context.whole and query.page == 1:
                size = max(size, total)
            end = query.page * size
            items = items[end - size : end]
            more = end < total
        own = query.link(query.page, size, own=True)
        links: list[Json] = [{"href": f"{url}?{own}", "rel": "self"}]
        if query.page > 1:
            link = query.link(query.page - 1, size, own=False)
            links.append({"href": f"{url}?{link}", "rel": "previous"})
        if more:
            link = query.link(query.page + 1, size, own=False)
            links.append({"href": f"{url}?{link}", "rel": "next"})
        document: JsonObject = {"links": links, RESULTS: items}
        if query.count and total is not None:
            document["totalCount"] = total
        return document


def goes_on(target: Target, pages: Sequence[UpstreamPage]) -> bool:
    """Return whether another upstream page follows and belongs to the answer."""
    last = pages[-1]
    if target.paging == "kept" or not last.items or target.bare:
        return False
    linked = has_next(last.document)
    if linked is not None:
        return linked
    total = last.document.get("totalCount")
    if type(total) is not int:
        return False
    return total > sum(len(page.items) for page in pages)


def has_next(document: JsonObject) -> bool | None:
    """Return whether a list links to a next page, None if it has no links."""
    links = document.get("links")
    if type(links) is not list or not links:
        return None
    return "next" in [link.get("rel") for link in links if type(link) is dict]


def rules_context(match: Match, context: Context) -> TranslationContext:
    """Return the values that rules may use in an exchange."""
    bases = match.api.base, match.operation.base
    return TranslationContext(
        match.raw, match.parameters, context.clock, context.base, bases
    )


def in_order(items: list[Any], order: Sequence[SortKey]) -> list[Any]:
    """Sort items by an operation's order.

    An item without the field counts as the newest.
    """
    by: list[tuple[list[Any], bool]] = []
    for key in order:
        outer, *inner = key.path
        ranks: list[Any] = [one.get(outer) for one in items]
        for name in inner:
            ranks = [one.get(name) if type(one) is dict else None for one in ranks]
        if key.is_time and not are_in_order([*filter(None, ranks)]):
            ranks = [one and instant(one) for one in ranks]
        if None in ranks:  # which isn't a field
            ranks = [(True, 0) if one is None else (False, one) for one in ranks]
        if not by and all(map(lt, ranks, ranks[1:])):  # the order of most Atlas lists
            return items[::-1] if key.backwards else items
        by.append((ranks, key.backwards))
        if len({*ranks}) == len(items):  # the remaining keys decide nothing
            break
    places = list(range(len(items)))
    for ranks, backwards in reversed(by):
        places.sort(key=ranks.__getitem__, reverse=backwards)
    return [items[place] for place in places]
