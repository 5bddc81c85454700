"""The gateway's options, each declared once with its type, text and reader.

The option ``public_url`` is the flag ``--public-url``, the variable
``ATLAS_SHIM_PUBLIC_URL`` and the file key ``public_url``. A flag overrides the
environment, which overrides a file, which overrides the default.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs

from shim.core.settings import RouteWord, Settings, word_and_flag
from shim.documents import document_files
from shim.gateway import option_values as of
from shim.gateway.allow import BY_DEFAULT, AllowList
from shim.gateway.option_values import Address, CredentialsMode

T = TypeVar("T")

_HERE = frozenset({"localhost", "127.0.0.1", "::1", "0.0.0.0", "::"})  # noqa: S104 - compared with


@attrs.frozen
class Option:
    """One option of the gateway."""

    group: str
    """The heading that explains it."""
    metavar: str
    read: Callable[..., Any]
    help: str
    default: str = ""
    """Written as a caller would write it."""
    live: bool = False
    """Whether it can change while the gateway runs."""
    secret: bool = False
    """Whether its value is never shown."""
    name: str = ""
    """The name of the attribute."""

    @property
    def flag(self) -> str:
        """The flag, as in ``--public-url``."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable, as in ``ATLAS_SHIM_PUBLIC_URL``."""
        return "ATLAS_SHIM_" + self.name.upper()


def _option(
    group: str, reader: of.Reader[T], said: str, default: str = "", **more: Any
) -> T:
    metavar, read = reader
    row = Option(group, metavar, read, said, default, **more)
    return attrs.field(
        default=read(default, name="default"),
        repr=not row.secret,
        metadata={"row": row},
    )


_where = partial(_option, "Listeners")
_atlas = partial(_option, "Atlas")
_limits = partial(_option, "Limits")
_translation = partial(_option, "Translation", live=True)
_log = partial(_option, "Log", live=True)
_credentials = partial(_option, "Credentials")


@attrs.frozen
class Options:
    """One consistent set of gateway options.

    Times are in seconds, and None means off.
    """

    listen: Address = _where(
        of.ADDRESS,
        "Accept calls at this address; [::] is all of IPv4 and IPv6.",
        "127.0.0.1:8480",
    )
    admin: Address | None = _where(
        of.unless("off", of.ADDRESS),
        "Answer probes, metrics and the status page here, or 'off'.",
        "127.0.0.1:8481",
    )
    public_url: str | None = _where(
        of.unless("", of.PUBLIC_URL),
        "Use this URL, by which callers reach the gateway, for links in responses; its path is removed from requests. "
        "Default: the Host that the caller used.",
        live=True,
    )
    tls_cert: str | None = _where(
        of.PATH, "Use TLS for callers, with this certificate chain (PEM)."
    )
    tls_key: str | None = _where(
        of.PATH,
        "Read the chain's private key (PEM) here, unless it is in the same file.",
    )
    trusted_proxies: tuple[of.Network, ...] = _where(
        of.NETWORKS, "Trust X-Forwarded-For from these addresses, as in 10.0.0.0/8,::1."
    )
    proxy_protocol: bool = _where(
        of.SWITCH,
        "Expect a PROXY protocol header (version 2) in front of each connection.",
        "off",
    )

    upstream: str = _atlas(
        of.ORIGIN, "Send calls to this origin.", "https://cloud.mongodb.com"
    )
    upstream_timeout: float = _atlas(
        of.SECONDS,
        "Time out after this time without a byte from upstream, or after 10 s without a connection.",
        "5m",
    )

    route: str = _translation(
        of.ROUTE,
        f"Choose the endpoint for retired calls: {', '.join(RouteWord)}; openfeature:KEY uses that feature flag.",
        "auto",
    )
    sunset: Mapping[str, datetime] = _translation(
        of.SUNSETS, "Move sunsets, as in snapshots=2026-02-01."
    )
    reads: frozenset[str] = _translation(
        of.WRITES,
        "Translate these reads, too: 'former-clusters' (former M2 and M5 clusters), or 'off'.",
        "off",
    )
    writes: frozenset[str] = _translation(
        of.WRITES,
        "Send these writes to their successors, separated by commas: 'instances' (create, update, delete), "
        "'instances-strict' (refuse unsupported features), 'clusters' (creations, shards, sizes, disks and scaling by "
        "versions before 2024-08-05), 'former-clusters' (former M2 and M5 clusters), 'log-export', 'people' (users, "
        "invitations, teams, roles, identity providers), or 'off'. Restores, which overwrite a cluster, and other "
        "retired writes need no switch.",
        "off",
    )
    deadline: float = _translation(
        of.SECONDS,
        "Answer a translated call within this time, upstream calls included.",
        "60s",
    )

    credentials: CredentialsMode = _credentials(
        of.words_of(CredentialsMode),
        "Choose who signs calls: the caller (passthrough), the gateway for callers on this machine (own), or the "
        "gateway for callers who prove a key that it knows (verify).",
        "passthrough",
    )
    allow: AllowList | None = _credentials(
        of.CALLS,
        "Accept only these calls, separated by commas: 'lent', 'recognized', 'reads', 'all', or a method and a path, "
        "as in GET /api/atlas/v2/** (a list in the file). Default: all; of those, the gateway signs 'lent' with 'own', "
        "and every call of a caller who proved a key with 'verify'.",
        live=True,
    )
    keys_file: str | None = _credentials(
        of.PATH,
        "With 'verify': read the callers' API keys from this file, a line public:private for each.",
    )
    nonce_store: str | None = _credentials(
        of.unless("", of.STORE),
        "With 'verify': share used nonces with replicas in this Valkey or Redis.",
        secret=True,
    )

    max_connections: int = _limits(
        of.COUNT,
        "Serve this many callers' connections at a time, and half as many requests. One client address gets 75 % of "
        "each. The rest get 503.",
        "1024",
    )
    memory: int = _limits(
        of.BYTES,
        "Use at most this much memory for calls, in addition to the idle gateway; then return 503.",
        "64MiB",
    )
    body_limit: int = _limits(
        of.BYTES,
        "Translate responses of at most this decoded size; otherwise return 502.",
        "16MiB",
        live=True,
    )
    client_timeout: float = _limits(
        of.SECONDS,
        "Disconnect a caller who makes no progress for this long, sending or receiving.",
        "15s",
    )
    keepalive_timeout: float = _limits(
        of.SECONDS, "Close a connection after this time without a request.", "2m"
    )
    drain: float = _limits(
        of.SECONDS, "Close calls in flight this long after SIGTERM.", "25s", live=True
    )

    log_level: of.LogLevel = _log(
        of.words_of(of.LogLevel),
        "Log from this level on. Calls are 'info'; refusals, statuses from 500 and disconnects are 'warning'.",
        "info",
    )
    log_format: of.LogFormat = _log(
        of.words_of(of.LogFormat),
        "Write the log, on stderr, in this format.",
        "text",
        live=False,
    )

    @property
    def allowed(self) -> AllowList | None:
        """The calls that may use the gateway's own credentials.

        None means all calls.
        """
        return self.allow or (
            BY_DEFAULT if self.credentials is CredentialsMode.OWN else None
        )

    @property
    def switches(self) -> Mapping[str, str]:
        """The words that are on, by the environment variable."""
        return {
            "ATLAS_SHIM_READS": ",".join(sorted(self.reads)),
            "ATLAS_SHIM_WRITES": ",".join(sorted(self.writes)),
        }

    def settings(self) -> Settings:
        """Return the options of the core."""
        word, flag = word_and_flag(self.route)
        return Settings(
            route=word,
            sunsets=self.sunset,
            reads=self.reads,
            writes=self.writes,
            origins=frozenset({self.upstream}),
            deadline=self.deadline,
            body_limit=self.body_limit,
            flag=flag,
        )


