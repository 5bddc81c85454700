"""``atlas-shim check --calendar``: lists sunsets, and which of these operations are still called."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import attrs
import click
from packaging.specifiers import SpecifierSet
from packaging.version import Version

from shim.cli import output
from shim.core.recognise import Engine
from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.documents.model import Operation
from shim.errors import SettingsError
from shim.tools.draft.descriptions import DescribedOperation, read_description
from shim.tools.inventory import VARIABLE
from shim.tools.inventory.reading import read_inventory

ENDS_SOON, HAS_ENDED = 4, 5
"""Exit codes, as those of ``scan``."""

Sightings = Sequence[tuple[str, str, int]]
"""An operation, or method and path of a call; its version, empty if unknown; and the count of its calls."""


@attrs.frozen
class End:
    """A call with a sunset, in ``versions`` from ``version`` on, and the ``source`` of that.

    ``names`` are its operation ids. ``seen`` counts its calls by file, None without files.
    """

    sunset: date
    method: str
    path: str
    version: str
    versions: SpecifierSet
    names: tuple[str, ...]
    source: str
    seen: Mapping[str, int] | None = None

    @property
    def call(self) -> str:
        """Method and path, without the names of its parameters."""
        return f"{self.method} {re.sub(r'{[^{}]*}', '{}', self.path)}"

    def is_of(self, name: str, version: str) -> bool:
        """Return whether an operation, or a method and path in a version, is this call."""
        return name in self.names or (name == self.call and (not version or _dated(version) in self.versions))

    def looked_for(self, files: Mapping[str, Sightings]) -> End:
        """Return the call with its counts in files."""
        counts = {file: sum(n for name, day, n in seen if self.is_of(name, day)) for file, seen in files.items()}
        return attrs.evolve(self, seen={file: n for file, n in counts.items() if n} if files else None)


def check_calendar(ends: Sequence[End], seen: Sequence[Path], within: int, form: str) -> None:
    """Write the calendar, and exit with its code; raises SettingsError for a file that can't be read."""
    today, named = datetime.now(UTC).date(), os.environ.get(VARIABLE)
    files = {file.name: _sightings(file) for file in seen or ([Path(named)] if named else [])}
    ends = sorted((end.looked_for(files) for end in ends), key=lambda end: (end.sunset, end.source, end.path))
    days = [(end.sunset - today).days for end in ends]
    ended = sum(left <= 0 and bool(end.seen) for left, end in zip(days, ends, strict=True))
    soon = sum(0 < left <= within and end.seen != {} for left, end in zip(days, ends, strict=True))
    if form == "json":
        listed = [
            {**attrs.asdict(end), "sunset": str(end.sunset), "versions": str(end.versions), "left": left}
            for left, end in zip(days, ends, strict=True)
        ]
        output.write_json({"format": 1, "today": str(today), "within": within, "ends": listed})
    else:
        output.write_table(["SUNSET", "LEFT", "CALL", "VERSION", "SEEN", "SAID BY"], map(_row, days, ends))
        whose = "calls that were seen" if files else "calls"
        click.echo(f"\n{soon} {whose} end within {within} days; {ended} that were seen have ended.")
    raise SystemExit(HAS_ENDED if ended else ENDS_SOON if soon else 0)


def _row(days: int, end: End) -> list[str]:
    left = f"{days} days" if days > 0 else "over"
    seen = ", ".join(f"{count} in {file}" for file, count in (end.seen or {}).items())
    return [str(end.sunset), left, f"{end.method} {end.path}", end.version or "-", seen or "-", end.source]


def known_ends(engine: Engine, settings: Settings, descriptions: Sequence[Path]) -> list[End]:
    """Return the sunsets of the documents, and others in descriptions; raises SettingsError on a bad description."""
    documents = [
        End(sunset_of(one, settings).date(), one.method, one.full_path, one.version, one.versions, _ids(one), one.file)
        for one in engine.operations
    ]
    others = [end for file in descriptions for end in _described(file)]
    return documents + [
        end
        for end in others
        if not any(one.sunset == end.sunset and one.is_of(end.call, end.version) for one in documents)
    ]


def _ids(operation: Operation | DescribedOperation) -> tuple[str, ...]:
    return (operation.id, *operation.aliases)


def _described(file: Path) -> Iterator[End]:
    for one in read_description(file).operations:
        for day, version in sorted({(answer.sunset, answer.version) for answer in one.answers if answer.sunset}):
            versions = SpecifierSet(f"=={_dated(version)}" if version else "")
            yield End(date.fromisoformat(day), one.method, one.path, version, versions, _ids(one), file.name)


def _dated(version: str) -> Version:
    return Version(version.replace("-", "."))


def _sightings(file: Path) -> Sightings:
    """Return the calls in an inventory or an output of ``scan -o json``; raises SettingsError if unreadable."""
    try:
        found = json.loads(file.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        found = None
    if isinstance(found, dict) and isinstance(found.get("findings"), list):
        return [(str(one.get("operation")), "", 1) for one in found["findings"] if isinstance(one, dict)]
    try:
        inventory = read_inventory((file,), "")
    except OSError as error:
        raise SettingsError(f"{file}: {error.strerror}") from None
    called = [(one.operation, "", one.count) for one in inventory.callers]
    return called + [(one.operation, one.version, one.count) for one in inventory.announced]
