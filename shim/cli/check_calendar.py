"""``atlas-shim check --calendar``: the sunsets of calls, and how often each call was seen."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn

import attrs
import click

from shim.cli import output
from shim.core.recognise import Engine
from shim.core.route import sunset_of
from shim.core.settings import Settings, parse_instant
from shim.documents.load import MOST_BYTES, text_of
from shim.documents.vocabulary import Versions
from shim.errors import SettingsError
from shim.tools.draft.descriptions import read_description
from shim.tools.inventory.reading import read_inventory
from shim.tools.inventory.writing import VARIABLE

ENDS_SOON, HAS_ENDED = 4, 5  # exit codes, as those of ``scan``

_is_day = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch


@attrs.frozen
class End:
    """A call with a sunset, in ``versions`` from ``version`` on, and the ``source`` that says so.

    ``names`` are its operation ids.
    """

    sunset: date
    method: str
    path: str
    version: str
    versions: Versions
    names: tuple[str, ...]
    source: str

    def is_of(self, name: str, version: str) -> bool:
        """Return whether an operation, or a method and path in a version, is this call."""
        is_version = not _is_day(version) or version in self.versions
        return name in self.names or (name == _call(self.method, self.path) and is_version)


def _call(method: str, path: str) -> str:
    """Return method and path without the names of its parameters, as inventories have them."""
    return f"{method} {re.sub(r'{[^{}]*}', '{}', path)}"


def known_ends(engine: Engine, settings: Settings, descriptions: Sequence[Path]) -> list[End]:
    """Return the sunsets of the documents, and others in descriptions; raises SettingsError on a bad description."""
    ends = [
        End(sunset_of(one, settings).date(), one.method, one.full_path, one.version, one.versions,
            (one.id, *one.aliases), one.file)
        for one in engine.operations
    ]  # fmt: skip
    for file in descriptions:
        for one in read_description(file).operations:
            for day, version in sorted({(answer.sunset, answer.version) for answer in one.answers if answer.sunset}):
                sunset = parse_instant(day, name=f"{file.name}: {one.id}: x-sunset").date()
                versions = Versions(version, f"{version}." if version else "")  # of a day alone
                call = _call(one.method, one.path)
                if not any(known.sunset == sunset and known.is_of(call, version) for known in ends):
                    names = (one.id, *one.aliases)
                    ends.append(End(sunset, one.method, one.path, version, versions, names, file.name))
    return ends


def check_calendar(ends: Sequence[End], seen: Sequence[Path], within: int, form: str) -> NoReturn:
    """Write the calendar, and exit with its code; raises SettingsError for a file that can't be read."""
    named = os.environ.get(VARIABLE)
    files = seen or ([Path(named)] if named else [])
    calls = [call for file in files for call in _calls_in(file)]
    rows, today, ended, soon = list[dict[str, Any]](), datetime.now(UTC).date(), 0, 0
    table: list[Sequence[Any]] = [("SUNSET", "LEFT", "CALL", "VERSION", "SEEN", "SAID BY")]
    for end in sorted(ends, key=lambda end: (end.sunset, end.source, end.path)):
        left, count = (end.sunset - today).days, sum(number for *call, number in calls if end.is_of(*call))
        ended += left <= 0 and bool(count)
        soon += 0 < left <= within and bool(count or not files)
        rows.append({**attrs.asdict(end), "left": left, "seen": count if files else None})
        days, call = f"{left} days" if left > 0 else "over", f"{end.method} {end.path}"
        table.append((str(end.sunset), days, call, end.version, count or None, end.source))
    if form == "json":
        output.write_json({"format": 1, "within": within, "ends": rows})
    else:
        output.write_table(table)
        whose = "calls that were seen" if files else "calls"
        click.echo(f"\n{soon} {whose} end within {within} days; {ended} that were seen have ended.")
    raise SystemExit(HAS_ENDED if ended else ENDS_SOON if soon else 0)


def _calls_in(file: Path) -> list[tuple[str, str, int]]:
    """Return the calls in an inventory or an output of ``scan -o json``, each with its version, if known, and count.

    A call is an operation, or method and path. Raises SettingsError for a file that can't be read.
    """
    try:
        found = json.loads(text_of(file, MOST_BYTES))
    except (OSError, ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and isinstance(found.get("findings"), list):
        return [(str(one.get("operation")), "", 1) for one in found["findings"] if isinstance(one, dict)]
    try:
        inventory = read_inventory((file,))
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    if inventory.broken == inventory.lines > 0:
        raise SettingsError(f"{file}: is neither an inventory nor an output of scan -o json")
    if inventory.broken:
        click.echo(f"{file}: {inventory.broken} lines can't be read, and may have been calls.", err=True)
    called = [(one.operation, "", one.count) for one in inventory.callers]
    return called + [(one.operation, one.version, one.count) for one in inventory.announced]
