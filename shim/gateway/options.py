"""The gateway's options, each declared once: its type, and how it is written, read, explained and changed.

The option ``public_url`` is the flag ``--public-url``, the variable ``ATLAS_SHIM_PUBLIC_URL`` and the
file key ``public_url``. A flag beats the environment, which beats a file, which beats the default.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

import attrs

from shim.core.settings import FlagRoute, RouteWord, Settings, word_and_flag
from shim.errors import SettingsError
from shim.gateway.allow import BY_DEFAULT, AllowList, parse_allow
from shim.gateway.option_rows import Row, option
from shim.gateway.option_sources import Given, given
from shim.gateway.option_values import (
    AccessWord,
    Address,
    CredentialsMode,
    LogFormat,
    LogLevel,
    Network,
    StoreUrl,
    parse_access,
    parse_address,
    parse_address_or_off,
    parse_count,
    parse_count_or_none,
    parse_from_zero,
    parse_log_format,
    parse_log_level,
    parse_mode,
    parse_networks,
    parse_public_url,
    parse_route_word,
    parse_seconds,
    parse_store,
    parse_sunset,
    parse_switch,
    parse_text,
    parse_upstream,
    parse_window,
    parse_write_words,
)
from shim.gateway.tls.versions import TlsVersion, parse_tls_version

__all__ = [
    "TABLE",
    "AccessWord",
    "Address",
    "CredentialsMode",
    "LogFormat",
    "LogLevel",
    "Network",
    "Options",
    "Row",
    "StoreUrl",
    "options_of",
    "parse_address",
    "read_options",
]

_ALLOW = (
    "The calls that may be made, with commas between: 'recognised', 'reads', 'all', or a method and a path, as in "
    "GET /api/atlas/v2/** (a list in the file). If empty: of those that the gateway signs, 'recognised, reads'."
)
_COALESCE = (
    "Let identical reads of the same caller share one upstream call: those that come while it is on its way, and "
    "within so many milliseconds of its start, so that an answer is at most that much older than its call "
    "(0: only while on its way; alone: 50)."
)
_REUSE_PORT = (
    "Share the port of --listen with other processes that have this option (SO_REUSEPORT): the kernel spreads new "
    "connections among them. Each needs an --admin of its own."
)


@attrs.frozen
class Options:
    """One consistent set of gateway options; all times are in seconds.

    ``admin`` is None without such a listener, ``public_url`` where links lead to the Host that the caller used,
    ``coalesce`` where identical reads never share an answer. ``deadline`` is for one translated exchange;
    ``drain`` counts from the signal, and in its first ``drain_min`` new connections are still taken. ``uds`` is the
    path of a unix socket that takes the place of ``listen``; the key of ``tls_cert`` may be in the same file.
    """

    listen: Address = option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(parse_address, "HOST:PORT", "Where calls are taken.", "127.0.0.1:8480")
    )
    admin: Address | None = option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(parse_address_or_off, "HOST:PORT", "Probes and metrics; 'off' for none.", "127.0.0.1:8481")
    )
    upstream: str = option(
        Row(parse_upstream, "URL", "The origin that calls are sent to.", "https://cloud.mongodb.com")
    )
    public_url: str | None = option(
        Row(
            parse_public_url,
            "URL",
            "Where callers reach the gateway and links in replies lead; a path in it is cut off from requests. The "
            "caller's Host if empty.",
            "",
            live=True,
        )
    )
    route: RouteWord | FlagRoute = option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(
            parse_route_word,
            "WORD",
            "Which side answers: " + ", ".join(RouteWord) + "; openfeature:KEY for what that feature flag says.",
            "auto",
            live=True,
        )
    )
    openfeature_provider: str | None = option(
        Row(
            parse_text,
            "NAME",
            "What answers for a flag: package.module:factory, or file:PATH; else what the program around has set.",
            "",
        )
    )
    sunset: Mapping[str, datetime] = option(
        Row(parse_sunset, "DATES", "Overrides of dates, as in snapshots=2026-02-01.", "", live=True)
    )
    writes: frozenset[str] = option(
        Row(
            parse_write_words,
            "WORDS",
            "Retired writes that may be sent to their successors ('instances': create, update, delete); 'off'.",
            "off",
            live=True,
        )
    )
    credentials: CredentialsMode = option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(parse_mode, "MODE", "Who signs: " + ", ".join(CredentialsMode) + ".", "passthrough")
    )
    sign_all: bool = option(Row(parse_switch, "WORD", "With 'own': sign unknown operations too.", "off", bare="on"))
    allow: AllowList | None = option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(parse_allow, "CALLS", _ALLOW, "", live=True)
    )
    read_only: bool = option(
        Row(parse_switch, "WORD", "Take reads only: GET, HEAD and OPTIONS.", "off", bare="on", live=True)
    )
    keys_file: str | None = option(Row(parse_text, "PATH", "With 'verify': API keys, public:private a line.", ""))
    nonce_store: StoreUrl | None = option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(parse_store, "URL", "With 'verify': a Valkey or Redis, for replicas to share uses.", "", secret=True)
    )
    tls_cert: str | None = option(Row(parse_text, "PATH", "Speak TLS, with this certificate chain (PEM).", ""))
    tls_key: str | None = option(Row(parse_text, "PATH", "Its private key (PEM), unless it is in the same file.", ""))
    tls_min_version: TlsVersion = option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(parse_tls_version, "VERSION", "The oldest TLS that callers may speak: 1.2 or 1.3.", "1.2")
    )
    tls_client_ca: str | None = option(
        Row(parse_text, "PATH", "Only callers with a certificate of these authorities (PEM) get in.", "")
    )
    upstream_ca: str | None = option(
        Row(parse_text, "PATH", "Roots (PEM) that upstream's certificate is checked with; the system's if empty.", "")
    )
    upstream_cert: str | None = option(
        Row(parse_text, "PATH", "The gateway's own certificate chain towards upstream (PEM).", "")
    )
    upstream_key: str | None = option(
        Row(parse_text, "PATH", "Its private key (PEM), unless it is in the same file.", "")
    )
    uds: str | None = option(Row(parse_text, "PATH", "A unix socket, in place of --listen.", ""))
    reuse_port: bool = option(Row(parse_switch, "WORD", _REUSE_PORT, "off", bare="on"))
    deadline: float = option(
        Row(parse_seconds, "SECONDS", "For one translated call, all upstream calls included.", "60", live=True)
    )
    drain: float = option(
        Row(parse_seconds, "SECONDS", "From the signal until calls in flight are cut.", "25", live=True)
    )
    drain_min: float = option(
        Row(parse_from_zero, "SECONDS", "Of these, still taking new connections.", "0", live=True)
    )
    coalesce: float | None = option(Row(parse_window, "MS", _COALESCE, "off", bare="50", live=True))
    connect_timeout: float = option(Row(parse_seconds, "SECONDS", "For a connection to upstream.", "10"))
    idle_timeout: float = option(Row(parse_seconds, "SECONDS", "Without a byte from upstream.", "300"))
    header_timeout: float = option(
        Row(parse_seconds, "SECONDS", "For the head of a request, from its first byte.", "15")
    )
    body_timeout: float = option(
        Row(parse_seconds, "SECONDS", "Waiting for the content of a request that does not move on.", "60")
    )
    keepalive_timeout: float = option(Row(parse_seconds, "SECONDS", "For a connection without a request.", "120"))
    send_timeout: float = option(Row(parse_seconds, "SECONDS", "For a caller that does not take its reply.", "60"))
    max_connections: int = option(
        Row(parse_count, "COUNT", "Callers' connections at a time; more are told 503.", "1024")
    )
    max_requests: int = option(Row(parse_count, "COUNT", "Requests answered at a time; more are told 503.", "512"))
    max_peer_connections: int | None = option(
        Row(
            parse_count_or_none,
            "COUNT",
            "Connections of one peer's address; three quarters of all if empty.",
            "",
        )
    )
    max_peer_requests: int | None = option(
        Row(
            parse_count_or_none,
            "COUNT",
            "Requests of one peer's address; three quarters of all if empty.",
            "",
        )
    )
    proxy_protocol: bool = option(
        Row(parse_switch, "WORD", "Every connection begins with a PROXY protocol header (version 2).", "off", bare="on")
    )
    trusted_proxies: tuple[Network, ...] = option(
        Row(parse_networks, "ADDRESSES", "Whose X-Forwarded-For says who the peer is, as in 10.0.0.0/8,::1.", "")
    )
    handshake_timeout: float = option(
        Row(parse_seconds, "SECONDS", "For a caller's TLS handshake or PROXY protocol header.", "10")
    )
    upstream_max_age: float = option(
        Row(
            parse_seconds,
            "SECONDS",
            "That a connection to upstream is used, so that a changed address is noticed.",
            "300",
        )
    )
    upstream_keepalive: float = option(
        Row(parse_seconds, "SECONDS", "That an idle connection to upstream is kept.", "60")
    )
    memory: int = option(
        Row(
            parse_count,
            "BYTES",
            "For messages held at a time, beyond what the gateway needs idle; then 503.",
            "67108864",
        )
    )
    request_limit: int = option(
        Row(parse_count, "BYTES", "Of the content of a request that is translated.", "65536", live=True)
    )
    body_limit: int = option(
        Row(parse_count, "BYTES", "Of one decoded reply that is translated.", "16777216", live=True)
    )
    access_log: AccessWord = option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(parse_access, "WORD", "Which calls have a line in the log: " + ", ".join(AccessWord) + ".", "on", live=True)
    )
    log_level: LogLevel = option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(parse_log_level, "WORD", "How much is logged: " + ", ".join(LogLevel) + ".", "info", live=True)
    )
    log_format: LogFormat = option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(parse_log_format, "WORD", "How it is logged, on stderr: " + ", ".join(LogFormat) + ".", "text")
    )
    page_cap: int = option(Row(parse_count, "PAGES", "Upstream pages collected for one answer.", "20", live=True))

    @property
    def allowed(self) -> AllowList | None:
        """What may be called with credentials of the gateway's; None where it holds none, and nothing is said."""
        holds_keys = self.credentials is not CredentialsMode.PASSTHROUGH
        return self.allow or (BY_DEFAULT if holds_keys else None)

    @property
    def peer_connections(self) -> int:
        """Connections that one peer may have."""
        return self.max_peer_connections or max(1, self.max_connections - self.max_connections // 4)

    @property
    def peer_requests(self) -> int:
        """Requests of one peer that are answered at a time."""
        return self.max_peer_requests or max(1, self.max_requests - self.max_requests // 4)

    def settings(self) -> Settings:
        """Return the part of the options that the core obeys."""
        word, flag = word_and_flag(self.route)
        return Settings(
            route=word,
            sunsets=self.sunset,
            writes=self.writes,
            origins=frozenset({self.upstream}),
            deadline=self.deadline,
            page_cap=self.page_cap,
            body_limit=self.body_limit,
            flag=flag,
        )


TABLE: tuple[Row[Any], ...] = tuple(
    attrs.evolve(field.metadata["row"], name=field.name) for field in attrs.fields(Options)
)
"""Every option, in the order it is explained; the command makes its flags from these rows."""


def read_options(
    environ: Mapping[str, str],
    flags: Mapping[str, str | None] | None = None,
    file: Mapping[str, object] | None = None,
) -> Options:
    """Read options from flags, environment and a file's keys, in that order of precedence, as ``given`` says.

    Raises SettingsError that names every bad value and unknown file key.
    """
    return options_of(*given(TABLE, environ, flags or {}, file or {}))


def options_of(found: Mapping[str, Given], problems: Iterable[str] = ()) -> Options:
    """Return the options of what is given; raises SettingsError with these problems and those of every bad value."""
    problems, values = list(problems), {}
    for row in TABLE:
        if row.name in found:
            try:
                values[row.name] = row.parse(found[row.name].text, found[row.name].name)
            except SettingsError as error:
                problems.extend(error.problems)
    if problems:
        raise SettingsError(*problems)
    return Options(**values)
