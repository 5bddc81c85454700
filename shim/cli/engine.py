"""The engine of a command, from the environment or from the command's options."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path

import attrs
import click

from shim.core.recognize import Engine, load_engine
from shim.documents import load_documents, mapping_folders
from shim.errors import SettingsError
from shim.gateway.plan import Plan, PlanSource, renamed, unknown_variables
from shim.origins import read_base_url

document_option = click.option(
    "--document",
    type=click.Path(exists=True, path_type=Path),
    help="Use this document, a file or folder, in place of the shipped ones.",
)


def engine_of(document: Path | None, switches: Mapping[str, str] = {}) -> Engine:
    """Return the engine of a document, or of all that the environment names.

    ``switches`` are variables in addition to the environment's. Raises SettingsError
    and DocumentError.
    """
    return load_engine(
        {**os.environ, **switches}, load_documents([document]) if document else ()
    )


def plan_of(
    flags: Mapping[str, str | None], config: Path | None, document: Path | None
) -> Plan:
    """Return the engine that a gateway would use, with this document if it is given.

    Upstream is the environment's base URL if no option sets one. Raises SettingsError
    and DocumentError, also for a mistyped variable, because nothing may be sent with
    wrong settings.
    """
    if problems := unknown_variables(os.environ):
        raise SettingsError(*problems)
    source = PlanSource(dict(os.environ), flags, config)
    options, found = source.options()
    if "upstream" not in found:
        options = attrs.evolve(options, upstream=read_base_url(os.environ))
    try:
        documents = load_documents(
            mapping_folders(os.environ) if document is None else [document]
        )
        return Plan(options, Engine(documents, options.reads, options.writes), found)
    except SettingsError as error:
        raise renamed(error, found) from None
