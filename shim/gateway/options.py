"""The gateway's options, each declared once: its type, and how it is written, read, explained and changed.

The option ``public_url`` is the flag ``--public-url``, the variable ``ATLAS_SHIM_PUBLIC_URL`` and the file key
``public_url``. A flag beats the environment, which beats a file, which beats the default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

import attrs

from shim.core.settings import RouteWord, Settings, word_and_flag
from shim.gateway import option_values as of
from shim.gateway.allow import BY_DEFAULT, AllowList
from shim.gateway.option_values import AccessWord, Address, CredentialsMode, LogFormat, LogLevel, Reader

T = TypeVar("T")


@attrs.frozen
class Option:
    """One option, of this ``name`` as an attribute, explained under the heading ``group``.

    ``default`` is written as a caller would write it; ``bare`` is what the flag means without a value, None if it needs
    a value; ``live`` options can change while the gateway runs; a ``secret`` value is never shown.
    """

    group: str
    metavar: str
    read: Callable[..., Any]
    help: str
    default: str = ""
    bare: str | None = None
    live: bool = False
    secret: bool = False
    name: str = ""

    @property
    def flag(self) -> str:
        """The flag, as in ``--public-url``."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable, as in ``ATLAS_SHIM_PUBLIC_URL``."""
        return "ATLAS_SHIM_" + self.name.upper()


def _option(group: str, reader: Reader[T], said: str, default: str = "", **more: Any) -> T:
    metavar, read = reader
    if reader is of.SWITCH:
        default, more = "off", {"bare": "on", **more}
    row = Option(group, metavar, read, said, default, **more)
    return attrs.field(default=read(default, name="default"), repr=not row.secret, metadata={"row": row})


def _following(make: Callable[[Any], int]) -> int:
    return attrs.field(default=attrs.Factory(make, takes_self=True), kw_only=True)


_where, _atlas, _limits = partial(_option, "Where"), partial(_option, "Atlas"), partial(_option, "Limits")
_translation, _log = partial(_option, "Translation", live=True), partial(_option, "Log", live=True)
_credentials = partial(_option, "Credentials")


