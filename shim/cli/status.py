"""``atlas-shim status``: prints the status page of a gateway's admin listener, or works as a probe."""

from __future__ import annotations

import ipaddress
import os
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click

from shim.cli.failures import NO, SETTINGS, ExitError
from shim.cli.output import config_option, output_option, printable
from shim.gateway.option_values import Address
from shim.gateway.options import TABLE
from shim.gateway.plan import given, options_of, read_config

_ADMIN = next(row for row in TABLE if row.name == "admin")
_PATIENCE = 2.0  # seconds


@click.command()
@click.option(
    _ADMIN.flag,
    metavar=_ADMIN.metavar,
    help=f"The gateway's admin listener.  [default: {_ADMIN.default}]",
)
@config_option
@click.option(
    "--probe",
    type=click.Choice(["live", "ready"]),
    help="Check only that it runs, or accepts calls (ready).",
)
@output_option
def command(
    *, admin: str | None, config: Path | None, probe: str | None, output: str
) -> None:
    """Show the gateway's status, and whether the shim can be removed.

    The admin listener's address comes from --admin, ATLAS_SHIM_ADMIN, or the file, as
    for "serve". The text is its page /status.txt; with --output json it is
    /status.json. --probe is for health checks that run a command.

    Example: watch atlas-shim status

    Exit codes: 0 if the gateway answers, with --probe only if it is live or ready; 1 if
    it does not answer, or is not a gateway; 2 for bad usage or settings.
    """
    if probe:
        path = f"/{probe}z"
    elif output == "json":
        path = "/status.json"
    else:
        path = "/status.txt"
    address = _address(admin, config)
    said = f"{address.authority}{path}: "
    try:
        with closing(
            HTTPConnection(address.host, address.port, timeout=_PATIENCE)
        ) as connection:
            connection.request("GET", path)
            reply = connection.getresponse()
            content = reply.read(16 * 1024 * 1024)
    except (OSError, HTTPException) as error:
        said += str(error).strip() or type(error).__name__
        raise ExitError(
            f"{said}; start the gateway (atlas-shim serve), or give its address with --admin",
            NO,
        ) from None
    # Another program may use the port; its answer must not control the terminal.
    lines = [
        printable(line) if line else ""
        for line in content.decode("utf-8", "replace").splitlines()
    ]
    kind = reply.headers.get("Content-Type", "").partition(";")[0]
    if kind != ("application/json" if path.endswith("json") else "text/plain"):
        raise ExitError(
            f"{said}{reply.status}, {printable(kind)}; is this a gateway of the same version?",
            NO,
        )
    if reply.status != 200:
        raise ExitError(f"{said}{reply.status} {' '.join(lines)[:200]}", NO)
    click.echo("\n".join(lines))


def _address(admin: str | None, config: Path | None) -> Address:
    """Return the URL of the admin listener.

    Raises ExitError if it is unknown, and SettingsError.
    """
    found, _ = given(os.environ, {_ADMIN.name: admin}, read_config(config), str(config))
    # The other settings are not read, because a mistake in one of them must not fail a
    # probe.
    address = options_of(
        {name: one for name, one in found.items() if name == _ADMIN.name}
    ).admin
    if address is None or address.port == 0:
        raise ExitError(
            "the gateway has no admin listener with a known port; set --admin", SETTINGS
        )
    with suppress(ValueError):  # a name
        # It listens on all addresses, including loopback.
        if ipaddress.ip_address(address.host).is_unspecified:
            return Address("::1" if ":" in address.host else "127.0.0.1", address.port)
    return address
