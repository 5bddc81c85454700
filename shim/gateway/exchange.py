"""The core's exchange, driven: sends what it asks for, reads what it wants read, does how it ends."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from time import perf_counter
from typing import Any, TypeVar

import attrs
from aiohttp import web

from shim.core.commands import Answer, Exchange, Outcome, PassThrough, Read, Send, advance
from shim.core.context import Context
from shim.core.exchange import exchange
from shim.core.messages import Call, Reply
from shim.core.recognise import Match
from shim.gateway import errors as answers
from shim.gateway import fields
from shim.gateway.announced import Announced
from shim.gateway.coalesce import BufferedResponse
from shim.gateway.credentials import Signer, Task
from shim.gateway.http1.response import RawResponse
from shim.gateway.notes import beside, notes
from shim.gateway.relay import download
from shim.gateway.upstream.client import Upstream, UpstreamResponse
from shim.gateway.upstream.signed import send

T = TypeVar("T")


@attrs.frozen
class Ended:
    """An exchange that ran to its end: its reply on the wire, how it ended, and seconds of translation."""

    wire: RawResponse
    outcome: Outcome
    spent: float


@attrs.define
class Driver:
    """One exchange on its way."""

    upstream: Upstream
    signer: Signer
    announced: Announced
    operation: str
    native: UpstreamResponse | None = None
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
                wire = RawResponse(request, reply.status, lines, reply.body or b"", close=close)
            return Ended(wire, outcome, self.spent)
        finally:
            if self.native is not None:
                self.native.close()

    async def whole(self, match: Match, call: Call, context: Context) -> BufferedResponse | None:
        """Run an exchange and return its reply in one piece, None when that is too large; raises Refusal."""
        try:
            return await self._bounded(self._whole(match, call, context), context)
        finally:
            if self.native is not None:
                self.native.close()

    async def _whole(self, match: Match, call: Call, context: Context) -> BufferedResponse | None:
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
        return BufferedResponse(reply.status, reason, tuple(lines), body, outcome.record)

    async def _bounded(self, work: Coroutine[Any, Any, T], context: Context) -> T:
        deadline = context.settings.deadline
        try:
            async with asyncio.timeout(deadline):
                return await work
        except TimeoutError:
            detail = f"No answer within the deadline of {deadline:g} seconds."
            raise answers.too_slow("http_response_timeout", detail) from None

    async def _steps(self, steps: Exchange) -> Outcome:
        try:
            step = self._advance(steps, None)
            while not isinstance(step, (Answer, PassThrough)):
                step = self._advance(steps, await self._do(step))
            return step
        finally:
            steps.close()

    def _advance(self, steps: Exchange, reply: Reply | None) -> Send | Read | Outcome:
        began = perf_counter()
        try:
            return advance(steps, reply)
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
