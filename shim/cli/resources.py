"""The kinds of resources that commands read, each declared once, and ``list`` and ``get`` made of a declaration.

``snapshots`` and ``instances`` are such commands and no more; ``restores`` adds to its own; ``diff`` reads the
same kinds from two sides.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import attrs
import click

from shim import inventory
from shim._version import __version__
from shim.atlas import AtlasClient, Page, Retries
from shim.atlas.client import RETRIES, TIMEOUT
from shim.atlas.convert import Model
from shim.cli import COMMANDS
from shim.cli.options import CLUSTER, output_option, together
from shim.cli.output import printable
from shim.cli.resource_tables import Columns, day, minute, region, show_all, show_one, show_page, size
from shim.cli.watching import state_of
from shim.core.settings import Settings
from shim.errors import LegacyEndpointWarning, SettingsError
from shim.httpx import Client
from shim.httpx._clients import force_settings

ENDING = """Credentials come from the environment: MONGODB_ATLAS_PUBLIC_API_KEY and
MONGODB_ATLAS_PRIVATE_API_KEY, or MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or
MONGODB_ATLAS_ACCESS_TOKEN; each also as ..._FILE. MONGODB_ATLAS_BASE_URL is the Atlas to ask.

Exit codes: 0 success; 1 Atlas answered with an error; 2 bad usage or settings; 3 network."""

PAGES = """With -o json one page is the legacy JSON as the API gave it; with --all it is an object whose
"results" are those of all pages."""


@attrs.frozen
class ResourceKind:
    """One kind of resource: what the help says, how a table shows it, and the methods of the typed client.

    ``arguments`` are what a list needs, ``name`` is what names one resource in it; ``listed`` and ``got``
    are the help of ``list`` and ``get``. ``page``, ``every`` and ``one`` return the client's methods for one
    page, for all items and for one resource.
    """

    listed: str
    got: str
    arguments: tuple[str, ...]
    name: str
    columns: Columns
    page: Callable[[AtlasClient], Callable[..., Page[Any]]]
    every: Callable[[AtlasClient], Callable[..., Iterator[Model]]]
    one: Callable[[AtlasClient], Callable[..., Model]]


SNAPSHOTS = ResourceKind(
    listed=f"List the snapshots of a cluster, newest first.\n\n{CLUSTER}",
    got=f"Show one snapshot, with the fidelity of each field.\n\n{CLUSTER}",
    arguments=("group", "cluster"),
    name="id",
    columns=(
        ("ID", "id", printable),
        ("CREATED (UTC)", "createdAt", minute),
        ("EXPIRES", "expiresAt", day),
        ("STATUS", "status", printable),
        ("MONGODB", "mongodVersion", printable),
        ("SIZE", "storageSizeBytes", size),
    ),
    page=lambda atlas: atlas.cloud_backups.list_serverless_backup_snapshots,
    every=lambda atlas: atlas.cloud_backups.iter_serverless_backup_snapshots,
    one=lambda atlas: atlas.cloud_backups.get_serverless_backup_snapshot,
)

RESTORES = ResourceKind(
    listed=f"List the restore jobs of a cluster, in Atlas' order.\n\n{CLUSTER}",
    got=f"Show one restore job, with the fidelity of each field.\n\n{CLUSTER}"
    " The link of a download lets anybody who has it download the data.",
    arguments=("group", "cluster"),
    name="job",
    columns=(
        ("ID", "id", printable),
        ("TYPE", "deliveryType", printable),
        ("STATE", "", lambda job: state_of(job).value),
        ("TARGET", "targetClusterName", printable),
        ("SNAPSHOT", "snapshotId", printable),
    ),
    page=lambda atlas: atlas.cloud_backups.list_serverless_restore_jobs,
    every=lambda atlas: atlas.cloud_backups.iter_serverless_restore_jobs,
    one=lambda atlas: atlas.cloud_backups.get_serverless_restore_job,
)

INSTANCES = ResourceKind(
    listed="List the instances of a project.\n\nGROUP is the project's id.",
    got="Show one instance, with the fidelity of each field.\n\n"
    "GROUP is a project's id, NAME that of a serverless instance or of the flex cluster that replaced it.",
    arguments=("group",),
    name="name",
    columns=(
        ("NAME", "name", printable),
        ("STATE", "stateName", printable),
        ("MONGODB", "mongoDBVersion", printable),
        ("PLACE", "providerSettings", region),
        ("CREATED (UTC)", "createDate", minute),
        ("ID", "id", printable),
    ),
    page=lambda atlas: atlas.serverless_instances.list_serverless_instances,
    every=lambda atlas: atlas.serverless_instances.iter_serverless_instances,
    one=lambda atlas: atlas.serverless_instances.get_serverless_instance,
)


@contextmanager
def client(settings: Settings | None = None, *, retries: Retries | None = RETRIES) -> Iterator[AtlasClient]:
    """Yield a client made of the environment; a parameter that fits no path becomes a SettingsError.

    ``settings`` are obeyed in place of those in the environment. Commands that order something, or wait by
    themselves, have no ``retries``: whoever orders decides whether to try again.
    """
    with warnings.catch_warnings():
        # The command calls the legacy interface on purpose: there is nobody to warn.
        warnings.simplefilter("ignore", LegacyEndpointWarning)
        agent = {"User-Agent": f"{inventory.COMMANDS}{__version__}"}
        with (
            _unnoted(),
            Client(timeout=TIMEOUT, headers=agent) as http,
            AtlasClient.from_env(http_client=http, retries=retries) as atlas,
        ):
            if settings is not None:
                force_settings(http, settings)
            try:
                yield atlas
            except ValueError as error:
                raise SettingsError(str(error)) from error


@contextmanager
def _unnoted() -> Iterator[None]:
    """Keep the calls of a command out of the inventory: it is no program that has to be changed."""
    named = os.environ.pop(inventory.VARIABLE, None)
    try:
        yield
    finally:
        if named is not None:
            os.environ[inventory.VARIABLE] = named


page_options = together(
    click.option("--all", "every", is_flag=True, help="All pages."),
    click.option("--items-per-page", type=click.IntRange(1, 500), metavar="N", help="Default: 100."),
    click.option("--page-num", type=click.IntRange(min=1), metavar="N", help="Which page. Default: the first."),
)


def commands_of(name: str, kind: ResourceKind) -> click.Group:
    """Return the command of this name, with ``list`` and ``get``."""
    group = click.Group(name, help=COMMANDS[name], epilog=ENDING)
    arguments = [click.argument(name) for name in kind.arguments]

    @group.command("list", help=f"{kind.listed}\n\n{PAGES}", epilog=ENDING)
    @together(*arguments, page_options, output_option)
    def list_(*, every: bool, items_per_page: int | None, page_num: int | None, output: str, **given: str) -> None:
        if every and page_num is not None:
            raise click.UsageError("--all and --page-num exclude each other")
        place = [given[name] for name in kind.arguments]
        with client() as atlas:
            if every:
                show_all(list(kind.every(atlas)(*place, items_per_page=items_per_page)), kind.columns, output)
            else:
                page = kind.page(atlas)(*place, items_per_page=items_per_page, page_num=page_num)
                show_page(page, kind.columns, output)

    @group.command("get", help=kind.got, epilog=ENDING)
    @together(*arguments, click.argument(kind.name), output_option)
    def get(*, output: str, **given: str) -> None:
        with client() as atlas:
            show_one(kind.one(atlas)(*[given[name] for name in (*kind.arguments, kind.name)]), output)

    return group


snapshots = commands_of("snapshots", SNAPSHOTS)
instances = commands_of("instances", INSTANCES)
