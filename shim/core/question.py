"""Read the caller's query and body strictly, and write them in a successor's terms or for a page's links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from urllib.parse import quote_plus, unquote_plus

import attrs

from shim.core.messages import Call, without
from shim.core.recognize import Match
from shim.core.responses import CallError
from shim.documents.calls import Target
from shim.documents.question import QueryRule
from shim.documents.vocabulary import Json

PAGE_SIZE = 100
"""Items of a page if the caller gives no number (contract: itemsPerPage)."""
MAX_PAGE_SIZE = 500
"""The largest page (contract: itemsPerPage).

A larger number is reduced and reported.
"""


_OWN_WORDS = frozenset({
    "accept", "content-type", "range",
    "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
})  # fmt: skip
"""Request fields that are not sent to a successor as they came.

It gets its own values for some; the others concern the legacy representation, which it
lacks (RFC 9110, 13).
"""

_ABOUT_BODY = _OWN_WORDS | {
    "content-digest", "content-encoding", "content-length", "content-md5", "digest", "repr-digest",
}  # fmt: skip
"""The same fields, and those that describe the caller's content."""

_NUMBERS = {"itemsPerPage": f"{PAGE_SIZE}", "pageNum": "1"}
_FLAGS = {"includeCount": "true", "envelope": "false", "pretty": "false"}
"""The parameters of a page and their defaults.

A single resource only has the last two.
"""

_is_positive = re.compile(r"0*[1-9][0-9]{0,17}").fullmatch
_WORDS = {"true": True, "false": False, "": True}


@attrs.frozen
class LegacyQuery:
    """The parameters of the caller's query."""

    page: int = 1
    size: int = PAGE_SIZE
    count: bool = True
    envelope: bool = False
    pretty: bool = False
    asked: int = PAGE_SIZE
    """The requested page size, before it is reduced."""
    rest: tuple[str, ...] = ()
    """All raw pairs except those of paging."""
    foreign: tuple[str, ...] = ()
    """The raw pairs that this interface doesn't know."""
    plain: bool = True
    """Whether a successor with the same pages understands the query unchanged.

    Apart from unknown pairs it then has only page and size.
    """

    def link(self, page: int, size: int, *, own: bool) -> str:
        """Return the query of a page's link, in the orders of recorded ``self`` and other links."""
        if own:
            numbers = f"pageNum={page}&itemsPerPage={size}"
        else:
            numbers = f"itemsPerPage={size}&pageNum={page}"
        return "&".join((*self.rest, numbers))

    def written(
        self,
        document: Json,
        status: int,
        dumps: Callable[..., bytes],
        *,
        page: bool = False,
    ) -> bytes:
        """Return JSON as content in the requested form: in an envelope, and pretty.

        An enveloped ``page`` gains the status; anything else is placed inside.
        """
        if self.envelope and page and type(document) is dict:
            document = {**document, "status": status}
        elif self.envelope:
            document = {"status": status, "content": document}
        if self.pretty:
            return dumps(document, pretty=True)
        return dumps(document)


