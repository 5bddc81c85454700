"""The page at ``/``: what ``/status.json`` says, for people, the sentence they wait for first."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import groupby

from shim import page as html
from shim.gateway.board.instants import distance, span
from shim.gateway.board.status import Certificate, Reload, Status, Sunset
from shim.gateway.board.time_line import time_line

SOON = 14
"""Days before a certificate's end in which the page warns of it."""

_WORDS = {"called": "Still called.", "quiet": "Nobody calls.", "unproven": "Not proven."}


def page(status: Status) -> str:
    """Return the page as HTML."""
    parts = [
        html.verdict(status.silence.word, _WORDS[status.silence.word], status.silence.sentence),
        html.bullets(status.silence.doubts),
        *(html.verdict("called", "Look here.", one) for one in troubles(status)),
        _standing(status),
        _section("Sunsets", time_line(status.sunsets), _routes(status)),
        _section("Calls in the last hour", _bars(status), _hour(status)),
        _section("Callers since the start", _callers(status)),
        _section("Fields that are not what they were", _fields(status)),
        _section("Errors since the start", _errors(status)),
        _section("Settings and certificate", _reload(status.reload), _certificate(status.certificate)),
    ]
    footer = f"atlas-shim {status.version}, at {spoken(status.made)}. The same in a terminal: atlas-shim status --watch"
    return html.document("atlas-shim: retired Atlas calls, kept alive", parts, footer)


def troubles(status: Status) -> list[str]:
    """Return sentences on what somebody should look at."""
    said = []
    if not status.ready:
        said.append("The gateway takes no calls: it is starting, or it is on its way to its end.")
    if status.reload.state == "refused":
        said.append("The last reload was refused, and the last good settings stay; see Settings below.")
    if status.reload.waiting:
        said.append(f"Changed options wait for a restart: {', '.join(status.reload.waiting)}.")
    certificate = status.certificate
    if certificate is not None and certificate.days_left < SOON:
        over = "has expired" if certificate.days_left < 0 else f"expires {distance(certificate.days_left)}"
        said.append(f"The certificate that callers are shown {over}.")
    return said


def spoken(instant: str) -> str:
    """Return an instant as people read it."""
    return f"{instant[:10]} {instant[11:16]} UTC"


def mode_of(status: Status) -> list[tuple[str, str]]:
    """Return what the gateway is and how it is set, as names and values."""
    mode = status.mode
    return [
        ("Version", status.version),
        ("Up", f"{span(status.uptime_seconds)}, since {spoken(status.started)}"),
        ("Takes calls", f"{'yes' if status.ready else 'no'}, at {mode.listens}"),
        ("Upstream", mode.upstream),
        ("Route", mode.route),
        ("Credentials", mode.credentials),
        ("Retired writes", ", ".join(mode.writes) or "off"),
        ("Workers", str(mode.workers)),
        ("Inventory", "is written" if mode.inventory else "is not written (ATLAS_SHIM_INVENTORY)"),
    ]


def routes_in_force(status: Status) -> list[tuple[Sunset, str, str, list[str]]]:
    """Return each sunset with a side that is asked first, why, and the operations of which that is so."""
    first = {one.operation: (one.first or "nobody", one.reason) for one in status.routes}
    return [
        (sunset, *decision, list(names))
        for sunset in status.sunsets
        for decision, names in groupby(sorted(sunset.operations, key=lambda name: first[name]), key=lambda n: first[n])
    ]


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
    return html.table("The route in force, for clusters of which nothing is known yet", columns, rows, words=True)


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
        said = f"{sum(counts)} {what} in the last hour, at most {max(counts)} a minute"
        drawn.append(html.bars(counts, said, f"{first}  {said}", last))
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
                html.text(_sides(one.routes if one else {})),
                answered,
            )
        )
    columns = ("Operation", "Calls", "Failed", "Answered by", "The last one, and why")
    return html.table("Calls by operation", columns, rows)


def _sides(routes: Mapping[str, int]) -> str:
    return ", ".join(f"{side} {count}" for side, count in sorted(routes.items())) or "-"


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


def _fields(status: Status) -> str:
    rows = (
        (
            f"{html.code(one.field)} of {html.code(one.operation)}",
            str(one.answers),
            html.text(one.level),
            html.text(one.why),
        )
        for one in status.fields
    )
    columns = ("Field", "Answers", "Is now", "Why")
    return html.table("Fidelity of translated answers", columns, rows) if status.fields else _NONE


_NONE = "<p>None.</p>"

_ORIGINS = {"atlas": "Atlas, or the way there", "shim": "the gateway", "caller": "the caller"}


def cause_of(code: str | None, status: int, cause: str) -> str:
    """Return what went wrong, for people."""
    if code is None:
        return f"Atlas answered {cause}" if cause == str(status) else cause.replace("_", " ")
    return f"{code}: {cause.replace('_', ' ')}" if cause != "none" else code


def _errors(status: Status) -> str:
    rows = (
        (
            html.text(cause_of(one.code, one.status, one.cause)),
            str(one.calls),
            str(one.status or "-"),
            html.text(_ORIGINS[one.origin]),
            html.code(one.operation) if one.operation != "other" else "other calls",
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


def _certificate(certificate: Certificate | None) -> str:
    if certificate is None:
        return "<p>No certificate: callers speak plain HTTP.</p>"
    when = html.time(certificate.not_after, spoken(certificate.not_after))
    return f"<p>The certificate that callers are shown ends {distance(certificate.days_left)}, at {when}.</p>"
