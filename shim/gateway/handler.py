"""One request from its head to its last byte: retired calls are translated, all others passed on."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from time import monotonic, perf_counter

import attrs

from shim.core.context import Context
from shim.core.memory import Memory
from shim.core.messages import Call, Record, Reply, Send
from shim.core.settings import RouteWord
from shim.flags.variants import ByFlag
from shim.gateway.allow.limits import limited
from shim.gateway.coalesce import BufferedResponse, Coalescer, alike
from shim.gateway.credentials import CallerGate, OutboundCall, UpstreamSigner
from shim.gateway.errors import Refusal
from shim.gateway.exchange import GatewayExchange, dumps, loads
from shim.gateway.fields import agent_of, for_caller
from shim.gateway.http1.peers import forwarded_peer
from shim.gateway.http1.request import Request
from shim.gateway.in_flight import InFlight
from shim.gateway.ledger import Ledger
from shim.gateway.log_writer import tell
from shim.gateway.logs import CallLine, request_id_of
from shim.gateway.memory import Kept, MemoryBudget
from shim.gateway.option_values import AccessWord
from shim.gateway.radar_inventory import RadarInventory
from shim.gateway.relay import relay
from shim.gateway.reload import Plan
from shim.gateway.tracing import Tracing
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.response import BUFFERED
from shim.gateway.upstream.signed import send
from shim.gateway.validation import InboundRequest, validate

BASES = 64
"""URLs that callers use for the gateway, remembered with what belongs to them."""

KEPT = 1024 * 1024
"""Bytes of a passed call's content that are kept for a second attempt, when it is to be signed."""


