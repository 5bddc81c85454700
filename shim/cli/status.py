"""``atlas-shim status``: prints the status page of a gateway's admin listener, or works as a probe."""

from __future__ import annotations

from pathlib import Path

import click

from shim.cli import output as out
from shim.cli.admin_listener import admin_address, admin_options, ask
from shim.cli.failures import NO, Failure
from shim.cli.options import output_option


@click.command()
@admin_options
@click.option(
    "--probe",
    type=click.Choice(["live", "ready"]),
    help="Check only whether the gateway runs (live) or takes calls (ready), and set the exit code.",
)
@output_option
def command(*, admin: str | None, timeout: float, config: Path | None, probe: str | None, output: str) -> None:
    """Show what the gateway does, and whether the shim can go.

    The admin listener's address comes from --admin, ATLAS_SHIM_ADMIN, or the file, as for "serve".
    The text is its page /status.txt; with --output json it is /status.json. --probe is for health
    checks that run a command.

    Example: watch atlas-shim status

    Exit codes: 0 if the gateway answers, with --probe only if it is live or ready; 1 if it does not,
    or is not a gateway; 2 for bad usage or settings.
    """
    path = f"/{probe}z" if probe else "/status.json" if output == "json" else "/status.txt"
    address = admin_address(admin, config)
    status, kind, content = ask(address, path, timeout)
    # Another program may have the port; its answer must not control the terminal.
    lines = [out.printable(line) if line else "" for line in content.decode("utf-8", "replace").splitlines()]
    said = f"{address.authority}{path}: {status}"
    if kind != ("application/json" if path.endswith("json") else "text/plain"):
        raise Failure(f"{said}, {out.printable(kind)}; is this a gateway of the same version?", NO)
    if status != 200:
        raise Failure(f"{said} {' '.join(lines)[:200]}", NO)
    click.echo("\n".join(lines))
