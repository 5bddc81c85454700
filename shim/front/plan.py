"""What a configuration says besides the calls: addresses, times, certificates, and its first lines."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from itertools import zip_longest
from urllib.parse import urlsplit

import attrs

from shim._version import __version__
from shim.documents.model import Document
from shim.errors import SettingsError
from shim.front.calls import Group, groups_of
from shim.gateway.options import Address, Options

ROOTS = "/etc/ssl/certs/ca-certificates.crt"
"""The system's roots on Debian, Ubuntu, Alpine and SUSE."""

KEEP_GATEWAY = 60
"""Seconds that a connection to the gateway is kept idle: less than its own ``--keepalive-timeout``."""

KEEP_ATLAS = 30
"""Seconds that a connection to Atlas is kept idle: less than load balancers keep theirs."""

_HOST = re.compile(r"[A-Za-z0-9._:-]+")
_QUOTED = re.compile(r"[A-Za-z0-9._/@+~ -]+")


@attrs.frozen
class Replica:
    """One gateway: where it takes calls, and where it answers probes (None when nobody asks)."""

    calls: Address
    admin: Address | None


@attrs.frozen
class Upstream:
    """Atlas' origin, taken apart; ``authority`` is what Host says there."""

    host: str
    port: int
    tls: bool
    authority: str

    @property
    def address(self) -> Address:
        """Where it is reached."""
        return Address(self.host, self.port)


@attrs.frozen
class Plan:
    """All that a configuration is made of; times are in whole seconds.

    ``ca_file`` is None for the system's roots; ``forwarded`` says that the gateway learns the peer's address from
    ``X-Forwarded-For``, and not by the PROXY protocol.
    """

    proxy: str
    documents: tuple[str, ...]
    groups: tuple[Group, ...]
    replicas: tuple[Replica, ...]
    listen: Address
    upstream: Upstream
    tls_cert: str | None
    tls_key: str | None
    ca_file: str | None
    connect: int
    idle: int
    head: int
    kept: int
    forwarded: bool

    @property
    def gateway_idle(self) -> int:
        """Seconds to wait for the gateway: it says itself, in Atlas' shape, when upstream was idle for too long."""
        return self.idle + 10


def plan_for(  # noqa: PLR0913 - one argument an option
    proxy: str,
    documents: Sequence[Document],
    options: Options,
    *,
    gateways: Sequence[Address],
    admins: Sequence[Address | None],
    listen: Address,
    ca_file: str | None = None,
    forwarded: bool = True,
) -> Plan:
    """Return a plan for a proxy.

    Of ``options`` it takes upstream, certificate and times. ``admins`` belong to ``gateways`` in order; one that
    is missing is not asked. Raises SettingsError for a path or host that can't be written down as it is, and
    for a key without its certificate.
    """
    for path in (options.tls_cert, options.tls_key, ca_file):
        if path is not None and _QUOTED.fullmatch(path) is None:
            raise SettingsError(f"{path!r}: a path of letters, digits, spaces and . _ / @ + ~ - is needed here")
    for host in (listen.host, *(one.host for one in (*gateways, *admins) if one is not None)):
        if _HOST.fullmatch(host) is None:
            raise SettingsError(f"{host!r} is no name or address of a host")
    if options.tls_key and not options.tls_cert:
        raise SettingsError("--tls-key: is of no use without --tls-cert")
    parts = urlsplit(options.upstream)
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    return Plan(
        proxy=proxy,
        documents=tuple(document.file for document in documents),
        groups=groups_of(documents),
        replicas=tuple(Replica(calls, admin) for calls, admin in zip_longest(gateways, admins[: len(gateways)])),
        listen=listen,
        upstream=Upstream(parts.hostname or "", port, tls, parts.netloc),
        tls_cert=options.tls_cert,
        tls_key=options.tls_key or options.tls_cert,
        ca_file=ca_file,
        connect=10,
        idle=max(1, round(options.upstream_timeout)),
        head=max(1, round(options.client_timeout)),
        kept=max(1, round(options.keepalive_timeout)),
        forwarded=forwarded,
    )


def is_address(host: str) -> bool:
    """Tell whether a host is an IP address, for which nobody asks DNS."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True


def first_lines(plan: Plan, needs: str, *notes: str) -> str:
    """Return the comment at the top: what made this from what, for which program, and the gateways' own options."""
    lines = [
        f"Made by atlas-shim {__version__} (atlas-shim front --for {plan.proxy}) from these mapping documents:",
        *(f"    {name}" for name in plan.documents),
        "Make it anew when documents or options change, and when atlas-shim has a new version.",
        "",
        "Calls of retired operations go to atlas-shim; all others go straight to",
        f"{plan.upstream.authority}, as they are. With no gateway ready, retired calls get a 502 or 503: sent",
        "straight on, some would get answers that look well and mean nothing.",
        "",
        f"Needs {needs}.",
        *notes,
        "",
        "Start each gateway with these options, besides its own:",
        *(f"    {line}" for replica in plan.replicas for line in _gateway(plan, replica)),
        "Links in replies lead to --public-url: the address of this proxy as callers know it.",
        "",
    ]
    return "".join(f"# {line}".rstrip() + "\n" for line in lines)


def _gateway(plan: Plan, replica: Replica) -> tuple[str, ...]:
    address = replica.calls
    scheme, implied = ("https", 443) if plan.tls_cert else ("http", 80)
    port = "" if plan.listen.port == implied else f":{plan.listen.port}"
    if not plan.forwarded:
        peer = "--proxy-protocol on"
    elif is_address(address.host) and ipaddress.ip_address(address.host).is_loopback:
        peer = f"--trusted-proxies {address.host}/{128 if ':' in address.host else 32}"
    else:
        peer = "--trusted-proxies ADDRESS_OF_THIS_PROXY/32"
    admin = "off" if replica.admin is None else replica.admin.authority
    return (
        f"atlas-shim serve --listen {address.authority} --admin {admin} \\",
        f"    --public-url {scheme}://NAME_OF_THIS_PROXY{port} {peer}",
    )
