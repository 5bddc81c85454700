"""``atlas-shim check --calendar``: the sunsets of calls, and how often each call was seen."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, NoReturn
from urllib.parse import urlsplit

import attrs
import click

from shim.cli import output
from shim.core.recognise import Engine
from shim.core.route import sunset_of
from shim.core.settings import Settings, parse_instant
from shim.documents.load import MOST_BYTES, text_of
from shim.documents.model import Operation
from shim.documents.vocabulary import Versions
from shim.errors import SettingsError
from shim.tools.inventory.reading import read_inventory
from shim.tools.inventory.writing import VARIABLE

ENDS_SOON, HAS_ENDED = 4, 5  # exit codes, as those of ``scan``

_is_day = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII).fullmatch
_dated = re.compile(r"\.(\d{4}-\d\d-\d\d)\+json$")


@attrs.frozen
class End:
    """A call with a sunset, in ``versions`` from ``version`` on, and the ``source`` that says so.

    ``names`` are its operation ids. ``place`` are the calls that take its place, or what to do where there is none;
    ``served`` says whether the shim answers it then: ``yes``, ``no``, or the setting that it needs.
    """

    sunset: date
    method: str
    path: str
    version: str
    versions: Versions
    names: tuple[str, ...]
    source: str
    place: tuple[str, ...] = ()
    served: str = ""

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
            (one.id, *one.aliases), one.file, _place(one), _served(one))
        for one in engine.operations if not one.lives
    ]  # fmt: skip
    for file in descriptions:
        try:
            described = [*_described(json.loads(text_of(file, MOST_BYTES)), file.name)]
        except SettingsError:
            raise
        except (AttributeError, KeyError, TypeError, ValueError, OSError, RecursionError) as error:
            why = f"{type(error).__name__}: {error}"
            raise SettingsError(f"{file.name}: is not an OpenAPI 3 description in JSON: {why}") from None
        for end in described:
            call = _call(end.method, end.path)
            if not any(known.sunset == end.sunset and known.is_of(call, end.version) for known in ends):
                ends.append(end)
    return ends


def _place(operation: Operation) -> tuple[str, ...]:
    targets = [target for one in operation.successors.values() for _, target in one.targets()]
    calls = dict.fromkeys(" ".join(call) for one in targets for call in one.changes)
    return (*calls,) or (operation.without_successor,)


def _served(operation: Operation) -> str:
    if operation.switch:
        return f"ATLAS_SHIM_WRITES={operation.switch}"
    return "yes" if operation.successors or operation.constant is not None else "no"


def _described(api: dict[str, Any], source: str) -> Iterator[End]:
    """Yield the sunsets in an OpenAPI description; raises a kind of Exception that says what is not as it has to be."""
    if not api["openapi"].startswith("3."):
        raise ValueError("its member openapi must begin with 3.")
    base = urlsplit((api.get("servers") or [{}])[0].get("url", "")).path.rstrip("/")
    for path, methods in api["paths"].items():
        for method, said in methods.items():
            if isinstance(said, dict) and "operationId" in said:
                yield from _ends_of(said, method.upper(), base + path, source)


def _ends_of(said: dict[str, Any], method: str, path: str, source: str) -> Iterator[End]:
    """Yield the sunset of each version of a described operation's successes."""
    names = (said["operationId"], said.get("x-xgen-operation-id-override") or said["operationId"])
    found = {
        (media.get("x-sunset") or said.get("x-sunset") or "", "".join(_dated.findall(media_type)))
        for status, response in said["responses"].items()
        if status.startswith("2")
        for media_type, media in response.get("content", {}).items()
        if "json" in media_type
    }
    for day, version in sorted(one for one in found if one[0]):
        sunset = parse_instant(day[:10], name=f"{source}: {names[0]}: x-sunset").date()
        versions = Versions(version, f"{version}." if version else "")  # of a day alone
        yield End(sunset, method, path, version, versions, tuple(dict.fromkeys(names)), source)


def check_calendar(ends: Sequence[End], seen: Sequence[Path], within: int, form: str) -> NoReturn:
    """Write the calendar, and exit with its code; raises SettingsError for a file that can't be read."""
    named = os.environ.get(VARIABLE)
    files = seen or ([Path(named)] if named else [])
    calls = [call for file in files for call in _calls_in(file)]
    rows, today, ended, soon = list[dict[str, Any]](), datetime.now(UTC).date(), 0, 0
    table: list[Sequence[Any]] = [("SUNSET", "LEFT", "CALL", "VERSION", "SERVED", "SEEN", "SAID BY", "IN ITS PLACE")]
    for end in sorted(ends, key=lambda end: (end.sunset, end.source, end.path)):
        left, count = (end.sunset - today).days, sum(number for *call, number in calls if end.is_of(*call))
        ended += left <= 0 and bool(count)
        soon += 0 < left <= within and bool(count or not files)
        rows.append({**attrs.asdict(end), "left": left, "seen": count if files else None})
        days, call = f"{left} days" if left > 0 else "over", f"{end.method} {end.path}"
        place = "; ".join(end.place)
        table.append((str(end.sunset), days, call, end.version, end.served, count or None, end.source, place))
    if form == "json":
        output.write_json({"format": 1, "within": within, "ends": rows})
    else:
        output.write_table(table)
        end_soon = "calls that were seen end" if files else "calls end"
        output.write_line(f"\n{soon} {end_soon} within {within} days{f'; {ended} have ended' if files else ''}.")
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