TABLE: tuple[Option, ...] = tuple(
    attrs.evolve(field.metadata["row"], name=field.name)
    for field in attrs.fields(Options)
)
"""Every option in the order of its explanation.

The command's flags are built from it.
"""


def contradictions(options: Options) -> Iterator[str]:
    """Yield contradictions between options, each with its fix."""
    listen = options.listen
    upstream = urlsplit(options.upstream)
    if options.admin == listen and listen.port:
        yield "admin: is the address of --listen; give it another port, or 'off'"
    port = upstream.port or (443 if upstream.scheme == "https" else 80)
    for own in filter(None, (listen, options.admin)):
        hosts = {own.host, *(_HERE if own.host in _HERE else ())}
        if own.port == port and upstream.hostname in hosts:
            yield f"upstream: {options.upstream} is this gateway itself ({own.authority}); give Atlas's origin"
    verifies = options.credentials is CredentialsMode.VERIFY
    for name, needed, is_there in (
        ("tls_key", "tls_cert", options.tls_cert),
        ("keys_file", "credentials = 'verify'", verifies),
        ("nonce_store", "credentials = 'verify'", verifies),
    ):
        if getattr(options, name) is not None and not is_there:
            yield f"{name}: has no effect without {needed}; set that, or remove this"
    if options.credentials is CredentialsMode.OWN and not of.is_loopback(listen.host):
        yield (
            f"listen: {listen.authority} can be reached from other machines, and with credentials = 'own' everyone "
            "who reaches the gateway can use its key. Listen on 127.0.0.1, or let callers prove their own key "
            "(credentials = 'verify')"
        )


_LONGEST_DEADLINE = 3600.0
"""Seconds beyond which a deadline is probably a mistake."""


def doubts(options: Options, environ: Mapping[str, str]) -> Iterator[str]:
    """Yield probable mistakes with which the gateway can still start.

    They may be in options or in variables.
    """
    if (named := environ.get("ATLAS_SHIM_MAPPINGS")) and not document_files(
        Path(named)
    ):
        yield f"ATLAS_SHIM_MAPPINGS: {named} has no document (*.toml), and changes nothing"
    if named := environ.get("ATLAS_SHIM_INVENTORY"):
        file = Path(named)
        if file.is_dir() or not os.access(
            file if file.exists() else file.parent, os.W_OK
        ):
            yield f"ATLAS_SHIM_INVENTORY: {named} can't be written; name a file in a folder that this user may write to"
    if {"instances", "instances-strict"} <= options.writes:
        yield "writes: instances-strict already lets instances be written; leave instances out"
    if options.deadline > _LONGEST_DEADLINE:
        hours, minutes = divmod(int(options.deadline) // 60, 60)
        yield f"deadline: {options.deadline:g} is {hours} h {minutes} min; a number alone is seconds, as in 60s"
    if options.memory < of.RESERVED:
        yield f"memory: one call needs {of.RESERVED} bytes, so every call would get 503; increase it"
    elif options.body_limit > options.memory // 2:
        yield "body_limit: is more than half of memory, so large replies get 503; increase memory, or lower the limit"
