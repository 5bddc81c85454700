"""The gateway's options: one table whose rows are flags, environment variables and file keys alike.

A row ``public_url`` is the flag ``--public-url``, the variable ``ATLAS_SHIM_PUBLIC_URL`` and the
file key ``public_url``. A flag beats the environment, which beats a file, which beats the default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any
from urllib.parse import urlsplit

import attrs

from shim.core.settings import RouteWord, Settings, parse_origin, parse_route, parse_sunsets
from shim.errors import SettingsError


class CredentialsMode(StrEnum):
    """Whose credentials a rewritten call carries."""

    PASSTHROUGH = "passthrough"
    """The caller's own; the gateway holds none."""
    OWN = "own"
    """The gateway's own, for callers on this machine."""
    VERIFY = "verify"
    """The API key that the caller proved to the gateway, which knows it too."""


@attrs.frozen
class Address:
    """A host and a TCP port to listen on; port 0 takes a free one."""

    host: str
    port: int

    @property
    def authority(self) -> str:
        """``host:port``, an IPv6 host in brackets."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


@attrs.frozen
class Options:
    """One consistent set of gateway options.

    ``listen`` takes calls, ``admin`` answers probes and metrics (None: no such listener);
    ``upstream`` is the one origin that calls are sent to; ``public_url`` is where links in
    translated replies lead (None: where the caller called). Seconds: ``deadline`` for one
    translated exchange, ``drain`` after the signal for requests in flight to end, of which
    ``drain_min`` with new connections still taken; ``coalesce`` for which identical reads share an
    answer (None: never); ``connect_timeout`` for a connection to upstream, ``idle_timeout`` without a
    byte from upstream. ``body_limit`` bounds, in bytes, one decoded body; ``page_cap`` the upstream
    pages collected for one answer.

    Seconds that a caller has: ``header_timeout``, ``body_timeout``, ``keepalive_timeout`` and
    ``send_timeout``, see ``deadlines.Deadlines``. ``max_connections`` are open at a time, and
    ``max_requests`` in flight.

    With ``credentials`` own ``sign_all`` signs calls that the mappings don't know as well;
    ``keys_file`` holds API keys for verify, ``public:private`` a line. ``tls_cert`` and ``tls_key`` are
    PEM files (the key may be in the first); ``uds`` is the path of a unix socket that takes the place of
    ``listen``.
    """

    listen: Address = Address("127.0.0.1", 8480)
    admin: Address | None = Address("127.0.0.1", 8481)
    upstream: str = "https://cloud.mongodb.com"
    public_url: str | None = None
    route: RouteWord = RouteWord.AUTO
    sunset: Mapping[str, datetime] = attrs.field(factory=dict)
    credentials: CredentialsMode = CredentialsMode.PASSTHROUGH
    sign_all: bool = False
    keys_file: str | None = None
    tls_cert: str | None = None
    tls_key: str | None = None
    uds: str | None = None
    deadline: float = 60.0
    drain: float = 25.0
    drain_min: float = 0.0
    coalesce: float | None = None
    connect_timeout: float = 10.0
    idle_timeout: float = 300.0
    header_timeout: float = 15.0
    body_timeout: float = 60.0
    keepalive_timeout: float = 120.0
    send_timeout: float = 60.0
    max_connections: int = 1024
    max_requests: int = 512
    body_limit: int = 16 * 1024 * 1024
    page_cap: int = 20

    def settings(self) -> Settings:
        """Return the part of the options that the core obeys."""
        return Settings(
            route=self.route,
            sunsets=self.sunset,
            origins=frozenset({self.upstream}),
            deadline=self.deadline,
            page_cap=self.page_cap,
            body_limit=self.body_limit,
        )


@attrs.frozen
class Row:
    """One option: how it is written, read, and explained; ``default`` is shown as it would be written."""

    name: str
    parse: Callable[[str, str], Any]
    metavar: str
    help: str
    default: str
    bare: str | None = None
    """What the flag means without a value; None when it needs one."""

    @property
    def flag(self) -> str:
        """The flag, as in ``--public-url``."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable, as in ``ATLAS_SHIM_PUBLIC_URL``."""
        return "ATLAS_SHIM_" + self.name.upper()


def parse_address(text: str, name: str) -> Address:
    """Parse ``host:port``, ``[v6]:port`` or ``:port`` (loopback); raises SettingsError."""
    try:
        parts = urlsplit(f"//{text}")
        host, port = parts.hostname or "127.0.0.1", parts.port
    except ValueError:
        port = None
    if port is None or parts.path or parts.query or parts.username is not None:
        raise SettingsError(f"{name}: {text!r} is not an address such as 127.0.0.1:8480")
    return Address(host, port)


def _address_or_off(text: str, name: str) -> Address | None:
    return None if text == "off" else parse_address(text, name)


def _origin(text: str, name: str) -> str:
    return parse_origin(text, name=name)


def _origin_or_none(text: str, name: str) -> str | None:
    return parse_origin(text, name=name) if text else None


def _route(text: str, name: str) -> RouteWord:
    return parse_route(text, name=name)


def _sunset(text: str, name: str) -> Mapping[str, datetime]:
    return parse_sunsets(text, name=name)


def _credentials(text: str, name: str) -> CredentialsMode:
    try:
        return CredentialsMode(text)
    except ValueError:
        words = ", ".join(CredentialsMode)
        raise SettingsError(f"{name}: {text!r} is not one of {words}") from None


