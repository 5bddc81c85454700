"""The caller's question: query and body, read strictly, and in the terms of a successor or of a page's links."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote_plus, unquote_plus

import attrs

from shim.core import content
from shim.core.messages import Call, field, without
from shim.core.recognise import Match
from shim.core.responses import CallError
from shim.documents.calls import Target
from shim.documents.fields import BARE
from shim.documents.objects import BodyMembers, BodyObject
from shim.documents.question import QueryRule, RequestBody
from shim.documents.sources import NoValue, look_up, taken
from shim.documents.vocabulary import FITS, Json, JsonObject

SIZE = 100
"""Items of a page when the caller does not say (contract: itemsPerPage)."""
MOST = 500
"""The largest page (contract: itemsPerPage); more is clamped and reported."""

MARKS = 10_000
"""JSON marks of a legacy body, which has a few dozen; decoding so many takes a millisecond."""

_OWN_WORDS = frozenset({
    "accept", "content-type", "range",
    "if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since",
})  # fmt: skip
"""Request fields that a successor gets in its own words, and those about the legacy representation, which it does
not have (RFC 9110, 13)."""

_ABOUT_BODY = _OWN_WORDS | {
    "content-digest", "content-encoding", "content-length", "content-md5", "digest", "repr-digest",
}  # fmt: skip
"""The same, with request fields that describe the caller's own content."""

_NUMBERS = {"itemsPerPage": f"{SIZE}", "pageNum": "1"}
_FLAGS = {"includeCount": "true", "envelope": "false", "pretty": "false"}
"""The parameters of a page, with their defaults; a single resource has the last two alone."""

_is_positive = re.compile(r"0*[1-9][0-9]{0,17}").fullmatch
_WORDS = {"true": True, "false": False, "": True}


@attrs.frozen
class LegacyQuery:
    """What the caller asked for."""

    page: int = 1
    size: int = SIZE
    count: bool = True
    envelope: bool = False
    pretty: bool = False
    asked: int = SIZE
    """The page size before it is clamped."""
    rest: tuple[str, ...] = ()
    """All raw pairs but those of paging."""
    foreign: tuple[str, ...] = ()
    """The raw pairs that this interface does not know."""
    plain: bool = True
    """Whether it means the same to a successor with the same pages: beside foreign pairs it has page and size alone."""

    def link(self, page: int, size: int, *, own: bool) -> str:
        """Return the query of a page's link, in the orders that recorded ``self`` and other links have."""
        numbers = f"pageNum={page}&itemsPerPage={size}" if own else f"itemsPerPage={size}&pageNum={page}"
        return "&".join((*self.rest, numbers))

    def written(self, document: Json, status: int, dumps: Callable[..., bytes], *, page: bool = False) -> bytes:
        """Return JSON as content in the form that was asked for: in an envelope, and pretty.

        An enveloped ``page`` gains the status, anything else stands inside.
        """
        if self.envelope and page and type(document) is dict:
            document = {**document, "status": status}
        elif self.envelope:
            document = {"status": status, "content": document}
        return dumps(document, pretty=True) if self.pretty else dumps(document)


def _named(pairs: Iterable[str]) -> Iterator[tuple[str, str, str]]:
    """Yield the decoded name of each raw pair, its raw value, and the pair."""
    for pair in pairs:
        key, _, value = pair.partition("=")
        yield unquote_plus(key), value, pair


