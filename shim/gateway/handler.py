"""One request from its head to its last byte: retired calls are translated, all others streamed."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable

from aiohttp import hdrs, web

from shim.core.context import Context
from shim.core.engine import Engine, Match
from shim.core.memory import Memory
from shim.core.messages import Call
from shim.core.settings import RouteWord
from shim.gateway import answers, codec, fields, relay
from shim.gateway.driver import Driver
from shim.gateway.intake import Incoming, take
from shim.gateway.metrics import Metrics
from shim.gateway.options import Options
from shim.gateway.protocol import refuse
from shim.gateway.signing import signer_for
from shim.gateway.upstream import Upstream
from shim.gateway.wire import Wire, gone

log = logging.getLogger("shim.gateway")


class Handler:
    """Answers requests; ``own`` are the authorities it is called by, ``draining`` ends connections."""

    def __init__(  # noqa: PLR0913 - what a gateway is made of
        self,
        *,
        options: Options,
        engine: Engine,
        upstream: Upstream,
        metrics: Metrics,
        memory: Memory,
        clock: Callable[[], float],
    ) -> None:
        self.options = options
        self.engine = engine
        self.upstream = upstream
        self.metrics = metrics
        self.memory = memory
        self.clock = clock
        self.settings = options.settings()
        self.signer = signer_for(options.credentials)
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
        try:
            incoming = take(request, self.own, self.engine)
            match = None
            if self.settings.route is not RouteWord.OFF:
                match = self.engine.recognise(incoming.method, incoming.target, incoming.headers)
            if match is None:
                wire = await self._stream(request, incoming)
            else:
                operation, route = match.operation.id, "refused"
                wire, route = await self._translate(request, incoming, match)
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

    async def _stream(self, request: web.BaseRequest, incoming: Incoming) -> Wire:
        lines = fields.for_upstream(incoming.headers, self.upstream.authority)
        body = None
        if request.body_exists:
            body = relay.upload(request)
            if (length := request.headers.get(hdrs.CONTENT_LENGTH)) is not None:
                lines.append(("Content-Length", length))
        native = await self.upstream.send(incoming.method, incoming.target, lines, body)
        try:
            wire = await relay.download(request, native, close=self.draining)
        finally:
            native.close()
        return wire

    async def _translate(self, request: web.BaseRequest, incoming: Incoming, match: Match) -> tuple[Wire, str]:
        body = None
        if request.body_exists:
            coding = request.headers.get(hdrs.CONTENT_ENCODING, "identity").strip().lower()
            if match.needs_body and coding != "identity":
                detail = "The content of this call can't be translated while it is compressed."
                raise answers.Refusal(415, "SHIM_CONTENT_CODED", detail, close=True)
            body = await relay.collect(request, self.settings.body_limit)
        elif match.needs_body:
            body = b""
        call = Call(incoming.method, self.options.upstream, incoming.target, incoming.headers, body)
        context = Context(
            settings=self.settings,
            memory=self.memory,
            clock=self.clock,
            base=self.options.public_url or f"http://{incoming.host}",
            loads=codec.loads,
            dumps=codec.dumps,
        )
        driver = Driver(self.upstream, self.signer)
        ended = await driver.run(match, call, context, request, close=self.draining)
        record = ended.outcome.record
        self.metrics.translated(record, ended.spent)
        if log.isEnabledFor(logging.INFO):
            log.info("%s %s %s: %s", record.operation, record.route, ended.wire.status, record.reason)
        return ended.wire, record.route
