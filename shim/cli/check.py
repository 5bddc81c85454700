"""``atlas-shim check``: checks settings, documents, the drop-in and the connection to Atlas.

Its parts are ``check_settings``, ``check_dropin``, ``check_connect`` and ``check_pairs``.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import attrs
import click

from shim.cli import check_dropin, output
from shim.cli.check_connect import CLUSTER, GROUP, Probe, probe
from shim.cli.check_settings import settings_in_force
from shim.cli.failures import collected
from shim.cli.options import output_option
from shim.cli.output import write_report
from shim.core.recognise import Engine, load_engine
from shim.core.route import sunset_of
from shim.core.settings import Settings, read_settings
from shim.documents import Document, load_documents
from shim.documents.check_fields import lost_members, open_questions
from shim.errors import SettingsError
from shim.gateway.option_sources import renamed
from shim.gateway.options import TABLE
from shim.gateway.settings_report import Setting


@click.command()
@click.argument("document", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--config", type=click.Path(path_type=Path), help="The gateway's settings file, as for serve.")
@click.option("--connect", "connects", is_flag=True, help="Also ask Atlas, with the credentials of the environment.")
@click.option(
    "--group", default=GROUP, envvar="MONGODB_ATLAS_PROJECT_ID", metavar="ID", help="A project, for --connect."
)
@click.option("--cluster", default=CLUSTER, metavar="NAME", help="A cluster in that project, for --connect.")
@click.option(
    "--pairs",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Recorded answers of two versions, to compare with what the documents make.",
)
@click.option("--calendar", is_flag=True, help="Check nothing, and list the sunsets.")
@click.option(
    "--description",
    "descriptions",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Also list the sunsets of this OpenAPI description, with --calendar.",
)
@click.option(
    "--seen",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    multiple=True,
    help="Count calls in this inventory or output of 'scan -o json', with --calendar. Default: ATLAS_SHIM_INVENTORY.",
)
@click.option(
    "--within",
    type=click.IntRange(0),
    default=90,
    show_default=True,
    help="Fail for sunsets in so many days, with --calendar.",
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
    calendar: bool,
    descriptions: tuple[Path, ...],
    seen: tuple[Path, ...],
    within: int,
    output: str,
) -> None:
    """Check settings, documents, the drop-in and the way to Atlas.

    The drop-in is switched on in this process, as by "import shim.auto", and off again. To see what a program
    gets, run "atlas-shim run -- atlas-shim check" in its environment; to see the libraries that it has loaded,
    too, call shim.cli.main(["check"]) in it. With --config or DOCUMENT the drop-in is not checked.

    Nothing is sent without --connect. With it, two reads go to the configured upstream (or to
    MONGODB_ATLAS_BASE_URL), through its certificates and proxy: the retired list of snapshots and the list of
    flex clusters. They show whether Atlas can be reached, whether it accepts the credentials, and whether
    the endpoint is retired. Without --group (a project's id, also MONGODB_ATLAS_PROJECT_ID) they name a
    project that does not exist. No secret is shown.

    DOCUMENT is a file or folder to check instead of the shipped documents. With --pairs each new answer
    is translated and compared with the old one, and a table shows for each field how many pairs agree.
    A line of that file:
    {"path": …, "old_version": …, "old": {…}, "new_version": …, "new": {…}}

    --calendar checks nothing: it lists the sunsets in the documents and in an OpenAPI description, with the calls
    that an inventory or a scan found.

    Exit codes: 0 when no problem was found; 1 for problems (all are listed), or pairs that differ in fields
    that the document does not declare absent; 2 for bad usage; with --calendar 4 if a call's sunset is at most
    --within days away, and 5 if it has passed and the call was found. With an inventory or a scan only calls
    found there count.
    """
    if calendar:
        from shim.cli.check_calendar import check_calendar, known_ends  # noqa: PLC0415 - only this option needs what it loads

        engine, settings = _engine(os.environ, document), read_settings(os.environ)
        check_calendar(known_ends(engine, settings, descriptions), seen, within, output)
    if pairs is not None:
        from shim.cli.check_pairs import check_pairs  # noqa: PLC0415 - only this option needs what it loads

        check_pairs(_engine(os.environ, document), pairs, output)
        return
    found: list[str] = []
    force = settings_in_force(os.environ, config, found)
    documents: list[dict[str, Any]] = []
    with collected(found):
        engine = _engine(os.environ, document)
        documents = [_document(one, force.settings) for one in engine.documents]
        found += [line for one in engine.documents for line in open_questions(one)]
        try:
            engine.check_settings(force.settings)
        except SettingsError as error:
            found += renamed(error, TABLE, force.given).problems
    serves_programs = config is None and document is None
    dropin = check_dropin.look(os.environ, found) if serves_programs else None
    connection: tuple[Probe, ...] = ()
    if connects:
        with collected(found):
            connection = probe(os.environ, force.options, group, cluster)
        found += [f"{one.side}: {one.meaning}" for one in connection if not one.good]
    problems = list(dict.fromkeys(found))
    report = {
        "settings": [attrs.asdict(one) for one in force.shown],
        "documents": documents,
        "dropin": attrs.asdict(dropin) if dropin else None,
        "connection": [attrs.asdict(one) for one in connection],
        "problems": problems,
    }

    def text() -> None:
        _settings_text(force.shown)
        _documents_text(documents)
        if dropin:
            check_dropin.text(dropin)
        if connection:
            _connection_text(connection)

    good = check_dropin.verdict(dropin) if dropin else "Settings and documents are valid."
    write_report(report, problems, output, text, good if connects else f"{good} Atlas was not asked (--connect).")


def _engine(environ: Mapping[str, str], document: Path | None) -> Engine:
    return load_engine(environ) if document is None else Engine(load_documents([document]))


def _document(document: Document, settings: Settings) -> dict[str, Any]:
    """Return a document's operations with their sunsets in force, and which documents override its rules."""
    operations = [
        {
            "id": operation.id,
            "method": operation.method,
            "path": operation.path.text,
            "tiers": list(operation.successors) or ["none"],
            "sunset": sunset_of(operation, settings).date().isoformat(),
        }
        for operation in document.operations
    ]
    about = {"name": document.name, "file": document.file, "title": document.title}
    lost = list(lost_members(document))
    return {**about, "operations": operations, "overridden": document.overridden, "remarks": lost}


def _settings_text(settings: Iterable[Setting]) -> None:
    output.heading("Settings")
    output.columns((one.name, one.value or "-", "" if one.source == "default" else one.source) for one in settings)


def _documents_text(documents: Sequence[Mapping[str, Any]]) -> None:
    output.heading("\nMapping documents")
    for document in documents:
        output.heading(f"  {document['name']}")
        output.paragraph(f"{document['title']} ({document['file']})", "    ")
        rows = ((one["id"], one["method"], ", ".join(one["tiers"]), one["sunset"]) for one in document["operations"])
        output.columns(rows, "    ")
        for at, file in document["overridden"].items():
            output.paragraph(f"overridden: {at} (by {file})", "    ")
        output.bullets(document["remarks"])
    if not documents:
        click.echo("  (can't be read)")


def _connection_text(connection: Iterable[Probe]) -> None:
    output.heading("\nConnection")
    for one in connection:
        click.echo(f"  {click.style(one.side, fg='green' if one.good else 'red', bold=True)}  {one.status or '-'}")
        output.paragraph(one.request, "    ")
        output.paragraph(output.printable(one.meaning), "    ")
