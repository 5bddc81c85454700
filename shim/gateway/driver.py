"""The core's exchange, driven: sends what it asks for, reads what it wants read, does how it ends."""

from __future__ import annotations

import asyncio
from time import perf_counter

import attrs
from aiohttp import web

from shim.core.context import Context
from shim.core.engine import Match
from shim.core.exchange import exchange
from shim.core.messages import Call, Reply
from shim.core.steps import Answer, Outcome, PassThrough, Read, Send, Steps
from shim.gateway import answers, fields
from shim.gateway.notes import notes
from shim.gateway.relay import download
from shim.gateway.signing import Signer
from shim.gateway.upstream import Native, Upstream
from shim.gateway.wire import Wire


@attrs.frozen
class Ended:
    """An exchange that ran to its end: its reply on the wire, how it ended, and seconds of translation."""

    wire: Wire
    outcome: Outcome
    spent: float


@attrs.define
class Driver:
    """One exchange on its way."""

    upstream: Upstream
    signer: Signer
    native: Native | None = None
    spent: float = 0.0

    async def run(self, match: Match, call: Call, context: Context, request: web.BaseRequest, *, close: bool) -> Ended:
        """Run an exchange and put its reply on the wire; raises Refusal.

        The deadline holds until the outcome is known; a reply that is passed through then streams
        for as long as it comes.
        """
        deadline = context.settings.deadline
        try:
            try:
                async with asyncio.timeout(deadline):
                    outcome = await self._steps(exchange(match, call, context))
            except TimeoutError:
                detail = f"No answer within the deadline of {deadline:g} seconds."
                raise answers.too_slow("http_response_timeout", detail) from None
            if isinstance(outcome, PassThrough):
                assert self.native is not None, "there is no reply to pass through"
                wire = await download(request, self.native, notes(outcome.record), close=close)
            else:
                reply = outcome.reply
                lines = [*fields.for_caller(reply.headers), *notes(outcome.record)]
                wire = Wire(request, reply.status, lines, reply.body or b"", close=close)
            return Ended(wire, outcome, self.spent)
        finally:
            if self.native is not None:
                self.native.close()

    async def _steps(self, steps: Steps) -> Outcome:
        try:
            step = self._advance(steps, None)
            while not isinstance(step, (Answer, PassThrough)):
                step = self._advance(steps, await self._do(step))
            return step
        finally:
            steps.close()

    def _advance(self, steps: Steps, reply: Reply | None) -> Send | Read | Outcome:
        began = perf_counter()
        try:
            return next(steps) if reply is None else steps.send(reply)
        except StopIteration as stop:
            outcome: Outcome = stop.value
            return outcome
        finally:
            self.spent += perf_counter() - began

    async def _do(self, step: Send | Read) -> Reply:
        if isinstance(step, Read):
            assert self.native is not None, "there is no reply to read"
            return await self.native.read(step.limit)
        call: Call | None = await self.signer.sign(step)
        while call is not None:
            if self.native is not None:
                self.native.close()
            lines = fields.for_upstream(fields.codings(call.headers), self.upstream.authority)
            self.native = await self.upstream.send(call.method, call.target, lines, call.body)
            call = await self.signer.after(step, self.native.head)
        assert self.native is not None
        return self.native.head
