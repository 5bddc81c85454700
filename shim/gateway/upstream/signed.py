"""A call sent with a signer's attempts, until one reply stands."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import attrs

from shim.core.messages import Call, Reply, without
from shim.gateway.credentials import Asker, OutboundCall, UpstreamSigner, asks_digest
from shim.gateway.errors import Refusal, too_slow
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.response import UpstreamResponse

REFUSED_LIMIT = 64 * 1024
"""Bytes that are read of a refused attempt's content, and of a reply to the gateway's own calls."""


async def send(upstream: Upstream, signer: UpstreamSigner, outbound: OutboundCall) -> UpstreamResponse:
    """Return the reply that stands, its content unread; raises Refusal."""
    attempts = signer.attempts(outbound)
    response: UpstreamResponse | None = None
    answer: Any = None
    readable = outbound.command.may_read and outbound.command.route != "pass"
    try:
        while True:
            try:
                step = attempts.send(answer)
            except StopIteration:
                break
            if isinstance(step, Call):
                if response is not None:
                    await _finish(response)
                response = await upstream.send(step, outbound.stream, outbound.length, readable=readable)
                answer = response.head
            else:
                answer = await step
    except BaseException:
        if response is not None:
            response.close()
        raise
    finally:
        attempts.close()
    assert response is not None, "a signer sends a call at least once"
    head = response.head
    if head.status == 401 and asks_digest(head.headers) and (challenge := signer.challenge()) is not None:
        lines = (*without(head.headers, ("www-authenticate",)), *challenge)
        response.head = attrs.evolve(head, headers=lines)
    return response


async def _finish(response: UpstreamResponse) -> None:
    """Read a refused attempt's content, if it is short, so that its connection can be used again."""
    with contextlib.suppress(Refusal):
        await response.read(REFUSED_LIMIT)
    response.close()


def asker(upstream: Upstream, deadline: float) -> Asker:
    """Return what sends the gateway's own calls, each within ``deadline`` seconds."""

    async def ask(call: Call) -> Reply:
        try:
            async with asyncio.timeout(deadline):
                response = await upstream.send(call, readable=True)
                try:
                    reply = await response.read(REFUSED_LIMIT)
                finally:
                    response.close()
        except TimeoutError:
            detail = f"No answer within {deadline:g} seconds."
            raise too_slow("http_response_timeout", detail) from None
        return attrs.evolve(reply, body=None) if reply.fault else reply

    return ask
