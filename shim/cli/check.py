"""``atlas-shim check``: checks settings, documents, the drop-in and the connection.

Its parts are ``check_dropin``, ``check_connect`` and ``check_gateway``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import attrs
import click

from shim.cli import check_dropin, output
from shim.cli.check_connect import GROUP, probe
from shim.cli.check_gateway import check_start
from shim.cli.engine import engine_of
from shim.cli.failures import NO, SETTINGS
from shim.cli.output import config_option, output_option, write_report
from shim.cli.serve import GatewayCommand, flag
from shim.core.settings import RouteWord
from shim.credentials import read_credentials, used_variables
from shim.documents import Document, load_documents, mapping_folders
from shim.documents.check import lost_members
from shim.doors.environment import VARIABLES, WARNINGS, read_word
from shim.flags.providers import check_flag, provider_factory
from shim.gateway.options import TABLE, Options
from shim.gateway.plan import (
    Plan,
    PlanSource,
    Setting,
    collected,
    given,
    options_of,
    read_config,
    settings_of,
    unknown_variables,
)
from shim.origins import read_base_url


@click.command(cls=GatewayCommand, params=[flag(row, hidden=True) for row in TABLE])
@click.argument(
    "document", type=click.Path(exists=True, path_type=Path), required=False
)
@config_option
@click.option(
    "--connect",
    "connects",
    is_flag=True,
    help="Also call Atlas, with the credentials of the environment.",
)
@click.option(
    "--group",
    envvar="MONGODB_ATLAS_PROJECT_ID",
    metavar="ID",
    help="A project, for --connect.",
)
@output_option
def command(
    *,
    document: Path | None,
    config: Path | None,
    connects: bool,
    group: str | None,
    output: str,
    **flags: str | None,
) -> None:
    """Check settings, documents, drop-in, and connection to Atlas.

    The drop-in is enabled in this process, as by "import shim.auto", and disabled
    again. To check a program's environment, run "atlas-shim run -- atlas-shim check" in
    it, or call shim.cli.main(["check"]) in the program. With --config, an option of
    serve, or DOCUMENT (a file or folder that replaces the shipped documents), the
    drop-in is not checked. It accepts all options of serve, and reports everything that
    would keep serve from starting. An address that is already in use is not reported,
    because the gateway may be running.

    Nothing is sent without --connect. With it, two reads go to the configured upstream
    (or to MONGODB_ATLAS_BASE_URL), with its certificates and proxy: the retired list of
    snapshots and the list of flex clusters. Without --group, they use a project that
    does not exist. No secret is shown.

    Exit codes: 0 if no problem was found; 1 for problems (all are listed); 2 for bad
    usage, or if serve would not start.
    """
    problems: list[str] = []
    source = PlanSource(dict(os.environ), flags, config)
    is_gateway = config is not None or any(one is not None for one in flags.values())
    rows, upstream, documents, code = _settings(source, document, problems)
    with collected(problems):
        rows.append(
            Setting(
                "warnings",
                read_word(os.environ),
                WARNINGS if os.environ.get(WARNINGS) else "default",
            )
        )
    with collected(problems):
        # The kind of credentials and the names of their variables, never a value.
        known = read_credentials(os.environ)
        if known is None:
            kind = "none"
        else:
            kind = type(known).__name__
        rows.append(
            Setting(
                "Atlas credentials",
                kind,
                ", ".join(used_variables(os.environ)) or "default",
            )
        )
    problems += unknown_variables(os.environ)
    # Parts that a shipped document drops are dropped on purpose.
    shipped = set[str]()
    if not document:
        shipped = {one.name for one in load_documents(mapping_folders({}))}
    lost = {}
    for one in documents:
        if one.name not in shipped or one.overridden:
            lost[one.name] = [*lost_members(one)]
    described = [_described(one, lost.get(one.name, [])) for one in documents]
    report: dict[str, Any] = {"settings": rows, "documents": described}
    report["dropin"] = None
    if not is_gateway and not document:
        report["dropin"] = check_dropin.look(os.environ, problems)
    report["connection"] = ()
    if connects and upstream is None:
        problems.append(
            "Atlas was not called (--connect): no setting names its address"
        )
    elif connects and upstream is not None:
        with collected(problems):
            report["connection"] = probe(os.environ, upstream, group or GROUP)
        bad = [one for one in report["connection"] if not one["good"]]
        problems += [f"{one['side']}: {one['meaning']}" for one in bad]
    report["problems"] = problems = list(dict.fromkeys(problems))
    dropin = report["dropin"]
    if dropin:
        good = f"Calls made with {', '.join(dropin['covered'])} are covered."
    else:
        good = "Settings and documents are valid."
    if not connects:
        good += " Atlas was not called (--connect)."
    write_report(report, problems, output, lambda: _text(report), good, code)


def _described(document: Document, remarks: list[str]) -> dict[str, Any]:
    """Return a mapping document as the report has it."""
    return {
        "name": document.name,
        "file": document.file,
        "overridden": document.overridden,
        "remarks": remarks,
    }


def _is_for_gateway(source: PlanSource, found: Mapping[str, Setting]) -> bool:
    """Return whether only gateways, and not programs, have a setting."""
    for row in TABLE:
        if row.name not in found:
            continue
        if source.flags[row.name] is not None or row.variable not in VARIABLES:
            return True
    return False


def _settings(
    source: PlanSource, document: Path | None, problems: list[str]
) -> tuple[list[Setting], Options | None, tuple[Document, ...], int]:
    """Return settings, upstream's options, documents, and the exit code of problems.

    Each defect is added to the list. Parts that can't be read are None or empty. The
    code is the one of ``serve`` for problems that keep a gateway from starting.
    """
    rows = list[Setting]()
    upstream = None
    options = Options()
    documents = tuple[Document, ...]()
    file = dict[str, object]()
    with collected(problems):
        file = read_config(source.config)
    found, unknown = given(os.environ, source.flags, file, str(source.config))
    with collected(problems):
        options = options_of(found, unknown)
        rows += settings_of(found, os.environ)
        provider_factory(os.environ)
        check_flag(options.route)
    with collected(problems, found):
        engine = engine_of(document, options.switches)
        documents = engine.documents
        plan = Plan(options, engine, found)
    code = NO
    if source.config or _is_for_gateway(source, found):
        starts = not problems and check_start(plan, source, problems)
        code = NO if starts else SETTINGS
    if options.route is RouteWord.OFF:
        problems.append(
            f"{found['route'].source}=off: the shim is switched off, retired calls fail"
        )
    with collected(problems):
        upstream = options_of(
            {name: one for name, one in found.items() if name.startswith("upstream")}
        )
        if "upstream" not in found:
            upstream = attrs.evolve(upstream, upstream=read_base_url(os.environ))
    return rows, upstream, documents, code


def _text(report: Mapping[str, Any]) -> None:
    output.heading("Settings")
    output.write_table(
        ((one.name, one.value, one.source) for one in report["settings"]), "  "
    )
    output.heading("\nMapping documents")
    rows = [(one["name"], one["file"]) for one in report["documents"]]
    output.facts(rows or [("(can't be read)", " ")])
    for document in report["documents"]:
        overridden = [
            f"{at}: overridden by {file}" for at, file in document["overridden"].items()
        ]
        remarks = (*overridden, *document["remarks"])
        output.bullets(f"{document['name']}: {remark}" for remark in remarks)
    if dropin := report["dropin"]:
        output.heading(f"\nDrop-in (switched on {dropin['active']})")
        output.facts(dropin["versions"].items())
        output.paragraph(
            "Calls by other libraries need the gateway: atlas-shim run, or serve."
        )
        output.paragraph(
            "When a call is not translated: atlas-shim explain METHOD URL shows why."
        )
    if report["connection"]:
        output.heading("\nConnection")
    for one in report["connection"]:
        asked = f"{one['status'] or '-'}  {one['request']}"
        output.facts([(one["side"], asked), ("", one["meaning"])])
