"""Texts that are known in parts, whatever language the program that makes them is written in."""

from __future__ import annotations

import re
import string
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import count, islice, product

import attrs

HOLE = "\x00"
"""Stands for characters that are only known when the program runs; a NUL of the program itself is read as U+FFFD."""

_HOLES = re.compile(HOLE + "{2,}")
_MOST = 16
_TRIED = 64
_LONGEST = 4000
_PERCENT = re.compile(r"%(?:\((\w+)\))?[-#0 +]*(?:\*|\d+)?(?:\.\d+)?[hlL]?([diouxXeEfFgGcrsa%])")


@attrs.frozen
class Place:
    """Where something stands: file as given, lines from 1, columns from 1 in characters."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int


Atom = tuple[str, int]
"""A literal of a program: the file, and where in it the literal begins."""


@attrs.frozen(cache_hash=True)
class Text:
    """A text with holes, and the literals that it was made from."""

    s: str
    atoms: frozenset[Atom] = frozenset()


UNKNOWN = (Text(HOLE),)


def known(texts: Iterable[Text]) -> bool:
    """Tell whether anything is known of a text."""
    return any(one.s.strip(HOLE) for one in texts)


def text(s: str, atoms: Iterable[Atom] = ()) -> Text:
    """Return a text; neighbouring holes are one, and one too long is only a hole."""
    s = _HOLES.sub(HOLE, s)
    return Text(HOLE) if len(s) > _LONGEST else Text(s, frozenset(atoms))


def made(make: Callable[..., str], *parts: Iterable[Text]) -> tuple[Text, ...]:
    """Return what a function makes of texts, for each choice among the alternatives of each argument."""
    chosen = islice(product(*parts), _TRIED)
    texts = (text(make(*(one.s for one in some)), frozenset().union(*(one.atoms for one in some))) for some in chosen)
    return tuple(dict.fromkeys(texts))[:_MOST]


def concat(*parts: str) -> str:
    """Return parts one after the other."""
    return "".join(parts)


def url_join(*parts: str) -> str:
    """Return parts with one slash between them; an absolute URL starts anew."""
    done = ""
    for part in parts:
        done = part if "://" in part or not done else f"{done.rstrip('/')}/{part.lstrip('/')}"
    return done


def percent(template: str, values: Sequence[str], names: Mapping[str, str]) -> str:
    """Return what the ``%`` operator makes of a template; a value that is missing is a hole."""
    left = iter(values)

    def fill(found: re.Match[str]) -> str:
        if found[2] == "%":
            return "%"
        return names.get(found[1], HOLE) if found[1] else next(left, HOLE)

    return _PERCENT.sub(fill, template)


def filled(template: str, values: Sequence[str], names: Mapping[str, str]) -> str:
    """Return what ``str.format`` makes of a template; a value that is missing, or a part of one, is a hole."""
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
