"""Telling a program of retired calls that it makes with a library which is not served: none passes in silence."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from shim.core.messages import Headers, Record
from shim.core.route import sunset_of
from shim.doors.forms import header_lines
from shim.doors.nesting import is_served, serving
from shim.doors.notice import notify
from shim.doors.recognition import recognise
from shim.origins import origin_of


def tell(library: str, method: str, url: str, lines: Callable[[], Headers]) -> None:
    """Warn of a call if it is a retired one and write it down; it goes on as it is.

    ``url`` is absolute; ``process.concerns`` was asked before. Raises LegacyEndpointWarning when warnings are
    errors, and what the handler of warnings raises.
    """
    if is_served():
        return
    try:
        parts = urlsplit(url)
        origin = origin_of(parts.scheme, parts.hostname or "", parts.port)
    except ValueError:  # none that can be sent
        return
    retired = recognise(method, origin, f"{parts.path}?{parts.query}" if parts.query else parts.path, lines)
    if retired is None:
        return
    operation, settings = retired.match.operation, retired.context.settings
    notify(operation, settings, retired.context.clock(), uncovered=library)
    why, sunset = f"atlas-shim does not cover {library}", sunset_of(operation, settings)
    retired.write_down(Record(operation.id, retired.match.api.name, "legacy", why, sunset, operation.deprecated))


def leave(library: str, request: Any, send: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    """Tell of a request, and have it sent as it is: the doors of the libraries below take no part."""
    tell(library, request.method, request.url, lambda: header_lines(request.headers.items()))
    with serving():
        return send(*args, **kwargs)
