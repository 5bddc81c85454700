"""``atlas-shim snapshots``: the backup snapshots of one cluster, through the typed client."""

from __future__ import annotations

import click

from shim.cli.output import output_option, printable
from shim.cli.resources import ENDING, client, day, minute, page_options, show_all, show_one, show_page, size

COLUMNS = (
    ("ID", "id", printable),
    ("CREATED (UTC)", "createdAt", minute),
    ("EXPIRES", "expiresAt", day),
    ("STATUS", "status", printable),
    ("MONGODB", "mongodVersion", printable),
    ("SIZE", "storageSizeBytes", size),
)


@click.group(epilog=ENDING)
def command() -> None:
    """Read the backup snapshots of a serverless instance or flex cluster."""


@command.command("list", epilog=ENDING)
@click.argument("group")
@click.argument("cluster")
@page_options
@output_option
def list_(  # noqa: PLR0913 - one argument an option
    *, group: str, cluster: str, every: bool, items_per_page: int | None, page_num: int | None, output: str
) -> None:
    """List the snapshots of a cluster, newest first.

    GROUP is a project's id, CLUSTER the name of a serverless instance or what became of it.

    With -o json one page is the legacy JSON as the API gave it; with --all it is an object whose
    "results" are those of all pages.
    """
    if every and page_num is not None:
        raise click.UsageError("--all and --page-num exclude each other")
    with client() as atlas:
        backups = atlas.cloud_backups
        if every:
            walk = backups.iter_serverless_backup_snapshots(group, cluster, items_per_page=items_per_page)
            show_all(list(walk), COLUMNS, output)
        else:
            page = backups.list_serverless_backup_snapshots(
                group, cluster, items_per_page=items_per_page, page_num=page_num
            )
            show_page(page, COLUMNS, output)


@command.command(epilog=ENDING)
@click.argument("group")
@click.argument("cluster")
@click.argument("snapshot_id", metavar="ID")
@output_option
def get(*, group: str, cluster: str, snapshot_id: str, output: str) -> None:
    """Show one snapshot, with the fidelity of each field.

    GROUP is a project's id, CLUSTER the name of a serverless instance or what became of it.
    """
    with client() as atlas:
        show_one(atlas.cloud_backups.get_serverless_backup_snapshot(group, cluster, snapshot_id), output)
