"""``atlas-shim calendar``: the sunsets of calls, and how often each call was seen."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

import click

from shim.cli.engine import document_option, engine_of
from shim.cli.output import FILE, output_option, write_json, write_line, write_table
from shim.core.route import sunset_of
from shim.core.settings import read_settings
from shim.documents.model import Operation
from shim.documents.objects import RefusedChoice
from shim.errors import SettingsError
from shim.tools.inventory.reading import read_inventory
from shim.tools.inventory.writing import VARIABLE

ENDS_SOON, HAS_ENDED = 4, 5  # exit codes, as those of ``scan``

_is_day = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch


def _is_of(operation: Operation, name: str, version: str) -> bool:
    """Return whether a call, by an operation's id or by method and path in a version, is one of an operation."""
    call = f"{operation.method} {re.sub(r'{[^{}]*}', '{}', operation.full_path)}"  # as inventories have them
    is_version = not _is_day(version) or version in operation.versions
    return name in {operation.id, *operation.aliases} or (name == call and is_version)


def _place(operation: Operation) -> tuple[str, ...]:
    targets = [target for one in operation.successors.values() for _, target in one.targets()]
    calls = dict.fromkeys(" ".join(call) for one in targets for call in one.changes)
    return (*calls,) or (operation.without_successor,)


def _served(operation: Operation) -> str:
    if operation.switch:
        return f"ATLAS_SHIM_WRITES={operation.switch}"
    if operation.lens and operation.lens.switch:
        return f"in part; some bodies: ATLAS_SHIM_WRITES={operation.lens.switch}"
    for name, tier in operation.successors.items():
        words = [word for word, choice in tier.choices.items() if isinstance(choice, RefusedChoice)]
        if words and operation.request:
            return f"in part; not {operation.request.choose} {', '.join(words)} on {name}"
    return "yes" if operation.successors or operation.constant is not None else "no"


@click.command
@click.option("--seen", type=FILE, multiple=True, help="Count the calls in this inventory.")
@click.option("--within", type=click.IntRange(0), default=90, help="Fail for sunsets within this many days.")
@document_option
@output_option
def command(seen: tuple[Path, ...], *, within: int, document: Path | None, output: str) -> NoReturn:
    """List when Atlas ends which calls, and what takes their place.

    SERVED says whether the shim answers a call then, whole or in part, and by which setting if it needs one. Without
    --seen the calls are counted that the inventory of ATLAS_SHIM_INVENTORY has.

    Exit codes: 0 when nothing ends soon; 4 if a sunset is at most --within days away, and 5 if one has passed and
    the call was seen. With an inventory only calls count that it has.
    """
    engine, settings = engine_of(document), read_settings(os.environ)
    named = os.environ.get(VARIABLE)
    files = seen or ([Path(named)] if named else [])
    calls = [call for file in files for call in _calls_in(file)]
    rows, today, ended, soon = list[dict[str, Any]](), datetime.now(UTC).date(), 0, 0
    table: list[Sequence[Any]] = [("SUNSET", "LEFT", "CALL", "VERSION", "SERVED", "SEEN", "SAID BY", "IN ITS PLACE")]
    ends = [(sunset_of(one, settings).date(), one) for one in engine.operations if not one.lives]
    for sunset, one in sorted(ends, key=lambda end: (end[0], end[1].file, end[1].full_path)):
        left, count = (sunset - today).days, sum(number for *call, number in calls if _is_of(one, *call))
        ended += left <= 0 and bool(count)
        soon += 0 < left <= within and bool(count or not files)
        names, place, served = (one.id, *one.aliases), _place(one), _served(one)
        rows.append({
            "sunset": sunset, "method": one.method, "path": one.full_path, "version": one.version, "names": names,
            "source": one.file, "place": place, "served": served, "left": left, "seen": count if files else None,
        })  # fmt: skip
        days, call = f"{left} days" if left > 0 else "over", f"{one.method} {one.full_path}"
        table.append((str(sunset), days, call, one.version, served, count or None, one.file, "; ".join(place)))
    if output == "json":
        write_json({"format": 1, "within": within, "ends": rows})
    else:
        write_table(table)
        end_soon = "calls that were seen end" if files else "calls end"
        click.echo()
        write_line(f"{soon} {end_soon} within {within} days{f'; {ended} have ended' if files else ''}.")
    raise SystemExit(HAS_ENDED if ended else ENDS_SOON if soon else 0)


def _calls_in(file: Path) -> list[tuple[str, str, int]]:
    """Return the calls in an inventory, each with its version, if known, and count.

    A call is an operation, or method and path. Raises SettingsError for a file that can't be read.
    """
    try:
        inventory = read_inventory((file,))
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    if inventory.broken == inventory.lines > 0:
        raise SettingsError(f"{file}: is not an inventory")
    if inventory.broken:
        click.echo(f"{file}: {inventory.broken} lines can't be read, and may have been calls.", err=True)
    called = [(one.operation, "", one.count) for one in inventory.callers]
    return called + [(one.operation, one.version, one.count) for one in inventory.announced]
