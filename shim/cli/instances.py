"""``atlas-shim instances``: the serverless instances of a group, through the typed client."""

from __future__ import annotations

from typing import Any

import click

from shim.cli.output import output_option, printable
from shim.cli.resources import ENDING, client, minute, page_options, show_all, show_one, show_page


def _place(settings: Any) -> str:
    """Write where an instance runs, from its provider settings."""
    names = ("backingProviderName", "regionName")
    found = [settings.get(name) for name in names] if isinstance(settings, dict) else []
    return printable(" ".join(printable(word) for word in found if word))


COLUMNS = (
    ("NAME", "name", printable),
    ("STATE", "stateName", printable),
    ("MONGODB", "mongoDBVersion", printable),
    ("PLACE", "providerSettings", _place),
    ("CREATED (UTC)", "createDate", minute),
    ("ID", "id", printable),
)


@click.group(epilog=ENDING)
def command() -> None:
    """Read the serverless instances of a project, or what took their place."""


@command.command("list", epilog=ENDING)
@click.argument("group")
@page_options
@output_option
def list_(*, group: str, every: bool, items_per_page: int | None, page_num: int | None, output: str) -> None:
    """List the instances of a project.

    GROUP is a project's id. With -o json one page is the legacy JSON as the API gave it; with --all
    it is an object whose "results" are those of all pages.
    """
    if every and page_num is not None:
        raise click.UsageError("--all and --page-num exclude each other")
    with client() as atlas:
        instances = atlas.serverless_instances
        if every:
            show_all(list(instances.iter_serverless_instances(group, items_per_page=items_per_page)), COLUMNS, output)
        else:
            page = instances.list_serverless_instances(group, items_per_page=items_per_page, page_num=page_num)
            show_page(page, COLUMNS, output)


@command.command(epilog=ENDING)
@click.argument("group")
@click.argument("name")
@output_option
def get(*, group: str, name: str, output: str) -> None:
    """Show one instance, with the fidelity of each field.

    GROUP is a project's id, NAME that of a serverless instance or of what became of it.
    """
    with client() as atlas:
        show_one(atlas.serverless_instances.get_serverless_instance(group, name), output)
