"""The operator's listener: probes that never ask upstream, and metrics."""

from __future__ import annotations

from collections.abc import Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST

from shim.gateway.answers import Refusal
from shim.gateway.metrics import Metrics
from shim.gateway.protocol import refuse
from shim.gateway.wire import Wire


class Admin:
    """Answers ``/livez`` (the loop runs), ``/readyz`` (calls are taken) and ``/metrics``."""

    def __init__(self, metrics: Metrics, ready: Callable[[], bool]) -> None:
        self._metrics = metrics
        self._ready = ready

    async def __call__(self, request: web.BaseRequest) -> web.StreamResponse:
        """Answer one request of the operator's tools."""
        if request.method not in {"GET", "HEAD"}:
            refusal = Refusal(405, "SHIM_METHOD_NOT_ALLOWED", "Only GET.", headers=(("Allow", "GET, HEAD"),))
            return refuse(request, refusal)
        match request.raw_path.partition("?")[0]:
            case "/livez":
                return _text(request, 200, b"ok\n")
            case "/readyz":
                ready = self._ready()
                return _text(request, 200 if ready else 503, b"ok\n" if ready else b"draining\n")
            case "/metrics":
                return _text(request, 200, self._metrics.text(), CONTENT_TYPE_LATEST)
            case _:
                return refuse(request, Refusal(404, "SHIM_NOT_FOUND", "There is no such page."))


def _text(request: web.BaseRequest, status: int, body: bytes, kind: str = "text/plain; charset=utf-8") -> Wire:
    return Wire(request, status, (("Content-Type", kind), ("Cache-Control", "no-store")), body)