@attrs.frozen
class Options:
    """One consistent set of gateway options; times are in seconds, None stands for what is off."""

    listen: Address = _where(of.ADDRESS, "Take calls at this address; [::] is all of IPv4 and IPv6.", "127.0.0.1:8480")
    uds: str | None = _where(of.PATH, "Take calls at this unix socket, in place of --listen.")
    reuse_port: bool = _where(
        of.SWITCH, "Share --listen's port with other such processes (SO_REUSEPORT); each needs an --admin of its own."
    )
    admin: Address | None = _where(
        of.unless("off", of.ADDRESS), "Answer probes, metrics and the status page here, or 'off'.", "127.0.0.1:8481"
    )
    public_url: str | None = _where(
        of.unless("", of.PUBLIC_URL),
        "Begin links in replies with this URL, by which callers reach the gateway; a path in it is cut off from "
        "requests. Default: the Host that the caller used.",
        live=True,
    )
    tls_cert: str | None = _where(of.PATH, "Speak TLS to callers, with this certificate chain (PEM).")
    tls_key: str | None = _where(of.PATH, "Read the chain's private key (PEM) here, unless it is in the same file.")
    tls_client_ca: str | None = _where(of.PATH, "Accept only callers with a certificate of these authorities (PEM).")
    trusted_proxies: tuple[of.Network, ...] = _where(
        of.NETWORKS, "Believe X-Forwarded-For when these send it, as in 10.0.0.0/8,::1."
    )
    proxy_protocol: bool = _where(of.SWITCH, "Expect a PROXY protocol header (version 2) in front of each connection.")

    upstream: str = _atlas(of.ORIGIN, "Send calls to this origin.", "https://cloud.mongodb.com")
    upstream_ca: str | None = _atlas(
        of.PATH, "Trust these roots (PEM) for upstream's certificate. Default: the system's."
    )
    upstream_timeout: float = _atlas(
        of.SECONDS, "Give up after this many seconds without a byte from upstream, or 10 without a connection.", "300"
    )

    route: str = _translation(
        of.ROUTE,
        f"Choose the side that answers retired calls: {', '.join(RouteWord)}; openfeature:KEY asks that feature flag.",
        "auto",
    )
    sunset: Mapping[str, datetime] = _translation(of.SUNSETS, "Move sunsets, as in snapshots=2026-02-01.")
    reads: frozenset[str] = _translation(
        of.WRITES, "Answer these reads as well: 'former-clusters' (former M2 and M5 clusters), or 'off'.", "off"
    )
    writes: frozenset[str] = _translation(
        of.WRITES,
        "Send these writes to their successors, with commas between: 'instances' (create, update, delete), "
        "'instances-strict' (refuse what would be ignored), 'former-clusters' (former M2 and M5 clusters), 'people' "
        "(users, invitations, teams, roles), 'log-export', or 'off'. Restores, which overwrite a cluster, and other "
        "retired writes need no switch.",
        "off",
    )
    deadline: float = _translation(
        of.SECONDS, "Answer a translated call within so many seconds, upstream calls included.", "60"
    )

    credentials: CredentialsMode = _credentials(
        of.words_of(CredentialsMode),
        "Choose who signs calls: the caller (passthrough), the gateway for callers on this machine (own), or the "
        "gateway for callers who prove a key that it knows (verify).",
        "passthrough",
    )
    allow: AllowList | None = _credentials(
        of.CALLS,
        "Take only these calls, with commas between: 'lent', 'recognised', 'reads', 'all', or a method and a path, "
        "as in GET /api/atlas/v2/** (a list in the file). Default: all; of those, the gateway signs 'lent' with 'own', "
        "and 'lent, reads' with 'verify'.",
        live=True,
    )
    keys_file: str | None = _credentials(
        of.PATH, "With 'verify': read the callers' API keys from this file, a line public:private for each."
    )
    nonce_store: str | None = _credentials(
        of.unless("", of.STORE), "With 'verify': share used nonces with replicas in this Valkey or Redis.", secret=True
    )

    max_connections: int = _limits(
        of.COUNT,
        "Serve this many callers' connections at a time, and half as many requests. One client address gets 75 % of "
        "each. The rest get 503.",
        "1024",
    )
    memory: int = _limits(
        of.BYTES, "Hold at most this many bytes of messages, beyond the idle gateway; then answer 503.", "67108864"
    )
    body_limit: int = _limits(
        of.BYTES, "Translate replies of at most this many bytes, decoded; else answer 502.", "16777216", live=True
    )
    client_timeout: float = _limits(
        of.SECONDS, "Cut a caller who makes no progress for so many seconds, sending or receiving.", "15"
    )
    keepalive_timeout: float = _limits(
        of.SECONDS, "Close a connection after this many seconds without a request.", "120"
    )
    drain: float = _limits(of.SECONDS, "Cut open calls this many seconds after SIGTERM.", "25", live=True)

    access_log: AccessWord = _log(of.words_of(AccessWord), "Log calls: all, errors alone, or none.", "on")
    log_names: bool = _log(of.SWITCH, "Name the cluster of a retired call in its log line.")
    log_level: LogLevel = _log(of.words_of(LogLevel), "Log from this level on.", "info")
    log_format: LogFormat = _log(
        of.words_of(LogFormat), "Write the log, on stderr, in this format.", "text", live=False
    )

    # Limits that follow from max_connections, unless a program that embeds the gateway sets them.
    max_requests: int = _following(lambda self: max(1, self.max_connections // 2))
    peer_connections: int = _following(lambda self: self.max_connections - self.max_connections // 4)
    peer_requests: int = _following(lambda self: self.max_requests - self.max_requests // 4)

    @property
    def allowed(self) -> AllowList | None:
        """What may be called with credentials of the gateway's; None if it holds none, and the option is not set."""
        holds_keys = self.credentials is not CredentialsMode.PASSTHROUGH
        return self.allow or (BY_DEFAULT if holds_keys else None)

    @property
    def switches(self) -> Mapping[str, str]:
        """The words that are on, as the environment has them."""
        return {"ATLAS_SHIM_READS": ",".join(sorted(self.reads)), "ATLAS_SHIM_WRITES": ",".join(sorted(self.writes))}

    def settings(self) -> Settings:
        """Return the part of the options that the core obeys."""
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
    attrs.evolve(field.metadata["row"], name=field.name) for field in attrs.fields(Options) if field.metadata
)
"""Every option, in the order it is explained; the command makes its flags from these rows."""
