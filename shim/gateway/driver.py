"""The core's exchange, driven: sends what it asks for, reads what it wants read, does how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from time import perf_counter
from typing import Any, TypeVar

import attrs
from aiohttp import web

from shim.core.context import Context
from shim.core.engine import Match
from shim.core.exchange import exchange
from shim.core.messages import Call, Reply
from shim.core.steps import Answer, Outcome, PassThrough, Read, Send, Steps
from shim.gateway import answers, fields
from shim.gateway.announced import Announced
from shim.gateway.coalesce import Whole
from shim.gateway.notes import beside, notes
from shim.gateway.relay import download
from shim.gateway.sending import send
from shim.gateway.signing import Signer, Task
from shim.gateway.upstream import Native, Upstream
from shim.gateway.wire import Wire

T = TypeVar("T")


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
    announced: Announced
    operation: str
    native: Native | None = None
    fault: str | None = None
    spent: float = 0.0

    async def run(self, match: Match, call: Call, context: Context, request: web.BaseRequest, *, close: bool) -> Ended:
        """Run an exchange and put its reply on the wire; raises Refusal.

        The deadline holds until the outcome is known; a reply that is passed through then streams
        for as long as it comes.
        """
        try:
            outcome = await self._bounded(self._steps(exchange(match, call, context)), context)
            if isinstance(outcome, PassThrough):
                assert self.native is not None, "there is no reply to pass through"
                lines = beside(outcome.record, self.native.head.headers)
                wire = await download(request, self.native, lines, close=close)
            else:
                reply = outcome.reply
                lines = self._lines(outcome)
                wire = Wire(request, reply.status, lines, reply.body or b"", close=close)
            return Ended(wire, outcome, self.spent)
        finally:
            if self.native is not None:
                self.native.close()

    async def whole(self, match: Match, call: Call, context: Context) -> Whole | None:
        """Run an exchange and return its reply in one piece, None when that is too large; raises Refusal."""
        try:
            return await self._bounded(self._whole(match, call, context), context)
        finally:
            if self.native is not None:
                self.native.close()

    async def _whole(self, match: Match, call: Call, context: Context) -> Whole | None:
        outcome = await self._steps(exchange(match, call, context))
        if isinstance(outcome, Answer):
            reply, reason, body = outcome.reply, None, outcome.reply.body or b""
            lines = self._lines(outcome)
        else:
            assert self.native is not None, "there is no reply to pass through"
            limit = context.settings.body_limit
            await self.native.read(limit)
            reply, reason, body = self.native.head, self.native.response.reason, b"".join(self.native.chunks)
            if len(body) > limit:
                return None
            lines = [*fields.for_caller(reply.headers), *notes(outcome.record)]
        return Whole(reply.status, reason, tuple(lines), body, outcome.record)

    async def _bounded(self, work: Coroutine[Any, Any, T], context: Context) -> T:
        deadline = context.settings.deadline
        try:
            async with asyncio.timeout(deadline):
                return await work
        except TimeoutError:
            detail = f"No answer within the deadline of {deadline:g} seconds."
            raise answers.too_slow("http_response_timeout", detail) from None

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
            reply = await self.native.read(step.limit)
            self.fault = reply.fault
            return reply
        if self.native is not None:
            self.native.close()
            self.native = None
        said = step.call
        call = Call(said.method, said.origin, said.target, fields.codings(said.headers), said.body)
        self.native = await send(self.upstream, self.signer, Task(call, rewritten=step.rewritten), call.body)
        if step.route == "legacy":
            self.announced.look(self.operation, self.native.head.headers)
        return self.native.head

    def _lines(self, answer: Answer) -> list[tuple[str, str]]:
        lines = [*fields.for_caller(answer.reply.headers), *notes(answer.record)]
        if answer.code is not None:
            lines.append(answers.proxy_status(answer.code, answer.reply.status, answer.record, self.fault))
        return lines
