"""Which calls may be made: an operator's list of words, and of methods with path templates."""

from __future__ import annotations

import attrs

from shim.documents.templates import decoded, parameter_name
from shim.errors import SettingsError

READS = frozenset({"GET", "HEAD", "OPTIONS"})  # methods that are defined to change nothing (RFC 9110, 9.2.1)

METHODS = frozenset({"GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE"})

WORDS = frozenset({"recognised", "reads", "all"})

_EXAMPLE = "GET /api/atlas/v2/**"


@attrs.frozen
class CallPattern:
    """A method, ``*`` for any, and the segments of a path template; with ``deep`` anything may follow them.

    A segment that is None stands for one of any name.
    """

    method: str
    segments: tuple[str | None, ...]
    deep: bool

    def has(self, method: str, segments: list[str]) -> bool:
        """Return whether a call is one of these; GET has HEAD in it, which asks for less (RFC 9110, 9.3.2)."""
        if self.method not in {"*", method} and not (method == "HEAD" and self.method == "GET"):
            return False
        fixed = len(self.segments)
        if len(segments) < fixed or (len(segments) > fixed and not self.deep):
            return False
        return all(
            decoded(part) is not None if wanted is None else part == wanted
            for part, wanted in zip(segments, (*self.segments, *[None] * (len(segments) - fixed)), strict=True)
        )


@attrs.frozen
class AllowList:
    """What may be called; ``text`` is how it was written.

    Paths are compared as they stand in the request, nothing decoded: another spelling of a word is another word, and
    what a template leaves open must have one reading for every server (``documents.templates.decoded``).
    """

    text: str
    words: frozenset[str]
    patterns: tuple[CallPattern, ...]

    def has(self, method: str, path: str, *, recognised: bool, signs_in: bool = False) -> bool:
        """Return whether a call of a raw path may be made.

        One that ``signs_in``, by a login of the caller's own, counts as a read: nobody reads without a token.
        """
        words = self.words
        if "all" in words or (recognised and "recognised" in words):
            return True
        if "reads" in words and (method in READS or signs_in):
            return True
        # One slash at the end is left out of account, as where calls are recognised.
        origin, *segments = path.removesuffix("/").split("/")
        return not origin and any(pattern.has(method, segments) for pattern in self.patterns)

    def __str__(self) -> str:
        return self.text


def parse_allow(text: str, name: str) -> AllowList | None:
    """Parse words and patterns with commas between; returns None without any, raises SettingsError."""
    words, patterns = set(), []
    for one in filter(None, (one.strip() for one in text.split(","))):
        if one in WORDS:
            words.add(one)
        else:
            patterns.append(_pattern(one, name))
    return AllowList(text, frozenset(words), tuple(patterns)) if words or patterns else None


def _pattern(text: str, name: str) -> CallPattern:
    method, _, path = text.partition(" ")
    path = path.strip()
    if method not in METHODS | {"*"} or not path.startswith("/"):
        known = ", ".join(sorted(WORDS))
        raise SettingsError(f"{name}: {text!r} is neither a method and a path such as {_EXAMPLE}, nor one of {known}")
    parts = path[1:].split("/")
    deep = parts[-1] == "**"
    parts = parts[:-1] if deep else parts
    segments = tuple(None if part == "*" or parameter_name(part) else part for part in parts)
    for part in segments:
        if part is not None and (decoded(part) is None or "*" in part):
            raise SettingsError(
                f"{name}: {part!r} in {text!r} is not a plain segment; '*' or '{{name}}' stands for a whole one, "
                "'**' for all that follows, at the end"
            )
    return CallPattern(method, segments, deep)


BY_DEFAULT = AllowList("recognised, reads", frozenset({"recognised", "reads"}), ())
"""What may be done with credentials of the gateway's, when nothing is said."""
