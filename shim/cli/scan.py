"""``atlas-shim scan``: calls of retired operations in sources."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import attrs
import click

from shim._version import __version__
from shim.cli.output import printable
from shim.cli.scan_progress import counting
from shim.cli.scan_rewriting import rewrite
from shim.core.recognise import shared_engine
from shim.core.settings import parse_instant, read_settings
from shim.tools.scan import (
    FindingState,
    ScanReport,
    as_json,
    fingerprint,
    new_ones,
    read_baseline,
    scan,
    worst,
    write_baseline,
)
from shim.tools.scan.findings import written
from shim.tools.scan.formats import github, sarif, what

_LISTED = 20
"""The number of unread files that the text names."""
_LONGEST = 400
"""Characters shown of a file's name."""
UNREADABLE = 1
EXIT = {None: 0, FindingState.DEPRECATED: 4, FindingState.GONE: 5, FindingState.NO_SUCCESSOR: 6}
"""Exit codes by the most urgent finding; 2 is bad usage and 3 the network's, as everywhere."""


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--at", "day", metavar="DATE", help="Compare sunsets with this day. Default: today, UTC.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out files and folders; may be repeated.")
@click.option(
    "--baseline",
    type=click.Path(dir_okay=False, path_type=Path),
    help="Report only findings that are not in this file.",
)
@click.option("--write-baseline", "write", is_flag=True, help="Write all findings to the --baseline file, and exit 0.")
@click.option(
    "--fix", is_flag=True, help="Print, instead of findings, a diff that imports the shim's clients in Python files."
)
@click.option("--write", "apply", is_flag=True, help="With --fix: change the files instead of printing a diff.")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["text", "json", "github", "sarif"]),
    default="text",
    show_default=True,
    help="Print lines for people, JSON, annotations for GitHub, or SARIF 2.1.0.",
)
def command(  # noqa: PLR0913 - one argument an option
    *,
    paths: tuple[Path, ...],
    day: str | None,
    exclude: tuple[str, ...],
    baseline: Path | None,
    write: bool,
    form: str,
    fix: bool,
    apply: bool,
) -> None:
    """Find calls of retired operations in sources.

    PATH is a file or a folder. All text files below it are searched for the names and paths of
    retired operations. With the extra "scan", files with a match are parsed (Python, notebooks, Go,
    JavaScript, TypeScript, Java, Kotlin, C#, Ruby, PHP, Rust, Scala, Swift), and a finding is a call
    with its method; all others, from Makefiles to Terraform, are read line by line. Nothing is run.
    Skipped files are listed: binary files, links out of PATH, hidden folders, virtual environments,
    vendored and built files. Name a skipped file or folder as PATH to scan it.

    \b
    Exit codes: the highest that applies of
      0  nothing found
      1  nothing found, but a file could not be read
      2  bad usage or settings
      4  deprecated: the sunset is in the future
      5  gone: the sunset has passed; there is a successor
      6  no successor

    The comment "# atlas-shim: ignore" hides the findings of a statement, "# atlas-shim:
    ignore[operationId]" those of one operation in it, "# atlas-shim: ignore-file" those of a file.

    --fix replaces imports of HTTP libraries by the shim's clients in Python files with findings.

    Example: atlas-shim scan src --baseline .atlas-shim.json
    """  # noqa: D301 - click's mark for lines that stay as they are
    if write and baseline is None:
        raise click.UsageError("--write-baseline needs --baseline FILE")
    if apply and not fix:
        raise click.UsageError("--write needs --fix")
    if fix and (write or form != "text"):
        raise click.UsageError("--fix prints a diff; it can't be combined with --write-baseline or --output")
    now = datetime.now(UTC)
    at = parse_instant(day, name="--at") if day else now.replace(hour=0, minute=0, second=0, microsecond=0)
    engine, settings = shared_engine(os.environ), read_settings(os.environ)
    engine.check_settings(settings)
    with counting("files") as tell:
        report = scan(paths, engine, settings, at, exclude, tell)
    folder = baseline.parent if baseline is not None else Path()
    findings = [attrs.evolve(one, fingerprint=fingerprint(one, folder)) for one in report.findings]
    if write and baseline is not None:
        write_baseline(baseline, findings)
        click.echo(f"{baseline}: {len(findings)} findings written", err=True)
        _errors(report)
        raise SystemExit(UNREADABLE if report.errors else 0)
    known = unmet = 0
    if baseline is not None:
        fresh, unmet = new_ones(findings, read_baseline(baseline))
        known, findings = len(findings) - len(fresh), fresh
    report = attrs.evolve(report, findings=tuple(findings))
    if fix:
        _errors(report)
        rewrite(report, apply=apply)
    else:
        _write(report, form, at, known, unmet)
    code = EXIT[worst(findings)]
    raise SystemExit(code or (UNREADABLE if report.errors else 0))


