"""What the commands that read resources share: the client, its paging options, and both ways to show a result."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

import click

from shim._version import __version__
from shim.atlas import AtlasClient
from shim.atlas.client import TIMEOUT
from shim.atlas.convert import Model
from shim.cli import output
from shim.cli.members import members
from shim.core.record import Record
from shim.core.settings import Settings
from shim.documents.model import Fidelity
from shim.errors import LegacyEndpointWarning, SettingsError
from shim.httpx import Client
from shim.httpx._clients import force_settings

ENDING = """Credentials come from the environment: MONGODB_ATLAS_PUBLIC_API_KEY and
MONGODB_ATLAS_PRIVATE_API_KEY, or MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or
MONGODB_ATLAS_ACCESS_TOKEN; each also as ..._FILE. MONGODB_ATLAS_BASE_URL is the Atlas to ask.

Exit codes: 0 success; 1 Atlas answered with an error; 2 bad usage or settings; 3 network."""

Columns = Sequence[tuple[str, str, Callable[[Any], str]]]
"""The columns of a table: heading, name of the JSON member ("": the whole object), and how its value is written."""


def minute(value: Any) -> str:
    """Write a time to the minute; JSON has it in full."""
    return output.printable(value)[:16].replace("T", " ")


def day(value: Any) -> str:
    """Write the day of a time."""
    return output.printable(value)[:10]


def size(value: Any) -> str:
    """Write a number of bytes in a unit of its magnitude, a thousand to the next."""
    if type(value) is not int:
        return output.printable(value)
    number, units = float(value), iter(("B", "kB", "MB", "GB", "TB"))
    unit = next(units)
    while number >= 999.5 and (larger := next(units, "")):
        number, unit = number / 1000, larger
    return f"{number:.3g} {unit}"


@contextmanager
def client(settings: Settings | None = None) -> Iterator[AtlasClient]:
    """Yield a client made of the environment; a parameter that fits no path becomes a SettingsError.

    ``settings`` are obeyed in place of those in the environment.
    """
    with warnings.catch_warnings(), ExitStack() as stack:
        # The command is the shim's own caller: it has nothing to move away from.
        warnings.simplefilter("ignore", LegacyEndpointWarning)
        http = None
        if settings is not None:
            agent = {"User-Agent": f"atlas-shim/{__version__}"}
            http = stack.enter_context(Client(timeout=TIMEOUT, headers=agent))
            force_settings(http, settings)
        atlas = stack.enter_context(AtlasClient.from_env(http_client=http))
        try:
            yield atlas
        except ValueError as error:
            raise SettingsError(str(error)) from error


def page_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--all``, ``--items-per-page`` and ``--page-num``."""
    for option in (
        click.option("--page-num", type=click.IntRange(min=1), metavar="N", help="Which page. Default: the first."),
        click.option("--items-per-page", type=click.IntRange(1, 500), metavar="N", help="Default: 100."),
        click.option("--all", "every", is_flag=True, help="All pages."),
    ):
        command = option(command)
    return command


def show_page(page: Any, columns: Columns, form: str) -> None:
    """Show one page: its JSON as the API gave it, or a table."""
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
    """Show one resource: its JSON as the API gave it, or a table of its members with their fidelity."""
    if form == "json":
        output.write_json(item.raw)
        return
    levels = {report.name: report.fidelity.value for report in item.record.fields} if item.record else {}
    shown = members({name: value for name, value in item.raw.items() if name != "links"})
    absent = [name for name, level in levels.items() if level == Fidelity.ABSENT and name not in shown]
    rows = [(name, output.printable(value), levels.get(name, "")) for name, value in shown.items()]
    rows += [(name, "-", levels[name]) for name in absent]
    columns = 3 if levels else 2  # legacy's own answer has no levels
    output.write_table(("FIELD", "VALUE", "FIDELITY")[:columns], [row[:columns] for row in rows])
    _notes(item.record)


def _table(items: Sequence[Model], columns: Columns, record: Record | None) -> None:
    """Write a table of the columns that have a value in any item, and on stderr what the values are worth."""
    rows = [[write(item.raw.get(name) if name else item.raw) for _, name, write in columns] for item in items]
    kept = [index for index in range(len(columns)) if not rows or any(row[index] != "-" for row in rows)]
    output.write_table([columns[index][0] for index in kept], [[row[index] for index in kept] for row in rows])
    levels = record.by_level() if record else {}
    levels = {level: names for level, names in levels.items() if level != Fidelity.RENAMED}
    if record and levels:
        told = "; ".join(f"{level}: {', '.join(names)}" for level, names in levels.items())
        output.paragraph(f"Answered by {record.route}; {told}.", "", err=True)
    _notes(record)


def _notes(record: Record | None) -> None:
    """Write on stderr what changed beyond fields."""
    for note in record.notes if record else ():
        output.paragraph(output.printable(note), "", err=True)
