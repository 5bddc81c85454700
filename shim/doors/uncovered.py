"""Telling a program of retired calls that it makes with a library which is not served: none passes in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from shim.core.messages import Headers, Record
from shim.core.route import sunset_of
from shim.doors.native import alone, as_text, header_lines, is_served
from shim.doors.notice import notify
from shim.doors.process import concerns
from shim.doors.recognition import recognise
from shim.origins import origin_of


def tell(library: str, method: str, url: str, lines: Callable[[], Headers]) -> None:
    """Warn of a call if it is a retired one and write it down; it goes on as it is.

    ``url`` is absolute. Raises LegacyEndpointWarning when warnings are
    errors, and what the handler of warnings raises.
    """
    if is_served() or not concerns(url):
        return
    try:
        parts = urlsplit(url)
        origin = origin_of(parts.scheme, parts.hostname or "", parts.port)
    except ValueError:  # none that can be sent
        return
    retired = recognise(method, origin, f"{parts.path}?{parts.query}" if parts.query else parts.path, lines)
    if retired is None or not retired.known:
        return
    operation, settings = retired.match.operation, retired.context.settings
    notify(operation, settings, retired.context.clock(), uncovered=library)
    why, sunset = f"atlas-shim does not cover {library}", sunset_of(operation, settings)
    retired.write_down(Record(operation.id, retired.match.api.name, "legacy", why, sunset, operation.deprecated))


def niquests(_: Any, send: Callable[..., Any], request: Any, *args: Any, **kwargs: Any) -> Any:
    """Tell of a request, and have it sent as it is: the doors of the libraries below take no part."""
    tell("niquests", request.method, request.url, lambda: header_lines(request.headers.items()))
    return alone(send, request, *args, **kwargs)


def tornado(_: Any, fetch: Callable[..., Any], request: Any, *args: Any, **kwargs: Any) -> Any:
    """Tell of a request, an object or a URL with options."""
    if isinstance(request, str):
        tell("tornado.httpclient", str(kwargs.get("method", "GET")), request, tuple)
    else:
        tell("tornado.httpclient", request.method, request.url, tuple)
    return fetch(request, *args, **kwargs)


def twisted(_: Any, request: Callable[..., Any], method: bytes, uri: bytes, *args: Any, **kwargs: Any) -> Any:
    """Tell of an agent's request."""
    tell("twisted.web.client", as_text(method), as_text(uri), tuple)
    return request(method, uri, *args, **kwargs)


def curl_cffi(_: Any, request: Callable[..., Any], method: str, url: str, *args: Any, **kwargs: Any) -> Any:
    """Tell of a session's request."""
    tell("curl_cffi.requests", method.upper(), url, tuple)
    return request(method, url, *args, **kwargs)
