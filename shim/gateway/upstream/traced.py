"""Upstream calls with a span each, where the program has OpenTelemetry set up."""

from __future__ import annotations

from collections.abc import AsyncIterator

from shim.core.messages import Call
from shim.gateway.memory import MemoryBudget
from shim.gateway.options import Options
from shim.gateway.tls.rotation import Rotating
from shim.gateway.tracing import Tracing
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.response import UpstreamResponse


class TracedUpstream(Upstream):
    """An Upstream whose calls are told to ``tracing``: a class of its own, so that all others pay nothing."""

    def __init__(self, options: Options, budget: MemoryBudget, tls: Rotating, tracing: Tracing) -> None:
        super().__init__(options, budget, tls)
        self._tracing = tracing

    async def send(
        self,
        call: Call,
        stream: AsyncIterator[bytes] | None = None,
        length: int | None = None,
        *,
        readable: bool = False,
    ) -> UpstreamResponse:
        """Send one call as an Upstream does, with ``traceparent``, in a span that ends with the reply's head."""
        with self._tracing.upstream(call, self.origin) as (traced, answered):
            response = await super().send(traced, stream, length, readable=readable)
            answered(response.head.status)
        return response
