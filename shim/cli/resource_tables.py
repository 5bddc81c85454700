"""How resources of Atlas are shown: the JSON that the API gave, or tables that tell how far values can be trusted."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import click

from shim.atlas import Page
from shim.atlas.convert import Model
from shim.cli import output
from shim.cli.output import printable
from shim.core.record import Record
from shim.documents.vocabulary import Fidelity

Columns = Sequence[tuple[str, str, Callable[[Any], str]]]
"""The columns of a table: heading, name of the JSON member ("": the whole object), and how its value is written."""

DEPTH = 8
"""How many objects deep ``members`` goes; what is nested deeper is one value."""


def minute(value: Any) -> str:
    """Write a time to the minute; JSON has it in full."""
    return printable(value)[:16].replace("T", " ")


def day(value: Any) -> str:
    """Write the day of a time."""
    return printable(value)[:10]


def size(value: Any) -> str:
    """Write a number of bytes in a unit of its magnitude, a thousand to the next."""
    if type(value) is not int:
        return printable(value)
    number, units = float(value), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while number >= 999.5 and (larger := next(units, "")):
        number, unit = number / 1000, larger
    return f"{number:.3g} {unit}"


def region(settings: Any) -> str:
    """Write where an instance runs, from its provider settings."""
    names = ("backingProviderName", "regionName")
    found = [settings.get(name) for name in names] if isinstance(settings, dict) else []
    return printable(" ".join(printable(word) for word in found if word))


def show_page(page: Page[Any], columns: Columns, form: str) -> None:
    """Show one page: its JSON, or a table."""
    if form == "json":
        output.write_json(page.raw)
        return
    _table(page.results, columns, page.record)
    if page.next_page is not None:
        click.echo(f"There are more: --page-num {page.next_page}, or --all.", err=True)


def show_all(items: Sequence[Model], columns: Columns, form: str) -> None:
    """Show the items of all pages: an object with ``results`` as JSON, or a table."""
    if form == "json":
        output.write_json({"results": [item.raw for item in items], "totalCount": len(items)})
        return
    _table(items, columns, items[0].record if items else None)


def show_one(item: Model, form: str) -> None:
    """Show one resource: its JSON, or a table of its members with their fidelity."""
    if form == "json":
        output.write_json(item.raw)
        return
    levels = {report.name: report.fidelity.value for report in item.record.fields} if item.record else {}
    shown = members({name: value for name, value in item.raw.items() if name != "links"})
    left_out = {Fidelity.ABSENT, Fidelity.MISSING}
    absent = [name for name, level in levels.items() if level in left_out and name not in shown]
    rows = [(name, printable(value), levels.get(name, "")) for name, value in shown.items()]
    rows += [(name, "-", levels[name]) for name in absent]
    columns = 3 if levels else 2  # legacy's own answer has no levels
    output.write_table(("FIELD", "VALUE", "FIDELITY")[:columns], [row[:columns] for row in rows])
    _notes(item.record)


def _table(items: Sequence[Model], columns: Columns, record: Record | None) -> None:
    """Write a table of the columns that have a value in any item, and the record's levels and notes on stderr."""
    rows = [[write(item.raw.get(name) if name else item.raw) for _, name, write in columns] for item in items]
    kept = [index for index in range(len(columns)) if not rows or any(row[index] != "-" for row in rows)]
    output.write_table([columns[index][0] for index in kept], [[row[index] for index in kept] for row in rows])
    levels = {level: names for level, names in record.by_level().items() if level != Fidelity.RENAMED} if record else {}
    if record and levels:
        told = "; ".join(f"{level}: {', '.join(names)}" for level, names in levels.items())
        output.paragraph(f"Answered by {record.route}; {told}.", "", err=True)
    _notes(record)


def _notes(record: Record | None) -> None:
    """Write on stderr what changed beyond fields."""
    for note in record.notes if record else ():
        output.paragraph(printable(note), "", err=True)


def members(value: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of an object by dotted name (``outer.inner``), as documents name fields.

    An empty object is a value.
    """
    return dict(_leaves(value, "", DEPTH))


def _leaves(value: Mapping[str, Any], prefix: str, depth: int) -> Iterator[tuple[str, Any]]:
    for name, inner in value.items():
        if isinstance(inner, dict) and inner and depth:
            yield from _leaves(inner, f"{prefix}{name}.", depth - 1)
        else:
            yield f"{prefix}{name}", inner
