"""Recognize a program's retired calls, and gather the inputs of their exchanges.

Those are retired calls, and all calls to Atlas while ``ATLAS_SHIM_UPSTREAM`` routes
them to another origin.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import attrs

from shim.core.exchange import exchange
from shim.core.messages import Call, Exchange, Headers, PassThrough, Record, Send, field
from shim.core.recognize import Match, match_in
from shim.core.route import VERSION_GONE, Context, sunset_of
from shim.core.settings import RouteWord
from shim.doors import process
from shim.doors.call_site import call_site
from shim.doors.driver import Steps
from shim.doors.native import is_served
from shim.doors.process import Current
from shim.origins import origin_of
from shim.tools.inventory.writing import retired, write

logger = logging.getLogger("shim")


@attrs.frozen
class RetiredCall:
    """A call that the shim handles, and the settings at its start."""

    call: Call
    """Its body is None until ``with_body`` adds it, if ``needs_body`` is true."""
    match: Match | None
    """None if the call is only redirected to another origin."""
    context: Context
    now: Current
    led: bool
    """Whether it goes to the origin of ``call`` instead of its own."""
    warns: bool
    """Whether the program is warned.

    False for the shim's typed client, whose callers name no endpoint.
    """
    known: bool
    """Whether the call is for an Atlas; otherwise it passes unchanged."""
    noted: bool
    """Whether the inventory records it."""

    @property
    def needs_body(self) -> bool:
        """Whether the exchange needs the request body."""
        return self.match is not None and self.match.needs_body

    def with_body(self, content: bytes) -> RetiredCall:
        """Return the call with its body."""
        return attrs.evolve(self, call=attrs.evolve(self.call, body=content))

    def exchange(self) -> Exchange:
        """Begin its exchange; nothing happens until the first command is requested."""
        if self.match is None or not self.known:
            return _passed(self.match, self.call)
        return exchange(self.match, self.call, self.context)

    def write_down(self, record: Record | None, route: str = "", why: str = "") -> None:
        """Append a call, its place in the program and its record to the inventory.

        A call without a record has its route and reason instead.
        """
        if record is None:
            assert self.match is not None, "of other calls nothing is noted"
            operation, sunset = (
                self.match.operation,
                sunset_of(self.match.operation, self.context.settings),
            )
            record = Record(
                operation.id,
                self.match.api.name,
                route,
                why,
                sunset,
                operation.deprecated,
            )
        write(partial(retired, record, where=call_site()))


_named: set[str] = set()


def _passed(match: Match | None, call: Call) -> Exchange:
    """Send a call unchanged.

    Log the missing setting once if a reply proves that an unnamed origin is an Atlas.
    """
    reply = yield Send(call, "legacy", rewritten=False, may_read=False)
    is_gone = (
        reply.status == 410 and field(reply.headers, "x-error-code") == VERSION_GONE
    )
    if match is not None and is_gone and call.origin not in _named:
        _named.add(call.origin)
        said = f"{call.origin} answered {VERSION_GONE} to {match.operation.id}, and no setting names it"
        logger.warning(
            "%s: set ATLAS_SHIM_UPSTREAM=%s to translate its calls", said, call.origin
        )
    return PassThrough(None)  # type: ignore[arg-type]  # a call that is not recognized has no record


def retired_call(  # noqa: PLR0913 - the parts of a request that are looked at in turn
    method: str,
    url: str,
    lines: Callable[[], Headers],
    pause: Callable[[float], Any] = time.sleep,
    *,
    extra: frozenset[str] = frozenset(),
    whole: bool = False,
) -> Steps[RetiredCall | None]:
    """Return a retired or redirected call.

    None for any other call, and for the shim's own requests.

    ``url`` is absolute. ``lines`` returns the field lines; it is called only if they
    matter. ``pause`` is the sleep function while a call waits for the first value of a
    feature flag. ``extra`` are origins that count as Atlas for this client. ``whole``
    is the field of ``Context``. While the shim is off, no call counts as retired.
    """
    if is_served() or (now := process.concerns(url)) is None:
        return None
    try:
        parts = urlsplit(url)
        origin = origin_of(parts.scheme, parts.hostname or "", parts.port)
        if parts.query:
            target = f"{parts.path}?{parts.query}"
        else:
            target = parts.path
        target.encode("ascii")
    except ValueError:  # such a URL can't be sent
        return None
    settings = now.settings
    engine = now.engine
    led = settings.leads(origin)
    is_off = settings.route is RouteWord.OFF
    found = None if is_off else engine.look_up(method, target)
    if not led and found is None:
        return None
    known = led or origin in settings.origins or origin in extra
    call = Call(method, settings.upstream if led else origin, target, lines())
    match = None if found is None else match_in(found, call.headers)
    if match is not None and known and (flag := process.flag_of(settings)) is not None:
        while seconds := flag.waits(match):
            yield partial(pause, seconds)
        settings = flag.variant(settings, match)
        if settings.route is RouteWord.OFF:
            match = None
    if not led and (match is None or not (known or match.operation.method == "GET")):
        return None
    context = Context(
        settings,
        process.MEMORY,
        time.time,
        origin,
        monotonic=time.monotonic,
        whole=whole,
    )
    counts = known and match is not None and not match.operation.lives
    warns = counts and origin not in extra
    noted = counts and bool(now.inventory)
    return RetiredCall(call, match, context, now, led, warns, known, noted)