def _text_or_none(text: str, name: str) -> str | None:  # noqa: ARG001 - a row's signature
    return text or None


def _switch(text: str, name: str) -> bool:
    if text not in {"on", "off"}:
        raise SettingsError(f"{name}: {text!r} is not one of on, off")
    return text == "on"


def _positive(kind: Callable[[str], float]) -> Callable[[str, str], float]:
    def parse(text: str, name: str) -> float:
        try:
            number = kind(text)
        except ValueError:
            number = 0
        if not 0 < number < float("inf"):
            raise SettingsError(f"{name}: {text!r} is not a number above zero")
        return number

    return parse


def _from_zero(text: str, name: str) -> float:
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        raise SettingsError(f"{name}: {text!r} is not a number from zero on")
    return number


def _window(text: str, name: str) -> float | None:
    if text == "off":
        return None
    window = _from_zero(text, name) / 1000
    if window > WINDOW_MOST:
        raise SettingsError(f"{name}: {text!r} is more than {WINDOW_MOST * 1000:g} milliseconds")
    return window


WINDOW_MOST = 10.0
"""Seconds that an answer may be shared for: a poller's patience, not a cache."""

_seconds, _count = _positive(float), _positive(int)

COALESCE = (
    "Let identical reads of the same caller share one upstream call: those that come while it is on its way, and "
    "within so many milliseconds of its start, so that an answer is at most that much older than its call "
    "(0: only while on its way; alone: 50)."
)

TABLE: tuple[Row, ...] = (
    Row("listen", parse_address, "HOST:PORT", "Where calls are taken.", "127.0.0.1:8480"),
    Row("admin", _address_or_off, "HOST:PORT", "Probes and metrics; 'off' for none.", "127.0.0.1:8481"),
    Row("upstream", _origin, "URL", "The origin that calls are sent to.", "https://cloud.mongodb.com"),
    Row("public_url", _origin_or_none, "URL", "Where links in replies lead; the caller's Host if empty.", ""),
    Row("route", _route, "WORD", "Which side answers: " + ", ".join(RouteWord) + ".", "auto"),
    Row("sunset", _sunset, "DATES", "Overrides of dates, as in snapshots=2026-02-01.", ""),
    Row("credentials", _credentials, "MODE", "Who signs: " + ", ".join(CredentialsMode) + ".", "passthrough"),
    Row("sign_all", _switch, "WORD", "With 'own': sign unknown operations too.", "off", bare="on"),
    Row("keys_file", _text_or_none, "PATH", "With 'verify': API keys, public:private a line.", ""),
    Row("tls_cert", _text_or_none, "PATH", "Speak TLS, with this certificate chain (PEM).", ""),
    Row("tls_key", _text_or_none, "PATH", "Its private key (PEM), unless it is in the same file.", ""),
    Row("uds", _text_or_none, "PATH", "A unix socket, in place of --listen.", ""),
    Row("deadline", _seconds, "SECONDS", "For one translated call, all upstream calls included.", "60"),
    Row("drain", _seconds, "SECONDS", "From the signal until calls in flight are cut.", "25"),
    Row("drain_min", _from_zero, "SECONDS", "Of these, still taking new connections.", "0"),
    Row("coalesce", _window, "MS", COALESCE, "off", bare="50"),
    Row("connect_timeout", _seconds, "SECONDS", "For a connection to upstream.", "10"),
    Row("idle_timeout", _seconds, "SECONDS", "Without a byte from upstream.", "300"),
    Row("header_timeout", _seconds, "SECONDS", "For the head of a request, from its first byte.", "15"),
    Row("body_timeout", _seconds, "SECONDS", "Waiting for the content of a request that does not move on.", "60"),
    Row("keepalive_timeout", _seconds, "SECONDS", "For a connection without a request.", "120"),
    Row("send_timeout", _seconds, "SECONDS", "For a caller that does not take its reply.", "60"),
    Row("max_connections", _count, "COUNT", "Callers' connections at a time; more are told 503.", "1024"),
    Row("max_requests", _count, "COUNT", "Requests answered at a time; more are told 503.", "512"),
    Row("body_limit", _count, "BYTES", "Of one decoded body that is translated.", "16777216"),
    Row("page_cap", _count, "PAGES", "Upstream pages collected for one answer.", "20"),
)
"""Every option, in the order it is explained; the command makes its flags from these rows."""


def read_options(
    environ: Mapping[str, str],
    flags: Mapping[str, str | None] | None = None,
    file: Mapping[str, Any] | None = None,
) -> Options:
    """Read options from flags, environment and a file's keys, in that order of precedence.

    ``flags`` and ``file`` are keyed by row name; None and a missing key say nothing, and an empty
    variable counts as unset. Raises SettingsError that names every bad value and unknown file key.
    """
    flags, file = flags or {}, file or {}
    known = {row.name for row in TABLE}
    problems = [f"{key}: no such option" for key in file if key not in known]
    values: dict[str, Any] = {}
    for row in TABLE:
        if (text := flags.get(row.name)) is not None:
            name = row.flag
        elif text := environ.get(row.variable):
            name = row.variable
        elif row.name in file:
            name, text = row.name, str(file[row.name])
        else:
            continue
        try:
            values[row.name] = row.parse(text.strip(), name)
        except SettingsError as error:
            problems.append(str(error))
    if problems:
        raise SettingsError("; ".join(problems))
    return Options(**values)
