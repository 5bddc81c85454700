"""``atlas-shim explain``: how a call is handled, and why; nothing is sent."""

from __future__ import annotations

import os
from collections.abc import Sequence
from datetime import UTC, datetime

import attrs
import click

from shim.cli import output
from shim.cli.code_samples import NextCall, readable
from shim.cli.explanation import Explanation, Unrecognised, as_json, explain, read_call
from shim.cli.failures import NO, trouble
from shim.cli.fields import FieldLine, field_lines, no_successor
from shim.cli.options import output_option
from shim.cli.samples import LIBRARIES, code_for
from shim.cli.samples.names import AUTHS, guess_auth
from shim.core.recognise import shared_engine
from shim.core.route import has_successor
from shim.core.settings import FlagRoute, RouteWord, parse_instant, read_settings
from shim.documents.model import Successor
from shim.documents.vocabulary import Fidelity

_LEVELS = {Fidelity.EXACT: "green", Fidelity.RENAMED: "green", Fidelity.DERIVED: "yellow"}
_LEVELS |= {Fidelity.CONSTANT: "yellow", Fidelity.ABSENT: "red"}


@click.command()
@click.argument("method")
@click.argument("url")
@click.option("--route", type=click.Choice([word.value for word in RouteWord]), help="As ATLAS_SHIM_ROUTE would be.")
@click.option("--accept", metavar="VALUE", help="The call's Accept field. Default: none, the legacy version.")
@click.option("--at", "at", metavar="DATE", help="The date or instant of the call. Default: now.")
@click.option(
    "--for",
    "libraries",
    type=click.Choice(LIBRARIES),
    multiple=True,
    help="What the code is for, repeatable. Default: httpx.",
)
@click.option("--auth", type=click.Choice(AUTHS), help="How it signs. Default: as the environment can.")
@output_option
def command(  # noqa: PLR0913 - one argument an option
    *,
    method: str,
    url: str,
    route: str | None,
    accept: str | None,
    at: str | None,
    libraries: tuple[str, ...],
    auth: str | None,
    output: str,
) -> None:
    """Explain how a call is handled: the decision, the fields, and the call to make instead.

    The code gives what the retired call gave: all pages, the same names, words and types, in the
    same order. Go's is for Atlas' SDK, which has names and types of its own; curl's takes jq.

    URL is a whole URL or a path; a name in it may be a {placeholder}. Nothing is sent. Settings
    come from ATLAS_SHIM_ROUTE, ATLAS_SHIM_SUNSET, ATLAS_SHIM_UPSTREAM and ATLAS_SHIM_MAPPINGS.

    Example: atlas-shim explain GET
    '/api/atlas/v2/groups/{groupId}/serverless/{name}/backup/snapshots'

    Exit codes: 0 when the call is recognised; 1 when it is not, and is passed on as it is; 2 for
    bad usage, settings or mapping documents.
    """
    settings, engine = read_settings(os.environ), shared_engine(os.environ)
    engine.check_settings(settings)
    if route is not None:
        settings = attrs.evolve(settings, route=RouteWord(route), flag="")
    now = datetime.now(UTC) if at is None else parse_instant(at, name="--at")
    found = explain(engine, read_call(method, url, accept), settings, now)
    _write(found, output, libraries or LIBRARIES[:1], auth or guess_auth(os.environ))


def _write(found: Explanation | Unrecognised, form: str, libraries: Sequence[str], auth: str) -> None:
    if form == "json":
        output.write_json(as_json(found, auth))
    else:
        output.heading(f"{found.call.method} {readable(found.call.path)}")
        if isinstance(found, Explanation):
            _recognised(found)
            _ways_out(found, libraries, auth)
        else:
            output.paragraph("Not recognised: the shim has no part in this call and passes it on as it is.")
            output.bullets(found.reasons)
            output.paragraph(f"See {trouble('nothing-happens')}")
    if isinstance(found, Unrecognised):
        raise SystemExit(NO)


