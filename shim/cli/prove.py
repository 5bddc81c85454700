"""``atlas-shim prove``: compares translated reads with the successor's own answers."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import attrs
import click
import httpx

from shim._version import __version__
from shim.atlas.auth import NO_CREDENTIALS, auth_for
from shim.atlas.client import TIMEOUT
from shim.atlas.replies import error_of
from shim.cli import output
from shim.cli.engine import document_option, plan_of
from shim.cli.exchanging import exchanged
from shim.cli.output import config_option, output_option
from shim.cli.prove_writes import (
    WritesPlan,
    confirm,
    problems_of,
    trial_reports,
    without_names,
    write_reports,
    write_trials,
    writes_plan,
)
from shim.cli.serve import flag
from shim.core.content import loads
from shim.core.exchange import exchange
from shim.core.messages import Call, Headers, Record
from shim.core.recognize import Match
from shim.core.route import Context, Memory
from shim.core.settings import RouteWord, Settings
from shim.credentials import read_credentials
from shim.doors.httpx_family.door import INNER
from shim.errors import AtlasError, SettingsError
from shim.flags.providers import connected, provider_factory
from shim.flags.values import FeatureFlag
from shim.gateway.options import TABLE
from shim.gateway.plan import Plan
from shim.gateway.tls import system_context
from shim.tools.inventory.writing import COMMANDS
from shim.tools.proof import MISSING, Proof, example_of, proof_of
from shim.tools.trying import TrialReport

_SHOWN = ("level", "source", "why", "wrong")
"""The keys of a field in a report, which has no value."""


_ROWS = [
    row
    for row in TABLE
    if row.group in {"Atlas", "Translation"} and row.name != "writes"
]
"""The options of ``serve`` for the target of a read, and its translation."""


@attrs.define
class UnprovedError(Exception):
    """Atlas answered a read with an error, through the shim or directly."""

    error: AtlasError


@attrs.frozen
class RetiredRead:
    """A read to be proved."""

    target: str
    accept: str = ""
    """Empty for the oldest version of the path."""
    operation: str = ""
    """Its name in a report; empty for a path from the command line."""


@click.command(params=[flag(row) for row in _ROWS])
@click.argument("paths", metavar="[PATH...]", nargs=-1)
@click.option(
    "--group", metavar="ID", help="Make all retired reads of this project, too."
)
@click.option("--org", metavar="ID", help="Make those of this organization.")
@click.option(
    "--cluster",
    metavar="NAME",
    help="Make those of this cluster or instance of the project.",
)
@click.option(
    "--writes",
    "project",
    metavar="ID",
    help="Try writes in this disposable project.",
)
@click.option(
    "--email",
    metavar="ADDRESS",
    help="Send the invitations of trials to this address.",
)
@click.option("--plan", "plans", is_flag=True, help="List the calls, and send nothing.")
@config_option
@document_option
@output_option
def command(  # noqa: PLR0913 - one argument for each option
    paths: tuple[str, ...],
    *,
    group: str | None,
    org: str | None,
    cluster: str | None,
    project: str | None,
    email: str | None,
    plans: bool,
    config: Path | None,
    document: Path | None,
    output: str,
    **flags: str | None,
) -> None:
    """Compare retired reads with the successor's own answers.

    It sends only GET requests, only to the Atlas of --upstream (or
    MONGODB_ATLAS_BASE_URL), with the credentials of the environment. A read-only key is
    enough. The calls do not appear in an inventory. The JSON report contains no values
    and no names, so you can share it. Unless a route is set, the successor is asked
    even before its sunset.

    With --writes, it tries writes in a project that you can delete, after you type the
    project's name. Each trial reverts its changes.

    Example: atlas-shim prove --group ID --cluster NAME --plan

    Exit codes: 0 if each field, and each trial, has the expected result; 1 otherwise,
    or for an error from Atlas; 2 for bad usage; 3 for the network.
    """
    if email and not project:
        raise click.UsageError("--email is for trials of writes: add --writes ID")
    trial_values = {
        "groupId": project,
        "orgId": org,
        "clusterName": cluster,
        "email": email,
    }
    if project:
        writes = writes_plan(trial_values)
    else:
        writes = None
    made = plan_of(
        flags | {"writes": "clusters" if project else None}, config, document
    )
    if "route" not in made.given or project:
        made = Plan(
            attrs.evolve(made.options, route=RouteWord.SUCCESSOR),
            made.engine,
            made.given,
        )
    reads = [RetiredRead(path.removeprefix(made.options.upstream)) for path in paths]
    if group or not project:
        reads += _reads_of(
            made,
            {"groupId": group, "orgId": org, "clusterName": cluster, "name": cluster},
        )
    if not reads and not writes:
        raise click.UsageError("name a PATH, or a project: --group ID")
    if plans:
        _write_plan(reads, writes, made.options.upstream, output)
    else:
        _prove(made, reads, writes, output)


def _reads_of(plan: Plan, given: Mapping[str, str | None]) -> Iterator[RetiredRead]:
    """Yield the retired reads whose paths have some of these parameters, and no other."""
    values = {name: quote(value, safe="") for name, value in given.items() if value}
    for operation in plan.engine.operations:
        names = operation.path.parameters
        is_read = (
            operation.method == "GET"
            and operation.content == "json"
            and not operation.lives
        )
        if is_read and operation.successors and names and {*names} <= values.keys():
            target = re.sub(
                r"\{(\w+)\}", lambda found: values[found[1]], operation.full_path
            )
            yield RetiredRead(target, operation.accept, operation.id)


def _write_plan(
    reads: Sequence[RetiredRead], writes: WritesPlan | None, upstream: str, form: str
) -> None:
    if form == "json":
        if writes is None:
            trials = {}
        else:
            trials = {"trials": [attrs.asdict(one) for one in writes.made]}
        output.write_json({"upstream": upstream, "reads": reads, **trials})
        return
    if reads:
        output.heading(
            f"{len(reads)} reads of {upstream}, through the shim and directly"
        )
        rows = [(one.operation, one.target, one.accept) for one in reads]
        output.write_table([("OPERATION", "GET", "ACCEPT"), *rows])
    if writes is not None:
        write_trials(writes)


def _prove(
    plan: Plan, targets: Sequence[RetiredRead], writes: WritesPlan | None, form: str
) -> None:
    known = read_credentials(os.environ)
    upstream = plan.options.upstream
    if known is None:
        raise SettingsError(NO_CREDENTIALS)
    reads = list[Proof]()
    problems = list[str]()
    unproved = list[dict[str, str]]()
    options: dict[str, Any] = {
        "timeout": TIMEOUT,
        "headers": {"User-Agent": f"{COMMANDS}{__version__}"},
    }
    with httpx.Client(
        auth=auth_for(known, upstream), verify=system_context(), **options
    ) as http:
        for target in targets:
            try:
                reads.append(_read(http, plan, target))
            except UnprovedError as refused:
                problems.append(f"{target.target}: {refused.error}")
                said = (
                    f"{refused.error.status} {refused.error.error_code or ''}".rstrip()
                )
                unproved.append({"operation": target.operation, "answer": said})
            except SettingsError as error:
                problems += [f"{target.target}: {one}" for one in error.problems]
                unproved.append(
                    {"operation": target.operation, "answer": "none of a successor"}
                )
        trials: list[TrialReport] = []
        if writes is not None:
            confirm(http, upstream, writes.given["groupId"])
            trials += trial_reports(http, plan, writes)
    for read in reads:
        problems += [f"{read.record.operation}: {one}" for one in _problems(read)]
    problems += problems_of(trials)
    report: dict[str, Any] = {
        "version": __version__,
        "reads": [_without_values(read) for read in reads],
        "unproved": unproved,
    }
    if writes is not None:
        report["trials"] = [without_names(one) for one in trials]
        report["missing"] = writes.missing

    def text() -> None:
        _text(reads)
        if trials:
            write_reports(trials)

    if writes is None:
        good = "Each field is as its document describes."
    else:
        good = "Everything is as the shim assumes."
    output.write_report(report, problems, form, text, good)


def _read(http: httpx.Client, plan: Plan, read: RetiredRead) -> Proof:
    """Return the proof of one read.

    Raises SettingsError for one that proves nothing, and UnprovedError.
    """
    upstream = plan.options.upstream
    target = read.target
    asked: Headers = ()
    if read.accept:
        asked = (("Accept", read.accept),)
    match = plan.engine.recognize("GET", target.partition("?")[0], asked)
    if match is None:
        raise SettingsError(f"no mapping document has a GET of this path at {upstream}")
    settings = _settings_for(plan, match)
    if settings.route is RouteWord.OFF:
        raise SettingsError("the shim is switched off; set ATLAS_SHIM_ROUTE=successor")
    accept = (("Accept", match.content_type.partition(";")[0]),)
    context = Context(settings, Memory(), time.time, upstream, monotonic=time.monotonic)
    happened, answer = exchanged(
        http, exchange(match, Call("GET", upstream, target, accept), context)
    )
    if happened.route in {"legacy", "none"}:
        raise SettingsError(
            f"no successor answered ({happened.reason}); set ATLAS_SHIM_ROUTE=successor"
        )
    if not answer.is_success:
        raise UnprovedError(error_of(answer))
    own = dict[str, list[Any]]()
    for tier, url in _pages(happened):
        successor = match.operation.successors[tier].only
        assert successor is not None, "a read has one call on a tier"
        reply = http.get(
            upstream + url,
            headers={"Accept": successor.accept},
            extensions={INNER: True},
        )
        if not reply.is_success:
            raise UnprovedError(error_of(reply))
        own.setdefault(tier, []).append(loads(reply.content))
    return proof_of(match.operation, target, happened, loads(answer.content), own)


def _settings_for(plan: Plan, match: Match) -> Settings:
    """Return the settings for one call, with the value of its feature flag, if any."""
    if not (key := plan.settings.flag):
        return plan.settings
    flag = FeatureFlag(
        key, partial(connected, key, provider_factory(os.environ)), Settings.by_flag
    )
    try:
        while seconds := flag.waits(match):
            time.sleep(seconds)
        return flag.variant(plan.settings, match)
    finally:
        flag.stop()


def _pages(happened: Record) -> list[tuple[str, str]]:
    """Return the tiers whose successes made an answer, with the targets of their pages."""
    good = [one for one in happened.sent if one.status == 200 and one.route != "legacy"]
    last = {one.route: urlsplit(one.target).path for one in good}
    found = []
    for one in good:
        if urlsplit(one.target).path == last[one.route]:
            found.append((one.route, one.target))
    return found


def _problems(read: Proof) -> Iterator[str]:
    yield from read.problems
    for one in read.record.dropped:
        yield f"{one.where}: {output.printable(one.said)} was left out: {one.why}"
    for name, every in read.fields.items():
        if wrong := [one.wrong for one in every if one.wrong]:
            yield f"{name}: {wrong[0]} (in {len(wrong)} of {len(every)})"


def _text(reads: Sequence[Proof]) -> None:
    for read in reads:
        output.heading(read.record.operation)
        output.paragraph(read.target)
        output.bullets(f"{one.method} {one.target}" for one in read.record.sent)
        rows = [("old field", "level", "old value", "<- new field", "new value")]
        for every in read.fields.values():
            one = example_of(every)
            old = output.shortened(one.old)
            new = output.shortened(one.new)
            rows.append((one.name, one.level, old, one.source, new))
        output.write_table(rows, "  ")
        whys = {}
        for one in chain.from_iterable(read.fields.values()):
            if one.why and one.old is MISSING:
                whys[one.name] = one.why
        output.bullets(f"{name}: {why}" for name, why in whys.items())


def _without_values(read: Proof) -> dict[str, Any]:
    record = read.record
    fields = []
    for every in read.fields.values():
        one = example_of(every)
        shown = {name: getattr(one, name) for name in _SHOWN}
        fields.append({"field": one.name, **shown, "items": len(every)})
    dropped = [{"where": one.where, "why": one.why} for one in record.dropped]
    return {
        "operation": record.operation,
        "api": record.api,
        "calls": len(record.sent),
        "fields": fields,
        "problems": read.problems,
        "dropped": dropped,
    }
