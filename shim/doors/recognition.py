"""Which calls of a program are retired ones under the settings of this process, and what their exchange needs."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from functools import lru_cache
from urllib.parse import urlsplit

import attrs

from shim.core.messages import Answer, Call, Exchange, Headers, PassThrough, Read, Record, Send, advance, field
from shim.core.recognise import Engine, Match
from shim.core.route import VERSION_GONE, Context, sunset_of
from shim.core.settings import RouteWord
from shim.doors import process
from shim.doors.call_site import call_site
from shim.doors.native import is_served
from shim.doors.process import Current
from shim.origins import origin_of
from shim.tools.inventory.writing import note

logger = logging.getLogger("shim")


@attrs.frozen
class RetiredCall:
    """A call that the shim takes part in, and the settings of its moment.

    The body of ``call`` is None until ``with_body`` adds it, where ``match.needs_body``. ``warns`` says whether
    the program is to be warned: not if the shim's typed client makes the call, whose callers name no endpoint.
    ``known`` says whether the call is for an Atlas; if not, it passes. ``noted``: whether an inventory is to have it.
    """

    call: Call
    match: Match
    context: Context
    now: Current
    warns: bool
    known: bool
    noted: bool

    def with_body(self, content: bytes) -> RetiredCall:
        """Return the call with its body."""
        return attrs.evolve(self, call=attrs.evolve(self.call, body=content))

    def exchange(self) -> Exchange:
        """Begin its exchange; nothing is done until the first command is asked for."""
        if not self.known:
            return _elsewhere(self.match, self.call)
        steps = process.REPEATS.exchange(self.match, self.call, self.context)
        if self.call.body == b"" and self.match.operation.request and field(self.call.headers, "authorization") is None:
            return _or_challenge(steps, self.call)
        return steps

    def write_down(self, record: Record | None, route: str = "", why: str = "") -> None:
        """Append the call, its place in the program and its record, else its route and the reason, to the inventory."""
        if record is None:
            operation, sunset = self.match.operation, sunset_of(self.match.operation, self.context.settings)
            record = Record(operation.id, self.match.api.name, route, why, sunset, operation.deprecated)
        note(record, where=call_site())


def _or_challenge(steps: Exchange, call: Call) -> Exchange:
    """Run the exchange of a write without content or credentials, such as the first request of some Digest clients.

    What is wrong with its content is said after Atlas had its chance to ask for credentials: it may come with these.
    """
    command = advance(steps, None)
    if isinstance(command, Answer):
        reply = yield Send(call, "legacy", rewritten=False, may_read=False)
        return PassThrough(command.record) if reply.status == 401 else command
    while isinstance(command, Send | Read):
        command = advance(steps, (yield command))
    return command


_named: set[str] = set()


def _elsewhere(match: Match, call: Call) -> Exchange:
    """Send a call to an origin that no setting names an Atlas; log the setting once if the reply proves it to be."""
    reply = yield Send(call, "legacy", rewritten=False, may_read=False)
    if reply.status == 410 and field(reply.headers, "x-error-code") == VERSION_GONE and call.origin not in _named:
        _named.add(call.origin)
        said = f"{call.origin} answered {VERSION_GONE} to {match.operation.id}, and no setting names it"
        logger.warning("%s: have its calls served by ATLAS_SHIM_UPSTREAM=%s", said, call.origin)
    return PassThrough(None)  # type: ignore[arg-type]  # a call that is not recognised has no record


@lru_cache(maxsize=256)
def _match(engine: Engine, method: str, path: str, accept: str) -> Match | None:
    """Return what a call is; programs make the same few again and again."""
    return engine.recognise(method, path, (("accept", accept),))


def recognise(  # noqa: PLR0913 - the settings, and the parts of a request that are looked at in turn
    now: Current,
    method: str,
    origin: str,
    target: str,
    lines: Callable[[], Headers],
    *,
    extra: frozenset[str] = frozenset(),
    whole: bool = False,
) -> RetiredCall | None:
    """Return a retired call; None for any other call, and while the shim is off.

    ``now`` is what ``process.concerns`` returned. ``lines`` returns the field lines, and is not called where they make
    no difference. ``extra`` are origins that count as Atlas' own for this client. ``whole`` is that of ``Context``.
    """
    settings = now.settings
    if settings.route is RouteWord.OFF:
        return None
    path = target.partition("?")[0]
    if _match(now.engine, method, path, "") is None:  # whatever version it names
        return None
    known = origin in settings.origins or origin in extra
    call = Call(method, origin, target, lines())
    accept = ",".join([value for name, value in call.headers if len(name) == 6 and name.lower() == "accept"])
    match = _match(now.engine, method, path, accept)
    if match is None or not (known or match.operation.method == "GET"):
        return None
    if settings.flag and known:
        settings = process.by_flag(settings, match)
        if settings.route is RouteWord.OFF:
            return None
    context = Context(settings, process.MEMORY, time.time, origin, monotonic=time.monotonic, whole=whole)
    counts = known and not match.operation.lives
    warns, noted = counts and origin not in extra, counts and bool(now.inventory)
    return RetiredCall(call, match, context, now, warns, known, noted)


def recognise_url(method: str, url: str, lines: Callable[[], Headers]) -> RetiredCall | None:
    """Return the retired call of an absolute URL; None for any other, and for a door's own request."""
    now = None if is_served() else process.concerns(url)
    if now is None:
        return None
    try:
        parts = urlsplit(url)
        origin = origin_of(parts.scheme, parts.hostname or "", parts.port)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        target.encode("ascii")
    except ValueError:  # such a URL can't be sent
        return None
    return recognise(now, method, origin, target, lines)
