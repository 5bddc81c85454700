"""Patterns for paths: a path is recognized by its end, and by a plausible start.

A path in a program is seldom whole. Its start may be in a base URL, and names in it
come from variables. So a pattern has three parts: the path after the base of an Atlas
API, the path after any other plausible start, and the ends of the path that are still
unambiguous.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
from urllib.parse import urlsplit

import attrs

from shim.core.settings import ATLAS_ORIGINS
from shim.documents.model import Operation
from shim.tools.scan import rules

HOLE = "\x00"
"""A hole in a text: characters known only at run time.

A NUL in the program itself is read as U+FFFD.
"""
_HOLES = re.compile(
    r"""(?:
        \x00
        | \{\{[^{}]*\}\}            # {{ name }}
        | \{[^{}/]*\}               # {name}
        | %\(\w+\)[sdr]             # %(name)s
        | %[sdr](?![0-9A-Fa-f])     # %s, but not the escape %d7
        | %s
        | \$\{\w+\}                 # ${NAME}
        | \$\w+                     # $NAME
    )+""",
    re.VERBOSE,
)
_ENOUGH = 3
"""The number of fixed segments that identify a path even if its start is unknown."""
_HOSTS = "|".join(re.escape(urlsplit(origin).netloc) for origin in ATLAS_ORIGINS)
_START = rf"(?:[^/:]*://(?:(?:{_HOSTS})/|(?=[^/]*{HOLE})))?[^:]*"
"""The start of an unknown base URL, but not another host's."""
_NO_NAME = r"(?!(?:api|v\d+)/)"
"""Looks ahead for a segment that may be a parameter's, and not the start of another
API's path.
"""
_NO_FIXED_SEGMENT_BEFORE = rf"(?<![^/:{HOLE}]/)"
"""Looks behind: a hole after a fixed segment of another path is a parameter of that
path.
"""


def with_holes(text: str) -> str:
    """Return a text with a hole for each run of placeholders, such as ``{name}``."""
    return _HOLES.sub(HOLE, text)


@attrs.frozen
class PathPattern:
    """The path of some operations, as programs may write it."""

    segments: tuple[str, ...]
    """The segments of the path below its API's base; a parameter's is empty."""
    mark: str
    """A fixed segment that a text must contain, empty if there is none."""
    bases: frozenset[str]
    """The bases of the APIs, without the first slash: ``api/atlas/v2``."""
    operations: Sequence[Operation]

    def matches(self, path: str, *, near: bool) -> bool:
        """Return whether a path is this one.

        With ``near``, an end with one fixed segment is enough.
        """
        if self.mark not in path:
            return False
        pattern = self._near if near else self._exact
        return pattern.fullmatch(path) is not None

    @cached_property
    def _exact(self) -> re.Pattern[str]:
        return re.compile("|".join(self._parts(_ENOUGH)))

    @cached_property
    def _near(self) -> re.Pattern[str]:
        return re.compile("|".join(self._parts(1)))

    def _parts(self, enough: int) -> Iterator[str]:
        """Yield patterns of the path after a start, and of its ends.

        Ends have ``enough`` fixed segments.
        """
        least = 2
        if self.mark in rules.words("words", "common"):
            enough = max(enough, 2)
            least = enough
        known = self._known_start()
        starts = [known]
        if _fixed(self.segments) >= least:
            starts.append(self._other_start())
        yield rf"(?:{'|'.join(starts)}){_tail(self.segments, self.mark)}"
        for at in range(1, len(self.segments)):
            tail = self.segments[at:]
            if self.mark and self.mark not in tail:
                continue
            begins_fixed = tail[0] != ""
            needed = enough if begins_fixed else _ENOUGH
            if _fixed(tail) < needed:
                # Only the base of Atlas's API shows that such an end is one of its
                # paths.
                start = rf"(?:{known})(?:[^/]*{HOLE}/?)"
            elif begins_fixed:
                start = rf"(?:/?|{_START}{_NO_FIXED_SEGMENT_BEFORE}{HOLE}/?)"
            else:
                start = rf"(?:/?{_NO_NAME}|{_START}{_NO_FIXED_SEGMENT_BEFORE}{HOLE}/?)"
            yield self._not_after_base() + start + _tail(tail, self.mark)

    def _known_start(self) -> str:
        """Match a text that ends in an API's base.

        The base's last segment may have a hole: ``…/api/atlas/v2/``.
        """
        starts = []
        for base in self.bases:
            outer, _, version = base.rpartition("/")
            last = rf"(?:{re.escape(version)}|[^/]*{HOLE}[^/]*)"
            starts.append(rf"(?:.*[/{HOLE}])?{re.escape(outer)}/{last}/")
        return "|".join(starts)

    def _other_start(self) -> str:
        """Match any other start of a whole path.

        It is empty, the end of a base, or a base URL that is a hole.
        """
        ends = []
        for base in self.bases:
            parts = base.split("/")
            for at in range(1, len(parts)):
                ends.append(re.escape("/".join(parts[at:])))
        start = rf"/?|/?(?:{'|'.join(ends)})/|{_START}{HOLE}/?"
        return rf"{self._not_after_base()}(?:{start})"

    def _not_after_base(self) -> str:
        """Look ahead for a base with a name after it: the rest is then the whole path."""
        bases = "|".join(map(re.escape, self.bases))
        return rf"(?!.*(?:{bases})/[^{HOLE}])"


def _fixed(segments: Collection[str]) -> int:
    """Return how many segments are fixed."""
    return len([one for one in segments if one])


def _tail(segments: Sequence[str], mark: str) -> str:
    """Match segments.

    A parameter is any segment, also one of a template (``:name``).
    """
    fixed = [one for one in segments if one]
    words = {one: re.escape(one) for one in fixed}
    if mark in fixed[:-1]:
        # A loop or an argument may choose the last word.
        words[fixed[-1]] = f"(?:{words[fixed[-1]]}|{HOLE})"
    pattern = "/".join(words[one] if one else ":?[^/:]+" for one in segments)
    if segments[-1]:
        # The unknown end of the last segment may be a query.
        pattern += f"{HOLE}?"
    return pattern
