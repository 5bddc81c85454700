"""Query parameters, pages, envelopes and the JSON text of a body."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from shim.fake import refusals

PAGE_SIZE, LARGEST_PAGE = 100, 500
_FLAGS = {"true": True, "false": False}


@dataclass(frozen=True, slots=True)
class Query:
    """The query parameters that every list knows; ``others`` are raw, without pageNum and itemsPerPage."""

    page: int
    size: int
    count: bool
    others: tuple[str, ...]


def read_query(raw: str) -> Query:
    """Read a raw query; raises Refusal with 400 INVALID_QUERY_PARAMETER.

    What Atlas does with numbers out of range is not recorded; refusing them is the strict reading.
    Unknown parameters are ignored, and repeated ones count once: the first.
    """
    given: dict[str, str] = {}
    for name, value in parse_qsl(raw, keep_blank_values=True):
        given.setdefault(name, value)
    for name in ("envelope", "pretty"):
        _flag(given.get(name, "false"), name)
    others = tuple(
        piece for piece in raw.split("&") if piece and piece.partition("=")[0] not in {"pageNum", "itemsPerPage"}
    )
    return Query(
        page=_number(given, "pageNum", 1, None),
        size=_number(given, "itemsPerPage", PAGE_SIZE, LARGEST_PAGE),
        count=_flag(given.get("includeCount", "true"), "includeCount"),
        others=others,
    )


def _number(given: dict[str, str], name: str, default: int, most: int | None) -> int:
    text = given.get(name)
    if text is None:
        return default
    if not (text.isascii() and text.isdigit() and len(text) < 10):
        raise refusals.bad_query(name)
    number = int(text)
    if number < 1 or (most is not None and number > most):
        raise refusals.bad_query(name)
    return number


def _flag(text: str, name: str) -> bool:
    if text.lower() not in _FLAGS:
        raise refusals.bad_query(name)
    return _FLAGS[text.lower()]


def wishes(raw: str) -> tuple[bool, bool]:
    """Return whether ``envelope`` and ``pretty`` are asked for; they shape errors too, so nothing is refused."""
    given = dict(reversed(parse_qsl(raw, keep_blank_values=True)))
    return (given.get("envelope", "").lower() == "true", given.get("pretty", "").lower() == "true")


def page_of(items: Sequence[dict[str, Any]], url: str, query: Query) -> dict[str, Any]:
    """Return one page of ``items``: links, results, totalCount.

    Recorded: self is the caller's parameters, then pageNum and itemsPerPage; next has these two the
    other way round; without includeCount totalCount is 0 and there is no next. previous is not recorded.
    """
    start = (query.page - 1) * query.size
    links = [_link(url, (*query.others, f"pageNum={query.page}", f"itemsPerPage={query.size}"), "self")]
    if query.page > 1:
        links.append(_turn(url, query, query.page - 1, "previous"))
    if query.count and start + query.size < len(items):
        links.append(_turn(url, query, query.page + 1, "next"))
    return {
        "links": links,
        "results": list(items[start : start + query.size]),
        "totalCount": len(items) if query.count else 0,
    }


def _turn(url: str, query: Query, page: int, rel: str) -> dict[str, str]:
    return _link(url, (*query.others, f"itemsPerPage={query.size}", f"pageNum={page}"), rel)


def _link(url: str, parameters: tuple[str, ...], rel: str) -> dict[str, str]:
    return {"href": f"{url}?{'&'.join(parameters)}", "rel": rel}


def enveloped(document: dict[str, Any], status: int) -> dict[str, Any]:
    """Wrap a body the documented way: a page gains ``status``, all else becomes its ``content``."""
    if "results" in document:
        return {**document, "status": status}
    return {"status": status, "content": document}


def text(document: Any, *, pretty: bool) -> bytes:
    """Write JSON: on one line, or two spaces deep with a space before the colon, as the 401 body is."""
    colon, depth = (" : ", 2) if pretty else (":", None)
    written = json.dumps(document, ensure_ascii=False, indent=depth, separators=(",", colon))
    # A lone surrogate, which a body can smuggle in as an escape, goes out as the escape it came as.
    return written.encode(errors="backslashreplace")
