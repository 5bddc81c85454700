"""One call on its way upstream: for a retired call the core decides the requests."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import closing
from functools import partial
from time import monotonic, perf_counter
from typing import Any

import attrs
import orjson

from shim.core import content
from shim.core.exchange import exchange
from shim.core.messages import (
    Call,
    Headers,
    Outcome,
    PassThrough,
    Read,
    Record,
    Reply,
    Send,
    advance,
    field,
    replaced,
)
from shim.core.recognize import Match
from shim.core.route import Context, Memory
from shim.core.state import together
from shim.gateway.allow import READS
from shim.gateway.credentials.signers import PASSTHROUGH, UpstreamSigner, cannot_cross
from shim.gateway.errors import Refusal, own_error
from shim.gateway.fields import for_caller, notes
from shim.gateway.http1.body import BUFFERED
from shim.gateway.http1.response import Request
from shim.gateway.http1.wire import NEVER
from shim.gateway.limits import Entry
from shim.gateway.logs import CallLine
from shim.gateway.plan import Plan
from shim.gateway.radar_inventory import RadarInventory
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.connection import OutboundCall, UpstreamResponse


@attrs.frozen(eq=False)
class Shared:
    """The parts that all calls of a gateway share.

    They are upstream's client, the memory of routes, and the inventory. ``clock``
    returns seconds since the epoch.
    """

    upstream: Upstream
    memory: Memory
    inventory: RadarInventory
    clock: Callable[[], float]


@attrs.define(eq=False, repr=False)
class UpstreamCall:
    """A call on its way upstream; for a retired call the core decides the requests."""

    shared: Shared
    request: Request
    plan: Plan
    entry: Entry
    line: CallLine
    early: UpstreamResponse | None
    """The reply to a call that was sent before the decision."""
    call: Call = attrs.field(init=False)
    """The request with its content, unless that is forwarded as a ``stream``."""
    base: str = ""
    """The URL at which the caller reached the gateway."""
    is_moved: bool = False
    """Whether part of its path was removed."""
    match: Match | None = None
    """None for a call that isn't translated."""
    signer: UpstreamSigner = PASSTHROUGH
    stream: AsyncIterator[bytes] | None = None
    response: UpstreamResponse | None = None
    """Upstream's last reply."""
    content: bytes | None = None
    """Its decoded content, once it was read."""
    fault: str | None = None
    """Why it could not be decoded."""
    seconds: float = 0.0
    """The time spent in the core."""
    before: int = 0
    """The reserved bytes for the call's own content."""
    of_reply: int = 0
    """The reserved bytes for the content of the last reply, received and decoded."""
    of_coded: int = 0
    """The part of ``of_reply`` for received content."""
    of_core: int = 0
    """The reserved bytes for content that the core keeps."""
    method: str = ""
    """The method of the last call."""
    done: str = ""
    """A sentence on the writes before it."""
    has_begun: bool = False
    """Whether one write was sent of several that stand for one."""

    async def finish(self) -> Outcome | None:
        """Run to the end.

        Several writes that have begun are finished even if the caller disconnects,
        because half of them would leave an unwanted state. Raises what ``run`` raises,
        and CancelledError.
        """
        if self.match is None or self.call.method in READS:
            return await self.run()
        running = asyncio.create_task(self.run())
        try:
            return await asyncio.shield(running)
        except asyncio.CancelledError:
            if not self.has_begun:
                running.cancel()
            await asyncio.wait([running])
            if running.cancelled():
                error = None
            else:
                error = running.exception()
            if isinstance(error, Refusal):
                self.line.refused(error)
            raise
        finally:
            running.cancel()  # the gateway shuts down

    async def run(self) -> Outcome | None:
        """Send and read as the core decides, until the exchange ends.

        Returns None for a call that isn't translated, which is only sent. Raises
        Refusal, also after the deadline.
        """
        if self.early is None:
            began = perf_counter()
        else:
            began = self.early.began
        reply = None
        self.before = self.entry.held
        try:
            if self.match is None:
                await self._send(
                    Send(self.call, "", rewritten=False, may_read=False), NEVER
                )
                return None
            shared = self.shared
            settings = self.plan.settings
            until = shared.upstream.now() + settings.deadline - (perf_counter() - began)
            context = Context(
                settings,
                shared.memory,
                shared.clock,
                self.base,
                loads,
                dumps,
                monotonic=monotonic,
            )
            with closing(exchange(self.match, self.call, context)) as steps:
                while True:
                    resumed = perf_counter()
                    step = advance(steps, reply)
                    self.seconds += perf_counter() - resumed
                    if isinstance(step, Send):
                        reply = await self._send(step, until)
                    elif isinstance(step, Read):
                        reply = await self._read(step.limit)
                    else:
                        return step
        except Refusal as refusal:
            if not self.done:
                raise
            raise attrs.evolve(
                refusal, detail=together(refusal.detail, self.done)
            ) from None
        finally:
            self.line.upstream_seconds = perf_counter() - began - self.seconds

    async def _send(self, step: Send, until: float) -> Reply:
        """Send a call to its destination, and return the reply's head."""
        early = self.early
        if self.response is not None:
            self._leave_last(is_needed=step.needs_last)
            early = None
        self._hold_for_core(step.held)
        self.method = step.call.method
        self.done = step.done
        self.has_begun = self.has_begun or step.is_one_of_several
        call, own = step.call, self.call
        # If only the version differs, the caller's own signature still fits.
        is_another = step.rewritten and (
            call.method != own.method or call.target != own.target
        )
        if self.stream is None:
            length = None
        else:
            length = self.request.head.length
        rewritten = is_another or self.is_moved
        on_send = partial(self.line.is_sent, step.route)
        outbound = OutboundCall(
            call, rewritten, step.may_read, self.stream, length, early, until, on_send
        )
        self.response = response = await self.signer.send(
            self.shared.upstream, outbound
        )
        if (
            self.match is not None
            and call.method not in READS
            and 200 <= response.head.status < 300
        ):
            self.line.has_done(call)
        if response.head.announces:
            self.shared.inventory.look(call, response.head.headers, self.line)
        return response.head

    async def _read(self, limit: int) -> Reply:
        """Return the last reply with its content.

        The part beyond the received size is reserved, too.
        """
        held = self.entry.held
        try:
            reply = await self.last.read(limit, self.entry.take)
            self.of_coded = self.entry.held - held
            self.entry.hold(len(reply.body or b"") - sum(map(len, self.last.chunks)))
        finally:
            self.of_reply = self.entry.held - held
        self.content = reply.body
        self.fault = reply.fault
        return reply

    def _leave_last(self, *, is_needed: bool) -> None:
        """Release the memory of the last reply.

        If the core still needs the reply, its decoded size stays reserved.
        """
        self.last.close()
        self.entry.give(self.of_coded if is_needed else self.of_reply)
        if is_needed:
            self.entry.hold(content.decoded_size(self.content or b""))
        self.of_reply = 0
        self.of_coded = 0
        self.content = None

    def _hold_for_core(self, size: int) -> None:
        """Reserve memory for content that the core keeps.

        It comes on top of each call's reservation.

        Raises Refusal.
        """
        size = size if size > BUFFERED else 0
        if size > self.of_core:
            self.entry.take(size - self.of_core)
        else:
            self.entry.give(self.of_core - size)
        self.of_core = size

    def reply(self, outcome: Outcome | None) -> Reply:
        """Return the caller's reply.

        Its body is None if upstream's content is passed through.

        A long body stays reserved, because it waits until the caller has read it.
        Raises Refusal if memory is short.
        """
        call = self.call
        record = None if outcome is None else outcome.record
        if self.response is not None:
            self.line.upstream_status = self.response.head.status
        if outcome is None or isinstance(outcome, PassThrough):
            head = self.last.head
            added: Headers = ()
            if record is not None:
                added = notes(record, beside=head.headers, linked=self.leads_on(record))
            headers = for_caller(head.headers)
            if outcome is not None and outcome.content_type:
                headers = replaced(headers, "Content-Type", outcome.content_type)
            return Reply(head.status, (*headers, *added))
        reply = outcome.reply
        if self.response is not None:  # the pages that it was built from
            self.response.chunks = []
            self.content = None
        self.entry.give(self.entry.held - self.before)
        self.entry.hold(len(reply.body or b""))
        linked = outcome.code is None and self.leads_on(outcome.record)
        lines = (*for_caller(reply.headers), *notes(outcome.record, linked=linked))
        if outcome.code is not None:
            if outcome.code == "MALFORMED_JSON" and not (
                call.body or field(call.headers, "Authorization")
            ):
                # The first request of a Digest client, whose content comes with its
                # signature.
                raise cannot_cross()
            self.line.failure, status = own_error(
                outcome.code, reply.status, self.fault, outcome.record
            )
            self.line.code = outcome.code
            lines = (*lines, status)
        return Reply(reply.status, lines, reply.body or b"")

    def leads_on(self, record: Record) -> bool:
        """Return whether the last call had another path than the caller's.

        A version is not another resource.
        """
        return not record.sent or record.sent[-1].target.partition("?")[
            0
        ] != self.call.path.removesuffix("/")

    @property
    def last(self) -> UpstreamResponse:
        """Return upstream's last reply."""
        assert self.response is not None, "nothing was sent yet"
        return self.response

    def close(self) -> None:
        """Give up upstream's connection, unless its reply was read to the end."""
        for response in (self.early, self.response):
            if response is not None:
                response.close()
        self.early = self.response = None


