"""``atlas-shim scan``: calls of retired operations in sources."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import attrs
import click

from shim._version import __version__
from shim.cli import output
from shim.cli.scan_progress import counting
from shim.cli.scan_rewriting import rewrite
from shim.core.recognise import shared_engine
from shim.core.settings import parse_instant, read_settings
from shim.scan import (
    Finding,
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
from shim.scan.findings import written
from shim.scan.formats import github, sarif
from shim.scan.living import is_living

UNREADABLE = 1
EXIT = {None: 0, FindingState.DEPRECATED: 4, FindingState.GONE: 5, FindingState.NO_SUCCESSOR: 6}
"""Exit codes by the most urgent finding; 2 is bad usage and 3 the network's, as everywhere."""


@click.command()
@click.argument("paths", metavar="PATH...", nargs=-1, required=True, type=click.Path(exists=True, path_type=Path))
@click.option("--at", "day", metavar="DATE", help="The day that tells deprecated from gone. Default: today, UTC.")
@click.option("--exclude", multiple=True, metavar="GLOB", help="Leave out files and folders; may be repeated.")
@click.option(
    "--baseline", type=click.Path(dir_okay=False, path_type=Path), help="Report only what is not in this file."
)
@click.option("--write-baseline", "write", is_flag=True, help="Write all findings to the --baseline file, and exit 0.")
@click.option("--fix", is_flag=True, help="Print a diff of Python's imports led to the shim, instead of a table.")
@click.option("--write", "apply", is_flag=True, help="With --fix: change the files, instead of printing.")
@click.option(
    "-o",
    "--output",
    "form",
    type=click.Choice(["table", "json", "github", "sarif"]),
    default="table",
    show_default=True,
    help="A table for people; JSON; annotations for GitHub; SARIF 2.1.0.",
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

    PATH is a file or a folder: Python with nothing more, and with the extra "scan" Go, JavaScript,
    TypeScript, Java, C#, shell, Terraform, and YAML and JSON (OpenAPI, Postman, CloudFormation,
    pipelines). Nothing is run: the sources are followed by their syntax trees, from URLs in pieces
    to the names of client libraries' methods. Hidden folders but .github and the like, virtual
    environments, vendored and build folders, and minified files are left out; name one to scan it.

    \b
    Exit codes: the highest that applies of
      0  nothing found
      1  nothing found, but a file could not be read or parsed
      2  bad usage or settings
      4  deprecated: the sunset is still to come
      5  gone: the sunset has passed, a successor is there
      6  no successor

    A comment "# atlas-shim: ignore" spares a statement, "# atlas-shim: ignore[operationId]" one
    operation in it, "# atlas-shim: ignore-file" a file.

    --fix leads the imports of HTTP libraries in Python files with findings to the shim's doors.

    Example: atlas-shim scan src --baseline .atlas-shim.json
    """  # noqa: D301 - click's mark for lines that stay as they are
    if write and baseline is None:
        raise click.UsageError("--write-baseline needs --baseline FILE")
    if apply and not fix:
        raise click.UsageError("--write needs --fix")
    if fix and (write or form != "table"):
        raise click.UsageError("--fix prints a diff, and goes neither with --write-baseline nor with --output")
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
            output.write_json(_json(report, at, known, unmet))
        case "sarif":
            output.write_json(sarif(report, __version__))
        case "github":
            for line in github(report):
                click.echo(line)
        case _:
            _table(report, at, known, unmet)


def _json(report: ScanReport, at: datetime, known: int, unmet: int) -> dict[str, object]:
    return {
        "format": 1,
        "at": written(at),
        "findings": [as_json(finding) for finding in report.findings],
        "errors": [attrs.asdict(error) for error in report.errors],
        "notes": [attrs.asdict(note) for note in report.notes],
        "counts": {
            "files": report.files,
            **{state.value: sum(finding.state is state for finding in report.findings) for state in FindingState},
            "ignored": report.ignored,
            "partlyRead": report.broken,
            "baseline": known,
            "baselineUnmet": unmet,
        },
    }


def _table(report: ScanReport, at: datetime, known: int, unmet: int) -> None:
    if report.findings:
        rows = [_row(finding) for finding in report.findings]
        output.write_table(["PLACE", "OPERATION", "METHOD", "STATE", "SUNSET", "SUCCESSOR"], rows)
        click.echo()
    _errors(report)
    for note in report.notes:
        click.echo(f"{note.file}:{note.line}: note: {note.message}", err=True)
    counts = [f"{sum(one.state is state for one in report.findings)} {state.value}" for state in FindingState]
    words = [f"{report.files} files on {written(at)}: {', '.join(counts)}"]
    words += [f"{report.broken} read in part"] if report.broken else []
    words += [f"{report.ignored} ignored by comment"] if report.ignored else []
    words += [f"{known} in the baseline"] if known else []
    words += [f"{unmet} of the baseline no longer met"] if unmet else []
    click.echo("; ".join(words))


def _row(finding: Finding) -> list[str]:
    place = finding.place
    cell = "" if finding.cell is None else f"[{finding.cell}]"
    names = " or ".join([finding.operation.id, *finding.others])
    successors = [one for one in finding.successors if one.tier == finding.successors[0].tier]
    lives = is_living(finding.operation)  # the version is all that is new then
    version = f", version {successors[0].version}" if lives else ""
    calls = " or ".join(dict.fromkeys(f"{one.method} {one.path}{version}" for one in successors))
    return [
        f"{place.file}{cell}:{place.line}:{place.column}",
        names,
        finding.method or "?",
        finding.state.value,
        written(finding.sunset),
        calls or finding.advice,
    ]


def _errors(report: ScanReport) -> None:
    for error in report.errors:
        at = f":{error.line}" if error.line else ""
        click.echo(f"{error.file}{at}: error: {error.message}", err=True)
