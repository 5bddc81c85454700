"""``atlas-shim front``: configures nginx, HAProxy or Envoy to route retired calls."""

from __future__ import annotations

import os

import click

from shim.core.recognize import shared_engine
from shim.errors import SettingsError
from shim.front import PROXIES, configuration
from shim.gateway.option_values import Address, parse_address
from shim.gateway.options import TABLE
from shim.gateway.plan import read_options

_ROWS = {row.name: row for row in TABLE}
# the front proxy uses them, too
_SHARED = (
    "upstream",
    "upstream_timeout",
    "client_timeout",
    "keepalive_timeout",
)


@click.command()
@click.option(
    "--for",
    "proxy",
    type=click.Choice(PROXIES),
    required=True,
    help="The proxy to configure.",
)
@click.option(
    "--gateway", "gateways", metavar="HOST:PORT", multiple=True, default=[_ROWS["listen"].default],
    help="A gateway's address; repeat it for each replica.",
)  # fmt: skip
@click.option(
    "--admin", "admins", metavar="HOST:PORT", multiple=True, default=["8481"],
    help="The admin address for health checks, once for each --gateway, or one port for all; 'off': no checks.",
)  # fmt: skip
@click.option(
    "--listen",
    metavar="HOST:PORT",
    default="127.0.0.1:8400",
    help="Let the proxy listen on this address.",
)
@click.option(
    "--upstream",
    metavar="URL",
    help=f"Atlas's origin.  [default: {_ROWS['upstream'].default}]",
)
@click.option(
    "--tls-cert",
    metavar="PATH",
    help="Let the proxy use TLS with this certificate chain (PEM).",
)
@click.option("--tls-key", metavar="PATH", help=_ROWS["tls_key"].help)
@click.option(
    "--ca-file",
    metavar="PATH",
    help="Roots of Atlas's certificate (PEM). Default: the system's.",
)
def command(
    *,
    proxy: str,
    gateways: tuple[str, ...],
    admins: tuple[str, ...],
    listen: str,
    ca_file: str | None,
    **shared: str | None,
) -> None:
    """Print a configuration for a proxy in front of the gateway.

    It is generated from the mapping documents, including those in ATLAS_SHIM_MAPPINGS.
    Print it again when they change. Its first lines list the proxy version and the
    gateway options that it needs. Upstream and timeouts come from the gateway's
    variables, such as ATLAS_SHIM_UPSTREAM.

    Example: atlas-shim front --for haproxy --gateway 10.0.0.5:8480 --gateway
    10.0.0.6:8480

    Exit codes: 0 when it was printed; 2 for bad usage, settings or mapping documents.
    """
    if len(admins) != len(gateways) and (len(admins) > 1 or ":" in admins[0]):
        raise SettingsError("--admin: give one port, or one address for each --gateway")
    environ = {
        name: os.environ.get(name, "")
        for name in (_ROWS[option].variable for option in _SHARED)
    }
    replicas = list[tuple[Address, Address | None]]()
    for calls, admin in zip(
        [parse_address(text, "--gateway") for text in gateways],
        admins * len(gateways),
        strict=False,
    ):
        if admin.isdecimal():
            text = Address(calls.host, int(admin)).authority
        else:
            text = admin
        replicas.append(
            (calls, None if admin == "off" else parse_address(text, "--admin"))
        )
    made = configuration(
        proxy,
        shared_engine(os.environ).documents,
        read_options(environ, shared),
        replicas=replicas,
        listen=parse_address(listen, "--listen"),
        ca_file=ca_file,
    )
    click.echo(made, nl=False)
