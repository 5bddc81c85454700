"""``atlas-shim status``: prints the status page of a gateway's admin listener, or asks it as a probe does."""

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
    help="Ask only whether the gateway runs (live), or takes calls (ready), for the exit code.",
)
@output_option
def command(*, admin: str | None, timeout: float, config: Path | None, probe: str | None, output: str) -> None:
    """Show what the gateway does, and whether the shim can go.

    The admin listener is found as "serve" finds it: --admin, ATLAS_SHIM_ADMIN, or the file. The text
    is its page /status.txt; with --output json it is /status.json. A probe that can reach no HTTP on
    that listener runs the command with --probe.

    Example: watch atlas-shim status

    Exit codes: 0 when the gateway answers, with --probe: yes; 1 when it does not answer, is no gateway,
    or says no to --probe; 2 for bad usage or settings.
    """
    path = f"/{probe}z" if probe else "/status.json" if output == "json" else "/status.txt"
    address = admin_address(admin, config)
    status, kind, content = ask(address, path, timeout)
    # Whoever took the port may say anything, and must not steer the terminal.
    lines = [out.printable(line) if line else "" for line in content.decode("utf-8", "replace").splitlines()]
    said = f"{address.authority}{path}: {status}"
    if kind != ("application/json" if path.endswith("json") else "text/plain"):
        raise Failure(f"{said}, {out.printable(kind)}; is it a gateway, and of this version?", NO)
    if status != 200:
        raise Failure(f"{said} {' '.join(lines)[:200]}", NO)
    click.echo("\n".join(lines))
