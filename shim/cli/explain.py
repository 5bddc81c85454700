"""``atlas-shim explain``: a call's destination and replacement, or an error code."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

import click

from shim.cli import output
from shim.cli.dry import named
from shim.cli.error_codes import write_code
from shim.cli.explained import explained
from shim.cli.failures import NO
from shim.cli.output import output_option
from shim.cli.successors import (
    encoded,
    readable,
    write_fields,
)
from shim.codes import error_codes
from shim.core.messages import Call, field
from shim.core.recognize import Engine, shared_engine
from shim.core.settings import (
    parse_instant,
    read_settings,
)
from shim.documents.before import METHODS
from shim.documents.calls import Target
from shim.documents.tables import did_you_mean, nearest
from shim.documents.vocabulary import named_in
from shim.errors import SettingsError
from shim.origins import parse_origin
from shim.tools.radar.radar import days_until, distance, shape_of

_is_code = re.compile(r"[A-Z]+(_[A-Z]+)+").fullmatch  # SHIM_BUSY


@click.command()
@click.argument("subject", metavar="[METHOD] URL | NAME | CODE")
@click.argument("url", required=False, metavar="")
@click.option(
    "--accept",
    metavar="VALUE",
    help="The call's Accept header. Default: none, so the legacy version.",
)
@click.option(
    "--at", "at", metavar="DATE", help="The date or instant of the call. Default: now."
)
@output_option
def command(
    *, subject: str, url: str | None, accept: str | None, at: str | None, output: str
) -> None:
    """Explain how a call is answered, and which call to make instead.

    Give METHOD and URL, only a URL (GET), or the NAME of an operation, as in warnings,
    logs and SDKs. For an error code, as in "atlas-shim explain SHIM_BUSY" or
    "VERSION_GONE", it explains the error and the fix.

    The output lists every request that the call can cause, in order (the exchange is
    simulated; nothing is sent). Then, for each tier that can answer, it shows where
    each old field comes from, the new call as a curl command, and its name in the Go
    SDK, in the Atlas CLI and in clients generated from Atlas's OpenAPI description
    (operationId). The curl command signs with an API key if the environment has one,
    and otherwise with the token of MONGODB_ATLAS_ACCESS_TOKEN.

    URL is a whole URL or a path, and may contain {placeholders}. Settings come from the
    variables, as for programs.

    Example: atlas-shim explain GET
    '/api/atlas/v2/groups/{groupId}/serverless/{name}/backup/snapshots'

    Exit codes: 0 if the call is retired, or the code is known; 1 if the call is not
    retired (it would be passed on unchanged); 2 for bad usage, settings or mapping
    documents.
    """
    if url is None and (subject.upper() in error_codes() or _is_code(subject)):
        write_code(subject.upper(), output)
        return
    settings = read_settings(os.environ)
    engine = shared_engine(os.environ)
    engine.check_settings(settings)
    if at is None:
        now = datetime.now(UTC)
    else:
        now = parse_instant(at, name="--at")
    if url is not None:
        call = _call(subject, url, accept)
    else:
        call = _call_named(engine, subject, accept)
    asked = {
        "method": call.method,
        "origin": call.origin or None,
        "path": readable(call.path),
        "query": call.query,
    }
    match = engine.recognize(call.method, call.path, call.headers)
    if match is None:
        reasons = list(dict.fromkeys(_reasons(engine, call))) or [
            "No mapping document has this path."
        ]
        _write({"recognized": False, "call": asked, "reasons": reasons}, output)
        raise SystemExit(NO)
    _write(
        {"recognized": True, "call": asked, **explained(match, call, settings, now)},
        output,
    )


def _call_named(engine: Engine, subject: str, accept: str | None) -> Call:
    """Return the call for a single word: a URL or path (GET), or an operation's name.

    Raises SettingsError for any other word.
    """
    if subject.startswith("/") or "://" in subject:
        return _call("GET", subject, accept)
    if subject.upper() in METHODS:
        raise SettingsError(f"URL: is missing; give it after {subject.upper()}")
    names = {}
    for one in engine.operations:
        for name in (*one.aliases, one.id):
            names[name.lower()] = one
    operation = names.get(subject.lower())
    if operation is None:
        near = names.get(nearest(subject.lower(), names))
        hint = did_you_mean(near.id if near else "")
        raise SettingsError(
            f"{subject}: is neither a URL nor the name of a retired operation{hint or '.'} Give METHOD and URL, "
            "a URL, a name or a code"
        )
    return _call(operation.method, operation.full_path, accept or operation.accept)


def _call(method: str, url: str, accept: str | None) -> Call:
    """Return a URL or a path as a call, with placeholders percent-encoded.

    The origin of a path is empty. Raises SettingsError if ``url`` is neither.
    """
    parts = re.fullmatch(r"(https?://[^/?#]*)?(/[^#]*)(?:#.*)?", url, re.IGNORECASE)
    if parts is None:
        raise SettingsError(
            "URL: give a path that starts with a slash, or a whole URL with http or https"
        )
    if parts[1]:
        origin = parse_origin(parts[1], name="URL")
    else:
        origin = ""
    return Call(
        method.upper(),
        origin,
        encoded(parts[2]),
        () if accept is None else (("Accept", accept),),
    )


def _reasons(engine: Engine, call: Call) -> Iterator[str]:
    """Yield likely reasons why a call is not recognized, as sentences."""
    shape = shape_of(call.path)
    version = named_in(field(call.headers, "Accept"))
    had_versions = engine.has(call.method, call.path)
    for operation in engine.operations:
        for successor in operation.successors.values():
            for _, target in successor.targets():
                is_old = had_versions and (version or "") < target.version
                if not is_old and _is_to(target, call):
                    yield f"The call is current: it is the successor of {operation.id}."
                    return
    if had_versions:
        yield "The version: the call is recognized with a version in Accept that the retired endpoint had."
        return
    for method in sorted({operation.method for operation in engine.operations}):
        match = engine.recognize(method, call.path, call.headers)
        if match is None:
            continue
        fixed = shape.split("/")
        words = [word for word in match.raw.values() if word in fixed]
        if words:
            both = " and ".join(words)
            yield f"The path: {both} is a part of Atlas's API there, not a name."
        else:
            yield f"The method: the call is recognized with {method}."


def _is_to(target: Target, call: Call) -> bool:
    path = re.sub(r"\{\w+\}", "[^/]+", target.path.text)
    return target.method == call.method and re.fullmatch(path, call.path) is not None


def _write(found: Mapping[str, Any], form: str) -> None:
    if form == "json":
        output.write_json(found)
        return
    output.heading(f"{found['call']['method']} {found['call']['path']}")
    if not found["recognized"]:
        output.paragraph("Not recognized: the shim passes this call on unchanged.")
        output.bullets(found["reasons"])
        output.paragraph(
            "If it is a retired call: correct it, or describe it in a mapping document (mappings/README.md)."
        )
        return
    sunset = found["sunset"]
    if sunset is not None:
        left = distance(days_until(sunset.timestamp(), found["at"].timestamp()))
        sunset = f"{sunset:%Y-%m-%d} ({left})"
    pairs = {
        "operation": f"{found['operation']} ({found['api']}), from {found['file']}",
        "sunset": sunset,
        "route": found["route"]["word"],
        "decision": found["decision"],
        "note": found["note"],
    }
    output.facts(pair for pair in pairs.items() if pair[1])
    output.heading("\nRequests, in this order")
    for one in found["sends"]:
        output.paragraph(
            f"{_label(one)}: {one['method']} {one['target']}", " " * 4, "  "
        )
    for remark in found["remarks"]:
        click.echo()
        output.paragraph(remark)
    for name, tier in found["tiers"].items():
        _write_tier(name, tier)


def _write_tier(name: str, tier: Mapping[str, Any]) -> None:
    if tier["fields"] or tier["note"]:
        if tier["fields"]:
            legend = ": old field <- new"
        else:
            legend = ""
        output.heading(f"\nWhen {named(name)} answers{legend}")
        output.paragraph(tier["note"])
    write_fields(tier["fields"])
    if name == "successor":
        where = ""
    else:
        where = f", on {name}"
    output.heading(f"\nThe call to make instead{where}")
    for call in tier["calls"]:
        if len(tier["calls"]) > 1 or call["word"]:
            click.echo(f"\n  {_label(call)}:")
        if "refused" in call:
            output.paragraph(f"refused, {call['refused']}")
            continue
        output.code(call["curl"])
        click.echo()
        output.facts(call["names"].items())
        output.bullets(call["remarks"])


def _label(call: Mapping[str, Any]) -> str:
    """Return a label for a call: its side, its purpose, and its condition."""
    parts = [call["route"]]
    role = call.get("role", "answer")
    if role != "answer":
        parts.append(role)
    if call["word"]:
        parts.append(f"for {call['word']}")
    why = call.get("why", "")
    if why.startswith("if "):
        parts.append(why)
    return ", ".join(parts)
