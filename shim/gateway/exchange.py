"""One retired call on its way: the core says what to send and what to read, and this does it."""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import attrs
import orjson

from shim.core import content
from shim.core.context import Context
from shim.core.exchange import exchange
from shim.core.messages import Call, Headers, Outcome, PassThrough, Read, Record, Reply, Send, advance
from shim.core.recognise import Match
from shim.gateway.coalesce import BufferedResponse
from shim.gateway.credentials import OutboundCall, UpstreamSigner
from shim.gateway.errors import Refusal, error_type, proxy_status, too_slow, unreadable
from shim.gateway.failures import Failure
from shim.gateway.fields import for_caller, notes
from shim.gateway.memory import MemoryBudget
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.response import BUFFERED, UpstreamResponse
from shim.gateway.upstream.signed import send

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

DECODED = 8
"""How many bytes a byte of JSON takes once it is decoded, about."""


@attrs.define
class GatewayExchange:
    """An exchange in progress.

    ``announced`` is told of the replies that announce something of their operation, with the call as it was sent.
    ``upstream_response`` is the last reply, ``fault`` why the content of the one read last could not be had,
    ``seconds`` the time spent in the core, ``failure`` what an error of the core's own counts as, and ``held`` what
    pages that were read, and a reply made of them, take of the ``budget``.
    """

    match: Match
    call: Call
    context: Context
    signer: UpstreamSigner
    upstream: Upstream
    announced: Callable[[Call, Headers], None]
    budget: MemoryBudget
    upstream_response: UpstreamResponse | None = None
    fault: str | None = None
    seconds: float = 0.0
    failure: Failure | None = None
    held: int = 0

    async def run(self, *, whole: bool = False) -> Outcome:
        """Send and read what the core asks for, until it says how the exchange ends.

        With ``whole`` a reply that is passed through is read, too, as far as a body may be long. Raises
        Refusal, also when the deadline passes before all that.
        """
        settings = self.context.settings
        steps = exchange(self.match, self.call, self.context)
        reply: Reply | None = None
        try:
            with self.upstream.within(settings.deadline):
                while True:
                    began = perf_counter()
                    step = advance(steps, reply)
                    self.seconds += perf_counter() - began
                    if isinstance(step, Send):
                        self._hold()
                        self.upstream_response = await send(self.upstream, self.signer, self._outbound(step))
                        reply = self.upstream_response.head
                        if self.upstream_response.announces:
                            self.announced(step.call, reply.headers)
                    elif isinstance(step, Read):
                        assert self.upstream_response is not None, "there is nothing to read yet"
                        reply = await self._read(self.upstream_response, step.limit)
                        self.fault = reply.fault
                    else:
                        break
                if whole and isinstance(step, PassThrough):
                    await self.last.collect(settings.body_limit)
                return step
        except TimeoutError:
            detail = f"No answer within the deadline of {settings.deadline:g} seconds."
            raise too_slow("http_response_timeout", detail) from None
        finally:
            steps.close()

    def _outbound(self, step: Send) -> OutboundCall:
        """Return a call to be signed: where only its version is another, the caller's own signature still fits."""
        call = step.call
        is_same = (call.method, call.target) == (self.call.method, self.call.target)
        return OutboundCall(attrs.evolve(step, rewritten=step.rewritten and not is_same))

    async def _read(self, response: UpstreamResponse, limit: int) -> Reply:
        try:
            return await response.read(limit)
        except Refusal as refusal:
            raise self._told(refusal) from None

    def _told(self, refusal: Refusal) -> Refusal:
        """Return what the caller is told of a refusal: 503, come again, would have a write executed twice."""
        if refusal.status != 503 or self.call.method in _SAFE:
            return refusal
        detail = "Upstream's reply is larger than the memory that is left for it; the call was executed."
        return unreadable("http_response_body_size", detail)

    def reply(self, outcome: Outcome) -> Reply:
        """Return the caller's reply; its body is None when upstream's content is passed through.

        A long body counts as held, since it waits until the caller has taken it. Raises Refusal when memory is short.
        """
        if isinstance(outcome, PassThrough):
            head = self.last.head
            said = notes(outcome.record, beside=head.headers, linked=self._leads_on(outcome.record))
            return Reply(head.status, (*for_caller(head.headers), *said))
        made, record = outcome.reply, outcome.record
        if made.body is not None and len(made.body) > BUFFERED:
            try:
                self._take(len(made.body))
            except Refusal as refusal:
                raise self._told(refusal) from None
        if outcome.code is None:
            lines = (*for_caller(made.headers), *notes(record, linked=self._leads_on(record)))
            return Reply(made.status, lines, made.body or b"")
        error = error_type(outcome.code, made.status, self.fault)
        self.failure = outcome.code, made.status, error
        status = proxy_status(error, outcome.code, record)
        return Reply(made.status, (*for_caller(made.headers), *notes(record, linked=False), status), made.body or b"")

    def _leads_on(self, record: Record) -> bool:
        """Tell whether the last call went to another path than the caller's; a version alone is no other resource."""
        return not record.sent or record.sent[-1].target.partition("?")[0] != self.call.path.removesuffix("/")

    async def buffered(self) -> BufferedResponse | None:
        """Run the exchange and return its reply in one piece, None when it is too large for that; raises Refusal."""
        outcome = await self.run(whole=True)
        reply = self.reply(outcome)
        if reply.body is not None:
            return BufferedResponse(reply, None, outcome.record, self.failure)
        body = b"".join(self.last.chunks)
        if len(body) > self.context.settings.body_limit:
            return None
        return BufferedResponse(attrs.evolve(reply, body=body), self.last.reason, outcome.record)

    @property
    def last(self) -> UpstreamResponse:
        """Upstream's last reply."""
        assert self.upstream_response is not None, "nothing was sent yet"
        return self.upstream_response

    def _hold(self) -> None:
        """Count what was read of the last reply as held until the end: a page that others are collected to."""
        if self.upstream_response is not None:
            size = DECODED * sum(map(len, self.upstream_response.chunks))
            self.upstream_response.close()
            if size > BUFFERED:
                self._take(size)

    def _take(self, size: int) -> None:
        self.budget.take(size)
        self.held += size

    def close(self) -> None:
        """Give upstream's connection up, unless its reply was read to the end."""
        self.budget.give(self.held)
        self.held = 0
        if self.upstream_response is not None:
            self.upstream_response.close()
            self.upstream_response = None


def loads(raw: bytes) -> Any:
    """Decode JSON; what orjson refuses (a lone surrogate, deep nesting) the core's codec decides on."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        return content.loads(raw)


def dumps(value: Any) -> bytes:
    """Encode JSON on one line; what orjson refuses (a lone surrogate, a big integer) the core encodes."""
    try:
        return orjson.dumps(value)
    except orjson.JSONEncodeError:
        return content.dumps(value)
