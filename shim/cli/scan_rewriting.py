"""``atlas-shim scan --fix``: replaces imports of HTTP libraries by the shim's in Python files with findings."""

from __future__ import annotations

import difflib
import re
import sys
from pathlib import Path

import click

from shim.cli.output import printable
from shim.tools.scan import ScanReport
from shim.tools.scan.fixing import Rewritten, replace, rewritten

_PYTHON = frozenset({".py", ".pyw", ".pyi"})


def rewrite(report: ScanReport, *, apply: bool) -> None:
    """Print what would change in the files of a report as a diff, or change them; say what was left as it is.

    A file is replaced whole or not at all. Files outside the scanned paths are never changed.
    """
    changed = led = 0
    for file in dict.fromkeys(finding.place.file for finding in report.findings):
        path = Path(file)
        if path.suffix not in _PYTHON:
            continue
        if path.is_symlink():
            click.echo(f"{printable(file)}: not changed: a link", err=True)
            continue
        try:
            before = path.read_bytes()
            found = rewritten(before)
        except (OSError, SyntaxError, ValueError, RecursionError) as error:
            click.echo(f"{printable(file)}: not changed: {printable(str(error))}", err=True)
            continue
        _say(file, found)
        led += any("already led" in one.message for one in found.said)
        if found.content == before:
            continue
        if apply and not _replaced(path, found.content):
            continue
        changed += 1
        if apply:
            click.echo(f"{printable(file)}: {', '.join(dict.fromkeys(found.changed))} from shim")
        else:
            _diff(file, before, found.content)
    others = {finding.place.file for finding in report.findings if Path(finding.place.file).suffix not in _PYTHON}
    for file in sorted(others):
        click.echo(f"{printable(file)}: not changed: not Python", err=True)
    if not changed:
        click.echo("already imports the shim" if led else "nothing to rewrite", err=True)


def _say(file: str, found: Rewritten) -> None:
    for one in found.said:
        at = f":{one.line}" if one.line else ""
        click.echo(f"{printable(file)}{at}: not changed: {one.message}", err=True)


def _replaced(path: Path, content: bytes) -> bool:
    try:
        replace(path, content)
    except OSError as error:
        click.echo(f"{printable(path.as_posix())}: not changed: {error.strerror}", err=True)
        return False
    return True


def _diff(file: str, before: bytes, after: bytes) -> None:
    # Lines of a patch end with a line feed; str.splitlines would split at form feeds and U+2028, too.
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text.decode("utf-8", "surrogateescape")) for text in (before, after))
    name = printable(file.lstrip("/"))
    for line in difflib.unified_diff(old, new, f"a/{name}", f"b/{name}"):
        if sys.stdout.isatty():
            line = printable(line.rstrip("\n")) + "\n" * line.endswith("\n")  # noqa: PLW2901 - what is shown of it
        click.echo(line.encode("utf-8", "surrogateescape"), nl=False)
        if not line.endswith("\n"):
            click.echo("\n\\ No newline at end of file")
