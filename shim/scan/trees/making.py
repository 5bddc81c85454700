"""Which text well-known functions of Go, JavaScript, TypeScript, Java and C# make of others."""

from __future__ import annotations

from collections.abc import Sequence

from shim.scan.texts import concat, filled, made, percent, url_join
from shim.scan.trees.callers import CONCATS, FIRST, FORMATS, JOINS, SELF
from shim.scan.trees.scopes import UNKNOWN, Value, either, hole

_PATHS = frozenset({"url", "path", "filepath", "posix"})


def text_of(  # noqa: PLR0913 - what is known of a call
    name: str,
    on: Value,
    args: Sequence[Value],
    items: Sequence[Value],
    *,
    says: Sequence[bool],
    makes: str,
) -> Value:
    """Return the text that a call gives, unknown for a function that is not known.

    ``name`` is in small letters, ``on`` the text that it is called on; ``items`` are the arguments
    with lists spread, ``says`` tells which arguments are an HTTP method, ``makes`` is the kind of the call's node.
    """
    if name in FORMATS and (args or not hole(on)):
        given = [on, *args] if name == "formatted" or not args else args
        return either(_formatted(given[at], given[at + 1 :]) for at in range(min(2, len(given))))
    if name in JOINS and items and not (hole(on) and all(map(hole, items))):
        return made(url_join, *([] if hole(on) else [on]), *items)
    if name in CONCATS:
        return made(concat, *([] if hole(on) and name != "append" else [on]), *args) if args else on
    if not hole(on) and name in SELF:
        return on
    if name in FIRST and args:
        first = next((at for at, method in enumerate(says) if method), None)
        rest = (args[first + 1 :] if first is not None else ()) or args
        if name in {"url", "uri"} and len(rest) == 2 and makes.startswith(("new", "object")):
            # JavaScript's URL is given what is relative first, C#'s and Java's the base.
            path, base = rest if makes == "new_expression" else reversed(rest)
            return path if hole(base) else made(url_join, base, path)
        return rest[0] if rest else UNKNOWN
    return UNKNOWN


def joined_text(receiver: str, own: Sequence[Value] | None, lists: Sequence[Sequence[Value]]) -> Value:
    """Return what ``join`` gives: of a path's parts, of a list and what stands between, or with that first."""
    parts = [value for some in lists for value in some]
    if receiver in _PATHS:
        return made(url_join, *parts) if parts else UNKNOWN
    if receiver in {"string", "stringutils", "strings"}:
        ends = [0, len(parts) - 1] if parts else []
        slash = next((at for at in ends if [one.s for one in parts[at]] == ["/"]), None)
        if slash is None:
            return UNKNOWN
        own = parts[:slash] + parts[slash + 1 :]
    elif not own or [one.s for some in parts for one in some] != ["/"]:
        return UNKNOWN
    return made(lambda *some: "/".join(some), *own)


def _formatted(template: Value, args: Sequence[Value]) -> Value:
    def make(first: str, *rest: str) -> str:
        return filled(first, rest, {}) if "{0" in first else percent(first, rest, {})

    return UNKNOWN if hole(template) else made(make, template, *args)
