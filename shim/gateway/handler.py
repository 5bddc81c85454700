"""One request from its head to its last byte: retired calls are translated, all others passed on."""

from __future__ import annotations

import logging
from collections.abc import Callable
from time import monotonic

import attrs

from shim.core.commands import Send
from shim.core.context import Context
from shim.core.memory import Memory
from shim.core.messages import Call, Reply, field
from shim.core.recognise import Match
from shim.core.record import Record
from shim.core.settings import RouteWord
from shim.gateway.coalesce import BufferedResponse, Coalescer, alike
from shim.gateway.credentials import CallerGate, OutboundCall, UpstreamSigner
from shim.gateway.errors import Challenged, Refusal
from shim.gateway.exchange import Announced, GatewayExchange, dumps, loads
from shim.gateway.fields import for_caller
from shim.gateway.http1.peers import forwarded_peer
from shim.gateway.http1.request import Request
from shim.gateway.in_flight import InFlight
from shim.gateway.inventory import InventoryWriter
from shim.gateway.memory import Kept, MemoryBudget
from shim.gateway.metrics import Metrics
from shim.gateway.relay import relay
from shim.gateway.reload import Plan
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.response import BUFFERED
from shim.gateway.upstream.signed import send
from shim.gateway.validation import InboundRequest, validate

log = logging.getLogger("shim.gateway")

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
    metrics: Metrics
    in_flight: InFlight
    inventory: InventoryWriter | None
    budget: MemoryBudget
    authorities: frozenset[str] = frozenset()
    draining: bool = False
    coalescer: Coalescer = attrs.field(factory=Coalescer)
    announced: Announced = attrs.field(factory=Announced)
    contexts: dict[str, Context] = attrs.field(factory=dict)

    async def __call__(self, request: Request) -> None:
        """Answer one request; whatever goes wrong becomes an answer, or the end of the connection."""
        plan = self.plan
        operation, route, has_room = "other", "pass", False
        challenged: Challenged | None = None
        peer = forwarded_peer(request.peer, request.headers, plan.options.trusted_proxies)
        try:
            self.in_flight.begin(peer, plan.options)
            self.budget.reserve()
            has_room = True
            inbound = validate(request, plan, self.authorities)
            call = inbound.call
            match = plan.engine.recognise(call.method, call.target, call.headers)
            signer = await self.gate.admit(inbound, recognised=match is not None)
            with self.coalescer.passing(call.method):
                # Switching off ends translation, and not who may call and who signs.
                if match is None or plan.settings.route is RouteWord.OFF:
                    await self._pass_on(request, call, signer)
                else:
                    operation, route = match.operation.id, "refused"
                    record = await self._translate(request, inbound, match, signer, plan)
                    route = record.route
                    if self.inventory is not None:
                        self.inventory.add(record, plan.engine, field(call.headers, "User-Agent"))
                    log.debug("%s %s %s: %s", operation, route, request.status, record.reason)
        except Refusal as refusal:
            challenged = refusal.challenged
            _log(refusal, operation, peer)
            request.refuse(refusal, close=self.draining)
        finally:
            self.in_flight.end(peer)
            if has_room:
                self.budget.release()
            if challenged is not None:
                self.metrics.challenged(challenged)
            elif request.status is not None:
                self.metrics.count(operation, route, request.status)

    async def _pass_on(self, request: Request, call: Call, signer: UpstreamSigner) -> None:
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
            upstream = await send(self.upstream, signer, outbound)
            try:
                reply = Reply(upstream.head.status, for_caller(upstream.head.headers))
                await relay(request, reply, upstream, close=self.draining)
            finally:
                upstream.close()
        finally:
            kept.give()

    async def _translate(
        self, request: Request, inbound: InboundRequest, match: Match, signer: UpstreamSigner, plan: Plan
    ) -> Record:
        """Run the exchange of a retired call, or share another's, reply, and return the record."""
        call, body = inbound.call, None
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
            announced=self.announced,
            budget=self.budget,
        )
        if plan.options.coalesce is not None and call.method == "GET" and body is None:
            shared = await self._share(exchange, inbound, plan, plan.options.coalesce)
            if shared is not None:
                await self._answer_shared(request, shared)
                return shared.record
        try:
            outcome = await exchange.run()
            reply = exchange.reply(outcome)
            if reply.body is None:
                await relay(request, reply, exchange.last, close=self.draining)
            else:
                request.answer(reply, close=self.draining)
                await request.way.flushed()
        finally:
            exchange.close()
        self.metrics.translated(outcome.record, exchange.seconds)
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
        context = self.contexts.get(base)
        if context is None or context.settings is not plan.settings:
            if len(self.contexts) >= BASES:
                self.contexts.clear()
            context = Context(plan.settings, self.memory, self.clock, base, loads, dumps, monotonic)
            self.contexts[base] = context
        return context

    async def _share(
        self, exchange: GatewayExchange, inbound: InboundRequest, plan: Plan, window: float
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
                self.metrics.translated(buffered.record, exchange.seconds)
            return buffered

        key = (plan, exchange.signer, exchange.call.target, exchange.context.base, fields)
        operation = exchange.match.operation.id
        return await self.coalescer.share(key, window, make, lambda: self.metrics.shared(operation))


def _log(refusal: Refusal, operation: str, peer: str) -> None:
    """Log a refusal: what is wrong on this side stands out, and so does a wrong key, but not a client's handshake."""
    if refusal.challenged is not None:
        log.debug("challenged %s (%s)", peer, refusal.challenged)
        return
    level = logging.WARNING if refusal.status >= 500 or refusal.code == "SHIM_KEY_REFUSED" else logging.INFO
    said = refusal.said or (f"from {peer}" if refusal.status == 401 else refusal.error or "refused")
    log.log(level, "%s %s: %s (%s)", operation, refusal.status, refusal.code, said)
