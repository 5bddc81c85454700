"""Texts with unknown parts (holes), the same for every language."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count, islice, product

import attrs

HOLE = "\x00"
"""A hole: characters known only when the program runs. A NUL in the program itself is read as U+FFFD."""

_HOLES = re.compile(HOLE + "{2,}")
_MOST = 16
_TRIED = 64
_LONGEST = 4000
_PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*(?:\*|\d+)?(?:\.\d+)?[hlL]?([diouxXeEfFgGcrsa%])")


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
    """Return a text with neighbouring holes merged; a text that is too long becomes one hole."""
    s = _HOLES.sub(HOLE, s)
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


def percent(template: str, values: Sequence[str], names: Mapping[str, str]) -> str:
    """Return a template formatted by the ``%`` operator; missing values are holes."""
    left = iter(values)

    def fill(found: re.Match[str]) -> str:
        if found[2] == "%":
            return "%"
        return names.get(found[1], HOLE) if found[1] else next(left, HOLE)

    return _PERCENT.sub(fill, template)


def filled(template: str, values: Sequence[str], names: Mapping[str, str]) -> str:
    """Return a template formatted by ``str.format``; missing values and attributes are holes."""
    known = {**{str(at): value for at, value in enumerate(values)}, **names}
    automatic = count()
    parts: list[str] = []
    try:
        for literal, name, _, _ in string.Formatter().parse(template):
            parts.append(literal)
            if name is not None:
                parts.append(known.get(name or str(next(automatic)), HOLE))
    except ValueError:
        return template
    return "".join(parts)
