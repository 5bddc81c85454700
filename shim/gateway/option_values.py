"""The values that options have, and what reads them of a text; what is wrong with one is a SettingsError."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeVar
from urllib.parse import urlsplit

import attrs

from shim.core.settings import FlagRoute, Host, RouteWord, parse_hosts, parse_route, parse_sunsets, parse_writes
from shim.errors import SettingsError
from shim.gateway.allow import AllowList, parse_allow
from shim.gateway.option_sources import Reader
from shim.origins import parse_origin

Network = IPv4Network | IPv6Network
_Number = TypeVar("_Number", int, float)
_Word = TypeVar("_Word", bound=StrEnum)

_BASE_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")

WINDOW_MOST = 10_000
"""Milliseconds that an answer may be shared for: a poller's patience, not a cache."""


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


def _text(text: str, _: str) -> str | None:
    return text or None


def _switch(text: str, name: str) -> bool:
    if text not in {"on", "off"}:
        raise SettingsError(f"{name}: {text!r} is not one of on, off")
    return text == "on"


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


def words_of(words: type[_Word]) -> Reader[_Word]:
    """Return what reads one of these words."""

    def read(text: str, name: str) -> _Word:
        try:
            return words(text)
        except ValueError:
            raise SettingsError(f"{name}: {text!r} is not one of {', '.join(words)}") from None

    return Reader("|".join(words), read)


ADDRESS = Reader("HOST:PORT", parse_address)
ORIGIN: Reader[str] = Reader("URL", lambda text, name: parse_origin(text, name=name))
PUBLIC_URL = Reader("URL", _public_url)
PATH = Reader("PATH", _text)
SWITCH = Reader("on|off", _switch)
SECONDS: Reader[float] = Reader("SECONDS", partial(_above_zero, float))
COUNT: Reader[int] = Reader("COUNT", partial(_above_zero, int))
BYTES: Reader[int] = Reader("BYTES", partial(_above_zero, int))
ROUTE: Reader[RouteWord | FlagRoute] = Reader("WORD", lambda text, name: parse_route(text, name=name))
SUNSETS: Reader[Mapping[str, datetime]] = Reader("DATES", lambda text, name: parse_sunsets(text, name=name))
HOSTS: Reader[Mapping[str, Host]] = Reader("HOSTS", lambda text, name: parse_hosts(text, name=name))
WRITES: Reader[frozenset[str]] = Reader("WORDS", lambda text, name: parse_writes(text, name=name))
NETWORKS = Reader("ADDRESSES", _networks)
CALLS: Reader[AllowList | None] = Reader("CALLS", parse_allow)
NAME = Reader("NAME", _text)
STORE = Reader("URL", _store)
WINDOW = Reader("MS", _window)
