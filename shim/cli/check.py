"""``atlas-shim check``: settings, mapping documents and the way to Atlas, before something depends on them."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import click

from shim.cli import output
from shim.cli.connect import CLUSTER, GROUP, Probe, probe
from shim.cli.failures import collected
from shim.cli.options import output_option
from shim.cli.output import write_report
from shim.cli.settings_report import Setting, credentials_in_force, mistyped, settings_in_force
from shim.core.recognise import Engine, load_engine
from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.documents import Document, load_documents
from shim.errors import SettingsError
from shim.flags.providers import check_flag, provider_factory
from shim.gateway.option_sources import Given, given, renamed
from shim.gateway.options import TABLE
from shim.gateway.reload import read_config


@attrs.frozen
class OperationLine:
    """One operation: its id, its call, its tiers (``none`` without a successor), and its sunset in force."""

    id: str
    method: str
    path: str
    tiers: tuple[str, ...]
    sunset: str


@attrs.frozen
class DocumentLine:
    """One document with its operations, and ``overridden``: key paths with the file that set them."""

    name: str
    file: str
    title: str
    operations: tuple[OperationLine, ...]
    overridden: Mapping[str, str]


@attrs.frozen
class CheckReport:
    """All that was found out; ``problems`` is empty when all is well."""

    settings: tuple[Setting, ...]
    documents: tuple[DocumentLine, ...]
    connection: tuple[Probe, ...]
    problems: tuple[str, ...]


@click.command()
@click.argument("document", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--config", type=click.Path(path_type=Path), help="The gateway's settings file, as for serve.")
@click.option("--connect", "connects", is_flag=True, help="Also ask Atlas, with the credentials of the environment.")
@click.option(
    "--group", default=GROUP, envvar="MONGODB_ATLAS_PROJECT_ID", metavar="ID", help="A project, for --connect."
)
@click.option("--cluster", default=CLUSTER, metavar="NAME", help="A cluster of it, for --connect.")
@click.option(
    "--pairs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Recorded answers of two versions, to be run through the documents.",
)
@output_option
def command(  # noqa: PLR0913 - one argument for each option
    *,
    document: Path | None,
    config: Path | None,
    connects: bool,
    group: str,
    cluster: str,
    pairs: Path | None,
    output: str,
) -> None:
    """Check settings and mapping documents, and with --connect the way to Atlas.

    Offline, unless --connect is given: then two reads are made at MONGODB_ATLAS_BASE_URL, the retired
    list of snapshots and the list of flex clusters. They show whether Atlas can be reached, whether it
    accepts the credentials, and whether the endpoint is retired. Without --group (a project's id, also
    MONGODB_ATLAS_PROJECT_ID) they name a project that does not exist. No secret is shown.

    DOCUMENT is a file or folder to look at instead of the shipped documents. With --pairs the new answer
    of each pair is run through the engine and compared with the old one, and a table says of each field
    in how many pairs it is equal. A line of that file:
    {"path": …, "old_version": …, "old": {…}, "new_version": …, "new": {…}}

    Exit codes: 0 when all is well; 1 when there are problems, all of which are listed, or pairs that differ
    in more than what the document declares absent; 2 for bad usage.
    """
    if pairs is not None:
        from shim.cli.check_pairs import check_pairs  # noqa: PLC0415 - only this option needs what it loads

        check_pairs(_engine(os.environ, document), pairs, output)
        return
    report = _report(os.environ, config, (group, cluster) if connects else None, document)
    write_report(attrs.asdict(report), report.problems, output, lambda: _text(report))


def _engine(environ: Mapping[str, str], document: Path | None) -> Engine:
    return load_engine(environ) if document is None else Engine(load_documents([document]))


def _report(
    environ: Mapping[str, str], config: Path | None, connect: tuple[str, str] | None, document: Path | None
) -> CheckReport:
    found: list[str] = []
    file: dict[str, Any] = {}
    with collected(found):
        file = read_config(config)
    settings, values = settings_in_force(environ, file, str(config), found)
    said, _ = given(TABLE, environ, {}, file, str(config))
    with collected(found):
        if provider := values.get("openfeature_provider"):
            provider_factory(provider, said["openfeature_provider"].name)
        check_flag(values.get("route"))
    found += mistyped(environ)
    settings += (credentials_in_force(environ, found),)
    documents: tuple[DocumentLine, ...] = ()
    with collected(found):
        settled = Settings(sunsets=values.get("sunset", {}), writes=values.get("writes", frozenset()))
        documents = _documents(_engine(environ, document), settled, said, found)
    connection: tuple[Probe, ...] = ()
    if connect is not None:
        with collected(found):
            connection = probe(environ, *connect)
        found.extend(f"{one.side}: {one.meaning}" for one in connection if not one.good)
    return CheckReport(settings, documents, connection, tuple(dict.fromkeys(found)))


def _documents(
    engine: Engine, settings: Settings, said: Mapping[str, Given], found: list[str]
) -> tuple[DocumentLine, ...]:
    try:
        engine.check_settings(settings)
    except SettingsError as error:
        found.extend(renamed(error, TABLE, said).problems)
    return tuple(_document(document, settings) for document in engine.documents)


def _document(document: Document, settings: Settings) -> DocumentLine:
    operations = tuple(
        OperationLine(
            id=operation.id,
            method=operation.method,
            path=operation.path.text,
            tiers=tuple(operation.successors) or ("none",),
            sunset=sunset_of(operation, settings).date().isoformat(),
        )
        for operation in document.operations
    )
    return DocumentLine(document.name, document.file, document.title, operations, document.overridden)


def _text(report: CheckReport) -> None:
    output.heading("Settings")
    output.columns(
        (one.name, one.value or "-", "" if one.source == "default" else one.source) for one in report.settings
    )
    output.heading("\nMapping documents")
    for document in report.documents:
        click.echo(f"  {click.style(document.name, bold=True)}: {document.title} ({document.file})")
        output.columns(((one.id, one.method, ", ".join(one.tiers), one.sunset) for one in document.operations), "    ")
        for at, file in document.overridden.items():
            click.echo(f"    overridden: {at} (by {file})")
    if not report.documents:
        click.echo("  (can't be read)")
    if report.connection:
        output.heading("\nConnection")
    for one in report.connection:
        click.echo(f"  {click.style(one.side, fg='green' if one.good else 'red', bold=True)}  {one.status or '-'}")
        output.paragraph(one.request, "    ")
        output.paragraph(output.printable(one.meaning), "    ")
