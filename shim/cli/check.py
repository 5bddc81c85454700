"""``atlas-shim check``: is everything set up, before something depends on it."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import attrs
import click

from shim.cli import documents_report, output, settings_report
from shim.cli.config import read_config
from shim.cli.connect import CLUSTER, GROUP, Probe, probe
from shim.cli.documents_report import DocumentLine
from shim.cli.failures import NO
from shim.cli.settings_report import Setting
from shim.core.recognise import Engine
from shim.core.settings import Settings, parse_sunsets
from shim.errors import SettingsError


@attrs.frozen
class Report:
    """All that was found out; ``problems`` is empty when all is well."""

    settings: tuple[Setting, ...]
    documents: tuple[DocumentLine, ...]
    connection: tuple[Probe, ...]
    problems: tuple[str, ...]


@click.command()
@click.option("--config", type=click.Path(path_type=Path), help="The gateway's settings file, as for serve.")
@click.option("--connect", "connects", is_flag=True, help="Also ask Atlas, with the credentials of the environment.")
@click.option(
    "--group", default=GROUP, envvar="MONGODB_ATLAS_PROJECT_ID", metavar="ID", help="A project, for --connect."
)
@click.option("--cluster", default=CLUSTER, metavar="NAME", help="A cluster of it, for --connect.")
@output.output_option
def command(*, config: Path | None, connects: bool, group: str, cluster: str, output: str) -> None:
    """Check settings and mapping documents, and with --connect the way to Atlas.

    Offline, unless --connect is given: then two reads are made at MONGODB_ATLAS_BASE_URL, the
    retired list of snapshots and the list of flex clusters, to see whether Atlas can be reached,
    lets the credentials in, and has retired the endpoint. Without --group (a project's id, also
    MONGODB_ATLAS_PROJECT_ID) they ask for a project that nobody has. No secret is shown.

    Exit codes: 0 when all is well; 1 when there are problems, all of which are listed; 2 for bad usage.
    """
    report = _report(config, (group, cluster) if connects else None)
    if output == "json":
        _json(report)
    else:
        _text(report)
    if report.problems:
        raise SystemExit(NO)


def _report(config: Path | None, connect: tuple[str, str] | None) -> Report:
    problems: list[str] = []
    try:
        file = read_config(config)
    except SettingsError as error:
        problems.append(str(error))
        file = {}
    settings = settings_report.read(os.environ, file, str(config), problems)
    settings += (settings_report.credentials(os.environ, problems),)
    engine = documents_report.engine_of(os.environ, problems)
    documents = () if engine is None else documents_report.document_lines(engine, _core(engine, settings, problems))
    connection: tuple[Probe, ...] = ()
    if connect is not None:
        try:
            connection = probe(os.environ, *connect)
        except SettingsError as error:
            problems.append(str(error))
        problems.extend(f"{one.side}: {one.meaning}" for one in connection if not one.good)
    return Report(settings, documents, connection, tuple(dict.fromkeys(problems)))


def _core(engine: Engine, listed: Sequence[Setting], problems: list[str]) -> Settings:
    """Return the core's settings as far as documents need them: the dates that override their own."""
    dates = next((one for one in listed if one.name == "sunset" and one.value != settings_report.UNUSABLE), None)
    settings = Settings(sunsets=parse_sunsets(dates.value) if dates else {})
    try:
        engine.check_settings(settings)
    except SettingsError as error:
        problems.append(str(error))
    return settings


def _json(report: Report) -> None:
    output.write_json({"ok": not report.problems, **attrs.asdict(report)})


def _text(report: Report) -> None:
    output.heading("Settings")
    rows = [(one.name, one.value or "-", "" if one.source == "default" else one.source) for one in report.settings]
    for line in output.aligned(rows):
        click.echo(f"  {line}")
    output.heading("\nMapping documents")
    for document in report.documents:
        _document(document)
    if not report.documents:
        click.echo("  (can't be read)")
    if report.connection:
        output.heading("\nConnection")
        _connection(report.connection)
    click.echo()
    if report.problems:
        click.secho(f"Problems: {len(report.problems)}", fg="red", bold=True)
        for problem in report.problems:
            output.paragraph(problem, "    ", "  - ")
    else:
        click.secho("All is well.", fg="green", bold=True)


def _document(document: DocumentLine) -> None:
    click.echo(f"  {click.style(document.name, bold=True)}: {document.title} ({document.file})")
    rows = [(one.id, one.method, ", ".join(one.tiers), one.sunset) for one in document.operations]
    for line in output.aligned(rows):
        click.echo(f"    {line}")
    for at, file in document.overridden.items():
        click.echo(f"    overridden: {at} (by {file})")


def _connection(probes: Sequence[Probe]) -> None:
    for one in probes:
        status = one.status or "-"
        mark = click.style(one.side, fg="green" if one.good else "red", bold=True)
        click.echo(f"  {mark}  {status}")
        output.paragraph(one.request, "    ")
        output.paragraph(output.printable(one.meaning), "    ")
