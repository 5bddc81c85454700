"""``atlas-shim inventory``: who still makes retired calls, and the calls to make instead."""

from __future__ import annotations

import os
from itertools import groupby
from pathlib import Path
from typing import Any

import attrs
import click

from shim.cli import output
from shim.cli.code_samples import NextCall, as_curl, as_httpx, next_calls, placeholders_in
from shim.core.query import read_query
from shim.core.recognise import Engine, shared_engine
from shim.documents.model import Operation
from shim.inventory.reading import Caller, Inventory, read_inventory
from shim.inventory.writing import VARIABLE

ORIGIN = "https://cloud.mongodb.com"


@click.command()
@click.argument("files", metavar="[FILE...]", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@output.output_option
def command(*, files: tuple[Path, ...], output: str) -> None:
    """Show which call sites still make retired calls.

    FILE is what ATLAS_SHIM_INVENTORY named while programs or the gateway ran; the file of that
    variable when left out. For each operation: who called it, how often and when last, which fields the
    answers could not give as they were, and the successor's call as curl and as httpx code.
    Lines that are no records are counted and left out.

    Exit codes: 0 also when nothing was called; 2 for bad usage or settings.
    """
    if not files:
        named = os.environ.get(VARIABLE)
        if not named:
            raise click.UsageError(f"name a FILE, or set {VARIABLE}")
        files = (Path(named),)
    try:
        found = read_inventory(files)
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from None
    engine = shared_engine(os.environ)
    if output == "json":
        _json(found, engine)
    else:
        _text(found, engine)


def _groups(found: Inventory, engine: Engine) -> list[tuple[str, Operation | None, list[Caller]]]:
    grouped = groupby(found.callers, key=lambda caller: caller.operation)
    return [(name, engine.named(name), list(callers)) for name, callers in grouped]


def successor_calls(engine: Engine, operation: Operation, seen: frozenset[str] = frozenset()) -> list[NextCall]:
    """Return an operation's successor calls: those ``seen`` as method and template, else those of the first tier."""
    api = next(
        api for document in engine.documents if document.name == operation.document for api in document.apis.values()
    )
    match = engine.recognise(operation.method, placeholders_in(api.base + operation.path.text), ())
    if match is None:  # a later version of the path: Accept would have to name it
        return []
    query = read_query("", operation.shape)
    calls = [call for tier in operation.successors.values() for call in next_calls(match, tier, ORIGIN, query)]
    met = [
        call
        for call in calls
        if call.url and f"{call.method} {call.url.removeprefix(ORIGIN).partition('?')[0]}" in seen
    ]
    first = next(iter(operation.successors.values()), None)
    return met or ([] if first is None else [call for call in next_calls(match, first, ORIGIN, query) if call.url])


def _seen(callers: list[Caller]) -> frozenset[str]:
    return frozenset(call for caller in callers for call in caller.successors)


def _json(found: Inventory, engine: Engine) -> None:
    operations = []
    for name, operation, callers in _groups(found, engine):
        calls = [] if operation is None else successor_calls(engine, operation, _seen(callers))
        gone = None if operation is None or operation.gone is None else attrs.asdict(operation.gone)
        operations.append({
            "operation": name,
            "sunset": None if operation is None else operation.sunset.strftime("%Y-%m-%d"),
            "count": sum(caller.count for caller in callers),
            "last": max(caller.last for caller in callers),
            "callers": [_caller(caller) for caller in callers],
            "successors": [_successor(one) for one in calls],
            "gone": gone,
        })  # fmt: skip
    output.write_json({"format": 1, "lines": found.lines, "broken": found.broken, "operations": operations})


def _successor(call: NextCall) -> dict[str, str]:
    code = {"curl": as_curl(call), "httpx": as_httpx(call)}
    return {"method": call.method, "url": call.url, "accept": call.accept, **code}


def _caller(caller: Caller) -> dict[str, Any]:
    kept = attrs.asdict(caller, filter=lambda _, value: value is not None)
    del kept["operation"]
    return kept


def _text(found: Inventory, engine: Engine) -> None:
    if not found.callers:
        click.echo("No retired call was written down.")
    for name, operation, callers in _groups(found, engine):
        sunset = "" if operation is None else f", sunset {operation.sunset:%Y-%m-%d}"
        output.heading(f"{name}{sunset}")
        rows = [[caller.place, str(caller.count), caller.last, _lacking(caller)] for caller in callers]
        output.write_table(["CALLER", "CALLS", "LAST", "FIELDS THAT ARE NOT WHAT THEY WERE"], rows)
        click.echo()
        if operation is None:
            output.paragraph("No mapping document knows this operation.")
        elif operation.gone is not None:
            output.paragraph(f"There is no successor. {operation.gone.detail} See {operation.gone.see}")
        else:
            for call in successor_calls(engine, operation, _seen(callers)):
                _code(call)
        click.echo()
    if found.broken:
        click.echo(f"{found.broken} of {found.lines} lines are no records", err=True)


def _lacking(caller: Caller) -> str:
    parts = [
        f"{level}: {', '.join(names)}"
        for level in ("absent", "derived", "constant")
        if (names := getattr(caller, level))
    ]
    parts += [f"{caller.dropped} values left out"] if caller.dropped else []
    return "; ".join(parts)


def _code(call: NextCall) -> None:
    word = f" ({call.word})" if call.word else ""
    output.paragraph(f"Instead{word}: {call.method} {call.url}")
    for remark in call.remarks:
        output.paragraph(remark)
    for code in (as_curl(call), as_httpx(call)):
        click.echo()
        for line in code.split("\n"):
            click.echo(f"    {line}".rstrip())
    click.echo()
