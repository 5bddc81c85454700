"""``atlas-shim healthcheck``: asks a gateway's admin listener, for probes that run a command."""

from __future__ import annotations

import ipaddress
import os
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click

from shim.cli.failures import NO, SETTINGS, Failure
from shim.cli.options import config_option
from shim.gateway.option_sources import given
from shim.gateway.options import TABLE, options_of
from shim.gateway.reload import read_config

_ADMIN = next(row for row in TABLE if row.name == "admin")


@click.command()
@click.option("--live", is_flag=True, help="Ask whether the gateway runs, not whether it takes calls.")
@click.option(
    _ADMIN.flag, "admin", metavar=_ADMIN.metavar, help=f"Where it answers probes.  [default: {_ADMIN.default}]"
)
@click.option("--timeout", type=click.FloatRange(min=0, min_open=True), default=2.0, show_default=True, help="Seconds.")
@config_option
def command(*, live: bool, admin: str | None, timeout: float, config: Path | None) -> None:
    """Ask the gateway on this machine whether it is ready.

    It finds the gateway as "serve" does: --admin, ATLAS_SHIM_ADMIN, or the file. For a probe that
    runs a command where no HTTP probe can reach the admin listener.

    Exit codes: 0 when it is; 1 when it is not, or does not answer; 2 for bad usage or settings.
    """
    # The other settings are not read: a mistake in one of them must not fail a probe.
    file = {key: value for key, value in read_config(config).items() if key == _ADMIN.name}
    environ = {key: value for key, value in os.environ.items() if key == _ADMIN.variable}
    found, _ = given(TABLE, environ, {_ADMIN.name: admin}, file, str(config))
    address = options_of(found).admin
    if address is None or address.port == 0:
        raise Failure("there is no admin listener with a known port to ask; see --admin", SETTINGS)
    path = "/livez" if live else "/readyz"
    try:
        with closing(HTTPConnection(_reached(address.host), address.port, timeout=timeout)) as connection:
            connection.request("GET", path)
            reply = connection.getresponse()
            said = reply.read(1024).decode("ascii", "replace").strip()
    except (OSError, HTTPException) as error:
        raise Failure(f"{address.authority}{path}: {str(error) or type(error).__name__}", NO) from None
    if reply.status != 200:
        raise Failure(f"{address.authority}{path}: {reply.status} {said[:200]}", NO)
    click.echo(said)


def _reached(host: str) -> str:
    """Return the host to call for a listener on ``host``: loopback when it listens on all addresses."""
    try:
        everywhere = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host
    if not everywhere:
        return host
    return "::1" if ":" in host else "127.0.0.1"
