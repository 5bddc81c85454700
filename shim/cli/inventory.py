"""``atlas-shim inventory``: who still makes retired calls, and the calls to make instead."""

from __future__ import annotations

import os
from collections.abc import Container
from itertools import groupby
from pathlib import Path
from typing import Any

import attrs
import click

from shim.cli import output
from shim.cli.code_samples import ORIGIN, NextCall, next_calls, write_call
from shim.cli.fields import no_successor
from shim.cli.options import output_option
from shim.core.recognise import Engine, shared_engine
from shim.documents.model import Operation
from shim.inventory.reading import Caller, Inventory, read_inventory
from shim.inventory.writing import VARIABLE

Called = tuple[str, Operation | None, list[Caller], list[NextCall]]
"""An operation's name, the operation if a document has it, its callers, and the calls to make instead."""


@click.command()
@click.argument("files", metavar="[FILE...]", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@output_option
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
    called = [
        _called(engine, name, list(callers))
        for name, callers in groupby(found.callers, key=lambda caller: caller.operation)
    ]
    if output == "json":
        _json(found, called)
    else:
        _text(found, called)


def _called(engine: Engine, name: str, callers: list[Caller]) -> Called:
    operation = engine.named(name)
    seen = {call for caller in callers for call in caller.successors}
    return name, operation, callers, [] if operation is None else _instead_of(operation, seen)


def _instead_of(operation: Operation, seen: Container[str]) -> list[NextCall]:
    """Return an operation's successor calls: those ``seen`` as method and template, else those of the first tier."""
    raw = {name: f"{{{name}}}" for name in operation.path.parameters}
    tiers = [next_calls(operation, raw, successor) for successor in operation.successors.values()]
    met = [
        call
        for calls in tiers
        for call in calls
        if f"{call.method} {call.url.removeprefix(ORIGIN).partition('?')[0]}" in seen
    ]
    return met or [call for calls in tiers[:1] for call in calls if call.url]


def _json(found: Inventory, called: list[Called]) -> None:
    operations = [
        {
            "operation": name,
            "sunset": None if operation is None else operation.sunset.strftime("%Y-%m-%d"),
            "count": sum(caller.count for caller in callers),
            "last": max(caller.last for caller in callers),
            "callers": [_caller(caller) for caller in callers],
            "successors": [
                {"method": call.method, "url": call.url, "accept": call.accept, **call.samples()} for call in calls
            ],
            "gone": None if operation is None or operation.gone is None else attrs.asdict(operation.gone),
        }
        for name, operation, callers, calls in called
    ]
    output.write_json({"format": 1, "lines": found.lines, "broken": found.broken, "operations": operations})


def _caller(caller: Caller) -> dict[str, Any]:
    kept = attrs.asdict(caller, filter=lambda _, value: value is not None)
    del kept["operation"]
    return kept


def _text(found: Inventory, called: list[Called]) -> None:
    if not called:
        click.echo("No retired call was written down.")
    for name, operation, callers, calls in called:
        output.heading(name if operation is None else f"{name}, sunset {operation.sunset:%Y-%m-%d}")
        rows = [[caller.place, str(caller.count), caller.last, _lacking(caller)] for caller in callers]
        output.write_table(["CALLER", "CALLS", "LAST", "FIELDS THAT ARE NOT WHAT THEY WERE"], rows)
        click.echo()
        if operation is None:
            output.paragraph("No mapping document knows this operation.")
        elif operation.without_successor:
            output.paragraph(no_successor(operation))
        for call in calls:
            word = f" ({call.word})" if call.word else ""
            output.paragraph(f"Instead{word}: {call.method} {call.url}")
            write_call(call)
            click.echo()
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