def _named(pairs: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the decoded name of each raw pair, its raw value, and the pair."""
    for pair in pairs:
        key, _, value = pair.partition("=")
        yield unquote_plus(key), value, pair


@lru_cache(maxsize=64)
def read_query(raw: str, shape: str) -> LegacyQuery:
    """Read a raw query; the first of repeated parameters counts.

    Raises CallError for a value without meaning.
    """
    if not raw:
        return LegacyQuery()
    given = [*_named(filter(None, raw.split("&")))]
    known: tuple[str, ...] = (*_NUMBERS, *_FLAGS)
    if shape == "one":
        known = ("envelope", "pretty")
    own = {}
    for name, value, _ in reversed(given):
        if name in known:
            own[name] = unquote_plus(value)
    said = _NUMBERS | _FLAGS | own
    for name in known:
        text = said[name]
        if name in _NUMBERS and not _is_positive(text):
            raise invalid_parameter(name)
        if name not in _NUMBERS and text.lower() not in _WORDS:
            raise invalid_parameter(name)
    asked = int(said["itemsPerPage"])
    times = sum(name in known for name, _, _ in given)
    is_plain = own.keys() <= _NUMBERS.keys() and times == len(own)
    flags = {name: _WORDS[said[name].lower()] for name in _FLAGS}
    rest = tuple(pair for name, _, pair in given if name not in _NUMBERS)
    foreign = tuple(pair for name, _, pair in given if name not in known)
    return LegacyQuery(
        page=int(said["pageNum"]),
        size=min(asked, MAX_PAGE_SIZE),
        count=flags["includeCount"],
        envelope=flags["envelope"],
        pretty=flags["pretty"],
        asked=asked,
        rest=rest,
        foreign=foreign,
        plain=is_plain and asked <= MAX_PAGE_SIZE,
    )


def invalid_parameter(name: str) -> CallError:
    """Return Atlas's own error for a query parameter without meaning."""
    return CallError(
        400,
        "INVALID_QUERY_PARAMETER",
        f"Invalid query parameter {name} specified.",
        (name,),
    )


def invalid_attribute(name: str) -> CallError:
    """Return Atlas's own error for a body member without meaning."""
    return CallError(
        400, "INVALID_ATTRIBUTE", f"Invalid attribute {name} specified.", (name,)
    )


def missing_attribute(name: str) -> CallError:
    """Return Atlas's own error for a missing body member."""
    return CallError(
        400,
        "MISSING_ATTRIBUTE",
        f"The required attribute {name} was not specified.",
        (name,),
    )


def sent_on(
    query: LegacyQuery, rules: Mapping[str, QueryRule], notes: list[str]
) -> LegacyQuery:
    """Return the query in a successor's terms.

    Dropped parameters are added to the notes. Raises CallError for a value that the
    successor can't express.
    """
    given = [*_named(query.foreign)]
    pairs = list[str]()
    names = {name for name, _, _ in given}
    for name, rule in rules.items():
        if rule.default is not None and name not in names:
            word = quote_plus(rule.default)
            given.append((name, word, f"{quote_plus(name)}={word}"))
    for name, raw, pair in given:
        known = rules.get(name)
        if known is not None and known.drop:
            notes.append(f"the parameter {name} was not passed on: {known.why}")
        elif known is not None and known.values:
            if (means := known.values.get(unquote_plus(raw))) is None:
                raise invalid_parameter(name)
            pairs.append(f"{quote_plus(name)}={quote_plus(means)}")
        else:
            pairs.append(pair)
    return attrs.evolve(query, foreign=tuple(pairs))


def successor_call(
    match: Match,
    call: Call,
    target: Target,
    query: LegacyQuery | None,
    body: bytes | None,
) -> Call:
    """Return a call in a successor's terms: path, version, translated ``query``, and fields."""
    headers = without(
        call.headers, _OWN_WORDS if body and body == call.body else _ABOUT_BODY
    )
    headers = (*headers, ("Accept", target.accept))
    if body:
        headers = (*headers, ("Content-Type", target.accept))
    return Call(
        target.method,
        call.origin,
        _request_target(match, call, target, query),
        headers,
        body,
    )


def _request_target(
    match: Match, call: Call, target: Target, query: LegacyQuery | None
) -> str:
    """Return a successor's request target: its path, and a translated query if there is one."""
    path = target.path.build(match.raw)
    shape = match.operation.shape
    if query is None:
        return path
    own_pages = shape == "page" and target.paging == "kept" and not target.bare
    if own_pages and query.plain and not target.query and path == call.path:
        # where only the version changes, so that the caller's signature (HTTP Digest)
        # stays valid
        return call.target
    pairs = [*query.foreign]
    if shape != "one" and not target.bare:
        if target.include_count:
            # always: with false, Atlas gives no next link (recorded)
            pairs.append("includeCount=true")
        pairs += [f"itemsPerPage={query.size}", f"pageNum={query.page}"]
    if pairs:
        return f"{path}?{'&'.join(pairs)}"
    return path
