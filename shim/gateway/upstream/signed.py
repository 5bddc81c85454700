"""A call sent with a signer's attempts, until one reply stands."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable

import attrs

from shim.core.messages import Call, Reply
from shim.gateway import errors as answers
from shim.gateway import fields
from shim.gateway.credentials import Asker, Signer, Task
from shim.gateway.upstream.client import Upstream, UpstreamResponse

REFUSED_LIMIT = 64 * 1024
"""Bytes of a refused attempt's content that are read, so that its connection can be used again."""


async def send(
    upstream: Upstream,
    signer: Signer,
    task: Task,
    body: bytes | AsyncIterator[bytes] | None,
    extra: Iterable[tuple[str, str]] = (),
) -> UpstreamResponse:
    """Return the reply that stands, its content unread; raises Refusal.

    ``body`` is the content of every attempt, and an iterator only what can be sent once;
    ``extra`` are field lines that are no end-to-end fields of the call.
    """
    attempts = signer.attempts(task)
    native: UpstreamResponse | None = None
    try:
        call = await anext(attempts)
        while True:
            if native is not None:
                with contextlib.suppress(answers.Refusal):
                    await native.read(REFUSED_LIMIT)
                native.close()
            lines = (*fields.for_upstream(call.headers, upstream.authority), *extra)
            native = await upstream.send(call.method, call.target, lines, body)
            try:
                call = await attempts.asend(native.head)
            except StopAsyncIteration:
                native.head = signer.shown(native.head)
                return native
    except BaseException:
        if native is not None:
            native.close()
        raise
    finally:
        await attempts.aclose()


def asker(upstream: Upstream, deadline: float) -> Asker:
    """Return what sends the gateway's own calls, each within ``deadline`` seconds."""

    async def ask(call: Call) -> Reply:
        try:
            async with asyncio.timeout(deadline):
                lines = fields.for_upstream(fields.codings(call.headers), upstream.authority)
                native = await upstream.send(call.method, call.target, lines, call.body)
                try:
                    reply = await native.read(REFUSED_LIMIT)
                finally:
                    native.close()
        except TimeoutError:
            detail = f"No answer within {deadline:g} seconds."
            raise answers.too_slow("http_response_timeout", detail) from None
        return attrs.evolve(reply, body=None) if reply.fault else reply

    return ask
