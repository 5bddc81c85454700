"""``atlas-shim inventory``: the callers of retired calls, and whether the shim can go."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import attrs
import click

from shim.cli import output
from shim.cli.output import FILE, output_option
from shim.cli.successors import no_successor
from shim.core.recognize import Engine, shared_engine
from shim.core.settings import read_settings
from shim.tools.inventory.reading import (
    LEVELS,
    MAX_CALLERS,
    Caller,
    Inventory,
    read_inventory,
)
from shim.tools.inventory.verdict import ends_of, judge, parse_since, spoken
from shim.tools.inventory.writing import VARIABLE, explain_command, written

# Verdict to exit code with ``--fail-if-called``.
EXIT = {
    "quiet": 0,
    "called": 4,
    "unproven": 5,
}


@click.command()
@click.argument("files", metavar="[FILE...]", nargs=-1, type=FILE)
@click.option(
    "--since",
    metavar="WHEN",
    help="Count only calls since then: 30d, 12h, 4w, a date or an instant.",
)
@click.option(
    "--fail-if-called",
    "fails",
    is_flag=True,
    help="Exit with 4 or 5 if there were calls (see above).",
)
@output_option
def command(
    *, files: tuple[Path, ...], since: str | None, fails: bool, output: str
) -> None:
    """List the callers of retired calls that were recorded.

    FILE is a file that programs or the gateway wrote (ATLAS_SHIM_INVENTORY), including
    rotated files and .gz. The default is the file in that variable. Calls of the shim's
    own commands do not count. Calls that Atlas still answers because their sunset is in
    the future are counted separately.

    The verdict is "unproven" without --since, or if the file starts too late or has
    broken lines.

    Example: atlas-shim inventory calls.jsonl --since 30d --fail-if-called

    Exit codes: 0 success, with --fail-if-called only if there were no calls; 2 for bad
    usage or settings, or a missing FILE; with --fail-if-called, 4 if there were calls,
    and 5 if no call was found but the verdict is unproven.
    """
    if not files:
        named = os.environ.get(VARIABLE)
        if not named:
            raise click.UsageError(f"name a FILE, or set {VARIABLE}")
        files = (Path(named),)
    now = datetime.now(UTC)
    settings = read_settings(os.environ)
    if since is None:
        start = None
    else:
        start = parse_since(since, now)
    engine = shared_engine(os.environ)
    engine.check_settings(settings)
    try:
        if start is None:
            begins = ""
        else:
            begins = written(start.timestamp())
        found = read_inventory(files, begins)
        ends = ends_of(engine, settings, now.timestamp())
        verdict = judge(found, files, ends)
    except OSError as error:
        raise click.UsageError(f"{error.filename}: {error.strerror}") from None
    operations = []
    for name, callers in groupby(found.callers, attrgetter("operation")):
        operations.append(_called(engine, name, [*callers]))
    window = {"first": found.first or None, "last": found.last or None}
    report = {
        "format": 1,
        "verdict": verdict,
        "window": window,
        "lines": found.lines,
        "broken": found.broken,
        "earlier": found.earlier,
        "untold": found.untold,
        "operations": operations,
        "announced": [_row(one) for one in found.announced],
    }
    _write(report, [*_remarks(found)], output)
    if fails:
        raise SystemExit(EXIT[verdict["word"]])


def _called(engine: Engine, name: str, callers: list[Caller]) -> dict[str, Any]:
    """Return a called operation with its callers, and the command that explains it.

    The command shows the calls to make instead.
    """
    operation = engine.named(name)
    sunset = None
    explain = None
    way_out = "No mapping document knows this operation."
    if operation is not None:
        sunset = f"{operation.sunset:%Y-%m-%d}"
        way_out = no_successor(operation)
        if operation.successors:
            explain = explain_command(operation)
    return {
        "operation": name,
        "sunset": sunset,
        "explain": explain,
        "way_out": way_out,
        "count": sum(caller.count for caller in callers),
        "last": max(caller.last for caller in callers),
        "callers": [_row(caller) for caller in callers],
    }


def _remarks(found: Inventory) -> Iterator[str]:
    """Yield sentences on the lines that were read, and on unlisted callers."""
    if found.first:
        window = f"from {spoken(found.first)} to {spoken(found.last)}"
        yield f"Lines in the inventory: {found.lines}, {window}."
    if found.broken:
        yield f"{found.broken} of {found.lines} lines can't be read."
    if found.earlier:
        yield f"{found.earlier} calls were made before the window, and are left out."
    if found.untold:
        yield f"Only {MAX_CALLERS} callers are listed; {found.untold} calls of others were counted."


def _row(caller: Caller) -> dict[str, Any]:
    return attrs.asdict(caller, filter=lambda _, value: bool(value))


def _changed(caller: Mapping[str, Any]) -> str:
    """Return the fields that have changed in a caller's answers, by level."""
    changed = [
        f"{level}: {', '.join(caller[level])}" for level in LEVELS if level in caller
    ]
    return "; ".join(
        [
            *changed,
            *([f"{caller['dropped']} values left out"] if "dropped" in caller else []),
        ]
    )


def _write(report: Mapping[str, Any], remarks: list[str], form: str) -> None:
    if form == "json":
        output.write_json(report)
        return
    verdict = report["verdict"]
    output.paragraph(verdict["sentence"], "")
    output.bullets((*verdict["doubts"], *verdict["ahead"]))
    for remark in remarks:
        output.paragraph(remark, "")
    for one in report["operations"]:
        if one["sunset"]:
            sunset = f", sunset {one['sunset']}"
        else:
            sunset = ""
        output.heading(f"\n{output.printable(one['operation'])}{sunset}")
        rows = [
            [*map(who.get, ("place", "count", "route", "last")), _changed(who)]
            for who in one["callers"]
        ]
        output.write_table(
            [("CALLER", "CALLS", "ANSWERED BY", "LAST", "CHANGED FIELDS"), *rows]
        )
        click.echo()
        output.paragraph(one["way_out"])
        if one["explain"]:
            output.paragraph("The call to make instead, and where each field is now:")
            output.code(one["explain"])
    if report["announced"]:
        output.heading("\nSunsets that Atlas's replies to these calls announced")
        columns = (
            "sunset",
            "deprecation",
            "operation",
            "version",
            "count",
            "last",
            "place",
        )
        ends = [[one.get(name) for name in columns] for one in report["announced"]]
        output.write_table([[name.upper() for name in columns], *ends])
