"""What this process gives to a call: settings as they are now, one memory, and the clock."""

from __future__ import annotations

import logging
import os
import time
from collections.abc import Callable, Generator
from collections.abc import Set as AbstractSet

import attrs
import httpx

from shim.core.context import Context
from shim.core.engine import Engine, default_engine
from shim.core.exchange import exchange
from shim.core.memory import Memory
from shim.core.messages import Call, Headers, Reply
from shim.core.settings import RouteWord, Settings, read_settings
from shim.core.steps import Outcome, Read, Send
from shim.errors import DocumentError, SettingsError

logger = logging.getLogger("shim")

VARIABLES = ("ATLAS_SHIM_MAPPINGS", "ATLAS_SHIM_ROUTE", "ATLAS_SHIM_SUNSET", "ATLAS_SHIM_UPSTREAM")
"""What engine and settings depend on: while these stay as they are, so do both."""

MEMORY = Memory()
"""One for the process, so that what one client learned serves the next."""

INNER = "shim.inner"
"""The key in ``request.extensions`` of a request that the shim makes itself."""

Origin = tuple[bytes, bytes, int | None]
"""Scheme, host and port as httpx keeps them: comparing them costs no parsing."""


@attrs.frozen
class Current:
    """Engine and settings, and the raw strings that they were read from."""

    raw: tuple[str | None, ...]
    engine: Engine
    settings: Settings
    origins: frozenset[Origin]


@attrs.frozen
class Found:
    """A call that the shim takes part in: what it says (its body unread) and what happens with it."""

    call: Call
    needs_body: bool
    begin: Callable[[Call], Generator[Send | Read, Reply, Outcome | None]]


def origin_of(url: httpx.URL) -> Origin:
    """Return the origin of a URL as something to compare."""
    return url.raw_scheme, url.raw_host, url.port


_current: Current | None = None


def _raw() -> tuple[str | None, ...]:
    return tuple(map(os.environ.get, VARIABLES))


def _read(raw: tuple[str | None, ...]) -> Current:
    settings, engine = read_settings(os.environ), default_engine()
    engine.check_settings(settings)
    origins = frozenset(origin_of(httpx.URL(origin)) for origin in settings.origins)
    return Current(raw, engine, settings, origins)


def prepare() -> None:
    """Check settings and mapping documents, for a client that is being made.

    Raises SettingsError and DocumentError, so that a typo is found here and not in a call.
    """
    global _current  # noqa: PLW0603 - one atomic assignment; the settings belong to the process
    _current = _read(_raw())


def current() -> Current:
    """Return the settings of this moment; the last good ones when a variable no longer has a meaning."""
    global _current  # noqa: PLW0603 - as above
    held, raw = _current, _raw()
    if held is not None and held.raw == raw:
        return held
    try:
        fresh = _read(raw)
    except (SettingsError, DocumentError) as error:
        if held is None:
            raise
        logger.warning("settings stay as they were: %s", error)
        fresh = attrs.evolve(held, raw=raw)
    _current = fresh
    return fresh


def header_lines(headers: httpx.Headers) -> Headers:
    """Return field lines as text, one character for one byte, so that they can be turned back exactly."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw)


def recognise(request: httpx.Request, also: AbstractSet[Origin]) -> Found | None:
    """Return what a request means when it is a retired Atlas call, else None: then nobody touches it.

    ``also`` are origins that count besides the ones in the settings.
    """
    now, url = current(), request.url
    origin = origin_of(url)
    if origin not in now.origins and origin not in also:
        return None
    if now.settings.route is RouteWord.OFF or INNER in request.extensions:
        return None
    call = call_of(request)
    match = now.engine.recognise(call.method, call.target, call.headers)
    if match is None:
        return None
    context = Context(settings=now.settings, memory=MEMORY, clock=time.time, base=call.origin)
    return Found(call, match.needs_body, lambda call: exchange(match, call, context))


def untouched(request: httpx.Request) -> Found:
    """Return a call that is sent as it is: what the caller's own hook made of a recognised one."""
    return Found(call_of(request), needs_body=False, begin=_as_it_is)


def call_of(request: httpx.Request) -> Call:
    """Return a request as the core sees it."""
    url = request.url
    base = f"{url.scheme}://{url.netloc.decode('ascii')}"
    return Call(request.method, base, url.raw_path.decode("ascii"), header_lines(request.headers))


def _as_it_is(call: Call) -> Generator[Send | Read, Reply, Outcome | None]:
    yield Send(call, route="none", rewritten=False)
    return None
