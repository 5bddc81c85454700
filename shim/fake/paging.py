"""Query parameters, pages, and the body's envelope and pretty forms."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import parse_qsl

from shim.fake.http import Json, JsonObject, json_text
from shim.fake.refusals import AtlasRefusal

PAGE_SIZE, LARGEST_PAGE = 100, 500
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class PageQuery:
    """A list's query parameters; ``others`` are raw, without pageNum and itemsPerPage."""

    page: int
    size: int
    count: bool
    others: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BodyStyle:
    """The form of a body: ``envelope`` puts the status into it, ``pretty`` indents it."""

    envelope: bool = False
    pretty: bool = False

    def write(self, document: Json, status: int) -> bytes:
        """Write a body. In an envelope a page gains ``status``, and anything else becomes ``content`` (documented)."""
        if self.envelope:
            is_page = isinstance(document, dict) and "results" in document
            document = {**document, "status": status} if is_page else {"status": status, "content": document}
        return json_text(document, pretty=self.pretty)


def _given(raw: str) -> dict[str, str]:
    """Return the parameters of a raw query, the first value of a repeated one."""
    return dict(reversed(parse_qsl(raw, keep_blank_values=True)))


def read_style(raw: str) -> BodyStyle:
    """Read ``envelope`` and ``pretty``; never raises, since errors need the style, too."""
    given = _given(raw)
    return BodyStyle(*(given.get(name, "").lower() == "true" for name in ("envelope", "pretty")))


def read_query(raw: str) -> PageQuery:
    """Read a raw query; raises AtlasRefusal with 400 INVALID_QUERY_PARAMETER.

    Atlas' answer to numbers out of range is not recorded; they are refused here. Unknown parameters are ignored.
    """
    given = _given(raw)
    for name in ("envelope", "pretty"):
        _flag(given, name, default=False)
    pieces = (piece for piece in raw.split("&") if piece)
    return PageQuery(
        page=_number(given, "pageNum", 1),
        size=_number(given, "itemsPerPage", PAGE_SIZE, LARGEST_PAGE),
        count=_flag(given, "includeCount", default=True),
        others=tuple(piece for piece in pieces if piece.partition("=")[0] not in {"pageNum", "itemsPerPage"}),
    )


def read_flag(raw: str, name: str) -> bool:
    """Read a required flag of a raw query; raises AtlasRefusal."""
    given = _given(raw)
    if name not in given:
        raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
    return _flag(given, name, default=False)


def _number(given: dict[str, str], name: str, default: int, most: int | None = None) -> int:
    text = given.get(name, str(default))
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
    number = int(text)
    if number < 1 or (most is not None and number > most):
        raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
    return number


def _flag(given: dict[str, str], name: str, *, default: bool) -> bool:
    text = given.get(name, str(default)).lower()
    if text not in _FLAGS:
        raise AtlasRefusal("INVALID_QUERY_PARAMETER", name)
    return _FLAGS[text]


def page_of(items: Sequence[JsonObject], url: str, query: PageQuery) -> JsonObject:
    """Return one page of ``items``: links, results, totalCount.

    Recorded: self has the caller's parameters, then pageNum and itemsPerPage; next has these two in the
    other order; without includeCount totalCount is 0 and next is missing. previous is not recorded.
    """

    def link(rel: str, *paging: str) -> dict[str, str]:
        return {"href": f"{url}?{'&'.join((*query.others, *paging))}", "rel": rel}

    size, start = f"itemsPerPage={query.size}", (query.page - 1) * query.size
    links = [link("self", f"pageNum={query.page}", size)]
    if query.page > 1:
        links.append(link("previous", size, f"pageNum={query.page - 1}"))
    if query.count and start + query.size < len(items):
        links.append(link("next", size, f"pageNum={query.page + 1}"))
    return {
        "links": links,
        "results": list(items[start : start + query.size]),
        "totalCount": len(items) if query.count else 0,
    }