@attrs.define(eq=False, repr=False)
class Handler:
    """Answers requests, each by the ``plan`` of its start.

    ``authorities`` are those it is called by; while ``draining`` each reply ends its connection.
    """

    plan: Plan
    upstream: Upstream
    gate: CallerGate
    memory: Memory
    clock: Callable[[], float]
    ledger: Ledger
    in_flight: InFlight
    inventory: RadarInventory
    budget: MemoryBudget
    tracing: Tracing | None = None
    authorities: frozenset[str] = frozenset()
    draining: bool = False
    flag: ByFlag[Plan] | None = None
    coalescer: Coalescer = attrs.field(factory=Coalescer)
    contexts: dict[str, Context] = attrs.field(factory=dict)

    async def __call__(self, request: Request) -> None:
        """Answer one request; whatever goes wrong becomes an answer, or the end of the connection."""
        plan = self.plan
        has_room = False
        peer = forwarded_peer(request.peer, request.headers, plan.options.trusted_proxies)
        name = request_id_of(request.headers)
        request.request_id = f"X-Request-Id: {name}\r\n".encode("ascii")
        line = CallLine(request.method, request.target.partition("?")[0], peer, name, plan.engine)
        line.agent, line.client = agent_of(request.headers), request.way.client
        span = None if self.tracing is None else self.tracing.begin(request)
        try:
            self.in_flight.begin(peer, plan.options)
            self.budget.reserve()
            has_room = True
            inbound = validate(request, plan, self.authorities)
            call = inbound.call
            match = line.match = plan.engine.recognise(call.method, call.target, call.headers)
            if self.flag is not None and match is not None:
                plan = self.flag.variant(plan, match)
                line.reason = plan.settings.because
            signer = limited(await self.gate.admit(inbound, recognised=match is not None), call, match, plan)
            with self.coalescer.passing(call.method):
                # Switching off ends translation, and not who may call and who signs.
                if match is None or plan.settings.route is RouteWord.OFF:
                    await self._pass_on(request, call, signer, line)
                else:
                    line.route = "refused"
                    record = await self._translate(request, inbound, signer, plan, line)
                    line.translated(record)
                    if self.inventory.is_on:
                        self.inventory.add(record, line)
        except Refusal as refusal:
            line.refused(refusal)
            request.refuse(refusal, close=self.draining)
        except ConnectionResetError:  # the caller left
            raise
        except Exception:
            line.failed()
            raise
        finally:
            line.answered(request.status, whole=request.whole)
            self.ledger.add(line)
            self.in_flight.end(peer)  # what is in flight no more was counted
            if has_room:
                self.budget.release()
            wanted = plan.options.access_log
            if wanted is AccessWord.ON or (wanted is AccessWord.ERRORS and line.is_error):
                tell(line)
            if span is not None:
                span.end(line)

    async def _pass_on(self, request: Request, call: Call, signer: UpstreamSigner, line: CallLine) -> None:
        """Send a call that isn't translated, and relay its reply."""
        stream, length = None, None
        kept = Kept(self.budget)
        try:
            if request.head.has_content:
                body = await request.content.held(KEPT, kept.take) if signer.may_resend else request.content.streamed()
                if isinstance(body, bytes):
                    call = attrs.evolve(call, body=body)
                else:
                    stream, length = body, request.head.length
            outbound = OutboundCall(Send(call, "pass", rewritten=False), stream, length)
            began = perf_counter()
            try:
                upstream = await send(self.upstream, signer, outbound)
                line.upstream_status = upstream.head.status
                if upstream.announces:
                    self.inventory.look(call, upstream.head.headers, line)
            finally:
                line.upstream_seconds = perf_counter() - began
            try:
                reply = Reply(upstream.head.status, for_caller(upstream.head.headers))
                line.cut(await relay(request, reply, upstream, close=self.draining))
            finally:
                upstream.close()
        finally:
            kept.give()

    async def _translate(
        self,
        request: Request,
        inbound: InboundRequest,
        signer: UpstreamSigner,
        plan: Plan,
        line: CallLine,
    ) -> Record:
        """Run the exchange of a retired call, or share another's, reply, and return the record."""
        call, match, body = inbound.call, line.match, None
        assert match is not None, "what is not recognised is passed on"
        if request.head.has_content:
            body = await request.content.collected(plan.options.request_limit)
        elif match.needs_body:
            body = b""
        base = plan.options.public_url or f"{request.scheme}://{inbound.authority}"
        exchange = GatewayExchange(
            match=match,
            call=call if body is None else attrs.evolve(call, body=body),
            context=self._context(plan, base),
            signer=signer,
            upstream=self.upstream,
            announced=partial(self.inventory.look, call=line),
            budget=self.budget,
        )
        if plan.options.coalesce is not None and call.method == "GET" and body is None:
            shared = await self._share(exchange, inbound, plan, line)
            if shared is not None:
                line.failure = shared.failure
                await self._answer_shared(request, shared)
                return shared.record
        try:
            began = perf_counter()
            try:
                outcome = await exchange.run()
            finally:
                line.upstream_seconds = perf_counter() - began - exchange.seconds
            line.upstream_status = outcome.record.sent[-1].status if outcome.record.sent else None
            reply = exchange.reply(outcome)
            line.failure = exchange.failure
            if reply.body is None:
                line.cut(await relay(request, reply, exchange.last, close=self.draining))
            else:
                request.answer(reply, close=self.draining)
                await request.way.flushed()
        finally:
            exchange.close()
        line.translation = exchange.seconds
        return outcome.record

    async def _answer_shared(self, request: Request, shared: BufferedResponse) -> None:
        """Send a reply that others may be given, too; a long one counts for each caller that it waits for."""
        size = len(shared.reply.body or b"")
        held = size if size > BUFFERED else 0
        self.budget.take(held)
        try:
            request.answer(shared.reply, reason=shared.reason or "", close=self.draining)
            await request.way.flushed()
        finally:
            self.budget.give(held)

    def _context(self, plan: Plan, base: str) -> Context:
        """Return what exchanges are given whose links lead to this base; callers use the same few."""
        because = plan.settings.because
        key = f"{because} {base}" if because else base
        context = self.contexts.get(key)
        if context is None or context.settings is not plan.settings:
            if len(self.contexts) >= BASES:
                self.contexts.clear()
            context = Context(plan.settings, self.memory, self.clock, base, loads, dumps, monotonic)
            self.contexts[key] = context
        return context

    async def _share(
        self, exchange: GatewayExchange, inbound: InboundRequest, plan: Plan, line: CallLine
    ) -> BufferedResponse | None:
        """Return the reply to this read or to an identical one; None if it has to be asked for on its own."""
        fields = alike(inbound.call.headers, signed=exchange.signer.may_resend)
        if fields is None:
            return None

        async def make() -> BufferedResponse | None:
            try:
                buffered = await exchange.buffered()
            finally:
                exchange.close()
            if buffered is not None:
                line.translation = exchange.seconds
            return buffered

        def joined() -> None:
            line.shared = True

        key = (plan, exchange.signer, exchange.call.target, exchange.context.base, fields)
        return await self.coalescer.share(key, plan.options.coalesce or 0.0, make, joined)
