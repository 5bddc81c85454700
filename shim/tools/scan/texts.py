"""Texts with unknown parts (holes), the same for every language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, product

import attrs

HOLE = "\x00"
"""A hole: characters known only when the program runs. A NUL in the program itself is read as U+FFFD."""

_MOST = 16
_TRIED = 64
_LONGEST = 4000
_FIELD = re.compile(
    r"%%|\{\{|\}\}|%(?:\d+\$)?(?:\((\w+)\))?[-#0 +]*(?:\*|\d+)?(?:\.\d+)?[hlL]?[diouxXeEfFgGcrsavq]|\{(\w*)[^{}/]*\}"
)


@attrs.frozen
class Place:
    """A place: the file as given, line and column from 1, in characters."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


Texts = tuple[str, ...]
"""The possible texts of an expression."""
UNKNOWN: Texts = (HOLE,)


def known(texts: Iterable[str]) -> bool:
    """Return whether any part of a text is known."""
    return any(one.strip(HOLE) for one in texts)


def made(make: Callable[..., str], *parts: Iterable[str]) -> Texts:
    """Return a function's results for every combination of the arguments' alternatives; too long ones are holes."""
    texts = (make(*some) for some in islice(product(*parts), _TRIED))
    return tuple(dict.fromkeys(one if len(one) <= _LONGEST else HOLE for one in texts))[:_MOST]


def concat(*parts: str) -> str:
    """Return the parts concatenated."""
    return "".join(parts)


def url_join(*parts: str) -> str:
    """Return parts joined with one slash each; an absolute URL replaces the parts before it."""
    done = ""
    for part in parts:
        done = part if "://" in part or not done else f"{done.rstrip('/')}/{part.lstrip('/')}"
    return done


def formatted(template: str, values: Sequence[str]) -> str:
    """Return a template of ``%`` or ``str.format`` with values; missing and named ones are holes."""
    left, places = iter(values), dict(enumerate(values))

    def value(found: re.Match[str]) -> str:
        if found[0] in {"%%", "{{", "}}"}:
            return found[0][0]
        key = found[1] or found[2] or ""
        if key.isdecimal():
            return places.get(int(key), HOLE)
        return HOLE if key else next(left, HOLE)

    return _FIELD.sub(value, template)
