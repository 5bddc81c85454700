"""``atlas-shim scan``: finds calls of retired operations in sources."""

from __future__ import annotations

import os
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import TypeVar

import click

from shim._version import __version__
from shim.cli.migration import migration_plans
from shim.cli.output import write_json, write_line
from shim.core.recognize import shared_engine
from shim.core.settings import parse_instant, read_settings
from shim.documents.model import Operation
from shim.tools.scan.findings import FindingState, Remark, as_json, sarif
from shim.tools.scan.scanning import Scan, scan

_LISTED = 20
"""The number of unread files that the text names."""
_SILENT = 2.0  # seconds before a bar is shown
T = TypeVar("T")

UNREADABLE = 1
EXIT = {FindingState.DEPRECATED: 4, FindingState.GONE: 5, FindingState.NO_SUCCESSOR: 6}
"""Exit codes by the most urgent finding.

2 is bad usage and 3 the network, as in all commands.
"""
_COLOURS = {
    FindingState.DEPRECATED: "yellow",
    FindingState.GONE: "red",
    FindingState.NO_SUCCESSOR: "red",
}


@click.command()
@click.argument(
    "paths",
    metavar="PATH...",
    nargs=-1,
    required=True,
    type=click.Path(exists=True, path_type=Path),
)
@click.option(
    "--at",
    "day",
    metavar="DATE",
    help="Compare sunsets with this day. Default: today, UTC.",
)
@click.option(
    "--exclude",
    multiple=True,
    metavar="GLOB",
    help="Leave out files and folders; may be repeated.",
)
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["text", "json", "sarif"]),
    default="text",
    help="Print lines for people, JSON, or SARIF 2.1.0.",
)
def command(
    *,
    paths: tuple[Path, ...],
    day: str | None,
    exclude: tuple[str, ...],
    form: str,
) -> None:
    """Find retired calls in source code.

    PATH is a file or a folder. All text files below it are searched for the names and
    paths of retired operations. With the extra "scan", files with a match are parsed
    (Python, Go, JavaScript, TypeScript, Java, Kotlin, C#, Ruby, PHP, Rust, Scala,
    Swift), and a finding is a call with its method; all others, from Makefiles to
    Terraform, are read line by line. Nothing is run. Skipped files are listed: binary
    files, links out of PATH, hidden folders, virtual environments, vendored and built
    files. Name a skipped file or folder as PATH to scan it.

    \b
    Exit codes: the highest that applies of
      0  nothing found
      1  nothing found, but a file could not be read
      2  bad usage or settings
      4  deprecated: the sunset is in the future
      5  gone: the sunset has passed; there is a successor
      6  no successor

    The comment "# atlas-shim: ignore" hides the findings of its line, or of the next if
    it is alone.

    JSON has a migration plan for each operation that was found: the calls to make
    instead, where each old field of the answer is, the decisions for a person, and the
    command that proves it.

    Example: atlas-shim scan src -o sarif > scan.sarif
    """  # noqa: D301 - click's mark for lines that stay as they are
    now = datetime.now(UTC)
    if day:
        at = parse_instant(day, name="--at")
    else:
        at = now.replace(hour=0, minute=0, second=0, microsecond=0)
    engine = shared_engine(os.environ)
    settings = read_settings(os.environ)
    engine.check_settings(settings)
    report = scan(paths, engine, settings, at, exclude, _shown)
    if form != "json":
        _say("error", *report.errors)
    if form == "json":
        found = list[Operation]()
        for finding in report.findings:
            found.extend(finding.operations)
        plans = migration_plans(found, engine, settings, at)
        write_json({**_json(report, at), "plans": plans})
    elif form == "sarif":
        write_json(sarif(report.findings, __version__, is_whole=not report.errors))
    else:
        _text(report, at)
    code = max((EXIT[one.state] for one in report.findings), default=0)
    raise SystemExit(code or (UNREADABLE if report.errors else 0))


def _shown(sources: Sequence[T]) -> Iterator[T]:
    """Yield all items; if that takes long, the terminal shows a progress bar."""
    began = monotonic()
    number = 0
    while number < len(sources) and (
        monotonic() - began < _SILENT or not sys.stderr.isatty()
    ):
        yield sources[number]
        number += 1
    if number < len(sources):
        with click.progressbar(
            sources[number:], file=sys.stderr, length=len(sources), label="files"
        ) as bar:
            bar.update(number)
            yield from bar


def _json(report: Scan, at: datetime) -> dict[str, object]:
    states = Counter(finding.state for finding in report.findings)
    counts = {"files": report.files}
    for state in FindingState:
        counts[state.value] = states[state]
    counts["ignored"] = report.ignored
    counts["unread"] = len(report.unread)
    unread = [{"file": one.file, "reason": one.message} for one in report.unread]
    return {
        "format": 1,
        "at": at.date().isoformat(),
        "findings": [as_json(finding) for finding in report.findings],
        "errors": report.errors,
        "notes": [*report.notes],
        "unread": unread,
        "counts": counts,
    }


def _text(report: Scan, at: datetime) -> None:
    for finding in report.findings:
        place = finding.place
        names = " or ".join(one.id for one in finding.operations)
        said = f"{place.file}:{place.line}:{place.column} {names}: {finding.message}"
        write_line(said, fg=_COLOURS[finding.state])
        write_line(finding.source, "    ")
    _say("note", *report.notes)
    _say("not read", *report.unread[:_LISTED])
    if len(report.unread) > _LISTED:
        write_line(
            f"and {len(report.unread) - _LISTED} more not read; -o json lists all",
            err=True,
        )
    counts = [
        f"{sum(one.state is state for one in report.findings)} {state.value}"
        for state in FindingState
    ]
    write_line(
        f"{report.files} files on {at:%Y-%m-%d}: {', '.join(counts)}; {report.ignored} ignored by comment"
    )


def _say(kind: str, *remarks: Remark) -> None:
    """Write remarks on files, or on the whole scan, to standard error."""
    for one in remarks:
        line = f":{one.line}" if one.line else ""
        write_line(
            f"{f'{one.file}{line}: ' if one.file else ''}{kind}: {one.message}",
            err=True,
        )
