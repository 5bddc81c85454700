"""What a gateway shows of itself: ``/status.json``, and over it the page and the text, which are templates.

Its shape is documented in docs/reference/metrics.md: members may be added, and none goes or changes. Instants are UTC,
as in ``2026-06-01T12:00:00Z``; days are whole, negative for the past. Nothing in it is an id, a query, a credential or
content.
"""

from __future__ import annotations

import textwrap
import time
from collections import Counter as Tally
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from importlib.resources import files
from itertools import groupby
from typing import TYPE_CHECKING, Any

import attrs

from shim._version import __version__
from shim.core.content import dumps, loads
from shim.core.context import Context
from shim.core.messages import Call
from shim.core.responses import SITE
from shim.core.route import decide, sunset_of
from shim.documents.model import Operation
from shim.documents.vocabulary import Fidelity
from shim.gateway.call import Handler
from shim.gateway.errors import origin_of
from shim.gateway.ledger import HOUR, OTHER, Snapshot, fair
from shim.gateway.plan import Plan, waiting
from shim.gateway.tls import ReloadableContext
from shim.gateway.verdict import DAY, span, verdict
from shim.gateway.watch import Watched
from shim.page import STYLE, VERDICTS, hash_source, printable, templates
from shim.tools.inventory.verdict import ends_of, spoken
from shim.tools.inventory.writing import written
from shim.tools.radar.radar import distance

if TYPE_CHECKING:
    from jinja2 import Environment

_FORMAT = 1  # the number of this shape; it is raised when a member goes or changes
_SHOWN = 16  # callers that are shown: so many that were known first, that call most, and that called last

PROBLEMS = 20
"""Problems of a refused reload that are shown; the log has them all."""

WIDTH = 80
"""Columns of the text."""

_LONGEST = 500
_FILES = files("shim.gateway").joinpath("templates")

Json = dict[str, Any]


