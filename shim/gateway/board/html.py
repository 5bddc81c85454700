"""The page at ``/``: what ``/status.json`` says, for people, the sentence they wait for first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from shim import page as html
from shim.core.responses import section_of
from shim.gateway.board.instants import distance, spoken
from shim.gateway.board.status import Announced, Certificate, Error, Reload, Status
from shim.gateway.board.words import (
    ORIGINS,
    SIDES,
    WORDS,
    cause_of,
    mode_of,
    routes_in_force,
    sides,
    sunsets_by_day,
    troubles,
    what_is_announced,
)


def page(status: Status) -> str:
    """Return the page as HTML."""
    parts = [
        html.verdict(status.silence.word, WORDS[status.silence.word], status.silence.sentence),
        html.bullets((*status.silence.doubts, *status.silence.ahead)),
        *(html.verdict("called", "Look here.", one) for one in troubles(status)),
        _standing(status),
        _section("Sunsets", html.bullets(sunsets_by_day(status))),
        _section("The next sunsets in your traffic", _announced(status.announced)),
        _section("Calls in the last hour", _bars(status), _hour(status)),
        _section("Errors since the start", _errors(status)),
        _section("Callers since the start", _callers(status)),
        _section("The route in force", _routes(status)),
        _section("Fields that are not what they were", _fields(status)),
        _section("Settings and certificate", _reload(status.reload), _certificates(status.certificates)),
    ]
    footer = f"atlas-shim {status.version}, at {spoken(status.made)}. The same in a terminal: atlas-shim status"
    return html.document("atlas-shim: retired Atlas calls, kept alive", parts, footer)


def _section(title: str, *parts: str) -> str:
    return "\n".join((f"<section><h2>{html.text(title)}</h2>", *filter(None, parts), "</section>"))


def _standing(status: Status) -> str:
    made = html.time(status.made, spoken(status.made))
    links = "<a href='.'>Look again</a> <a href='status.json'>As JSON</a> <a href='metrics'>Metrics</a>"
    return f"<p class='links'>As of {made}. {links}</p>{html.facts(mode_of(status))}"


def _routes(status: Status) -> str:
    rows = (
        (
            html.text(sunset.title),
            html.text(f"{sunset.sunset[:10]}, {distance(sunset.days_left)}")
            + ("<br>(set by the option sunset)" if sunset.overridden else ""),
            f"<strong>{html.text(first)}</strong>",
            html.text(reason),
            _names(names),
        )
        for sunset, first, reason, names in routes_in_force(status)
    )
    columns = ("Document", "Sunset", "Asked first", "Why", "Operations")
    return html.table(
        "Which side is asked first, for clusters of which nothing is known yet", columns, rows, words=True
    )


def _names(names: Iterable[str]) -> str:
    return f"<ul>{''.join(f'<li>{html.code(name)}</li>' for name in names)}</ul>"


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


def _hour(status: Status) -> str:
    last = {one.operation: one for one in status.routes}
    calls = {one.operation: one for one in status.hour}
    names = [*calls, *(name for name, one in last.items() if one.last and name not in calls)]
    if not names:
        return "<p>No calls.</p>"
    rows = []
    for name in names:
        one, known = calls.get(name), last.get(name)
        answered = "-"
        if known is not None and known.last is not None:
            answered = (
                f"{html.time(known.last, spoken(known.last))}: <strong>{html.text(known.answered or '')}</strong>"
                + (html.text(f", {known.because}") if known.because else "")
            )
        rows.append(
            (
                html.code(name) if known else html.text("other calls, passed on"),
                str(one.calls if one else 0),
                str(one.failed if one else 0),
                html.text(sides(one.routes if one else {})),
                answered,
            )
        )
    columns = ("Operation", "Calls", "Failed", "Answered by", "The last one, and why")
    return html.table("Calls by operation", columns, rows)


def _callers(status: Status) -> str:
    rows = (
        (
            f"{html.code(one.agent or 'no User-Agent')} from {html.code(one.peer)}",
            str(one.calls),
            str(one.retired),
            html.time(one.last, spoken(one.last)),
        )
        for one in status.callers
    )
    columns = ("Caller", "Calls", "Retired calls", "Last")
    return html.table("Those that called last, and those that call most", columns, rows) if status.callers else _NONE


def _announced(announced: Sequence[Announced]) -> str:
    if not announced:
        return "<p>No reply of Atlas' has announced any since the start.</p>"
    rows = []
    for one in announced:
        sunset, deprecated = what_is_announced(one)
        operation = html.code(f"{one.method} {one.path}") + (f"<br>{html.text(one.version)}" if one.version else "")
        link = f"<br>{html.code(one.link)}" if one.link else ""
        last = html.time(one.last, spoken(one.last))
        rows.append(
            (html.text(sunset), operation + link, html.text(deprecated), str(one.calls), last, _names(one.callers))
        )
    columns = ("Sunset", "Operation, and its version", "Deprecated since", "Replies", "Last", "Callers")
    return html.table("As Sunset and Deprecation of Atlas' replies say, of all calls", columns, rows, words=True)


def _fields(status: Status) -> str:
    """Return fields together that have an operation, a reason and a count in common."""
    alike: dict[tuple[str, int, str, str], list[str]] = {}
    for one in status.fields:
        alike.setdefault((one.operation, one.answers, one.level, one.why), []).append(one.field)
    rows = (
        (_names(names), str(answers), _names([operation]), html.text(level), html.text(why))
        for (operation, answers, level, why), names in alike.items()
    )
    columns = ("Fields", "Answers", "Of", "Is now", "Why")
    return html.table("Fidelity of translated answers", columns, rows) if status.fields else _NONE


def _cause(one: Error) -> str:
    """Return what went wrong; an error of the gateway's own leads to what the documentation says of it."""
    said = cause_of(one.code, one.status, one.cause)
    url = section_of(one.code or "")
    return html.text(said) if url is None else html.link(said, url)


_NONE = "<p>None.</p>"


def _errors(status: Status) -> str:
    rows = (
        (
            _cause(one),
            str(one.calls),
            str(one.status or "-"),
            html.text(ORIGINS[one.origin]),
            _names([one.operation]) if one.operation != "other" else "other calls",
            html.time(one.last, spoken(one.last)),
        )
        for one in status.errors
    )
    columns = ("Cause", "Calls", "Status", "Whose", "Operation", "Last")
    return html.table("The latest kinds of errors", columns, rows) if status.errors else _NONE


def _reload(reload: Reload) -> str:
    parts = [f"<p>In use since {html.time(reload.good_since, spoken(reload.good_since))}.</p>"]
    if reload.changes:
        parts.append(f"<h3>The last reload changed</h3>{html.bullets(reload.changes)}")
    if reload.refused:
        when = html.time(reload.refused, spoken(reload.refused))
        told = "What it was read from is still broken:" if reload.state == "refused" else "Good ones were read since."
        parts.append(f"<h3>Refused at {when}</h3><p>{told}</p>{html.bullets(reload.problems)}")
    return "".join(parts)


def _certificates(certificates: Sequence[Certificate]) -> str:
    if not certificates:
        return "<p>No certificate of the gateway's own is in use.</p>"
    return "".join(
        f"<p>The certificate that {html.text(SIDES.get(one.side, one.side))} is shown ends {distance(one.days_left)}, "
        f"at {html.time(one.not_after, spoken(one.not_after))}.</p>"
        for one in certificates
    )
