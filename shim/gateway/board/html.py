"""The page at ``/``: what ``/status.json`` says, for people in a browser, the verdict first."""

from __future__ import annotations

from shim import page as html
from shim.core.responses import SITE
from shim.gateway.board.status import Status
from shim.gateway.board.words import Cell, Section, facts, sections, settings, troubles
from shim.tools.inventory.ahead import spoken


def page(status: Status) -> str:
    """Return the page as HTML."""
    made = html.time(status.made, spoken(status.made))
    links = "<a href='.'>Look again</a> <a href='status.json'>As JSON</a> <a href='metrics'>Metrics</a>"
    parts = [
        html.verdict(status.silence.word, status.silence.sentence),
        html.bullets((*status.silence.doubts, *status.silence.ahead)),
        *(html.verdict("called", one, "Look here.") for one in troubles(status)),
        f"<p class='links'>As of {made}. {links}</p>{html.facts(facts(status))}",
        _section("The last hour", _bars(status)),
        *(_section(one.title, _table(one)) for one in sections(status)),
        _section("Settings", html.bullets(settings(status))),
    ]
    footer = f"atlas-shim {status.version}, at {spoken(status.made)}. The same in a terminal: atlas-shim status"
    return html.document("atlas-shim: retired Atlas calls, kept alive", parts, footer)


def _section(title: str, content: str) -> str:
    return f"<section><h2>{html.text(title)}</h2>\n{content}\n</section>"


def _table(section: Section) -> str:
    if not section.rows:
        return "<p>None.</p>"
    has_numbers = section.columns[1] in {"Calls", "Answers"}
    rows = ([*map(_cell, row)] for row in section.rows)
    table = html.table(section.rows_are, section.columns, rows, words=not has_numbers)
    if section.columns[0] != "Cause":
        return table
    return f"{table}<p>{html.link('What a code means', f'{SITE}reference/errors/')}</p>"


def _cell(cell: Cell) -> str:
    if isinstance(cell, str):
        return html.text(cell)
    return f"<ul>{''.join(f'<li>{html.code(name)}</li>' for name in cell)}</ul>"


def _bars(status: Status) -> str:
    first, last = status.minutes[0].minute[11:16], f"{status.minutes[-1].minute[11:16]} UTC"
    drawn = []
    for what, counts in (
        ("retired calls", [one.retired for one in status.minutes]),
        ("calls that were passed on", [one.other for one in status.minutes]),
        ("calls that failed", [one.failed for one in status.minutes]),
    ):
        said = f"{sum(counts)} {what}, at most {max(counts)} a minute"
        drawn.append(f"<p>{html.text(said)}</p>{html.bars(counts, said, first, last)}")
    return "".join(drawn)
