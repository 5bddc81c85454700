"""The gateway's options, each declared once: its type, and how it is written, read, explained and changed.

The option ``public_url`` is the flag ``--public-url``, the variable ``ATLAS_SHIM_PUBLIC_URL`` and the
file key ``public_url``. A flag beats the environment, which beats a file, which beats the default.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import attrs

from shim.core.settings import RouteWord, Settings, parse_origin, parse_route, parse_sunsets, parse_writes
from shim.errors import SettingsError

T = TypeVar("T")
_Number = TypeVar("_Number", int, float)

WINDOW_MOST = 10.0
"""Seconds that an answer may be shared for: a poller's patience, not a cache."""

_COALESCE = (
    "Let identical reads of the same caller share one upstream call: those that come while it is on its way, and "
    "within so many milliseconds of its start, so that an answer is at most that much older than its call "
    "(0: only while on its way; alone: 50)."
)


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


def _writes(text: str, name: str) -> frozenset[str]:
    return parse_writes(text, name=name)


def _credentials(text: str, name: str) -> CredentialsMode:
    try:
        return CredentialsMode(text)
    except ValueError:
        words = ", ".join(CredentialsMode)
        raise SettingsError(f"{name}: {text!r} is not one of {words}") from None


def _text_or_none(text: str, name: str) -> str | None:  # noqa: ARG001 - every parser has this signature
    return text or None


def _switch(text: str, name: str) -> bool:
    if text not in {"on", "off"}:
        raise SettingsError(f"{name}: {text!r} is not one of on, off")
    return text == "on"


def _seconds(text: str, name: str) -> float:
    return _above_zero(float, text, name)


def _count(text: str, name: str) -> int:
    return _above_zero(int, text, name)


def _above_zero(kind: Callable[[str], _Number], text: str, name: str) -> _Number:
    try:
        number = kind(text)
    except ValueError:
        number = kind("0")
    if not 0 < number < float("inf"):
        raise SettingsError(f"{name}: {text!r} is not a number above zero")
    return number


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


@attrs.frozen
class Row(Generic[T]):
    """What there is to say about one option besides its type.

    ``parse`` reads a text, and names the option by its second argument in the SettingsError that it raises;
    ``default`` is written as a caller would write it; ``bare`` is what the flag means without a value, None when
    it needs one; ``live`` options can change while the gateway runs; of a ``divided`` one each worker has its part.
    ``name`` is that of the attribute.
    """

    parse: Callable[[str, str], T]
    metavar: str
    help: str
    default: str
    bare: str | None = None
    live: bool = False
    divided: bool = False
    name: str = ""

    @property
    def flag(self) -> str:
        """The flag, as in ``--public-url``."""
        return "--" + self.name.replace("_", "-")

    @property
    def variable(self) -> str:
        """The environment variable, as in ``ATLAS_SHIM_PUBLIC_URL``."""
        return "ATLAS_SHIM_" + self.name.upper()


def _option(row: Row[T]) -> T:
    """Declare an attribute of Options: its default is what the row's parser makes of the row's default."""
    return attrs.field(default=row.parse(row.default, "default"), metadata={"row": row})