_MARKS = bytes.maketrans(b"0123456789" + b" \t\r\n,[-", b"0" * 10 + b":" * 7)
"""Each digit as 0, and a character that may precede a number outside a text as a colon."""
# the start of the shortest integer that may have more than 64 bits, after ``_MARKS``
_LONG = b":" + b"0" * 19


def loads(raw: bytes) -> Any:
    """Decode JSON; the core's codec handles values that orjson refuses or changes.

    orjson refuses a lone surrogate and deep nesting. It turns a number of more than 64
    bits into a float. An id of digits follows a quote, and is not a number.
    """
    try:
        may_be_long = raw[:1].isdigit() or _LONG in raw.translate(_MARKS)
        if may_be_long:
            return content.loads(raw)
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return content.loads(raw)


def dumps(value: Any, *, pretty: bool = False) -> bytes:
    """Encode JSON as the core does.

    The core's codec encodes values that orjson refuses (a lone surrogate, a big
    integer).
    """
    try:
        text = orjson.dumps(value, option=orjson.OPT_INDENT_2 if pretty else None)
    except orjson.JSONEncodeError:
        return content.dumps(value, pretty=pretty)
    if not pretty:
        return text
    # A quote, a colon and a blank end a name, unless the quote is within a string, or
    # begins one.
    is_plain = not (b'\\": ' in text or b' ": ' in text or text.startswith(b'"'))
    if is_plain:
        return text.replace(b'": ', b'" : ')
    return content.dumps(value, pretty=True)