def _recognised(found: Explanation) -> None:
    operation, flag = found.operation, found.settings.flag
    pairs = [
        ("operation", f"{operation.id} ({found.match.api.name}), from {operation.file}"),
        ("deprecated", f"{operation.deprecated:%Y-%m-%d}"),
        ("sunset", _sunset(found)),
        (
            "route",
            found.settings.route.value if not flag else f"{FlagRoute(flag)}, not asked here; until it says: auto",
        ),
        ("decision", f"{_asks(found)}: {found.decision.reason}"),
        ("then", _then(found)),
        ("note", operation.note),
    ]
    output.facts([pair for pair in pairs if pair[1]])
    remarks = list(found.remarks)
    if not has_successor(operation, found.settings):
        remarks.append(no_successor(operation))
    for remark in remarks:
        click.echo()
        output.paragraph(remark)
    for tier in found.tiers:
        _tier(tier, field_lines(operation, tier.tier), operation.file)


def _ways_out(found: Explanation, libraries: Sequence[str], auth: str) -> None:
    """Write the code of the calls to make instead, on each tier."""
    for tier in found.tiers:
        output.heading(f"\nThe day the shim goes: the call on {tier.tier}")
        for call in found.calls(tier):
            if call.word:
                click.echo(f"\n  For {call.word}:")
            if call.refused:
                output.paragraph(f"refused, {call.refused}")
            else:
                _call(call, libraries, auth)
    if found.tiers:
        click.echo()
        output.paragraph(
            f"Code for others: --for {', --for '.join(LIBRARIES)}; signing: --auth {', --auth '.join(AUTHS)}.", ""
        )


def _call(call: NextCall, libraries: Sequence[str], auth: str) -> None:
    output.paragraph(f"{call.method} {call.url}{call.also}")
    for library in libraries:
        if code := code_for(call, library, auth):
            output.code(code)
        else:
            output.paragraph("Atlas' SDK for Go is not known to have this call.")
    for note in call.notes:
        output.paragraph(note)


def _sunset(found: Explanation) -> str:
    days = (found.sunset - found.at).days
    distance = f"in {days} days" if days > 0 else f"{-days} days ago" if days < 0 else "today"
    overridden = "" if found.sunset == found.operation.sunset else ", from ATLAS_SHIM_SUNSET"
    return f"{found.sunset:%Y-%m-%d} ({distance}{overridden})"


def _asks(found: Explanation) -> str:
    route = found.decision.route
    return "nobody is asked" if route == "none" else f"{route} is asked" + (" first" if found.decision.corrects else "")


def _then(found: Explanation) -> str:
    """Say which side is asked next, after which replies."""
    if not found.decision.corrects:
        return ""
    if found.decision.legacy_next:
        return (
            f"if {found.decision.route} knows nothing (a 404, an empty list), legacy is asked, and its answer stands "
            "if it knows something"
        )
    first = found.decision.route
    then = "its successor is asked" if found.tiers else "the shim says so in a 410 of its own"
    steps = [f"if it answers 410, or 404 or 405 without an errorCode, {then}"] * (first == "legacy")
    steps += [
        f"{tier.tier} is asked after {' or '.join(tier.after)}"
        for tier in found.tiers
        if tier.after and tier is not found.tiers[0] and tier.tier != first
    ]
    return "; ".join(steps)


def _tier(tier: Successor, lines: Sequence[FieldLine], file: str) -> None:
    """Write the fields of one tier: all that are unchanged on one line, each other one with its reason."""
    output.heading(f"\nFields, when {tier.tier} answers" if lines else f"\nWhen {tier.tier} answers")
    if tier.note:
        output.paragraph(tier.note)
    same = [line.name for line in lines if line.fidelity == Fidelity.EXACT and not (line.when or line.why)]
    if same:
        output.paragraph(", ".join(same), "            ", f"  {click.style('exact', fg='green')}     ")
    for line in lines:
        if line.name in same:
            continue
        level = click.style(line.fidelity.ljust(8), fg=_LEVELS[Fidelity(line.fidelity)])
        click.echo(f"  {level}  {click.style(line.name, bold=True)}")
        said = [f"When {line.when}: " if line.when else "", f"{line.how}." if line.how else ""]
        owner = f" (a rule of {line.owner})" if line.owner != file else ""
        output.paragraph(f"{''.join(said)} {line.why}{owner}".strip(), "            ")
