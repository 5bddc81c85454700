"""The legacy query: paging, envelope and pretty, read strictly and written back into links."""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote_plus

import attrs

from shim.core.responses import CallError
from shim.documents.model import QueryChoice

SIZE = 100
"""Items of a page when the caller does not say (contract: itemsPerPage)."""
MOST = 500
"""The largest page (contract: itemsPerPage); more is clamped and reported."""

_POSITIVE = re.compile(r"0*[1-9][0-9]{0,17}")
_FLAGS = {"true": True, "false": False, "": True}


_SHORT = 200
"""Characters of a query that is worth remembering."""


@attrs.frozen
class LegacyQuery:
    """What the caller asked for; ``asked`` is the page size before clamping, ``rest`` all raw pairs but paging.

    ``foreign`` are the raw pairs that this interface does not know. A ``plain`` query says the same to a successor
    that has the same pages: of the others it has page and size at most, each once, and as they are used.
    """

    page: int = 1
    size: int = SIZE
    count: bool = True
    envelope: bool = False
    pretty: bool = False
    asked: int = SIZE
    rest: tuple[str, ...] = ()
    foreign: tuple[str, ...] = ()
    plain: bool = True

    def link(self, page: int, *, own: bool) -> str:
        """Return the query of a page's link, in the orders that recorded ``self`` and other links have."""
        numbers = (f"pageNum={page}", f"itemsPerPage={self.size}")
        return "&".join((*self.rest, *(numbers if own else reversed(numbers))))


def read_query(raw: str, shape: str) -> LegacyQuery:
    """Read a raw query; ``shape`` is that of the answer; ``one`` has no paging.

    The first of repeated parameters counts. Raises CallError that names a parameter without meaning.
    """
    return (_remembered if len(raw) <= _SHORT else _read)(raw, shape)


def _read(raw: str, shape: str) -> LegacyQuery:
    seen: dict[str, str] = {}
    plain = True
    rest: list[str] = []
    foreign: list[str] = []
    known = _ONE if shape == "one" else _PAGE
    for pair in filter(None, raw.split("&")):
        key, _, value = pair.partition("=")
        name = unquote_plus(key)
        if name not in known:
            foreign.append(pair)
        if name not in _NUMBERS:
            rest.append(pair)
        if name in known:
            plain = plain and name in _NUMBERS and name not in seen
            seen.setdefault(name, unquote_plus(value))
    asked = _number(seen, "itemsPerPage", SIZE)
    return LegacyQuery(
        page=_number(seen, "pageNum", 1),
        size=min(asked, MOST),
        count=_flag(seen, "includeCount", default=True),
        envelope=_flag(seen, "envelope", default=False),
        pretty=_flag(seen, "pretty", default=False),
        asked=asked,
        rest=tuple(rest),
        foreign=tuple(foreign),
        plain=plain and asked <= MOST,
    )


_remembered = lru_cache(maxsize=512)(_read)
"""Programs ask with the same few queries again and again."""

_NUMBERS = frozenset({"pageNum", "itemsPerPage"})
_ONE = frozenset({"envelope", "pretty"})
_PAGE = _NUMBERS | _ONE | {"includeCount"}


def _number(seen: dict[str, str], name: str, default: int) -> int:
    text = seen.get(name)
    if text is None:
        return default
    if _POSITIVE.fullmatch(text) is None:
        raise invalid_parameter(name)
    return int(text)


def _flag(seen: dict[str, str], name: str, *, default: bool) -> bool:
    text = seen.get(name)
    if text is None:
        return default
    if text.lower() not in _FLAGS:
        raise invalid_parameter(name)
    return _FLAGS[text.lower()]


def invalid_parameter(name: str) -> CallError:
    """Return Atlas' own error for a parameter without meaning."""
    return CallError(400, "INVALID_QUERY_PARAMETER", f"Invalid query parameter {name} specified.", (name,))


def chosen_by(choice: QueryChoice, query: LegacyQuery) -> str:
    """Return the word of the parameter that chooses the call; raises CallError where it is none of its words."""
    found = [unquote_plus(value) for pair in query.foreign for key, _, value in [pair.partition("=")]
             if unquote_plus(key) == choice.choose]  # fmt: skip
    word = found[0] if found else choice.default
    if word not in choice.words:
        raise invalid_parameter(choice.choose)
    return word or ""
