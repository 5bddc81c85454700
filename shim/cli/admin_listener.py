"""Calls a gateway's admin listener, whose address is read as ``serve`` reads it: flag, variable, or file."""

from __future__ import annotations

import ipaddress
import os
from contextlib import closing
from http.client import HTTPConnection, HTTPException
from pathlib import Path

import click

from shim.cli.failures import NO, SETTINGS, Failure, trouble
from shim.cli.options import config_option, together
from shim.cli.output import printable
from shim.gateway.option_values import given
from shim.gateway.options import TABLE, Address, options_of
from shim.gateway.plan import read_config

_ADMIN = next(row for row in TABLE if row.name == "admin")

admin_options = together(
    click.option(
        _ADMIN.flag, "admin", metavar=_ADMIN.metavar, help=f"The gateway's admin listener.  [default: {_ADMIN.default}]"
    ),
    click.option(
        "--timeout", type=click.FloatRange(min=0, min_open=True), default=2.0, show_default=True, help="Seconds."
    ),
    config_option,
)


def admin_address(admin: str | None, config: Path | None) -> Address:
    """Return the admin listener's address; raises Failure if it is off or its port unknown, and SettingsError."""
    # The other settings are not read: a mistake in one of them must not fail a probe.
    file = {key: value for key, value in read_config(config).items() if key == _ADMIN.name}
    environ = {key: value for key, value in os.environ.items() if key == _ADMIN.variable}
    found, _ = given(TABLE, environ, {_ADMIN.name: admin}, file, str(config))
    address = options_of(found).admin
    if address is None or address.port == 0:
        raise Failure("the gateway has no admin listener with a known port; set --admin", SETTINGS)
    return address


def ask(address: Address, path: str, timeout: float) -> tuple[int, str, bytes]:
    """Return status, media type and content (16 MiB at most) of a page; raises Failure if nothing answers."""
    try:
        with closing(HTTPConnection(_reached(address.host), address.port, timeout=timeout)) as connection:
            connection.request("GET", path)
            reply = connection.getresponse()
            kind = reply.headers.get("Content-Type", "").partition(";")[0]
            return reply.status, kind, reply.read(16 * 1024 * 1024)
    except (OSError, HTTPException) as error:
        said = f"{address.authority}{path}: {printable(str(error).strip() or type(error).__name__)}"
        raise Failure(f"{said} (see {trouble('connection-refused')})", NO) from None


def _reached(host: str) -> str:
    """Return the host to call for a listener on ``host``: loopback when it listens on all addresses."""
    try:
        everywhere = ipaddress.ip_address(host).is_unspecified
    except ValueError:
        return host
    if not everywhere:
        return host
    return "::1" if ":" in host else "127.0.0.1"
