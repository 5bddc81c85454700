"""``atlas-shim inventory``: who still makes retired calls, the calls to make instead, and whether the shim can go."""

from __future__ import annotations

import os
from collections.abc import Container
from datetime import UTC, datetime
from itertools import groupby
from pathlib import Path
from typing import Any

import attrs
import click

from shim.cli import output
from shim.cli.failures import Failure
from shim.cli.inventory_page import EXPLAINED, Called, announced_row, lacking, page, remarks
from shim.cli.next_calls import ORIGIN, NextCall, next_calls
from shim.cli.options import output_option
from shim.core.recognise import Engine, shared_engine
from shim.core.settings import read_settings
from shim.documents.model import Operation
from shim.tools.inventory import VARIABLE
from shim.tools.inventory.reading import Caller, Inventory, read_inventory
from shim.tools.inventory.verdict import FORM, Verdict, ends_of, judge, look_at, parse_since

EXIT = {"quiet": 0, "called": 4, "unproven": 5}
"""Verdict -> exit code with ``--fail-if-called``."""


@click.command()
@click.argument("files", metavar="[FILE...]", nargs=-1, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--since", metavar="WHEN", help="Count only calls since then: 30d, 12h, 4w, a date or an instant.")
@click.option("--fail-if-called", "fails", is_flag=True, help="Exit with 4 or 5 unless nobody called (see below).")
@click.option(
    "--html",
    "html",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Write the inventory as an HTML page to this file.",
)
@output_option
def command(*, files: tuple[Path, ...], since: str | None, fails: bool, html: Path | None, output: str) -> None:
    """Show who still makes retired calls, and whether the shim can go.

    FILE is the file that programs or the gateway wrote, as set by ATLAS_SHIM_INVENTORY (also rotated
    files and .gz). Default: the file that the variable names now. The verdict comes first; then, for
    each operation, its callers, how often and when they last called, which fields had changed in the
    answers, and the command that shows the call to make instead; last, calls through a gateway whose
    replies announced a sunset (Sunset, Deprecation). Calls of the shim's own commands do not count.

    Calls whose sunset is in the future and that Atlas answers itself are counted apart.

    The verdict is "unproven" without --since, or if the file starts too late, has broken lines, or
    rotated files beside it were not given.

    Example: atlas-shim inventory calls.jsonl --since 30d --fail-if-called

    Exit codes: 0 success, with --fail-if-called only if nobody called; 2 for bad usage or settings,
    also if FILE is missing; with --fail-if-called 4 if somebody called, and 5 if no call was found
    but the verdict is unproven.
    """
    if not files:
        named = os.environ.get(VARIABLE)
        if not named:
            raise click.UsageError(f"name a FILE, or set {VARIABLE}")
        files = (Path(named),)
    if html is not None and html.resolve() in {file.resolve() for file in files}:
        raise click.UsageError(f"--html: {html} is one of the inventories to read; name another file")
    now, settings = datetime.now(UTC), read_settings(os.environ)
    start = None if since is None else parse_since(since, now)
    try:
        sources = [look_at(file) for file in files]
        found = read_inventory(files, "" if start is None else start.strftime(FORM))
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from None
    engine = shared_engine(os.environ)
    engine.check_settings(settings)
    verdict = judge(found, sources, start, now, ends_of(engine, settings, now.timestamp()))
    called = [
        _called(engine, name, list(callers))
        for name, callers in groupby(found.callers, key=lambda caller: caller.operation)
    ]
    if html is not None:
        _write_page(html, page(found, called, verdict, now))
    if output == "json":
        _json(found, called, verdict)
    else:
        _text(found, called, verdict)
    if fails:
        raise SystemExit(EXIT[verdict.word])


def _write_page(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise Failure(f"--html: {path}: {error.strerror}", 2) from None


def _called(engine: Engine, name: str, callers: list[Caller]) -> Called:
    operation = engine.named(name)
    seen = {call for caller in callers for call in caller.successors}
    return Called(name, operation, callers, [] if operation is None else _instead_of(operation, seen))


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


def _json(found: Inventory, called: list[Called], verdict: Verdict) -> None:
    operations = [
        {
            "operation": one.name,
            "sunset": None if one.operation is None else one.operation.sunset.strftime("%Y-%m-%d"),
            "count": one.count,
            "last": one.last,
            "callers": [_caller(caller) for caller in one.callers],
            "explain": one.explain or None,
            "successors": [{"method": call.method, "url": call.url, "accept": call.accept} for call in one.instead],
            "gone": None if one.operation is None or one.operation.gone is None else attrs.asdict(one.operation.gone),
        }
        for one in called
    ]
    counts = {name: getattr(found, name) for name in ("lines", "broken", "earlier", "own", "untold")}
    window = {"first": found.first or None, "last": found.last or None}
    output.write_json(
        {
            "format": 1,
            "verdict": attrs.asdict(verdict),
            "window": window,
            **counts,
            "operations": operations,
            "announced": [attrs.asdict(one) for one in found.announced],
        }
    )


def _caller(caller: Caller) -> dict[str, Any]:
    kept = attrs.asdict(caller, filter=lambda _, value: value is not None)
    del kept["operation"]
    return kept


def _text(found: Inventory, called: list[Called], verdict: Verdict) -> None:
    colours = {"called": "red", "quiet": "green", "unproven": "yellow"}
    output.paragraph(verdict.sentence, "", fg=colours[verdict.word], bold=True)
    output.bullets((*verdict.doubts, *verdict.ahead))
    for remark in remarks(found, verdict):
        output.paragraph(remark, "")
    for one in called:
        operation = one.operation
        output.heading(
            "\n"
            + (output.printable(one.name) if operation is None else f"{one.name}, sunset {operation.sunset:%Y-%m-%d}")
        )
        rows = [[caller.place, str(caller.count), caller.last, "; ".join(lacking(caller))] for caller in one.callers]
        output.write_table(["CALLER", "CALLS", "LAST", "CHANGED FIELDS"], rows)
        click.echo()
        for way_out in one.ways_out:
            output.paragraph(way_out)
        if one.explain:
            output.paragraph(EXPLAINED)
            output.code(one.explain)
    if found.announced:
        output.heading("\nThe next sunsets in these calls, as Atlas' replies announced them")
        columns = ["SUNSET", "DEPRECATED", "OPERATION", "VERSION", "CALLS", "LAST", "CALLERS"]
        output.write_table(columns, map(announced_row, found.announced))
