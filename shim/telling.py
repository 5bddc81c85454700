"""Libraries that the shim does not serve, and how their calls are read: the program is told of retired ones.

They go out as they are, after a warning at the program's own line, as served ones have. http.client and niquests
have more to be read, and functions of their own in ``shim.switch``.
"""

from __future__ import annotations

TYPE_CHECKING = False  # as type checkers know it; see the package's front
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


def _given(_: Any, method: str | bytes, url: str | bytes, *__: Any, **___: Any) -> tuple[str, str]:
    return _text(method), _text(url)


def _tornado(_: Any, request: Any, *__: Any, **kwargs: Any) -> tuple[str, str]:
    return (kwargs.get("method", "GET"), request) if isinstance(request, str) else (request.method, request.url)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


TOLD: Mapping[str, Mapping[tuple[str, str], Callable[..., tuple[str, str]]]] = {
    "tornado.httpclient": {("AsyncHTTPClient", "fetch"): _tornado},
    "twisted.web.client": {("Agent", "request"): _given},  # treq's too
    "curl_cffi.requests": {("Session", "request"): _given, ("AsyncSession", "request"): _given},
}
"""Module -> class and method -> what returns the method and the URL of a call, from the method's arguments."""
