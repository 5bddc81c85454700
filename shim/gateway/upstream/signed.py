"""A call sent with a signer's attempts, until one reply stands."""

from __future__ import annotations

import asyncio
import contextlib

import attrs

from shim.core.messages import Call, Reply, without
from shim.gateway.credentials import Asker, OutboundCall, UpstreamSigner, asks_digest
from shim.gateway.errors import Refusal, too_slow
from shim.gateway.fields import codings
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.response import UpstreamResponse

REFUSED_LIMIT = 64 * 1024
"""Bytes of a refused attempt's content that are read, so that its connection can be used again."""


async def send(upstream: Upstream, signer: UpstreamSigner, outbound: OutboundCall) -> UpstreamResponse:
    """Return the reply that stands, its content unread; raises Refusal."""
    attempts = signer.attempts(outbound)
    response: UpstreamResponse | None = None
    try:
        call = await anext(attempts)
        while True:
            if response is not None:
                with contextlib.suppress(Refusal):
                    await response.read(REFUSED_LIMIT)
                response.close()
            response = await upstream.send(call, outbound.stream, outbound.length)
            try:
                call = await attempts.asend(response.head)
            except StopAsyncIteration:
                break
    except BaseException:
        if response is not None:
            response.close()
        raise
    finally:
        await attempts.aclose()
    head = response.head
    if head.status == 401 and asks_digest(head.headers) and (challenge := signer.challenge()) is not None:
        lines = (*without(head.headers, ("www-authenticate",)), *challenge)
        response.head = attrs.evolve(head, headers=lines)
    return response


def asker(upstream: Upstream, deadline: float) -> Asker:
    """Return what sends the gateway's own calls, each within ``deadline`` seconds."""

    async def ask(call: Call) -> Reply:
        try:
            async with asyncio.timeout(deadline):
                response = await upstream.send(attrs.evolve(call, headers=codings(call.headers)))
                try:
                    reply = await response.read(REFUSED_LIMIT)
                finally:
                    response.close()
        except TimeoutError:
            detail = f"No answer within {deadline:g} seconds."
            raise too_slow("http_response_timeout", detail) from None
        return attrs.evolve(reply, body=None) if reply.fault else reply

    return ask
