"""The legacy call in a successor's terms: its path and version, the caller's query, and the page to begin at."""

from __future__ import annotations

from functools import cache
from urllib.parse import unquote_plus

from shim.core.context import ExchangeState
from shim.core.messages import Call, without
from shim.core.question import LegacyQuery, translated_pairs
from shim.core.recognise import Match
from shim.documents.model import Target

COLLECT = 500
"""Items asked for in one upstream page when all pages are collected (contract: the most a page may have)."""

REMEMBERED = 16
"""Request targets that are remembered with a call; programs make the same few again and again."""

_FOREIGN = frozenset({
    "accept",
    "content-type",
    "if-match",
    "if-modified-since",
    "if-none-match",
    "if-range",
    "if-unmodified-since",
    "range",
})  # fmt: skip
"""Request fields that a successor is told in its own words, and those that speak of the legacy representation,
which it does not have (RFC 9110, 13)."""

_ABOUT_BODY = _FOREIGN | {
    "content-digest", "content-encoding", "content-length", "content-md5", "digest", "repr-digest",
}  # fmt: skip
"""Together with request fields that describe the caller's own content, and no other."""


def successor_call(
    state: ExchangeState, target: Target, collected: int, content: bytes | None, *, paged: bool = True
) -> Call:
    """Return a call in a successor's terms: its path and version, the caller's other fields, and a page to begin at.

    Raises CallError when a parameter has a word that the successor has none for.
    """
    call, match = state.call, state.match
    query = state.query if paged else None
    key = (id(target), id(query), collected)
    known = match.targets.get(key)  # the very objects are kept beside it
    if known is None:
        if len(match.targets) >= REMEMBERED:
            match.targets.clear()
        known = match.targets[key] = (_target(match, target, query, collected, call.target), target, query)
    accept = _accept(target.version)
    headers = (*without(call.headers, _FOREIGN if content == call.body else _ABOUT_BODY), accept)
    if content:
        headers = (*headers, ("Content-Type", accept[1]))
    return Call(target.method, call.origin, known[0], headers, content)


def _target(match: Match, target: Target, query: LegacyQuery | None, collected: int, caller: str) -> str:
    """Return a successor's request target: its path, and the caller's query in its terms, if that has a part in it."""
    path = target.path.build(match.raw)
    if query is None:
        return path
    own = caller.partition("?")[0]
    pages = match.operation.shape == "page" and target.paging == "kept" and not target.bare
    if path == own and pages and query.plain and not target.query and match.operation.query is None:
        return caller  # where only the version changes, so that the caller's signature (HTTP Digest) still fits
    pairs = [*query.foreign]
    if target.query or match.operation.query is not None:
        choose = "" if match.operation.query is None else match.operation.query.choose
        pairs = [*translated_pairs(pairs, target.query, choose)]
    if match.operation.shape != "one" and not target.bare:
        size, number = (query.size, query.page) if target.paging == "kept" else (COLLECT, collected + 1)
        # The count is always asked for: without it Atlas gives no next link (recorded).
        pairs += ["includeCount=true", f"itemsPerPage={size}", f"pageNum={number}"]
    return f"{path}?{'&'.join(pairs)}" if pairs else path


def note_dropped(state: ExchangeState, target: Target) -> None:
    """Note which of the caller's parameters a successor is not told, and why."""
    if target.query:
        given = {unquote_plus(pair.partition("=")[0]) for pair in state.query.foreign}
        for name, rule in target.query.items():
            if rule.drop and name in given:
                state.note(f"the parameter {name} was not sent on: {rule.why}")


@cache
def _accept(version: str) -> tuple[str, str]:
    """Return the field that asks for a version of the API; documents name a handful."""
    return "Accept", f"application/vnd.atlas.{version}+json"
