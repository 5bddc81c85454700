"""Which calls are allowed: an operator's list of words and method patterns."""

from __future__ import annotations

import attrs

from shim.documents.model import Operation
from shim.documents.templates import decoded, parameter_name
from shim.errors import SettingsError

# Methods that change nothing (RFC 9110, 9.2.1).
READS = frozenset({"GET", "HEAD", "OPTIONS"})
METHODS = READS | {"POST", "PUT", "PATCH", "DELETE"}
WORDS = frozenset({"lent", "recognized", "reads", "all"})


@attrs.frozen
class AllowList:
    """The calls that are allowed; ``text`` is the list as written.

    A pattern is a method (``*`` for any) and path segments: ``*`` matches one segment,
    ``**`` at the end the rest. Paths are compared as sent, without decoding. A
    different spelling does not match, and the part that a pattern leaves open must have
    one reading for every server (``documents.templates.decoded``).
    """

    text: str
    words: frozenset[str]
    patterns: tuple[tuple[str, tuple[str, ...]], ...]

    def has(
        self,
        method: str,
        path: str,
        operation: Operation | None,
        *,
        signs_in: bool = False,
    ) -> bool:
        """Return whether a call is allowed.

        ``path`` is raw, and ``operation`` is None for a call that is not recognized.

        A call that ``signs_in`` with a login of the caller counts as a read, because no
        one can read without a token. GET includes HEAD, which asks for less (RFC 9110,
        9.3.2).
        """
        words = self.words
        if "all" in words or (operation is not None and "recognized" in words):
            return True
        if operation is not None and "lent" in words and is_lent(operation):
            return True
        if "reads" in words and (method in READS or signs_in):
            return True
        methods = {"*", method, "GET" if method == "HEAD" else method}
        # One trailing slash is ignored, as in recognition.
        segments = path.removesuffix("/").split("/")
        return any(
            wanted in methods and _matches(pattern, segments)
            for wanted, pattern in self.patterns
        )


def _matches(pattern: tuple[str, ...], segments: list[str]) -> bool:
    if pattern[-1] == "**":
        pattern = (*pattern[:-1], *["*"] * (len(segments) - len(pattern) + 1))
    if len(pattern) != len(segments):
        return False
    for wanted, part in zip(pattern, segments, strict=True):
        if wanted == "*":
            if decoded(part) is None:
                return False
        elif part != wanted:
            return False
    return True


def parse_allow(text: str, name: str) -> AllowList | None:
    """Parse words and patterns that commas separate; return None for an empty text.

    Raises SettingsError.
    """
    members = [member.strip() for member in text.split(",") if member.strip()]
    words = WORDS.intersection(members)
    patterns = tuple(
        _pattern(member, name) for member in members if member not in WORDS
    )
    if members:
        return AllowList(text, words, patterns)
    return None


def _pattern(text: str, name: str) -> tuple[str, tuple[str, ...]]:
    method, _, path = text.partition(" ")
    origin, *parts = path.strip().split("/")
    if method not in METHODS | {"*"} or origin or not parts:
        wanted = f"a method and a path such as GET /api/atlas/v2/**, nor one of {', '.join(sorted(WORDS))}"
        raise SettingsError(f"{name}: {text!r} is neither {wanted}")
    segments = ["*" if parameter_name(part) else part for part in parts]
    if segments[-1] == "**":
        fixed = segments[:-1]
    else:
        fixed = segments
    for part in fixed:
        if part != "*" and (decoded(part) is None or "*" in part):
            raise SettingsError(
                f"{name}: {part!r} in {text!r} is not a plain segment; '*' or '{{name}}' matches a whole one, "
                "'**' for all that follows, at the end"
            )
    return method, ("", *segments)


def is_lent(operation: Operation) -> bool:
    """Return whether the gateway signs a call by default.

    Among recognized calls it signs reads, and the writes that documents mark as
    ``lent``.
    """
    return operation.method == "GET" or operation.lent


BY_DEFAULT = AllowList("lent, reads", frozenset({"lent", "reads"}), ())
"""The calls that the gateway signs with its credentials by default."""
