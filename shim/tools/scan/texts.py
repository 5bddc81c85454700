"""Texts with unknown parts (holes), the same for every language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
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


Atom = tuple[str, int]
"""A literal of a program: its file, and its start there."""


@attrs.frozen(cache_hash=True)
class Text:
    """A text with holes, and the literals that it was made from."""

    s: str
    atoms: frozenset[Atom] = frozenset()


UNKNOWN = (Text(HOLE),)


def known(texts: Iterable[Text]) -> bool:
    """Return whether any part of a text is known."""
    return any(one.s.strip(HOLE) for one in texts)


def text(s: str, atoms: Iterable[Atom] = ()) -> Text:
    """Return a text; one that is too long becomes a hole."""
    return Text(HOLE) if len(s) > _LONGEST else Text(s, frozenset(atoms))


def made(make: Callable[..., str], *parts: Iterable[Text]) -> tuple[Text, ...]:
    """Return a function's results for every combination of the arguments' alternatives."""
    chosen = islice(product(*parts), _TRIED)
    texts = (text(make(*(one.s for one in some)), frozenset().union(*(one.atoms for one in some))) for some in chosen)
    return tuple(dict.fromkeys(texts))[:_MOST]


def concat(*parts: str) -> str:
    """Return the parts concatenated."""
    return "".join(parts)


def url_join(*parts: str) -> str:
    """Return parts joined with one slash each; an absolute URL replaces the parts before it."""
    done = ""
    for part in parts:
        done = part if "://" in part or not done else f"{done.rstrip('/')}/{part.lstrip('/')}"
    return done


def formatted(template: str, values: Sequence[str], names: Mapping[str, str]) -> str:
    """Return a template of ``%`` or ``str.format`` with values; missing values are holes, ``names`` in lower case."""
    left = iter(values)

    def value(found: re.Match[str]) -> str:
        if found[0] in {"%%", "{{", "}}"}:
            return found[0][0]
        key = (found[1] or found[2] or "").casefold()
        if key.isdecimal():
            return dict(enumerate(values)).get(int(key), HOLE)
        return names.get(key, HOLE) if key else next(left, HOLE)

    return _FIELD.sub(value, template)