@lru_cache(maxsize=64)
def read_query(raw: str, shape: str) -> LegacyQuery:
    """Read a raw query; the first of repeated parameters counts. Raises CallError for one without meaning."""
    if not raw:
        return LegacyQuery()
    given = [*_named(filter(None, raw.split("&")))]
    known = ("envelope", "pretty") if shape == "one" else (*_NUMBERS, *_FLAGS)
    own = {name: unquote_plus(value) for name, value, _ in reversed(given) if name in known}
    said = _NUMBERS | _FLAGS | own
    for name in known:
        if not (_is_positive(said[name]) if name in _NUMBERS else said[name].lower() in _WORDS):
            raise invalid_parameter(name)
    asked = int(said["itemsPerPage"])
    is_plain = own.keys() <= _NUMBERS.keys() and sum(name in known for name, _, _ in given) == len(own)
    return LegacyQuery(
        page=int(said["pageNum"]),
        size=min(asked, MOST),
        count=_WORDS[said["includeCount"].lower()],
        envelope=_WORDS[said["envelope"].lower()],
        pretty=_WORDS[said["pretty"].lower()],
        asked=asked,
        rest=tuple(pair for name, _, pair in given if name not in _NUMBERS),
        foreign=tuple(pair for name, _, pair in given if name not in known),
        plain=is_plain and asked <= MOST,
    )


def invalid_parameter(name: str) -> CallError:
    """Return Atlas' own error for a parameter of the query without meaning."""
    return CallError(400, "INVALID_QUERY_PARAMETER", f"Invalid query parameter {name} specified.", (name,))


def invalid_attribute(name: str) -> CallError:
    """Return Atlas' own error for a member of the body without meaning."""
    return CallError(400, "INVALID_ATTRIBUTE", f"Invalid attribute {name} specified.", (name,))


def missing_attribute(name: str) -> CallError:
    """Return Atlas' own error for a member that the body lacks."""
    return CallError(400, "MISSING_ATTRIBUTE", f"The required attribute {name} was not specified.", (name,))


def sent_on(query: LegacyQuery, rules: Mapping[str, QueryRule], notes: list[str]) -> LegacyQuery:
    """Return the query in a successor's terms; what that does not get is added to the notes.

    Raises CallError for a value that the successor has no word for.
    """
    given, pairs = [*_named(query.foreign)], list[str]()
    names = {name for name, _, _ in given}
    for name, rule in rules.items():
        if rule.default is not None and name not in names:
            word = quote_plus(rule.default)
            given.append((name, word, f"{quote_plus(name)}={word}"))
    for name, raw, pair in given:
        known = rules.get(name)
        if known is not None and known.drop:
            notes.append(f"the parameter {name} was not sent on: {known.why}")
        elif known is not None and known.values:
            if (means := known.values.get(unquote_plus(raw))) is None:
                raise invalid_parameter(name)
            pairs.append(f"{quote_plus(name)}={quote_plus(means)}")
        else:
            pairs.append(pair)
    return attrs.evolve(query, foreign=tuple(pairs))


def successor_call(match: Match, call: Call, target: Target, query: LegacyQuery | None, body: bytes | None) -> Call:
    """Return a call in a successor's terms: path, version, a ``query`` that is in its terms, and other fields."""
    headers = without(call.headers, _OWN_WORDS if body and body == call.body else _ABOUT_BODY)
    headers = (*headers, ("Accept", target.accept))
    if body:
        headers = (*headers, ("Content-Type", target.accept))
    return Call(target.method, call.origin, _request_target(match, call, target, query), headers, body)


def _request_target(match: Match, call: Call, target: Target, query: LegacyQuery | None) -> str:
    """Return a successor's request target: its path, and a query that is in its terms, if any."""
    path, shape = target.path.build(match.raw), match.operation.shape
    if query is None:
        return path
    own_pages = shape == "page" and target.paging == "kept" and not target.bare
    if own_pages and query.plain and not target.query and path == call.path:
        return call.target  # where only the version changes, so that the caller's signature (HTTP Digest) still fits
    pairs = [*query.foreign]
    if shape != "one" and not target.bare:
        # The count is always asked for: without it Atlas gives no next link (recorded).
        pairs += ["includeCount=true", f"itemsPerPage={query.size}", f"pageNum={query.page}"]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def read_body(
    request: RequestBody, call: Call, loads: Callable[[bytes], Any], note: Callable[[str], None] | None = None
) -> tuple[JsonObject, str]:
    """Return the declared members of a legacy body, and the word in it that chooses the call.

    A null member counts as not given, unless ``rest`` takes it: there null resets a value. ``note`` is called with a
    sentence for each value that is ignored; without it the value is refused. Raises CallError with Atlas' own codes.
    """
    body = object_of(call, loads, bare=request.bare)
    given = _given(request, body, "", note)
    passed_over = [name for name in request.ignored if taken(body, tuple(name.split("."))) is not None]
    if passed_over and note is not None:
        note(f"{', '.join(passed_over)} {'was' if len(passed_over) == 1 else 'were'} not sent: no call takes it")
    for name in dict.fromkeys((*request.required, *filter(None, (request.choose,)))):
        if look_up(given, name.split(".")) is NoValue.MISSING:
            raise missing_attribute(name)
    word: Any = look_up(given, request.choose.split(".")) if request.choose else ""
    if request.choose and word not in request.words:
        detail = f"An invalid enumeration value {word} was specified for {request.choose}."
        raise CallError(400, "INVALID_ENUM_VALUE", detail, (word,))
    return given, str(word)


