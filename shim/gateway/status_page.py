"""The status for people: the page at ``/`` and the text at ``/status.txt``, by templates, the verdict first.

jinja2 is loaded at the first look.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

from shim.core.responses import SITE
from shim.gateway.status import Json
from shim.gateway.verdict import span
from shim.page import STYLE, VERDICTS, hash_source, printable, templates
from shim.tools.inventory.verdict import spoken
from shim.tools.radar.radar import distance

if TYPE_CHECKING:
    from jinja2 import Environment

WIDTH = 80
"""Columns of the text."""

SOON = 14
"""Days before a certificate's end in which it is warned of."""

RECENT = 5
"""Minutes in which a failed call is something to look at now."""

_SIDES = {"listener": "a caller", "upstream": "Atlas"}

_ORIGINS = {"atlas": "Atlas, or the way there", "shim": "the gateway", "caller": "the caller"}

_FILES = files("shim.gateway").joinpath("templates")


def page(status: Json) -> str:
    """Return the page as HTML."""
    style, script = _parts()
    values = printable(words(status))
    return _templates().get_template("status.html.j2").render(values, style=style, script=script)


def text(status: Json) -> str:
    """Return the text, in lines of 80 columns."""
    return _templates().get_template("status.txt.j2").render(printable(words(status), "?"))


@cache
def policy() -> str:
    """Return the Content-Security-Policy of the page: its own style, the script that renews it, and nothing else."""
    style, script = map(hash_source, _parts())
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _parts() -> tuple[str, str]:
    style, script = (_FILES.joinpath(name).read_text("utf-8") for name in ("status.css", "status.js"))
    return STYLE + style, script


@cache
def _templates() -> Environment:
    return templates(_FILES, {"wrapped": _wrapped, "joined": _joined})


def _wrapped(said: str, first: str = "", rest: str = "") -> str:
    return "\n".join(textwrap.wrap(said, WIDTH, initial_indent=first, subsequent_indent=rest))


def _joined(cell: str | list[str]) -> str:
    return cell if isinstance(cell, str) else ", ".join(cell)


def words(status: Json) -> Json:
    """Return what the templates show: sentences, facts, and tables of rows whose cells are texts, or lists of names."""
    return {
        "status": status,
        "troubles": [*_troubles(status)],
        "facts": [*_facts(status)],
        "settings": [*_settings(status["reload"])],
        "tables": {name: (title, columns.split(" | "), [*rows(status)]) for name, title, columns, rows in TABLES},
        "bars": _bars(status["minutes"]),
        "verdicts": VERDICTS,
        "codes": f"{SITE}reference/errors/",
    }


def _when(instant: str, status: Json) -> str:
    """Return an instant for a table, without its day if that is today."""
    said = spoken(instant)
    return said[11:] if instant[:10] == status["made"][:10] else said


def _troubles(status: Json) -> Iterator[str]:
    """Yield sentences on what somebody should look at."""
    if not status["ready"]:
        yield "The gateway takes no calls: it is starting, or it is on its way to its end."
    if recent := sum(one["failed"] for one in status["minutes"][-RECENT:]):
        why = next((one for one in status["errors"] if one["status"] >= 500), None)
        cause = f", the latest: {_cause(why)} ({_ORIGINS[why['origin']]})" if why else ""
        yield f"{recent} {'call' if recent == 1 else 'calls'} failed in the last {RECENT} minutes{cause}."
    if status["reload"]["state"] == "refused":
        yield "The last reload was refused, and the last good settings stay; see Settings below."
    if status["reload"]["waiting"]:
        yield f"Changed options wait for a restart: {', '.join(status['reload']['waiting'])}."
    for one in status["certificates"]:
        who = _SIDES.get(one["side"], one["side"])
        if one["days_left"] < SOON:
            over = "has expired" if one["days_left"] < 0 else f"expires {distance(one['days_left'])}"
            yield f"The certificate that {who} is shown {over}."
        if one["refused"]:
            yield f"New files of the certificate that {who} is shown are of no use, and the last good ones stay."


def _facts(status: Json) -> Iterator[tuple[str, str]]:
    """Yield what the gateway is and how it is set, as names and values."""
    mode = status["mode"]
    yield "Version", status["version"]
    yield "Up", f"{span(status['uptime_seconds'])}, since {spoken(status['started'])}"
    yield "Takes calls", f"{'yes' if status['ready'] else 'no'}, at {mode['listens']}"
    yield "Upstream", mode["upstream"]
    yield "Route", mode["route"]
    yield "Credentials", mode["credentials"]
    yield "Retired writes", ", ".join(mode["writes"]) or "off"
    yield "Inventory", "is written" if mode["inventory"] else "is not written (ATLAS_SHIM_INVENTORY)"
    for one in status["certificates"]:
        until = f"ends {distance(one['days_left'])}, {spoken(one['not_after'])}"
        yield f"Certificate for {_SIDES.get(one['side'], one['side'])}", until


