"""What httpx's requests mean, in the surroundings that this process gives to a call."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator
from collections.abc import Set as AbstractSet
from functools import lru_cache

import attrs
import httpx

from shim.core.commands import Exchange, Outcome, Read, Send
from shim.core.context import Context
from shim.core.exchange import exchange
from shim.core.messages import Call, Headers, Reply
from shim.core.route import sunset_of
from shim.core.settings import RouteWord, Settings
from shim.dropin.notice import notify
from shim.dropin.runtime import MEMORY, current

INNER = "shim.inner"
"""The key in ``request.extensions`` of a request that the shim makes itself."""

Origin = tuple[bytes, bytes, int | None]
"""Scheme, host and port as httpx keeps them: comparing them costs no parsing."""


@attrs.frozen
class Found:
    """A call that the shim takes part in: what it says (its body unread) and what happens with it."""

    call: Call
    needs_body: bool
    begin: Callable[[Call], Generator[Send | Read, Reply, Outcome | None]]


def origin_of(url: httpx.URL) -> Origin:
    """Return the origin of a URL as something to compare."""
    return url.raw_scheme, url.raw_host, url.port


@lru_cache(maxsize=8)
def _comparable(origins: frozenset[str]) -> frozenset[Origin]:
    return frozenset(origin_of(httpx.URL(origin)) for origin in origins)


def header_lines(headers: httpx.Headers) -> Headers:
    """Return field lines as text, one character for one byte, so that they can be turned back exactly."""
    return tuple((name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw)


def recognise(request: httpx.Request, also: AbstractSet[Origin], forced: Settings | None = None) -> Found | None:
    """Return what a request means when it is a retired Atlas call, else None: then nobody touches it.

    ``also`` are origins that count besides the ones in the settings; ``forced`` are settings to obey in
    place of the process' own.
    """
    now, url = current(), request.url
    settings = forced or now.settings
    origin = origin_of(url)
    if origin not in _comparable(settings.origins) and origin not in also:
        return None
    if settings.route is RouteWord.OFF or INNER in request.extensions:
        return None
    call = call_of(request)
    match = now.engine.recognise(call.method, call.target, call.headers)
    if match is None:
        return None
    context = Context(settings=settings, memory=MEMORY, clock=time.time, base=call.origin)

    def begin(call: Call) -> Exchange:
        if origin not in also:  # the shim's own facade, whose callers name no endpoint
            notify(match.operation.id, sunset_of(match.operation, settings), time.time())
        return exchange(match, call, context)

    return Found(call, match.needs_body, begin)


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
