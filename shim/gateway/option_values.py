"""What an option is: what reads its text, where it may be given, and which of its sources counts.

What is wrong with a text is a SettingsError that calls the option as it was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs

from shim.core.settings import parse_hosts, parse_route, parse_sunsets, parse_writes
from shim.errors import SettingsError
from shim.gateway.allow import parse_allow
from shim.origins import parse_origin

Network = IPv4Network | IPv6Network
T = TypeVar("T")
_Number = TypeVar("_Number", int, float)
_Word = TypeVar("_Word", bound=StrEnum)

_BASE_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")

WINDOW_MOST = 10_000
"""Milliseconds that an answer may be shared for: a poller's patience, not a cache."""


Reader = tuple[str, Callable[..., T]]
"""What stands for a value in the help, and what reads one of a text; ``name`` is the option's in errors."""


@attrs.frozen
class Row:
    """One option: how it is written, read and explained.

    ``default`` is written as a caller would write it; ``bare`` is what the flag means without a value, None when
    it needs one; ``live`` options can change while the gateway runs; a ``secret`` value is never shown.
    ``group`` is the heading that it stands under, ``name`` that of the attribute.
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


@attrs.frozen
class Given:
    """The text of one option, its ``source`` (a flag, a variable or a file), and its ``name`` in an error."""

    text: str
    source: str
    name: str


def given(
    rows: Iterable[Row],
    environ: Mapping[str, str],
    flags: Mapping[str, str | None],
    file: Mapping[str, object],
    file_name: str = "",
) -> tuple[dict[str, Given], list[str]]:
    """Return the texts that are given, by row name, and a problem for each key of the file that is no option.

    ``flags`` and ``file`` are keyed by row name, too. A flag that is None is not given, nor is an empty variable.
    """
    named, found = {row.name: row for row in rows}, {}
    prefix = f"{file_name}: " if file_name else ""
    for name, row in named.items():
        if (text := flags.get(name)) is not None:
            found[name] = Given(text.strip(), row.flag, row.flag)
        elif text := environ.get(row.variable):
            found[name] = Given(text.strip(), row.variable, row.variable)
        elif name in file:
            found[name] = Given(_written(file[name]).strip(), file_name, f"{prefix}{name}")
    return found, [f"{prefix}{key}: no such option{nearest(key, named)}" for key in file if key not in named]


def _written(value: object) -> str:
    """Return a value of a TOML file as it would be written in a variable."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ",".join(f"{key}={_written(one)}" for key, one in value.items())
    return ",".join(map(_written, value)) if isinstance(value, list) else str(value)


def nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return a question that names the nearest known name, empty if none is near; the prefix does not count."""
    near = get_close_matches(name.removeprefix(prefix), [one.removeprefix(prefix) for one in known], n=1, cutoff=0.7)
    return f"; did you mean {prefix}{near[0]}?" if near else ""


def renamed(error: SettingsError, rows: Iterable[Row], found: Mapping[str, Given]) -> SettingsError:
    """Return an error that calls each option as it was given, for problems that several options make together."""
    names = {name: found[row.name].name for row in rows if row.name in found for name in (row.name, row.variable)}
    parts = [problem.partition(":") for problem in error.problems]
    return SettingsError(*(f"{names.get(head, head)}{colon}{rest}" for head, colon, rest in parts))


class CredentialsMode(StrEnum):
    """Whose credentials a rewritten call carries."""

    PASSTHROUGH = "passthrough"
    """The caller's own; the gateway holds none."""
    OWN = "own"
    """The gateway's own, for callers on this machine."""
    VERIFY = "verify"
    """The API key that the caller proved to the gateway, which knows it too."""


class AccessWord(StrEnum):
    """Which calls have a line in the log."""

    ON = "on"
    ERRORS = "errors"
    """Refusals of the gateway's own, statuses from 500 on, and callers that left."""
    OFF = "off"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class LogFormat(StrEnum):
    """How the log is written."""

    TEXT = "text"
    JSON = "json"


@attrs.frozen
class Address:
    """A host and a TCP port to listen on; port 0 takes a free one."""

    host: str
    port: int

    @property
    def written_host(self) -> str:
        """The host, one of IPv6 in brackets."""
        return f"[{self.host}]" if ":" in self.host else self.host

    @property
    def authority(self) -> str:
        """``host:port``."""
        return f"{self.written_host}:{self.port}"


def is_address(host: str) -> bool:
    """Return whether a host is an IP address, which needs no DNS."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


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


def _public_url(text: str, name: str) -> str:
    """Parse an origin that a path of plain segments may follow."""
    scheme, _, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    path = (slash + path).rstrip("/")
    if _BASE_PATH.fullmatch(path) is None:
        raise SettingsError(f"{name}: give an origin, and perhaps a path without query, as in https://tools.test/atlas")
    return parse_origin(f"{scheme}://{authority}" if path else text, name=name) + path


def _store(text: str, name: str) -> str:
    if text.partition("://")[0] not in {"redis", "rediss", "unix"}:
        raise SettingsError(f"{name}: is not a URL such as redis://host:6379/0, rediss://… or unix:///path")
    return text


def _networks(text: str, name: str) -> tuple[Network, ...]:
    found = []
    for word in filter(None, (word.strip() for word in text.split(","))):
        try:
            found.append(ip_network(word))
        except ValueError:
            raise SettingsError(f"{name}: {word!r} is not an address or a network such as 10.0.0.0/8") from None
    return tuple(found)


def _above_zero(kind: Callable[[str], _Number], text: str, name: str) -> _Number:
    try:
        number = kind(text)
    except ValueError:
        number = kind("0")
    if not 0 < number < float("inf"):
        raise SettingsError(f"{name}: {text!r} is not a number above zero")
    return number


def _window(text: str, name: str) -> float:
    """Parse milliseconds, and return seconds."""
    milliseconds = 0.0 if text == "0" else _above_zero(float, text, name)
    if milliseconds > WINDOW_MOST:
        raise SettingsError(f"{name}: {text!r} is more than {WINDOW_MOST} milliseconds")
    return milliseconds / 1000


def _word(values: Mapping[str, T], text: str, name: str) -> T:
    if text not in values:
        raise SettingsError(f"{name}: {text!r} is not one of {', '.join(values)}")
    return values[text]


def words_of(words: type[_Word]) -> Reader[_Word]:
    """Return what reads one of these words."""
    return "|".join(words), partial(_word, {word.value: word for word in words})


def unless(nothing: str, reader: Reader[T]) -> Reader[T | None]:
    """Return what reads ``nothing`` as None, and other texts as this reader does."""
    metavar, read = reader
    return metavar, lambda text, name: None if text == nothing else read(text, name=name)


def _text(text: str, name: str) -> str | None:  # noqa: ARG001 - a reader
    return text or None


ADDRESS = "HOST:PORT", parse_address
ORIGIN = "URL", parse_origin
PUBLIC_URL = "URL", _public_url
PATH = "PATH", _text
SWITCH: Reader[bool] = "on|off", partial(_word, {"on": True, "off": False})
SECONDS: Reader[float] = "SECONDS", partial(_above_zero, float)
COUNT: Reader[int] = "COUNT", partial(_above_zero, int)
BYTES: Reader[int] = "BYTES", partial(_above_zero, int)
ROUTE = "WORD", parse_route
SUNSETS = "DATES", parse_sunsets
HOSTS = "HOSTS", parse_hosts
WRITES = "WORDS", parse_writes
NETWORKS = "ADDRESSES", _networks
CALLS = "CALLS", parse_allow
STORE = "URL", _store
WINDOW = "MS", _window
