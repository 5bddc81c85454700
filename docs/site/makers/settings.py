"""Write ``docs/reference/settings.md`` from ``settings.txt`` and the table of options."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from string import Template

from makers.markdown import coded, page, table

from shim.core.settings import RouteWord
from shim.doors.environment import WORDS
from shim.gateway.options import TABLE, Option

TEXT = Path(__file__).with_name("settings.txt")

FIVE = ("listen", "public_url", "route", "credentials", "memory")
"""The options that readers need most."""

SAID_ABOVE = ("route", "sunset", "reads", "writes")
"""Options with the same meaning in every entry point."""


def settings() -> str:
    """Return the page."""
    parts = [
        "### The five options to know",
        _table([row for row in TABLE if row.name in FIVE]),
    ]
    for heading in dict.fromkeys(row.group for row in TABLE):
        parts += [
            f"### {heading}",
            _table(
                [row for row in TABLE if row.group == heading and row.name not in FIVE]
            ),
        ]
    text = Template(TEXT.read_text("utf-8"))
    return text.substitute(
        OPTIONS=page(*parts).strip(), ROUTES=_words(RouteWord), WARNINGS=_words(WORDS)
    )


def _words(kind: Iterable[str]) -> str:
    return ", ".join(f"`{word}`" for word in kind)


def _table(rows: Sequence[Option]) -> str:
    cells = [
        (
            "<br>".join(
                f"`{name}`"
                for name in (f"{row.flag} {row.metavar}", row.variable, row.name)
            ),
            " ".join(_said(row)),
        )
        for row in rows
    ]
    return table(("flag, variable, key", "meaning"), cells)


def _said(row: Option) -> Iterable[str]:
    yield (
        "[As above](#for-every-entry-point)."
        if row.name in SAID_ABOVE
        else coded(row.help)
    )
    if row.secret:
        yield "A secret: it is never shown. Set it by the variable to keep it out of the file."
    if row.default and row.name not in SAID_ABOVE:
        yield f"Default: `{row.default}`."
    if row.live:
        yield "*Live.*"
