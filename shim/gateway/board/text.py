"""The text at ``/status.txt``: what ``/status.json`` says, for a terminal of 80 columns, the verdict first."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator, Sequence

from shim.core.responses import SITE
from shim.gateway.board.instants import distance, spoken
from shim.gateway.board.status import Error, Reload, Status
from shim.gateway.board.words import (
    ORIGINS,
    SIDES,
    cause_of,
    mode_of,
    routes_in_force,
    sides,
    troubles,
    what_is_announced,
)

WIDTH = 80


def text(status: Status) -> str:
    """Return the text."""
    silence = status.silence
    lines = [
        *_lines(silence.sentence),
        *_bullets((*silence.doubts, *silence.ahead)),
        *_bullets(troubles(status), "  ! "),
        "",
        *_facts([*mode_of(status), *_certificates(status)]),
        *_section("Sunsets, and the route in force", _routes(status)),
        *_section("The next sunsets in your traffic", _announced(status)),
        *_section("Calls in the last hour", _hour(status)),
        *_section("Errors since the start", _errors(status.errors)),
        *_section("Callers since the start", _callers(status)),
        *_section("Fields that are not what they were", _fields(status)),
        *("", "Settings", *_settings(status.reload)),
    ]
    return "".join(f"{line}\n" for line in lines)


def _lines(said: str, first: str = "", rest: str = "") -> list[str]:
    plain = "".join(letter if letter.isprintable() else "?" for letter in said)
    return textwrap.wrap(plain, WIDTH, initial_indent=first, subsequent_indent=rest)


def _bullets(said: Iterable[str], bullet: str = "  - ") -> Iterator[str]:
    for one in said:
        yield from _lines(one, bullet, "    ")


def _facts(pairs: Sequence[tuple[str, str]]) -> Iterator[str]:
    margin = max(len(name) for name, _ in pairs) + 2
    for name, value in pairs:
        yield from _lines(value, f"  {name.ljust(margin)}", f"  {' ' * margin}")


def _section(title: str, rows: Iterable[tuple[str, str]]) -> Iterator[str]:
    """Yield a title and a line for each row, a name with what is known of it; nothing without rows."""
    for number, row in enumerate(rows):
        if not number:
            yield from ("", title)
        yield from _lines(" | ".join(row), "  ", "      ")


def _certificates(status: Status) -> Iterator[tuple[str, str]]:
    for one in status.certificates:
        ends = f"ends {distance(one.days_left)}, {spoken(one.not_after)}"
        yield f"Certificate for {SIDES.get(one.side, one.side)}", ends


def _routes(status: Status) -> Iterator[tuple[str, str]]:
    for sunset, first, reason, _ in routes_in_force(status):
        yield f"{sunset.title} | {sunset.sunset[:10]} ({distance(sunset.days_left)})", f"{first} first: {reason}"


def _announced(status: Status) -> Iterator[tuple[str, str]]:
    for one in status.announced:
        sunset, deprecated = what_is_announced(one)
        known = f"sunset {sunset}; deprecated since {deprecated}; {_calls(one.calls, 'reply', 'replies')}"
        yield f"{one.method} {one.path} {one.version}", f"{known}, the last {spoken(one.last)}"


def _hour(status: Status) -> Iterator[tuple[str, str]]:
    for one in status.hour:
        yield one.operation, f"{_calls(one.calls)}, {one.failed} failed; answered by {sides(one.routes)}"


def _errors(errors: Sequence[Error]) -> Iterator[tuple[str, str]]:
    for one in errors:
        whose = ORIGINS.get(one.origin, one.origin)
        known = f"{_calls(one.calls)} of {one.operation}, the last {spoken(one.last)}; from {whose}"
        yield cause_of(one.code, one.status, one.cause), known
    if any(one.code for one in errors):
        yield "What a code means", f"{SITE}reference/errors/"


def _callers(status: Status) -> Iterator[tuple[str, str]]:
    for one in status.callers:
        known = f"{_calls(one.calls)}, {one.retired} retired, the last {spoken(one.last)}"
        yield f"{one.agent or 'no User-Agent'} from {one.peer}", known


def _fields(status: Status) -> Iterator[tuple[str, str]]:
    for one in status.fields:
        yield f"{one.field} of {one.operation}", f"{one.level} in {_calls(one.answers, 'answer', 'answers')}"


def _settings(reload: Reload) -> Iterator[str]:
    yield f"  In use since {spoken(reload.good_since)}."
    if reload.refused:
        yield f"  Others were refused at {spoken(reload.refused)}:"
        yield from _bullets(reload.problems)


def _calls(count: int, one: str = "call", more: str = "calls") -> str:
    return f"{count} {one if count == 1 else more}"