async def status_of(
    handler: Handler,
    settings: Watched[Plan],
    certificates: Iterable[ReloadableContext],
    *,
    listens: str,
    ready: bool,
) -> Json:
    """Return the status as it is now; may be called in another thread's loop."""
    plan, counted, today, now = handler.plan, handler.ledger.snapshot(), handler.clock(), time.time()
    started, (refused, problems) = handler.ledger.started, settings.refused
    ends, options = ends_of(plan.engine, plan.settings, today), plan.options
    seen = await handler.inventory.read(ends)
    return {
        "format": _FORMAT,
        "made": written(now),
        "version": __version__,
        "started": written(started),
        "uptime_seconds": int(now - started),
        "ready": ready,
        "mode": {
            "route": str(options.route),
            "credentials": str(options.credentials),
            "upstream": options.upstream,
            "listens": listens,
            "reads": sorted(options.reads),
            "writes": sorted(options.writes),
            "inventory": seen is not None,
        },
        "silence": verdict(counted["retired"], started, now, seen, ends),
        "sunsets": [*_sunsets(plan, today)],
        "routes": [*_routes(handler, counted)],
        **_last_hour(counted, int(now) // 60),
        "callers": [
            {
                "peer": peer,
                "agent": agent,
                "calls": one["calls"],
                "retired": one["retired"],
                "last": written(one["last_at"]),
            }
            for (peer, agent), one in _latest(fair(counted["callers"], _SHOWN))
        ],
        "fields": [*_fields(counted, plan)],
        "errors": sorted(_errors(counted), key=lambda one: one["status"] < 500),
        "reload": {
            "state": "refused" if settings.problems else "good",
            "good_since": written(settings.good_since),
            "refused": None if refused is None else written(refused),
            "problems": _cut(problems),
            "waiting": waiting(settings.value, plan),
            "changes": _cut(settings.changes),
        },
        "certificates": [
            {"side": one.side, **_day("not_after", one.expires, now), "refused": bool(one.problems)}
            for one in certificates
            if one.expires is not None
        ],
        "announced": [
            {
                **attrs.asdict(one),
                **_day("sunset", one.sunset, today),
                "deprecation": None if one.deprecation is None else written(one.deprecation),
                "first": written(one.first),
                "last": written(one.last),
                "callers": [*one.callers],
            }
            for one in sorted(
                handler.inventory.radar.sightings(), key=lambda one: (one.sunset or float("inf"), one.key)
            )
        ],
    }


def _cut(said: Sequence[str]) -> list[str]:
    return [one if len(one) <= _LONGEST else f"{one[:_LONGEST]}..." for one in said[:PROBLEMS]]


def _latest(rows: Snapshot) -> list[tuple[Any, Any]]:
    return sorted(rows.items(), key=lambda item: -item[1]["last_at"])


def _day(name: str, instant: float | None, today: float) -> Json:
    if instant is None:
        return {name: None, "days_left": None}
    return {name: written(instant), "days_left": int((instant - today) // DAY)}


def _sunsets(plan: Plan, today: float) -> Iterator[Json]:
    def sunset(operation: Operation) -> datetime:
        return sunset_of(operation, plan.settings)

    for document in plan.engine.documents:
        for day, operations in groupby(sorted(document.operations, key=sunset), key=sunset):
            yield {
                "document": document.name,
                "title": document.title,
                **_day("sunset", day.timestamp(), today),
                "overridden": document.name in plan.settings.sunsets,
                "operations": [one.id for one in operations],
            }


def _routes(handler: Handler, counted: Snapshot) -> Iterator[Json]:
    """Yield for each operation which side is asked first about an unknown cluster, why, and its last call."""
    plan = handler.plan
    context = Context(plan.settings, handler.memory, handler.clock, "", loads, dumps, monotonic=time.monotonic)
    answered = sorted((row["last_at"], name, route) for (name, route), row in counted["retired"].items())
    lasts = {name: {"last": written(at), "answered": route, "because": why} for (at, why), name, route in answered}
    for operation in plan.engine.operations:
        accept = ("Accept", f"application/vnd.atlas.{operation.version}+json")
        path = operation.full_path.replace("{", "%7B").replace("}", "%7D")
        call = Call(operation.method, plan.options.upstream, path, (accept,))
        match = plan.engine.recognise(call.method, call.target, call.headers)
        found = decide(match, call, context) if match else None  # None: its version can't be asked for
        yield {
            "operation": operation.id,
            "method": operation.method,
            "path": operation.full_path,
            "document": operation.document,
            "first": found.route if found else "",
            "reason": found.reason if found else "",
            **(lasts.get(operation.id) or dict.fromkeys(("last", "answered", "because"))),
        }


def _last_hour(counted: Snapshot, newest: int) -> Json:
    """Return the last hour's calls by operation and by minute; a call failed if it got a 5xx or no answer."""
    kinds = dict.fromkeys(("client_errors", "failed"), 0)
    minutes: dict[int, Json] = {
        minute: {"minute": written(minute * 60), "retired": 0, "other": 0, **kinds}
        for minute in range(newest - HOUR + 1, newest + 1)
    }
    hour: dict[str, Json] = {}
    for (minute, operation, route, hundreds), calls in counted["minutes"].items():
        if minute in minutes:
            row = hour.setdefault(operation, {"operation": operation, "calls": 0, **kinds, "routes": Tally()})
            minutes[minute]["other" if operation == OTHER else "retired"] += calls
            row["calls"] += calls
            row["routes"][route] += calls
            if hundreds not in {1, 2, 3}:
                kind = "client_errors" if hundreds == 4 else "failed"
                minutes[minute][kind] += calls
                row[kind] += calls
    rows = sorted(hour.values(), key=lambda row: (row["operation"] == OTHER, -row["calls"], row["operation"]))
    return {"hour": rows, "minutes": [*minutes.values()]}


def _errors(counted: Snapshot) -> Iterator[Json]:
    for (operation, failure), one in counted["errors"].items():
        said = {"code": failure[0], "status": failure[1], "cause": failure[2], "calls": one["calls"]}
        times = {"first": written(one["first_at"]), "last": written(one["last_at"])}
        yield {"origin": origin_of(failure), "operation": operation, **said, **times}


def _fields(counted: Snapshot, plan: Plan) -> Iterator[Json]:
    for (name, field, level), answers in sorted(counted["fields"].items()):
        if level == Fidelity.RENAMED:
            continue
        operation = plan.engine.named(name)
        known = (one for one in (operation.fields if operation else ()) if one.name == field)
        rules = (rule for one in known for some in one.rules.values() for rule in some)
        why = next((rule.why for rule in rules if rule.fidelity == level), "")
        yield {"operation": name, "field": field, "level": level, "answers": answers, "why": why}


def page(status: Json) -> str:
    """Return the page as HTML; jinja2 is loaded at the first look."""
    style, script = _style_and_script()
    return _templates().get_template("status.html.j2").render(status=printable(status), style=style, script=script)


def text(status: Json) -> str:
    """Return the text, in lines of 80 columns."""
    return _templates().get_template("status.txt.j2").render(status=printable(status, "?"))


def policy() -> str:
    """Return the Content-Security-Policy of the page: its own style, the script that renews it, and nothing else."""
    style, script = map(hash_source, _style_and_script())
    return (
        f"default-src 'none'; style-src {style}; script-src {script}; connect-src 'self'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


@cache
def _style_and_script() -> tuple[str, str]:
    style, script = (_FILES.joinpath(name).read_text("utf-8") for name in ("status.css", "status.js"))
    return STYLE + style, script


@cache
def _templates() -> Environment:
    made = templates(_FILES, {"wrapped": _wrapped})
    made.globals |= {"spoken": spoken, "span": span, "distance": distance, "verdicts": VERDICTS}
    made.globals["codes"] = f"{SITE}reference/errors/"
    return made


def _wrapped(said: str, first: str = "", rest: str = "") -> str:
    return "\n".join(textwrap.wrap(said, WIDTH, initial_indent=first, subsequent_indent=rest))