@attrs.frozen
class Options:
    """One consistent set of gateway options; all times are in seconds.

    ``admin`` is None without such a listener, ``public_url`` where links lead to the Host that the caller used,
    ``coalesce`` where identical reads never share an answer. ``deadline`` is for one translated exchange;
    ``drain`` counts from the signal, and in its first ``drain_min`` new connections are still taken. ``uds`` is the
    path of a unix socket that takes the place of ``listen``; the key of ``tls_cert`` may be in the same file.
    """

    listen: Address = _option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(parse_address, "HOST:PORT", "Where calls are taken.", "127.0.0.1:8480")
    )
    admin: Address | None = _option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(_address_or_off, "HOST:PORT", "Probes and metrics; 'off' for none.", "127.0.0.1:8481")
    )
    upstream: str = _option(Row(_origin, "URL", "The origin that calls are sent to.", "https://cloud.mongodb.com"))
    public_url: str | None = _option(
        Row(_origin_or_none, "URL", "Where links in replies lead; the caller's Host if empty.", "", live=True)
    )
    route: RouteWord = _option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(_route, "WORD", "Which side answers: " + ", ".join(RouteWord) + ".", "auto", live=True)
    )
    sunset: Mapping[str, datetime] = _option(
        Row(_sunset, "DATES", "Overrides of dates, as in snapshots=2026-02-01.", "", live=True)
    )
    writes: frozenset[str] = _option(
        Row(
            _writes,
            "WORDS",
            "Retired writes that may be sent to their successors ('instances': create, update, delete); 'off'.",
            "off",
            live=True,
        )
    )
    credentials: CredentialsMode = _option(  # noqa: RUF009 - it declares, as attrs.field does
        Row(_credentials, "MODE", "Who signs: " + ", ".join(CredentialsMode) + ".", "passthrough")
    )
    sign_all: bool = _option(Row(_switch, "WORD", "With 'own': sign unknown operations too.", "off", bare="on"))
    keys_file: str | None = _option(Row(_text_or_none, "PATH", "With 'verify': API keys, public:private a line.", ""))
    tls_cert: str | None = _option(Row(_text_or_none, "PATH", "Speak TLS, with this certificate chain (PEM).", ""))
    tls_key: str | None = _option(
        Row(_text_or_none, "PATH", "Its private key (PEM), unless it is in the same file.", "")
    )
    uds: str | None = _option(Row(_text_or_none, "PATH", "A unix socket, in place of --listen.", ""))
    workers: int = _option(
        Row(_count, "COUNT", "Processes that take calls; limits on what they hold are shared out among them.", "1")
    )
    deadline: float = _option(
        Row(_seconds, "SECONDS", "For one translated call, all upstream calls included.", "60", live=True)
    )
    drain: float = _option(Row(_seconds, "SECONDS", "From the signal until calls in flight are cut.", "25", live=True))
    drain_min: float = _option(Row(_from_zero, "SECONDS", "Of these, still taking new connections.", "0", live=True))
    coalesce: float | None = _option(Row(_window, "MS", _COALESCE, "off", bare="50", live=True))
    connect_timeout: float = _option(Row(_seconds, "SECONDS", "For a connection to upstream.", "10"))
    idle_timeout: float = _option(Row(_seconds, "SECONDS", "Without a byte from upstream.", "300"))
    header_timeout: float = _option(Row(_seconds, "SECONDS", "For the head of a request, from its first byte.", "15"))
    body_timeout: float = _option(
        Row(_seconds, "SECONDS", "Waiting for the content of a request that does not move on.", "60")
    )
    keepalive_timeout: float = _option(Row(_seconds, "SECONDS", "For a connection without a request.", "120"))
    send_timeout: float = _option(Row(_seconds, "SECONDS", "For a caller that does not take its reply.", "60"))
    max_connections: int = _option(
        Row(_count, "COUNT", "Callers' connections at a time; more are told 503.", "1024", divided=True)
    )
    max_requests: int = _option(
        Row(_count, "COUNT", "Requests answered at a time; more are told 503.", "512", divided=True)
    )
    body_limit: int = _option(Row(_count, "BYTES", "Of one decoded body that is translated.", "16777216", live=True))
    page_cap: int = _option(Row(_count, "PAGES", "Upstream pages collected for one answer.", "20", live=True))

    def part(self) -> Options:
        """Return the options of one of the workers: of what is ``divided`` its part, rounded up."""
        parts = {row.name: -(-getattr(self, row.name) // self.workers) for row in TABLE if row.divided}
        return attrs.evolve(self, **parts)

    def settings(self) -> Settings:
        """Return the part of the options that the core obeys."""
        return Settings(
            route=self.route,
            sunsets=self.sunset,
            writes=self.writes,
            origins=frozenset({self.upstream}),
            deadline=self.deadline,
            page_cap=self.page_cap,
            body_limit=self.body_limit,
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
