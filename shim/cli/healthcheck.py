"""``atlas-shim healthcheck``: asks a gateway's admin listener, for probes that run a command."""

from __future__ import annotations

from pathlib import Path

import click

from shim.cli.admin_listener import admin_address, admin_options, ask
from shim.cli.failures import NO, Failure


@click.command()
@click.option("--live", is_flag=True, help="Ask whether the gateway runs, not whether it takes calls.")
@admin_options
def command(*, live: bool, admin: str | None, timeout: float, config: Path | None) -> None:
    """Ask the gateway on this machine whether it is ready.

    It finds the gateway as "serve" does: --admin, ATLAS_SHIM_ADMIN, or the file. For a probe that
    runs a command where no HTTP probe can reach the admin listener.

    Exit codes: 0 when it is; 1 when it is not, or does not answer; 2 for bad usage or settings.
    """
    path = "/livez" if live else "/readyz"
    address = admin_address(admin, config)
    status, content = ask(address, path, timeout)
    said = content[:1024].decode("ascii", "replace").strip()
    if status != 200:
        raise Failure(f"{address.authority}{path}: {status} {said[:200]}", NO)
    click.echo(said)
