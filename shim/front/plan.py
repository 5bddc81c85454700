"""What a configuration says besides the calls: addresses, times and certificates."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from itertools import zip_longest
from urllib.parse import urlsplit

import attrs

from shim.documents.model import Document
from shim.errors import SettingsError
from shim.front.calls import Group, groups_of
from shim.gateway.options import Address, Options

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

    @property
    def asks(self) -> bool:
        """Whether any gateway is asked if it is ready."""
        return any(replica.admin is not None for replica in self.replicas)

    @property
    def key_apart(self) -> bool:
        """Whether the certificate's key is in a file of its own."""
        return self.tls_cert is not None and self.tls_key != self.tls_cert

    @property
    def has_names(self) -> bool:
        """Whether any address has to be looked up."""
        return not all(map(is_address, (self.upstream.host, *(replica.calls.host for replica in self.replicas))))

    @property
    def atlas(self) -> tuple[Replica, ...]:
        """Atlas, as a replica of its own."""
        return (Replica(self.upstream.address, None),)

    @property
    def public_url(self) -> str:
        """The address of the proxy, but for its name."""
        scheme, implied = ("https", 443) if self.tls_cert else ("http", 80)
        port = "" if self.listen.port == implied else f":{self.listen.port}"
        return f"{scheme}://NAME_OF_THIS_PROXY{port}"

    def peer_option(self, replica: Replica) -> str:
        """Return the option by which a gateway learns who called."""
        if not self.forwarded:
            return "--proxy-protocol on"
        host = replica.calls.host
        if is_address(host) and ipaddress.ip_address(host).is_loopback:
            return f"--trusted-proxies {host}/{128 if ':' in host else 32}"
        return "--trusted-proxies ADDRESS_OF_THIS_PROXY/32"


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
    parts = urlsplit(options.upstream)
    upstream = parts.hostname or ""
    for name, host in (
        ("--listen", listen.host),
        ("--upstream", upstream),
        *(("--gateway", one.host) for one in gateways),
        *(("--admin", one.host) for one in admins if one is not None),
    ):
        if _HOST.fullmatch(host) is None:
            raise SettingsError(f"{name}: {host!r} is no name or address of a host")
    if options.tls_key and not options.tls_cert:
        raise SettingsError("--tls-key: is of no use without --tls-cert")
    for calls, admin in zip(gateways, admins, strict=False):
        if proxy == "envoy" and admin is not None and admin.host != calls.host and not is_address(admin.host):
            raise SettingsError("--admin: envoy checks the gateway's own host, or one that is given by its IP address")
    tls = parts.scheme == "https"
    port = parts.port or (443 if tls else 80)
    return Plan(
        proxy=proxy,
        documents=tuple(document.file for document in documents),
        groups=groups_of(documents),
        replicas=tuple(Replica(calls, admin) for calls, admin in zip_longest(gateways, admins[: len(gateways)])),
        listen=listen,
        upstream=Upstream(upstream, port, tls, parts.netloc),
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
    """Return whether a host is an IP address, for which nobody asks DNS."""
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return False
    return True