def object_of(call: Call, loads: Callable[[bytes], Any], *, bare: bool = False) -> JsonObject:
    """Return the JSON object that a call's content is, with a ``bare`` one as ``value`` in it; raises CallError."""
    coding = field(call.headers, "content-encoding")
    if coding is not None and coding.strip().lower() not in {"", "identity"}:
        detail = "The content of this call can't be translated while it is compressed."
        raise CallError(415, "SHIM_CONTENT_CODED", detail)
    raw = call.body or b""
    if len(raw) > MARKS and content.json_marks(raw) > MARKS:
        detail = f"The request body has more than {MARKS} brackets, commas and colons."
        raise CallError(413, "SHIM_REQUEST_TOO_LARGE", detail)
    try:
        body = loads(raw)
    except (ValueError, RecursionError):
        body = None
    if bare and body is not None:
        return {BARE: body}
    if type(body) is not dict:
        raise CallError(400, "MALFORMED_JSON", "The request body is not a JSON object.")
    return body


def _given(request: RequestBody, body: JsonObject, outer: str, note: Callable[[str], None] | None) -> JsonObject:
    """Return the members of a body, or of the object ``outer`` in it, that are to be looked at."""
    given: JsonObject = {}
    for key, value in body.items():
        name = outer + (f"'{key}'" if "." in key else key)  # which no document names
        kind = request.members.get(name)
        if name in request.ignored or (value is None and (kind is not None or not request.rest)):
            continue
        if (refused := request.refused.get(name)) is not None and not refused.takes(value):
            if note is None or not refused.ignored:
                raise CallError(400, refused.error_code, refused.detail, (name,))
            note(f"{name} was ignored: {refused.ignored}")
            continue
        if kind is None and type(value) is dict and any(one.startswith(f"{name}.") for one in request.members):
            given[key] = _given(request, value, f"{name}.", note)
        elif (kind is None and not request.rest) or (kind is not None and not FITS[kind](value)):
            raise invalid_attribute(name)
        else:
            given[key] = _inside(request, key, value, name)
    return given


def _inside(members: BodyMembers, key: str, value: Json, at: str) -> Json:
    """Return a member's value, with the declared members alone of the objects in it; ``at`` is its place."""
    described = members.inside.get(key)
    if described is None:
        return value
    if type(value) is list:
        return [_object_inside(described, one, f"{at}[{number}]") for number, one in enumerate(value)]
    assert type(value) is dict, "its type says so"
    if described.keyed:
        return {name: _object_inside(described, one, f"{at}.{name}") for name, one in value.items()}
    return _object_inside(described, value, at)


def _object_inside(described: BodyObject, value: Json, at: str) -> JsonObject:
    """Return the declared members of an object in a body; null counts as not given. Raises CallError for others."""
    if type(value) is not dict:
        raise invalid_attribute(at)
    given: JsonObject = {}
    for key, one in value.items():
        name, kind = f"{at}.{key}", described.members.get(key)
        if one is None or key in described.ignored:
            continue
        if kind is None or not FITS[kind](one):
            raise invalid_attribute(name)
        given[key] = _inside(described, key, one, name)
    return given
