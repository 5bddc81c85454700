"""``atlas-shim scan --fix``: the imports of Python files with findings, led to the shim."""

from __future__ import annotations

import difflib
import re
from pathlib import Path

import click

from shim.scan import ScanReport

_PYTHON = frozenset({".py", ".pyw", ".pyi"})


def rewrite(report: ScanReport, *, apply: bool) -> None:
    """Print what would change in the files of a report as a diff, or change them; say what was left as it is.

    Raises ModuleNotFoundError without libcst, which the extra "scan" brings.
    """
    from shim.scan.fixing import rewritten  # noqa: PLC0415 - libcst is an extra, and takes a moment to load

    changed = 0
    for file in dict.fromkeys(finding.place.file for finding in report.findings):
        path = Path(file)
        if path.suffix not in _PYTHON:
            continue
        before = path.read_bytes()
        found = rewritten(before)
        for one in found.said:
            at = f":{one.line}" if one.line else ""
            click.echo(f"{file}{at}: left as it is: {one.message}", err=True)
        if found.content == before:
            continue
        changed += 1
        if apply:
            path.write_bytes(found.content)
            click.echo(f"{file}: {', '.join(dict.fromkeys(found.changed))} from shim")
        else:
            _diff(file, before, found.content)
    others = {finding.place.file for finding in report.findings if Path(finding.place.file).suffix not in _PYTHON}
    if others:
        click.echo(
            f"{len(others)} files with findings are not Python, or notebooks; they are left as they are", err=True
        )
    if not changed:
        click.echo("nothing to rewrite", err=True)


def _diff(file: str, before: bytes, after: bytes) -> None:
    # A line of a patch ends with a line feed only; str.splitlines would split at form feeds and U+2028, too.
    old, new = (re.findall(r"[^\n]*\n|[^\n]+", text.decode("utf-8", "surrogateescape")) for text in (before, after))
    for line in difflib.unified_diff(old, new, f"a/{file.lstrip('/')}", f"b/{file.lstrip('/')}"):
        click.echo(line.encode("utf-8", "surrogateescape"), nl=False)
        if not line.endswith("\n"):
            click.echo("\n\\ No newline at end of file")
