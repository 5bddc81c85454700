"""One request from its head to its last byte: retired calls are translated, all others streamed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable, Hashable, Mapping

import attrs
from aiohttp import hdrs, web

from shim.core.context import Context
from shim.core.memory import Memory
from shim.core.messages import Call
from shim.core.recognise import Match
from shim.core.record import Record
from shim.core.settings import RouteWord
from shim.gateway import codec, relay
from shim.gateway import errors as answers
from shim.gateway.announced import Announced
from shim.gateway.coalesce import BufferedResponse, Coalescer, alike
from shim.gateway.credentials import Signer, Task, Visitor, gate_for
from shim.gateway.exchange import Driver
from shim.gateway.http1.connection import refuse
from shim.gateway.http1.response import RawResponse, gone
from shim.gateway.metrics import Metrics
from shim.gateway.reload import Plan
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.signed import asker, send
from shim.gateway.validation import Incoming, knows_its_names, take
from shim.inventory import note

log = logging.getLogger("shim.gateway")

KEPT = 1024 * 1024
"""Bytes of a streamed call's content that are kept for a second attempt, when it is to be signed."""


class Handler:
    """Answers requests, each by the ``plan`` of its start.

    ``own`` are the authorities it is called by; ``draining`` ends connections.
    """

    def __init__(  # noqa: PLR0913 - what a gateway is made of
        self,
        *,
        plan: Plan,
        upstream: Upstream,
        metrics: Metrics,
        memory: Memory,
        clock: Callable[[], float],
        environ: Mapping[str, str],
    ) -> None:
        self.plan = plan
        self.upstream = upstream
        self.metrics = metrics
        self.memory = memory
        self.clock = clock
        self.gate = gate_for(plan.options, environ, asker(upstream, plan.options.deadline))
        self.environ = environ
        self.coalescer = Coalescer()
        self.announced = Announced()
        self.own: frozenset[str] = frozenset()
        self.draining = False
        self._empty = asyncio.Event()

    async def idle(self) -> None:
        """Return when no request is being answered; those that came in just now count."""
        await asyncio.sleep(0)
        while self.metrics.in_flight:
            self._empty.clear()
            await self._empty.wait()

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request; whatever goes wrong becomes an answer, or the end of the connection."""
        self.metrics.in_flight += 1
        operation, route, wire = "other", "pass", None
        plan = self.plan
        try:
            if self.metrics.in_flight > plan.options.max_requests:
                raise answers.busy("The gateway is answering as many requests as it takes.")
            incoming = take(request, self.own, plan.engine, known=knows_its_names(plan.options))
            match = plan.engine.recognise(incoming.method, incoming.target, incoming.headers)
            signer = self._admit(request, incoming, match)
            with self.coalescer.passing(incoming.method):
                # Switching off ends translation, and not who may call and who signs.
                if match is None or plan.settings.route is RouteWord.OFF:
                    wire = await self._stream(request, incoming, signer)
                else:
                    operation, route = match.operation.id, "refused"
                    wire, route = await self._translate(request, incoming, match, signer, plan)
        except answers.Refusal as refusal:
            log.log(
                logging.WARNING if refusal.status >= 500 else logging.INFO,
                "%s %s: %s (%s)",
                operation,
                refusal.status,
                refusal.code,
                refusal.said or refusal.error or "refused",
            )
            wire = refuse(request, refusal)
        except ConnectionResetError:
            # Raised by writing to a caller that left; nobody is there to be answered.
            return gone(request)
        finally:
            self.metrics.in_flight -= 1
            self._empty.set()
            if wire is not None:
                self.metrics.count(operation, route, wire.status)
        return wire

    def _admit(self, request: web.BaseRequest, incoming: Incoming, match: Match | None) -> Signer:
        visitor = Visitor(
            method=incoming.method,
            target=request.raw_path,
            path=incoming.target.partition("?")[0],
            headers=incoming.headers,
            host=incoming.host,
            recognised=match is not None,
        )
        return self.gate.admit(visitor, self.own)

    async def _stream(self, request: web.BaseRequest, incoming: Incoming, signer: Signer) -> RawResponse:
        body: bytes | AsyncIterator[bytes] | None = None
        extra: tuple[tuple[str, str], ...] = ()
        if request.body_exists:
            body = await relay.held(request, KEPT) if signer.again else relay.upload(request)
            length = request.content_length
            if length is not None and not isinstance(body, bytes):
                extra = (("Content-Length", str(length)),)
        call = Call(incoming.method, self.plan.options.upstream, incoming.target, incoming.headers)
        task = Task(call, replayable=body is None or isinstance(body, bytes))
        native = await send(self.upstream, signer, task, body, extra)
        try:
            wire = await relay.download(request, native, close=self.draining)
        finally:
            native.close()
        return wire

    async def _translate(
        self, request: web.BaseRequest, incoming: Incoming, match: Match, signer: Signer, plan: Plan
    ) -> tuple[RawResponse, str]:
        body = None
        if request.body_exists:
            body = await relay.collect(request, plan.settings.body_limit)
        elif match.needs_body:
            body = b""
        call = Call(incoming.method, plan.options.upstream, incoming.target, incoming.headers, body)
        context = Context(
            settings=plan.settings,
            memory=self.memory,
            clock=self.clock,
            base=plan.options.public_url or f"{request.scheme}://{incoming.host}",
            loads=codec.loads,
            dumps=codec.dumps,
        )
        driver = Driver(self.upstream, signer, self.announced, match.operation.id)
        window = plan.options.coalesce
        if window is not None and call.method == "GET" and call.body is None:
            fields = alike(call.headers, signed=signer.again)
            if fields is not None:
                key = (plan, signer, call.target, context.base, fields)
                whole = await self._shared(key, window, driver, match, call, context)
                if whole is not None:
                    wire = RawResponse(
                        request, whole.status, whole.lines, whole.body, reason=whole.reason, close=self.draining
                    )
                    return self._finish(request, plan, whole.record, wire)
                driver = attrs.evolve(driver, native=None)
        ended = await driver.run(match, call, context, request, close=self.draining)
        self.metrics.translated(ended.outcome.record, ended.spent)
        return self._finish(request, plan, ended.outcome.record, ended.wire)

    async def _shared(  # noqa: PLR0913, PLR0917 - an exchange, and what it may be shared by
        self, key: Hashable, window: float, driver: Driver, match: Match, call: Call, context: Context
    ) -> BufferedResponse | None:
        async def make() -> BufferedResponse | None:
            whole = await driver.whole(match, call, context)
            if whole is not None:
                self.metrics.translated(whole.record, driver.spent)
            return whole

        return await self.coalescer.share(key, window, make, lambda: self.metrics.shared(match.operation.id))

    def _finish(
        self, request: web.BaseRequest, plan: Plan, record: Record, wire: RawResponse
    ) -> tuple[RawResponse, str]:
        note(record, plan.engine, agent=request.headers.get(hdrs.USER_AGENT), environ=self.environ, clock=self.clock)
        log.debug("%s %s %s: %s", record.operation, record.route, wire.status, record.reason)
        return wire, record.route
