"""The types of option values, and their readers.

A reader is a pair: the placeholder for a value in the help, and a function. The
function gets a text and the option's ``name`` for errors. It returns the value or
raises SettingsError.
"""

from __future__ import annotations

import re
import socket
from collections.abc import Callable, Mapping
from enum import StrEnum
from functools import partial
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Any, TypeVar
from urllib.parse import urlsplit

import attrs

from shim.core.settings import parse_route, parse_sunsets, parse_writes
from shim.errors import SettingsError
from shim.gateway.allow import parse_allow
from shim.origins import parse_origin

# Bytes that each call in flight may need: two heads, and the data that waits to be read
# in either direction.
RESERVED = 131072

Network = IPv4Network | IPv6Network
T = TypeVar("T")
_Number = TypeVar("_Number", int, float)
_Word = TypeVar("_Word", bound=StrEnum)

Reader = tuple[str, Callable[..., T]]

CredentialsMode = StrEnum("CredentialsMode", "PASSTHROUGH OWN VERIFY")
"""Whose credentials a rewritten call has.

They are the caller's, the gateway's, or a key that both know.
"""

LogLevel = StrEnum("LogLevel", "DEBUG INFO WARNING ERROR")
LogFormat = StrEnum("LogFormat", "TEXT JSON")

_AMOUNT = re.compile(r"(.*?) ?([A-Za-z]*)")
_DURATIONS = {"": 1, "ms": 0.001, "s": 1, "m": 60, "h": 3600}  # seconds
# bytes
_SIZES = {
    "": 1,
    "KiB": 1 << 10,
    "MiB": 1 << 20,
    "GiB": 1 << 30,
    "Ki": 1 << 10,
    "Mi": 1 << 20,
    "Gi": 1 << 30,
}

HOST = re.compile(r"[A-Za-z0-9._:%-]+")
"""A host's name or address, without characters that end a word of a configuration."""

_BASE_PATH = re.compile(r"(?:/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)*")


@attrs.frozen
class Address:
    """A host and a TCP port to listen on; port 0 is a free one."""

    host: str
    port: int

    @property
    def authority(self) -> str:
        """``host:port``, with brackets around an IPv6 address."""
        if ":" in self.host:
            return f"[{self.host}]:{self.port}"
        return f"{self.host}:{self.port}"


def is_address(host: str) -> bool:
    """Return whether a host is an IP address, which needs no DNS."""
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def is_loopback(host: str) -> bool:
    """Return whether only this machine can reach a host to listen on.

    Every address of the host must be a loopback one.
    """
    try:
        found = {
            str(entry[4][0])
            for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
        }
        return all(
            ip_address(address.partition("%")[0]).is_loopback for address in found
        )
    except (OSError, ValueError):
        return False


def parse_address(text: str, name: str) -> Address:
    """Parse ``host:port``, ``[v6]:port`` or ``:port`` (loopback).

    Raises SettingsError.
    """
    try:
        parts = urlsplit(f"//{text}")
        host = parts.hostname or "127.0.0.1"
        port = parts.port
    except ValueError:
        host = ""
        port = None
    if (
        port is None
        or HOST.fullmatch(host) is None
        or parts.path
        or parts.query
        or parts.username is not None
    ):
        raise SettingsError(
            f"{name}: {text!r} is not an address such as 127.0.0.1:8480"
        )
    return Address(host, port)


def _public_url(text: str, name: str) -> str:
    """Parse an origin that a path of plain segments may follow."""
    scheme, _, rest = text.partition("://")
    authority, slash, path = rest.partition("/")
    path = (slash + path).rstrip("/")
    if _BASE_PATH.fullmatch(path) is None:
        raise SettingsError(
            f"{name}: give an origin, and perhaps a path without query, as in https://tools.test/atlas"
        )
    return parse_origin(f"{scheme}://{authority}" if path else text, name=name) + path


def _store(text: str, name: str) -> str:
    if text.partition("://")[0] not in {"redis", "rediss", "unix"}:
        raise SettingsError(
            f"{name}: is not a URL such as redis://host:6379/0, rediss://… or unix:///path"
        )
    return text


def _networks(text: str, name: str) -> tuple[Network, ...]:
    found = []
    for word in filter(None, map(str.strip, text.split(","))):
        try:
            found.append(ip_network(word))
        except ValueError:
            raise SettingsError(
                f"{name}: {word!r} is not an address or a network such as 10.0.0.0/8"
            ) from None
    return tuple(found)


def _above_zero(
    kind: Callable[[Any], _Number],
    units: Mapping[str, float],
    such: str,
    text: str,
    name: str,
) -> _Number:
    error = SettingsError(f"{name}: {text!r} is not {such}")
    found = _AMOUNT.fullmatch(text)
    if found is None or found[2] not in units:
        raise error
    try:
        number = kind(kind(found[1]) * units[found[2]])
    except (ValueError, OverflowError):
        raise error from None
    if not 0 < number < float("inf"):
        raise error
    return number


def _word(values: Mapping[str, T], text: str, name: str) -> T:
    if text not in values:
        raise SettingsError(f"{name}: {text!r} is not one of {', '.join(values)}")
    return values[text]


def words_of(words: type[_Word]) -> Reader[_Word]:
    """Return a reader of one of these words."""
    return "|".join(words), partial(_word, {word.value: word for word in words})


def unless(nothing: str, reader: Reader[T]) -> Reader[T | None]:
    """Return a reader that reads ``nothing`` as None, and other texts like this reader."""
    metavar, read = reader
    return (
        metavar,
        lambda text, name: None if text == nothing else read(text, name=name),
    )


ADDRESS = "HOST:PORT", parse_address
ORIGIN = "URL", parse_origin
PUBLIC_URL = "URL", _public_url
PATH: Reader[str | None] = "PATH", lambda text, **_: text or None
SWITCH: Reader[bool] = "on|off", partial(_word, {"on": True, "off": False})
SECONDS: Reader[float] = (
    "TIME",
    partial(_above_zero, float, _DURATIONS, "a time above zero, such as 15s, 5m or 15"),
)
COUNT: Reader[int] = (
    "COUNT",
    partial(_above_zero, int, {"": 1}, "a whole number above zero"),
)
BYTES: Reader[int] = (
    "SIZE",
    partial(_above_zero, int, _SIZES, "a size above zero, such as 64MiB or 67108864"),
)
ROUTE = "WORD", parse_route
SUNSETS = "DATES", parse_sunsets
WRITES = "WORDS", parse_writes
NETWORKS = "ADDRESSES", _networks
CALLS = "CALLS", parse_allow
STORE = "URL", _store
