"""The values that options have, each read from a text; what is wrong with one is a SettingsError that names it.

Each parser is given the text, and the name of the option for the error.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import TypeVar
from urllib.parse import urlsplit

import attrs

from shim.core.settings import FlagRoute, RouteWord, parse_route, parse_sunsets, parse_writes
from shim.errors import SettingsError
from shim.origins import parse_origin

Network = IPv4Network | IPv6Network
_Number = TypeVar("_Number", int, float)
_Words = TypeVar("_Words", bound=StrEnum)

WINDOW_MOST = 10.0
"""Seconds that an answer may be shared for: a poller's patience, not a cache."""


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


class LogFormat(StrEnum):
    """How the log is written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """How much is logged."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


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


def parse_address_or_off(text: str, name: str) -> Address | None:
    """Parse an address, or ``off``; raises SettingsError."""
    return None if text == "off" else parse_address(text, name)


def parse_upstream(text: str, name: str) -> str:
    """Parse an origin; raises SettingsError."""
    return parse_origin(text, name=name)


_BASE_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


def parse_public_url(text: str, name: str) -> str | None:
    """Parse an origin that a path of plain segments may follow, or nothing; raises SettingsError."""
    scheme, _, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    path = (slash + path).rstrip("/")
    if _BASE_PATH.fullmatch(path) is None:
        raise SettingsError(f"{name}: give an origin, and perhaps a path without query, as in https://tools.test/atlas")
    return parse_origin(f"{scheme}://{authority}" if path else text, name=name) + path if text else None


def parse_route_word(text: str, name: str) -> RouteWord | FlagRoute:
    """Parse a word of the route switch; raises SettingsError."""
    return parse_route(text, name=name)


def parse_sunset(text: str, name: str) -> Mapping[str, datetime]:
    """Parse overrides of dates; raises SettingsError."""
    return parse_sunsets(text, name=name)


def parse_write_words(text: str, name: str) -> frozenset[str]:
    """Parse the writes that may be sent; raises SettingsError."""
    return parse_writes(text, name=name)


def parse_mode(text: str, name: str) -> CredentialsMode:
    """Parse a mode; raises SettingsError."""
    return _word(CredentialsMode, text, name)


def parse_text(text: str, name: str) -> str | None:  # noqa: ARG001 - every parser has this signature
    """Return a text, None when it is empty."""
    return text or None


@attrs.frozen
class StoreUrl:
    """Where a Valkey or Redis is; a password may be part of it."""

    url: str = attrs.field(repr=False)


def parse_store(text: str, name: str) -> StoreUrl | None:
    """Parse the URL of a nonce store, or nothing; raises SettingsError."""
    if text and text.partition("://")[0] not in {"redis", "rediss", "unix"}:
        raise SettingsError(f"{name}: is not a URL such as redis://host:6379/0, rediss://… or unix:///path")
    return StoreUrl(text) if text else None


def parse_switch(text: str, name: str) -> bool:
    """Parse ``on`` or ``off``; raises SettingsError."""
    if text not in {"on", "off"}:
        raise SettingsError(f"{name}: {text!r} is not one of on, off")
    return text == "on"


def parse_access(text: str, name: str) -> AccessWord:
    """Parse which calls are logged; raises SettingsError."""
    return _word(AccessWord, text, name)


def parse_log_format(text: str, name: str) -> LogFormat:
    """Parse how the log is written; raises SettingsError."""
    return _word(LogFormat, text, name)


def parse_log_level(text: str, name: str) -> LogLevel:
    """Parse how much is logged; raises SettingsError."""
    return _word(LogLevel, text, name)


def _word(words: type[_Words], text: str, name: str) -> _Words:
    try:
        return words(text)
    except ValueError:
        raise SettingsError(f"{name}: {text!r} is not one of {', '.join(words)}") from None


def parse_seconds(text: str, name: str) -> float:
    """Parse seconds above zero; raises SettingsError."""
    return _above_zero(float, text, name)


def parse_count(text: str, name: str) -> int:
    """Parse a count above zero; raises SettingsError."""
    return _above_zero(int, text, name)


def parse_count_or_none(text: str, name: str) -> int | None:
    """Parse a count above zero, or nothing; raises SettingsError."""
    return parse_count(text, name) if text else None


def parse_networks(text: str, name: str) -> tuple[Network, ...]:
    """Parse addresses and networks with commas between; raises SettingsError."""
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


def parse_from_zero(text: str, name: str) -> float:
    """Parse a number from zero on; raises SettingsError."""
    try:
        number = float(text)
    except ValueError:
        number = -1
    if not 0 <= number < float("inf"):
        raise SettingsError(f"{name}: {text!r} is not a number from zero on")
    return number


def parse_window(text: str, name: str) -> float | None:
    """Parse milliseconds of sharing, or ``off``, and return seconds; raises SettingsError."""
    if text == "off":
        return None
    window = parse_from_zero(text, name) / 1000
    if window > WINDOW_MOST:
        raise SettingsError(f"{name}: {text!r} is more than {WINDOW_MOST * 1000:g} milliseconds")
    return window
