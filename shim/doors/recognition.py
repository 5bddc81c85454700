"""Which calls of a program are retired ones under the settings of this process, and what their exchange needs."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import lru_cache

import attrs

from shim.core.context import Context
from shim.core.messages import Answer, Call, Exchange, Headers, PassThrough, Read, Record, Send, advance, field
from shim.core.recognise import Engine, Match
from shim.core.route import sunset_of
from shim.core.settings import RouteWord
from shim.doors import process
from shim.doors.call_site import call_site
from shim.doors.elsewhere import elsewhere
from shim.tools import inventory


@attrs.frozen
class ClientSettings:
    """What one client obeys besides the settings of the process: ``extra_origins`` count as Atlas' own for it."""

    extra_origins: frozenset[str] = frozenset()


NOTHING_MORE = ClientSettings()


@attrs.frozen
class RetiredCall:
    """A call that the shim takes part in.

    The body of ``call`` is None until ``with_body`` adds it, where ``match.needs_body``. ``warns`` tells whether
    the program is to be warned: not if the shim's typed client makes the call, whose callers name no endpoint.
    ``known`` tells whether the call is for an Atlas; if not, it passes.
    """

    call: Call
    match: Match
    context: Context
    engine: Engine
    warns: bool
    known: bool = True

    def with_body(self, content: bytes) -> RetiredCall:
        """Return the call with its body."""
        return attrs.evolve(self, call=attrs.evolve(self.call, body=content))

    def exchange(self) -> Exchange:
        """Begin its exchange; nothing is done until the first command is asked for."""
        if not self.known:
            return elsewhere(self.match, self.call)
        steps = process.REPEATS.exchange(self.match, self.call, self.context)
        if self.call.body == b"" and self.match.operation.request and field(self.call.headers, "authorization") is None:
            return _or_challenge(steps, self.call)
        return steps

    def write_down(self, record: Record) -> None:
        """Append the call and its place in the program to the inventory, if ``ATLAS_SHIM_INVENTORY`` names one."""
        if self.known and process.latest().inventory:
            inventory.note(record, self.engine, where=call_site())

    def write_down_unanswered(self, error: BaseException) -> None:
        """The same for a call that was sent and ended in an exception: its caller made it all the same."""
        if isinstance(error, GeneratorExit):  # nobody waits for it any more, and its place can't be known
            return
        operation, why = self.match.operation, f"no answer: {type(error).__name__}"
        sunset = sunset_of(operation, self.context.settings)
        self.write_down(Record(operation.id, self.match.api.name, "none", why, sunset, operation.deprecated))


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


@lru_cache(maxsize=256)
def _match(engine: Engine, method: str, path: str, accept: str) -> Match | None:
    """Return what a call is; programs make the same few again and again."""
    return engine.recognise(method, path, (("accept", accept),))


def recognise(  # noqa: PLR0913 - the parts of a request that are looked at in turn, and whose it is
    method: str,
    origin: str,
    target: str,
    lines: Callable[[], Headers],
    client: ClientSettings = NOTHING_MORE,
    *,
    whole: bool = False,
) -> RetiredCall | None:
    """Return what a call is when it is a retired one and the shim is on, else None: then nobody touches it.

    ``process.concerns`` was asked before. ``lines`` returns the field lines, and is not asked where they make no
    difference. ``whole`` is that of ``Context``.
    """
    now = process.latest()
    settings = now.settings
    extra = origin in client.extra_origins
    known = extra or origin in settings.origins
    if settings.route is RouteWord.OFF:
        return None
    path = target.partition("?")[0]
    if _match(now.engine, method, path, "") is None:  # whatever version it names
        return None
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
    return RetiredCall(call, match, context, now.engine, warns=known and not extra, known=known)