def _settings(reload: Json) -> Iterator[str]:
    """Yield sentences on how settings were read last."""
    yield f"In use since {spoken(reload['good_since'])}."
    yield from (f"The last reload changed: {one}" for one in reload["changes"])
    if reload["refused"]:
        now = "and are still what the files say" if reload["state"] == "refused" else "and good ones were read since"
        yield f"Others were refused at {spoken(reload['refused'])}, {now}:"
        yield from reload["problems"]


def _hour(status: Json) -> Iterator[tuple[Any, ...]]:
    calls, last = ({one["operation"]: one for one in rows} for rows in (status["hour"], status["routes"]))
    for name in dict.fromkeys([*calls, *(name for name, one in last.items() if one["last"])]):
        one, known, why = calls.get(name), last.get(name), "-"
        numbers = [str(one[kind]) if one else "0" for kind in ("calls", "client_errors", "failed")]
        sides = ", ".join(f"{side} {count}" for side, count in sorted(one["routes"].items())) if one else "-"
        if known is not None and known["last"]:
            why = ", ".join(filter(None, (f"{_when(known['last'], status)}: {known['answered']}", known["because"])))
        yield name, *numbers, sides, why


def _bars(minutes: list[Json]) -> Json:
    """Return the heights of the minutes with calls, and a sentence that says the same."""
    sums = {kind: sum(one[kind] for one in minutes) for kind in ("retired", "other", "client_errors", "failed")}
    most = max(one["retired"] + one["other"] for one in minutes)
    bars = [
        (10 * n, round(38 * (one["retired"] + one["other"]) / most, 1), round(38 * one["failed"] / most, 1))
        for n, one in enumerate(minutes)
        if one["retired"] + one["other"]
    ]
    said = (
        f"{sums['retired']} retired calls, {sums['other']} passed on, at most {most} a minute; "
        f"{sums['client_errors']} answered 4xx, {sums['failed']} failed"
    )
    return {"all": bars, "said": said, "first": minutes[0]["minute"][11:16], "last": minutes[-1]["minute"][11:16]}


def _callers(status: Json) -> Iterator[tuple[Any, ...]]:
    for one in status["callers"]:
        name = f"{one['agent'] or 'no User-Agent'} from {one['peer']}"
        yield name, str(one["calls"]), str(one["retired"]), _when(one["last"], status)


def _errors(status: Json) -> Iterator[tuple[Any, ...]]:
    for one in status["errors"]:
        yield _cause(one), str(one["calls"]), _ORIGINS[one["origin"]], one["operation"], _when(one["last"], status)


def _cause(one: Json) -> str:
    code, cause = one["code"], one["cause"]
    if code is None:
        return f"Atlas answered {cause}" if cause == str(one["status"]) else cause.replace("_", " ")
    return f"{code}: {cause.replace('_', ' ')}" if cause != "none" else code


def _announced(status: Json) -> Iterator[tuple[Any, ...]]:
    for one in status["announced"]:
        sunset = "-" if one["sunset"] is None else f"{one['sunset'][:10]}, {distance(one['days_left'])}"
        deprecated = one["deprecation"][:10] if one["deprecation"] else "yes" if one["deprecated"] else "-"
        operation = [*filter(None, (f"{one['method']} {one['path']}", one["version"], one["link"]))]
        yield sunset, deprecated, operation, str(one["calls"]), _when(one["last"], status), one["callers"]


def _routes(status: Json) -> Iterator[tuple[Any, ...]]:
    first = {one["operation"]: (one["first"] or "nobody", one["reason"]) for one in status["routes"]}
    for sunset in sorted(status["sunsets"], key=lambda one: one["sunset"]):
        when = f"{sunset['sunset'][:10]}, {distance(sunset['days_left'])}"
        when += " (by the option sunset)" if sunset["overridden"] else ""
        names = sorted(sunset["operations"], key=first.__getitem__)
        for decision, same in groupby(names, key=first.__getitem__):
            yield sunset["title"], when, *decision, [*same]


def _fields(status: Json) -> Iterator[tuple[Any, ...]]:
    """Yield fields together that have an operation, a reason and a count in common."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for one in status["fields"]:
        alike.setdefault((str(one["answers"]), one["operation"], one["level"], one["why"]), []).append(one["field"])
    for rest, names in alike.items():
        yield names, *rest


TABLES = (
    ("calls", "Calls in the last hour", "Operation | Calls | 4xx | 5xx | Answered by | The last one, and why", _hour),
    ("callers", "Callers since the start", "Caller | Calls | Retired | Last", _callers),
    ("errors", "Errors since the start", "Cause | Calls | Whose | Operation | Last", _errors),
    (
        "announced",
        "The next sunsets in your traffic",
        "Sunset | Deprecated | Operation | Replies | Last | Callers",
        _announced,
    ),
    ("routes", "Sunsets, and the route in force", "Document | Sunset | Asked first | Why | Operations", _routes),
    ("fields", "Fields that are not what they were", "Fields | Answers | Of | Is now | Why", _fields),
)
"""The name, the title, the columns and the rows of each table."""
