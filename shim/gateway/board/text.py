"""The text at ``/status.txt``: what ``/status.json`` says, for a terminal of 80 columns, the verdict first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from shim.core.responses import SITE
from shim.gateway.board.status import Status
from shim.gateway.board.words import Section, facts, sections, settings, troubles

WIDTH = 80


def text(status: Status) -> str:
    """Return the text."""
    known = facts(status)
    margin = max(len(name) for name, _ in known) + 4
    lines = [
        *_wrapped(status.silence.sentence),
        *_bullets((*status.silence.doubts, *status.silence.ahead)),
        *_bullets(troubles(status), "  ! "),
        "",
        *(line for name, value in known for line in _wrapped(value, f"  {name}".ljust(margin), " " * margin)),
        *(line for section in sections(status) if section.rows for line in _table(section)),
        *("", "Settings", *_bullets(settings(status))),
        *("", f"Codes of errors: {SITE}reference/errors/"),
    ]
    return "".join(f"{line}\n" for line in lines)


def _wrapped(said: str, first: str = "", rest: str = "") -> list[str]:
    plain = "".join(letter if letter.isprintable() else "?" for letter in said)
    return textwrap.wrap(plain, WIDTH, initial_indent=first, subsequent_indent=rest)


def _bullets(said: Iterable[str], bullet: str = "  - ") -> Iterator[str]:
    for one in said:
        yield from _wrapped(one, bullet, "    ")


def _table(section: Section) -> Iterator[str]:
    yield from ("", section.title)
    for row in (tuple(name.upper() for name in section.columns), *section.rows):
        cells = (cell if isinstance(cell, str) else ", ".join(cell) for cell in row)
        yield from _wrapped(" | ".join(cells), "  ", "      ")
