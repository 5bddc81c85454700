"""``atlas-shim explain``: how a call is handled, and why; nothing is sent."""

from __future__ import annotations

import os
from datetime import UTC, datetime

import attrs
import click

from shim.cli import output
from shim.cli.explanation import Explanation, Unrecognised, as_json, explain, read_call
from shim.cli.failures import NO, trouble
from shim.cli.fields import FieldLine
from shim.cli.next_calls import BEARER, DIGEST, NextCall
from shim.cli.options import output_option
from shim.core.recognise import shared_engine
from shim.core.settings import RouteWord, parse_instant, read_settings
from shim.credentials import used_variables
from shim.documents.vocabulary import Fidelity


@click.command()
@click.argument("method")
@click.argument("url")
@click.option(
    "--route",
    type=click.Choice([word.value for word in RouteWord]),
    help="The route to explain. Default: ATLAS_SHIM_ROUTE.",
)
@click.option(
    "--accept", metavar="VALUE", help="The call's Accept header. Default: no header, which means the legacy version."
)
@click.option("--at", "at", metavar="DATE", help="The date or instant of the call. Default: now.")
@output_option
def command(  # noqa: PLR0913 - one argument an option
    *, method: str, url: str, route: str | None, accept: str | None, at: str | None, output: str
) -> None:
    """Explain how a call is answered, and which call to make instead.

    For each tier that can answer: the new field that each old field comes from, the new call as a
    curl command, and its name in the Go SDK, in the Atlas CLI and in clients generated from Atlas'
    OpenAPI description (operationId). The curl command signs with an API key if the environment
    has one, else with the token of MONGODB_ATLAS_ACCESS_TOKEN.

    URL is a whole URL or a path; a name in it may be a {placeholder}. Nothing is sent. Settings
    come from ATLAS_SHIM_ROUTE, ATLAS_SHIM_SUNSET, ATLAS_SHIM_WRITES, ATLAS_SHIM_UPSTREAM and
    ATLAS_SHIM_MAPPINGS.

    Example: atlas-shim explain GET
    '/api/atlas/v2/groups/{groupId}/serverless/{name}/backup/snapshots'

    Exit codes: 0 if the call is a retired one; 1 if not (it would be passed on unchanged); 2 for
    bad usage, settings or mapping documents.
    """
    settings, engine = read_settings(os.environ), shared_engine(os.environ)
    engine.check_settings(settings)
    if route is not None:
        settings = attrs.evolve(settings, route=RouteWord(route), flag="")
    now = datetime.now(UTC) if at is None else parse_instant(at, name="--at")
    has_key = any("PUBLIC_API_KEY" in name for name in used_variables(os.environ))
    found = explain(engine, read_call(method, url, accept), settings, now, DIGEST if has_key else BEARER)
    _write(found, output)


def _write(found: Explanation | Unrecognised, form: str) -> None:
    if form == "json":
        output.write_json(as_json(found))
    else:
        output.heading(f"{found.call['method']} {found.call['path']}")
        if isinstance(found, Explanation):
            _recognised(found)
        else:
            output.paragraph("Not recognised: the shim passes this call on unchanged.")
            output.bullets(found.reasons)
            output.paragraph(f"See {trouble('nothing-happens')}")
    if isinstance(found, Unrecognised):
        raise SystemExit(NO)


def _recognised(found: Explanation) -> None:
    days = (found.sunset - found.at).days
    distance = f"in {days} days" if days > 0 else f"{-days} days ago" if days < 0 else "today"
    pairs = [
        ("operation", f"{found.operation} ({found.api}), from {found.file}"),
        ("deprecated", f"{found.deprecated:%Y-%m-%d}"),
        ("sunset", f"{found.sunset:%Y-%m-%d} ({distance})"),
        ("route", found.route["word"]),
        ("decision", found.decision),
        ("then", found.then),
        ("note", found.note),
    ]
    output.facts([pair for pair in pairs if pair[1]])
    for remark in found.remarks:
        click.echo()
        output.paragraph(remark)
    for name, tier in found.tiers.items():
        if tier.fields or tier.note:
            output.heading(f"\nWhen {name} answers{': old field <- new' if tier.fields else ''}")
            output.paragraph(tier.note)
        _fields(tier.fields, found.file)
        output.heading(f"\nThe call to make instead, on {name}")
        for call in tier.calls:
            _call(call)


def _fields(lines: tuple[FieldLine, ...], file: str) -> None:
    """Write the fields of one tier: the unchanged ones on one line, every other with its reason."""
    same = [line.name for line in lines if line.fidelity == Fidelity.EXACT and not (line.how or line.when or line.why)]
    if same:
        _row(Fidelity.EXACT, ", ".join(same))
    for line in lines:
        if line.name in same:
            continue
        made = line.how.removeprefix("from ") or ", else ".join(line.sources)
        when = f" (when {line.when})" if line.when else ""
        _row(line.fidelity, line.name + (f" <- {made}" if made else "") + when)
        owner = f" (a rule of {line.owner})" if line.owner not in {"", file} else ""
        _row("", f"{line.why}{owner}".strip())


def _row(level: str, text: str) -> None:
    output.paragraph(text, " " * 12, f"  {level:10}")


def _call(call: NextCall) -> None:
    if call.word:
        click.echo(f"\n  For {call.word}:")
    if call.refused:
        output.paragraph(f"refused, {call.refused}")
        return
    output.code(call.curl)
    click.echo()
    output.facts(call.names.items())
    output.bullets(call.remarks)
