"""Spans for calls, where the program has OpenTelemetry set up; elsewhere nothing of it is loaded.

Names and attributes are those of its conventions for HTTP (opentelemetry.io/docs/specs/semconv/http/http-spans). Ids
stand in none of them: paths are the masked ones of the log.
"""

from __future__ import annotations

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING
from urllib.parse import SplitResult

import attrs

from shim._version import __version__
from shim.core.messages import Call, without
from shim.core.recognise import Engine
from shim.gateway.errors import Refusal
from shim.gateway.http1.response import Request
from shim.gateway.logs import CallLine, masked

if TYPE_CHECKING:  # an extra
    from opentelemetry.trace import Span, TracerProvider

_METHODS = frozenset({"CONNECT", "DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT", "TRACE"})


def tracing_of_process(engine: Engine) -> Tracing | None:
    """Return a Tracing if the program has set a TracerProvider, of OpenTelemetry's SDK or another, else None.

    A program that sets one has loaded the API, unless a variable sets it; so the API is not loaded to find out.
    """
    if "opentelemetry.trace" not in sys.modules and "OTEL_PYTHON_TRACER_PROVIDER" not in os.environ:
        return None
    try:
        from opentelemetry import trace  # noqa: PLC0415 - an extra
    except ImportError:
        return None
    provider = trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
        return None
    return Tracing(provider, engine)


class Tracing:
    """Makes a span of each call, and below it a span of each upstream call; needs OpenTelemetry's API.

    ``engine`` knows the words of paths that are shown.
    """

    def __init__(self, provider: TracerProvider, engine: Engine) -> None:
        from opentelemetry import context, propagate, trace  # noqa: PLC0415 - an extra

        self._context, self._propagate, self._trace = context, propagate, trace
        self._tracer = provider.get_tracer("atlas-shim", __version__)
        self.engine = engine

    def begin(self, request: Request) -> Callable[[CallLine], None]:
        """Begin the span of a call, below the span that its ``traceparent`` names; returns what ends it."""
        carrier: dict[str, list[str]] = {}
        for name, value in request.head.headers:  # some look for a name as it is spelled, most in lower case
            for spelled in {name, name.lower()}:
                carrier.setdefault(spelled, []).append(value)
        parent, method = self._propagate.extract(carrier), _method(request.head.method)
        attributes = {"http.request.method": method, "url.scheme": request.scheme}
        span = self._tracer.start_span(method, parent, self._trace.SpanKind.SERVER, attributes)
        token = self._context.attach(self._trace.set_span_in_context(span, parent))

        def end(line: CallLine) -> None:
            path = line.template()
            said = {"url.path": path, "atlas_shim.operation": line.operation, "atlas_shim.route": line.route}
            span.set_attributes(said)
            if line.match is not None:
                span.update_name(f"{method} {path}")
                span.set_attribute("http.route", path)
            self._answered(span, line.status, line.failure[2] if line.failure and line.failure[1] >= 500 else None, 500)
            self._context.detach(token)
            span.end()

        return end

    @contextlib.contextmanager
    def upstream(self, call: Call, origin: SplitResult) -> Iterator[tuple[Call, Callable[[int], None]]]:
        """Make a span of an upstream call for the length of a ``with`` block.

        Yields the call with ``traceparent``, and what takes the status of the answer.
        """
        method, path = _method(call.method), masked(call.path, self.engine)
        attributes: dict[str, str | int] = {
            "http.request.method": method,
            "server.address": origin.hostname or "",
            "server.port": origin.port or (443 if origin.scheme == "https" else 80),
            "url.full": f"{origin.scheme}://{origin.netloc}{path}",
            "url.template": path,
        }
        kind = self._trace.SpanKind.CLIENT
        # The event of an exception would be a traceback, and what went wrong has a name.
        with self._tracer.start_as_current_span(
            f"{method} {path}", None, kind, attributes, record_exception=False, set_status_on_exception=False
        ) as span:
            carrier: dict[str, str] = {}
            self._propagate.inject(carrier)
            headers = without(call.headers, [name.lower() for name in carrier])
            traced = attrs.evolve(call, headers=(*headers, *carrier.items()))
            try:
                yield traced, lambda status: self._answered(span, status, None, 400)
            except Refusal as refusal:
                self._answered(span, None, refusal.error or refusal.code, 400)
                raise

    def _answered(self, span: Span, status: int | None, error: str | None, fails: int) -> None:
        """Say how a call ended: statuses from ``fails`` on are errors, and so is what has a name for its ``error``."""
        if status is not None:
            span.set_attribute("http.response.status_code", status)
            error = error or (str(status) if status >= fails else None)
        if error is not None:
            span.set_attribute("error.type", error)
            span.set_status(self._trace.StatusCode.ERROR)


def _method(method: str) -> str:
    return method if method in _METHODS else "_OTHER"
