"""Warning of retired calls that a program makes with a library which is not served; they go out as they are."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from shim.core.messages import Headers
from shim.doors.native import alone, as_text, header_lines
from shim.doors.notice import notify
from shim.doors.recognition import recognise_url

_READ: dict[str, Callable[..., tuple[Any, ...]]] = {
    "niquests": lambda request, *_, **__: (request.method, request.url, header_lines(request.headers.items())),
    "tornado.httpclient": lambda request, *_, **options: (
        (options.get("method", "GET"), request) if isinstance(request, str) else (request.method, request.url)
    ),
    "twisted.web.client": lambda method, uri, *_, **__: (as_text(method), as_text(uri)),
    "curl_cffi.requests": lambda method, url, *_, **__: (method.upper(), url),
}
"""Library -> what its method's arguments say: the request's method, its URL, and perhaps its field lines."""


def tell(library: str, method: str, url: str, lines: Headers = ()) -> None:
    """Warn of a call if it is a retired one, and write it down.

    ``url`` is absolute. Raises LegacyEndpointWarning when warnings are errors, and what the handler of warnings raises.
    """
    retired = recognise_url(method, url, lambda: lines)
    if retired is not None and retired.known:
        notify(retired, uncovered=library)
        retired.write_down_untranslated("legacy", f"atlas-shim does not cover {library}")


def door_of(library: str) -> Callable[..., Any]:
    """Return what is called in the place of a library's method."""

    def door(_: Any, send: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        tell(library, *_READ[library](*args, **kwargs))
        # The doors of the libraries below niquests take no part.
        return (partial(alone, send) if library == "niquests" else send)(*args, **kwargs)

    return door
