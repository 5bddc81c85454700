"""What an option is: what reads its text, where it may be given, and which of its sources counts.

What is wrong with a text is a SettingsError that calls the option as it was given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any, Generic, TypeVar
from urllib.parse import urlsplit

import attrs

from shim.core.settings import FlagRoute, Host, RouteWord, parse_hosts, parse_route, parse_sunsets, parse_writes
from shim.errors import SettingsError
from shim.gateway.allow import AllowList, parse_allow
from shim.origins import parse_origin

Network = IPv4Network | IPv6Network
T = TypeVar("T")
_Number = TypeVar("_Number", int, float)
_Word = TypeVar("_Word", bound=StrEnum)

_BASE_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")

WINDOW_MOST = 10_000
"""Milliseconds that an answer may be shared for: a poller's patience, not a cache."""


@attrs.frozen
class Reader(Generic[T]):
    """What a type of options is called in the help, and what reads it: of a text, and the option's name for errors."""

    metavar: str
    read: Callable[[str, str], T]

    def unless(self, nothing: str) -> Reader[T | None]:
        """Return a reader that reads ``nothing`` as None, and other texts as this one does."""
        return Reader(self.metavar, lambda text, name: None if text == nothing else self.read(text, name))


@attrs.frozen
class Row(Generic[T]):
    """One option: how it is written, read and explained.

    ``default`` is written as a caller would write it; ``bare`` is what the flag means without a value, None when
    it needs one; ``live`` options can change while the gateway runs; a ``secret`` value is shown to nobody.
    ``group`` is the heading that it stands under, ``name`` that of the attribute.
    """

    group: str
    reader: Reader[T]
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

    @property
    def metavar(self) -> str:
        """What stands for the value in the help."""
        return self.reader.metavar


@attrs.frozen
class Given:
    """The text of one option, its ``source`` (a flag, a variable or a file), and its ``name`` in an error."""

    text: str
    source: str
    name: str


def given(
    rows: Iterable[Row[Any]],
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
            found[name] = Given(_text(file[name]).strip(), file_name, f"{prefix}{name}")
    return found, [f"{prefix}{key}: no such option{nearest(key, named)}" for key in file if key not in named]


def _text(value: object) -> str:
    """Return a value of a TOML file as it would be written in a variable."""
    if isinstance(value, bool):
        return "on" if value else "off"
    if isinstance(value, dict):
        return ",".join(f"{key}={_text(one)}" for key, one in value.items())
    return ",".join(map(_text, value)) if isinstance(value, list) else str(value)


def nearest(name: str, known: Iterable[str], prefix: str = "") -> str:
    """Return a question that names the nearest known name, empty if none is near; the prefix does not count."""
    near = get_close_matches(name.removeprefix(prefix), [one.removeprefix(prefix) for one in known], n=1, cutoff=0.7)
    return f"; did you mean {prefix}{near[0]}?" if near else ""


def renamed(error: SettingsError, rows: Iterable[Row[Any]], found: Mapping[str, Given]) -> SettingsError:
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
    return Reader("|".join(words), partial(_word, {word.value: word for word in words}))


ADDRESS = Reader("HOST:PORT", parse_address)
ORIGIN: Reader[str] = Reader("URL", lambda text, name: parse_origin(text, name=name))
PUBLIC_URL = Reader("URL", _public_url)
PATH: Reader[str | None] = Reader("PATH", lambda text, _: text or None)
SWITCH: Reader[bool] = Reader("on|off", partial(_word, {"on": True, "off": False}))
SECONDS: Reader[float] = Reader("SECONDS", partial(_above_zero, float))
COUNT: Reader[int] = Reader("COUNT", partial(_above_zero, int))
BYTES: Reader[int] = Reader("BYTES", partial(_above_zero, int))
ROUTE: Reader[RouteWord | FlagRoute] = Reader("WORD", lambda text, name: parse_route(text, name=name))
SUNSETS: Reader[Mapping[str, datetime]] = Reader("DATES", lambda text, name: parse_sunsets(text, name=name))
HOSTS: Reader[Mapping[str, Host]] = Reader("HOSTS", lambda text, name: parse_hosts(text, name=name))
WRITES: Reader[frozenset[str]] = Reader("WORDS", lambda text, name: parse_writes(text, name=name))
NETWORKS = Reader("ADDRESSES", _networks)
CALLS: Reader[AllowList | None] = Reader("CALLS", parse_allow)
NAME: Reader[str | None] = Reader("NAME", lambda text, _: text or None)
STORE = Reader("URL", _store)
WINDOW = Reader("MS", _window)
