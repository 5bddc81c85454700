"""``atlas-shim prove --writes PROJECT``: tries open questions about writes.

The project is one to throw away.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs
import click
import httpx

from shim.atlas.replies import error_of
from shim.cli import output
from shim.cli.exchanging import exchanged
from shim.core.content import loads
from shim.core.exchange import exchange
from shim.core.messages import Call
from shim.core.route import Context, Memory
from shim.documents.vocabulary import Fidelity
from shim.doors.httpx_family.door import INNER
from shim.gateway.plan import Plan
from shim.tools.trials import Trial, trials
from shim.tools.trying import INTERRUPTED, Filled, TrialAnswer, TrialReport, make_trial

_MEDIA = "application/vnd.atlas.{}+json"
_SAME = {Fidelity.EXACT, Fidelity.RENAMED}
_OPTIONS = {
    "groupId": "--writes",
    "orgId": "--org",
    "clusterName": "--cluster",
    "email": "--email",
}


@attrs.frozen
class WritesPlan:
    """The trials that can be made with the given values, and the others."""

    given: Mapping[str, str]
    made: Sequence[Trial]
    missing: Mapping[str, str]
    """Each trial that is not made to the options that it needs."""


def writes_plan(given: Mapping[str, str | None]) -> WritesPlan:
    """Return which trials can be made with some values."""
    values = {name: value for name, value in given.items() if value}
    made = [trial for trial in trials() if trial.needs <= values.keys()]
    missing = {}
    for trial in trials():
        if trial not in made:
            needed = sorted(trial.needs - values.keys())
            missing[trial.name] = " ".join(_OPTIONS[name] for name in needed)
    return WritesPlan(values, made, missing)


def write_trials(plan: WritesPlan) -> None:
    """List the calls of each trial, as text for people."""
    for trial in plan.made:
        output.heading(trial.question)
        rows = [("CALL", "VERSION", "BY")]
        for step in trial.steps:
            rows.append((step.call, step.version, step.by))
            if step.undo:
                rows.append(
                    (f"then revert: {step.undo.call}", step.undo.version, step.undo.by)
                )
        output.write_table(rows, "  ")
    output.bullets(f"{name} needs {needs}" for name, needs in plan.missing.items())


def confirm(http: httpx.Client, upstream: str, project: str) -> None:
    """Ask for the project's name.

    Raises UsageError if the user types another one, and AtlasError.
    """
    name = _read(http, f"{upstream}/api/atlas/v2/groups/{project}").get("name", "")
    clusters = _read(http, f"{upstream}/api/atlas/v2/groups/{project}/clusters").get(
        "totalCount", 0
    )
    output.write_line(
        f"Project {name} ({project}) has {clusters} clusters. The trials change it, and may cost money.",
        err=True,
    )
    typed = click.prompt(
        "Type its name to continue", err=True, default="", show_default=False
    )
    if not name or typed != name:
        raise click.UsageError("this is not the project's name; nothing was changed")


def _read(http: httpx.Client, url: str) -> Any:
    reply = http.get(url, headers={"Accept": _MEDIA.format("2024-08-05")})
    if not reply.is_success:
        raise error_of(reply)
    return loads(reply.content)


def trial_reports(
    http: httpx.Client, plan: Plan, writes: WritesPlan
) -> Iterator[TrialReport]:
    """Make the trials one after the other.

    Yield a report of each, and none after Ctrl-C.
    """
    for trial in writes.made:
        output.write_line(f"{trial.name} …", err=True)
        report = make_trial(trial, writes.given, lambda call: _ask(http, plan, call))
        for left in report.left:
            output.write_line(f"not reverted: {left}", err=True)
        yield report
        if report.why == INTERRUPTED:
            return


def _ask(http: httpx.Client, plan: Plan, call: Filled) -> TrialAnswer:
    headers = [("Accept", _MEDIA.format(call.version))]
    content = None
    if call.body is not None:
        headers.append(("Content-Type", _MEDIA.format(call.version)))
        content = json.dumps(call.body).encode()
    if call.by == "shim":
        return _through_shim(http, plan, call, tuple(headers), content)
    url = plan.options.upstream + call.target
    reply = http.request(
        call.method, url, headers=headers, content=content, extensions={INNER: True}
    )
    return TrialAnswer(reply.status_code, _json_of(reply))


def _through_shim(
    http: httpx.Client,
    plan: Plan,
    call: Filled,
    headers: tuple[tuple[str, str], ...],
    content: bytes | None,
) -> TrialAnswer:
    upstream = plan.options.upstream
    match = plan.engine.recognize(call.method, call.target, headers)
    assert match is not None, "trials.toml names calls that the shipped documents have"
    context = Context(
        plan.settings, Memory(), time.time, upstream, monotonic=time.monotonic
    )
    legacy = Call(call.method, upstream, call.target, headers, content)
    record, reply = exchanged(http, exchange(match, legacy, context))
    declared = {one.name for one in record.fields if one.fidelity not in _SAME}
    return TrialAnswer(reply.status_code, _json_of(reply), frozenset(declared))


def _json_of(reply: httpx.Response) -> Any:
    try:
        return loads(reply.content)
    except ValueError:
        return None


def problems_of(reports: Sequence[TrialReport]) -> Iterator[str]:
    """Yield the results of trials that refute the assumption or were not reverted.

    They differ from the assumption.
    """
    for report in reports:
        if report.outcome in {"otherwise", "unanswered"}:
            yield f"{report.name}: {report.why}"
        if report.left:
            yield f"{report.name}: not everything was reverted; standard error has the calls"


def write_reports(reports: Sequence[TrialReport]) -> None:
    """Write the results of trials, as text for people."""
    rows = [(one.question, one.outcome, one.why) for one in reports]
    output.write_table([("QUESTION", "ANSWER", "WHY"), *rows])


def without_names(report: TrialReport) -> dict[str, Any]:
    """Return a report that can be published."""
    shown = attrs.asdict(report)
    shown["reverted"] = not shown.pop("left")
    return shown