def _write(report: ScanReport, form: str, at: datetime, known: int, unmet: int) -> None:
    match form:
        case "json":
            # In ASCII: a name in a scanned tree can't steer the terminal.
            click.echo(json.dumps(_json(report, at, known, unmet), indent=2))
        case "sarif":
            click.echo(json.dumps(sarif(report, __version__), indent=2))
        case "github":
            for line in github(report):
                click.echo(line)
        case _:
            _text(report, at, known, unmet)


def _json(report: ScanReport, at: datetime, known: int, unmet: int) -> dict[str, object]:
    return {
        "format": 1,
        "at": written(at),
        "findings": [as_json(finding) for finding in report.findings],
        "errors": [attrs.asdict(error) for error in report.errors],
        "notes": [attrs.asdict(note) for note in report.notes],
        "unread": [{"file": one.file, "reason": one.reason} for one in report.unread],
        "counts": {
            "files": report.files,
            **{state.value: sum(finding.state is state for finding in report.findings) for state in FindingState},
            "ignored": report.ignored,
            "unread": len(report.unread),
            "baseline": known,
            "baselineUnmet": unmet,
        },
    }


def _text(report: ScanReport, at: datetime, known: int, unmet: int) -> None:
    for finding in report.findings:
        place = finding.place
        cell = "" if finding.cell is None else f"[{finding.cell}]"
        names = " or ".join([finding.operation.id, *finding.others])
        head = f"{place.file}{cell}:{place.line}:{place.column} {names}: {what(finding)}"
        click.echo(f"{printable(head)}\n    {printable(finding.row.strip())}")
    _errors(report)
    for note in report.notes:
        at_line = f"{note.file}:{note.line}: " if note.file else ""
        click.echo(f"{printable(at_line + 'note: ' + note.message)}", err=True)
    for one in report.unread[:_LISTED]:
        click.echo(f"{_name(one.file)}: not read: {one.reason}", err=True)
    if len(report.unread) > _LISTED:
        click.echo(f"and {len(report.unread) - _LISTED} more not read; -o json lists all", err=True)
    counts = [f"{sum(one.state is state for one in report.findings)} {state.value}" for state in FindingState]
    words = [f"{report.files} files on {written(at)}: {', '.join(counts)}"]
    words += [f"{len(report.errors)} could not be read"] if report.errors else []
    words += [f"{len(report.unread)} not read"] if report.unread else []
    words += [f"{report.ignored} ignored by comment"] if report.ignored else []
    words += [f"{known} in the baseline"] if known else []
    words += [f"{unmet} of the baseline no longer found"] if unmet else []
    click.echo("; ".join(words))


def _name(file: str) -> str:
    """Return a file's name for a terminal; the middle of a long one is cut out."""
    return printable(file if len(file) <= _LONGEST else f"{file[: _LONGEST // 2]} … {file[-_LONGEST // 2 :]}")


def _errors(report: ScanReport) -> None:
    for error in report.errors:
        at = f":{error.line}" if error.line else ""
        click.echo(f"{_name(error.file)}{at}: error: {printable(error.message)}", err=True)
