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
    translated exchange, ``drain`` for requests in flight at the end, ``connect_timeout`` for a
    connection to upstream, ``idle_timeout`` without a byte from upstream. ``body_limit`` bounds, in
    bytes, one decoded body; ``page_cap`` the upstream pages collected for one answer.
    """

    listen: Address = Address("127.0.0.1", 8480)
    admin: Address | None = Address("127.0.0.1", 8481)
    upstream: str = "https://cloud.mongodb.com"
    public_url: str | None = None
    route: RouteWord = RouteWord.AUTO
    sunset: Mapping[str, datetime] = attrs.field(factory=dict)
    credentials: CredentialsMode = CredentialsMode.PASSTHROUGH
    deadline: float = 60.0
    drain: float = 25.0
    connect_timeout: float = 10.0
    idle_timeout: float = 300.0
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


_seconds, _count = _positive(float), _positive(int)

TABLE: tuple[Row, ...] = (
    Row("listen", parse_address, "HOST:PORT", "Where calls are taken.", "127.0.0.1:8480"),
    Row("admin", _address_or_off, "HOST:PORT", "Probes and metrics; 'off' for none.", "127.0.0.1:8481"),
    Row("upstream", _origin, "URL", "The origin that calls are sent to.", "https://cloud.mongodb.com"),
    Row("public_url", _origin_or_none, "URL", "Where links in replies lead; the caller's Host if empty.", ""),
    Row("route", _route, "WORD", "Which side answers: " + ", ".join(RouteWord) + ".", "auto"),
    Row("sunset", _sunset, "DATES", "Overrides of dates, as in snapshots=2026-02-01.", ""),
    Row("credentials", _credentials, "MODE", "Whose credentials rewritten calls carry.", "passthrough"),
    Row("deadline", _seconds, "SECONDS", "For one translated call, all upstream calls included.", "60"),
    Row("drain", _seconds, "SECONDS", "For calls in flight after a signal to end.", "25"),
    Row("connect_timeout", _seconds, "SECONDS", "For a connection to upstream.", "10"),
    Row("idle_timeout", _seconds, "SECONDS", "Without a byte from upstream.", "300"),
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
