"""Write tables and text for people, and JSON for programs.

Shared options of commands.
"""

from __future__ import annotations

import json
import re
import shutil
import sys
import textwrap
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import zip_longest
from pathlib import Path
from typing import Any, TextIO

import attrs
import click

from shim.cli.failures import NO, plain
from shim.documents.sources import NoValue

FILE = click.Path(exists=True, dir_okay=False, path_type=Path)
FORMS = click.Choice(["table", "json"])

_NARROW = 16  # a column of this many characters is not folded
_BEYOND_ASCII = re.compile(r"[^\n -~]")

output_option = click.option(
    "-o",
    "--output",
    type=FORMS,
    default="table",
    help="Print text for people, or JSON for programs.",
)
config_option = click.option(
    "--config",
    type=FILE,
    envvar="ATLAS_SHIM_CONFIG",
    help='Read options from this TOML file, as in: route = "auto"',
)


def write_json(value: Any) -> None:
    """Write indented JSON in UTF-8 (RFC 8259, 8.1), whatever the terminal's encoding."""
    click.echo(
        harmless(
            json.dumps(value, indent=2, ensure_ascii=False, default=as_json)
        ).encode()
    )


def harmless(text: str) -> str:
    """Return JSON text with escapes for characters that could control a terminal."""
    # In JSON these characters occur only in strings, and a lone surrogate is one of
    # them.
    return _BEYOND_ASCII.sub(_escaped, text)


def _escaped(found: re.Match[str]) -> str:
    character = found[0]
    if character.isprintable():
        return character
    return json.dumps(character)[1:-1]


def as_json(value: Any) -> Any:
    """Return an attrs value as its attributes, a date as ISO 8601, others as text.

    No value is null.
    """
    if value is NoValue.MISSING:
        return None
    if attrs.has(type(value)):
        return attrs.asdict(value, recurse=False)
    if hasattr(value, "isoformat"):
        return value.isoformat()
    return str(value)


def write_report(  # noqa: PLR0913, PLR0917 - the common parts of all reports
    report: Mapping[str, Any],
    problems: Sequence[str],
    form: str,
    text: Callable[[], None],
    good: str,
    code: int = NO,
) -> None:
    """Write JSON, or ``text`` and the problems (without any, ``good``).

    If there are problems, it exits with ``code``.
    """
    if form == "json":
        write_json({"ok": not problems, **report})
    else:
        text()
        click.echo()
        if problems:
            click.secho(f"Problems: {len(problems)}", fg="red", bold=True)
            bullets(problems)
        else:
            write_line(good, fg="green", bold=True)
    if problems:
        raise SystemExit(code)


def write_table(rows: Iterable[Sequence[Any]], indent: str = "") -> None:
    """Write rows with their columns aligned, two spaces apart.

    An empty cell is a dash. On a terminal the widest columns are folded, or each row
    is, so that it fits. A pipe gets each row as a line.
    """
    listed = [[printable(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*listed, strict=True)]
    room = (columns_of(sys.stdout) or sys.maxsize) - len(indent) - 2 * (len(widths) - 1)
    while sum(widths) > room and max(widths) > _NARROW:
        widths[widths.index(max(widths))] -= 1
    for row in listed:
        if sum(widths) > room:
            write_line("  ".join(row), indent)
            continue
        cells = [
            textwrap.wrap(cell, width, break_on_hyphens=False)
            for cell, width in zip(row, widths, strict=True)
        ]
        for parts in zip_longest(*cells, fillvalue=""):
            click.echo(indent + "  ".join(map(str.ljust, parts, widths)).rstrip())


def columns_of(stream: TextIO) -> int:
    """Return the terminal's number of columns, or 0 for a pipe or a file."""
    if stream.isatty():
        return shutil.get_terminal_size().columns
    return 0


def write_line(text: str, indent: str = "", *, err: bool = False, **style: Any) -> None:
    """Write a line, folded on a terminal, and whole in a pipe."""
    columns = columns_of(sys.stderr if err else sys.stdout)
    lines = [f"{indent}{printable(text)}"]
    if columns:
        lines = textwrap.wrap(
            lines[0], columns, subsequent_indent=f"{indent}    ", break_on_hyphens=False
        )
    for each in lines:
        # Without a style there is nothing to reset.
        click.echo(click.style(each, **style) if style else each, err=err)


def printable(value: Any) -> str:
    """Return a value as text for a terminal.

    Strings have no quotes, null and a missing value are a dash, others are JSON.
    """
    if value is None or value == "" or value is NoValue.MISSING:
        return "-"
    if isinstance(value, str):
        text = value
    else:
        text = json.dumps(value, ensure_ascii=False)
    return plain(text).replace("\n", "?")


def shortened(value: Any, most: int = 40) -> str:
    """Return a JSON value as text of at most so many characters.

    None is null, and a missing value is a dash.
    """
    if value is None:
        text = "null"
    else:
        text = printable(value)
    if len(text) <= most:
        return text
    return f"{text[: most - 1]}…"


def heading(text: str) -> None:
    """Write a heading."""
    click.secho(plain(text), bold=True)


def paragraph(text: str, indent: str = "  ", first: str | None = None) -> None:
    """Write a text, wrapped to the terminal's width (at most 100), or 80 in a pipe.

    ``first`` begins the first line.
    """
    wrapper = textwrap.TextWrapper(
        width=min(columns_of(sys.stdout) or 80, 100),
        initial_indent=indent if first is None else first,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    for line in wrapper.wrap(plain(text)):
        click.echo(line)


def bullets(texts: Iterable[str]) -> None:
    """Write a list of sentences."""
    for text in texts:
        paragraph(text, "    ", "  - ")


def code(text: str) -> None:
    """Write code, indented, below an empty line."""
    click.echo("\n" + textwrap.indent(text, "    "))


def facts(pairs: Iterable[tuple[str, str]], indent: str = "  ") -> None:
    """Write names and values in two columns, the values wrapped."""
    listed = list(pairs)
    margin = max((len(name) for name, _ in listed), default=0) + 2
    for name, value in listed:
        paragraph(value or "-", indent + " " * margin, indent + name.ljust(margin))
