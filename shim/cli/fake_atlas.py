"""``atlas-shim fake-atlas``: the fake Atlas on a port of this machine."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

import click

from shim import fake
from shim.cli import output
from shim.cli.failures import SETTINGS, Failure
from shim.cli.log import until_signal
from shim.cli.serve import cannot_listen
from shim.core.settings import parse_instant
from shim.errors import SettingsError
from shim.fake.server import FakeServer
from shim.gateway.options import Address, parse_address

T = TypeVar("T")


def _parsed(parse: Callable[..., T]) -> Callable[[click.Context, click.Parameter, str | None], T | None]:
    """Return a click callback that reads a value with ``parse(text, name=...)``."""

    def callback(_context: click.Context, parameter: click.Parameter, text: str | None) -> T | None:
        try:
            return None if text is None else parse(text, name=parameter.opts[0])
        except SettingsError as error:
            raise click.BadParameter(str(error)) from error

    return callback


_instant = _parsed(parse_instant)


@click.command()
@click.option(
    "--listen", metavar="HOST:PORT", default="127.0.0.1:8482", show_default=True, callback=_parsed(parse_address)
)
@click.option("--today", metavar="DATE", callback=_instant, help="The fake's date; it stands still. Default: now.")
@click.option("--sunset", metavar="DATE", callback=_instant, help="When the backup endpoints end. Default: 2026-01-22.")
def command(listen: Address, today: datetime | None, sunset: datetime | None) -> None:
    """Run the fake Atlas alone.

    It has a flex cluster with 8 snapshots and a dedicated one, answers the legacy, flex and
    dedicated endpoints and sign-in as Atlas does, and keeps everything in memory.

    Exit codes: 0 after Ctrl-C or SIGTERM; 2 for bad usage or an address that can't be listened on.
    """
    atlas = fake.FakeAtlas(today=today, sunset=sunset or fake.BACKUP_SUNSET)
    asyncio.run(_serve(FakeServer(atlas, host=listen.host, port=listen.port)))


async def _serve(server: FakeServer) -> None:
    try:
        await server.start()
    except OSError as error:
        raise Failure(f"{cannot_listen(error)}; choose another address with --listen", SETTINGS) from error
    try:
        _tell(server)
        await until_signal()
    finally:
        await server.stop()


def _tell(server: FakeServer) -> None:
    atlas = server.fake
    gone = "have ended" if atlas.today >= atlas.sunset else "still answer"
    date = f"{atlas.today:%Y-%m-%d}: the serverless backup endpoints {gone} (sunset {atlas.sunset:%Y-%m-%d})"
    path = f"/api/atlas/v2/groups/{fake.DEMO_GROUP}/flexClusters/{fake.DEMO_CLUSTER}/backup/snapshots"
    output.heading(f"The fake Atlas listens at {server.url} until Ctrl-C")
    output.facts(
        [
            ("date", date),
            ("group", fake.DEMO_GROUP),
            ("clusters", f"{fake.DEMO_CLUSTER} (flex), {fake.DEMO_DEDICATED} (dedicated)"),
            ("token", fake.DEMO_TOKEN),
            ("API key", f"{fake.DEMO_PUBLIC_KEY} {fake.DEMO_PRIVATE_KEY}"),
            ("account", f"{fake.DEMO_CLIENT_ID} {fake.DEMO_CLIENT_SECRET}"),
        ]
    )
    click.echo(
        "\nA first call:\n\n"
        f"  curl --header 'Authorization: Bearer {fake.DEMO_TOKEN}' \\\n"
        "    --header 'Accept: application/vnd.atlas.2024-11-13+json' \\\n"
        f"    '{server.url}{path}'"
    )
