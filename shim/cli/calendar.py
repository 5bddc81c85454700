"""``atlas-shim calendar``: the sunsets of calls, and how often each call was seen."""

from __future__ import annotations

import os
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import attrs
import click

from shim.cli.engine import document_option, engine_of
from shim.cli.output import FILE, output_option, write_json, write_line, write_table
from shim.core.recognize import Engine
from shim.core.route import sunset_of
from shim.core.settings import Settings, read_settings
from shim.documents.model import Operation
from shim.documents.objects import RefusedChoice
from shim.errors import SettingsError
from shim.tools.announced import Announcement, announced_ends, unnamed
from shim.tools.inventory.reading import read_inventory
from shim.tools.inventory.writing import VARIABLE

ENDS_SOON = 4  # the same exit codes as ``scan``
HAS_ENDED = 5

_is_day = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch


def _is_of(operation: Operation, name: str, version: str) -> bool:
    """Return whether a call is one of an operation.

    A call is an operation's id, or a method and path in a version.
    """
    call = (
        f"{operation.method} {unnamed(operation.full_path)}"  # as inventories have them
    )
    is_version = not _is_day(version) or version in operation.versions
    return name in {operation.id, *operation.aliases} or (name == call and is_version)


def _place(operation: Operation) -> tuple[str, ...]:
    targets = []
    for one in operation.successors.values():
        for _, target in one.targets():
            targets.append(target)
    calls = dict.fromkeys(" ".join(call) for one in targets for call in one.changes)
    return (*calls,) or (operation.without_successor,)


def _served(operation: Operation) -> str:
    if operation.switch:
        return f"ATLAS_SHIM_WRITES={operation.switch}"
    if operation.lens and operation.lens.switch:
        return f"in part; some bodies: ATLAS_SHIM_WRITES={operation.lens.switch}"
    for name, tier in operation.successors.items():
        words = [
            word
            for word, choice in tier.choices.items()
            if isinstance(choice, RefusedChoice)
        ]
        if words and operation.request:
            return (
                f"in part; not {operation.request.choose} {', '.join(words)} on {name}"
            )
    if operation.successors or operation.constant is not None:
        return "yes"
    return "no"


@click.command
@click.option(
    "--seen", type=FILE, multiple=True, help="Count the calls in this inventory."
)
@click.option(
    "--within",
    type=click.IntRange(0),
    default=90,
    help="Fail for sunsets within this many days.",
)
@document_option
@output_option
def command(
    seen: tuple[Path, ...], *, within: int, document: Path | None, output: str
) -> NoReturn:
    """List the sunsets that Atlas announced, and the replacements.

    SERVED shows whether the shim handles a call after its sunset, completely or partly,
    and the setting that it needs. Previews are "announced only". JSON has each date
    that Atlas announced, and the last day on which it was seen. Without --seen, calls
    in the inventory of ATLAS_SHIM_INVENTORY are counted.

    Exit codes: 0 if no sunset is near; 4 if a sunset is at most --within days away, and
    5 if one has passed and the call was seen. With an inventory, only the calls in it
    count.
    """
    engine = engine_of(document)
    settings = read_settings(os.environ)
    named = os.environ.get(VARIABLE)
    files = seen or ([Path(named)] if named else [])
    calls = [call for file in files for call in _calls_in(file)]
    ends = _ends(engine, settings)
    if document is None:
        ends += _announced_alone(ends)
    ends.sort(key=lambda end: (end.sunset, end.source, end.path))
    today = datetime.now(UTC).date()
    ended = 0
    soon = 0
    rows = list[dict[str, Any]]()
    table: list[Sequence[Any]] = [
        (
            "SUNSET",
            "LEFT",
            "CALL",
            "VERSION",
            "SERVED",
            "SEEN",
            "SAID BY",
            "REPLACEMENT",
        )
    ]
    for end in ends:
        left = (end.sunset - today).days
        count = sum(number for *call, number in calls if end.is_of(*call))
        ended += left <= 0 and bool(count)
        soon += 0 < left <= within and bool(count or not files)
        rows.append(end.as_json() | {"left": left, "seen": count if files else None})
        days = f"{left} days" if left > 0 else "over"
        call = f"{end.method} {end.path}"
        when = (str(end.sunset), days, call, end.version, end.served)
        table.append((*when, count or None, end.source, "; ".join(end.place)))
    if output == "json":
        write_json({"format": 1, "within": within, "ends": rows})
    else:
        write_table(table)
        if files:
            end_soon = "calls that were seen end"
        else:
            end_soon = "calls end"
        click.echo()
        write_line(
            f"{soon} {end_soon} within {within} days{f'; {ended} have ended' if files else ''}."
        )
    raise SystemExit(HAS_ENDED if ended else ENDS_SOON if soon else 0)


@attrs.frozen
class CalendarEnd:
    """A row: a call that Atlas ends, and how the shim handles it."""

    sunset: date
    method: str
    path: str
    version: str
    served: str
    source: str
    place: Sequence[str]
    announced: Sequence[Announcement]
    names: Sequence[str] = ()
    operation: Operation | None = None

    def is_of(self, name: str, version: str) -> bool:
        """Return whether a call, in either form, is one of it."""
        if self.operation is None:
            return (name, version) == (f"{self.method} {self.path}", self.version)
        return _is_of(self.operation, name, version)

    def as_json(self) -> dict[str, Any]:
        """Return its columns."""
        shown = attrs.asdict(self, recurse=False)
        del shown["operation"]
        return shown


def _ends(engine: Engine, settings: Settings) -> list[CalendarEnd]:
    """Return the ends of the documents' operations."""
    ends = list[CalendarEnd]()
    for one in engine.operations:
        if one.lives:
            continue
        key = (one.method, unnamed(one.full_path), one.version)
        known = announced_ends().get(key)
        end = CalendarEnd(
            sunset=sunset_of(one, settings).date(),
            method=one.method,
            path=one.full_path,
            version=one.version,
            served=_served(one),
            source=one.file,
            place=_place(one),
            announced=known.announced if known else (),
            names=(one.id, *one.aliases),
            operation=one,
        )
        ends.append(end)
    return ends


def _announced_alone(ends: Sequence[CalendarEnd]) -> list[CalendarEnd]:
    """Return the announced ends that no document has: those of previews."""
    known = {(one.method, unnamed(one.path), one.version) for one in ends}
    found = []
    for key, end in announced_ends().items():
        if key in known:
            continue
        sunset = date.fromisoformat(end.announced[0].sunset)
        unserved = CalendarEnd(
            sunset=sunset,
            method=end.method,
            path=end.path,
            version=end.version,
            served="announced only",
            source="announced.jsonl",
            place=(),
            announced=end.announced,
        )
        found.append(unserved)
    return found


def _calls_in(file: Path) -> list[tuple[str, str, int]]:
    """Return the calls in an inventory, each with its version, if known, and count.

    A call is an operation, or method and path. Raises SettingsError for a file that
    can't be read.
    """
    try:
        inventory = read_inventory((file,))
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    if inventory.broken == inventory.lines > 0:
        raise SettingsError(f"{file}: is not an inventory")
    if inventory.broken:
        click.echo(
            f"{file}: {inventory.broken} lines can't be read, and may have been calls.",
            err=True,
        )
    called = [(one.operation, "", one.count) for one in inventory.callers]
    return called + [
        (one.operation, one.version, one.count) for one in inventory.announced
    ]
