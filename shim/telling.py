"""Telling a program of the retired calls that it makes with a library which the shim does not serve.

Such a call goes out as it is, after a warning at the program's own line, as a served one has. http.client is among
the libraries, and with it urllib.request, httplib2 and others; since nearly every program imports that, methods are
replaced by plain functions, and nothing is loaded before a URL looks like one of Atlas' API.
"""

from __future__ import annotations

import functools
from importlib import import_module

TYPE_CHECKING = False  # as type checkers know it; see the package's front
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from types import ModuleType
    from typing import Any

    Reader = Callable[..., tuple[str, str]]


def _http_client(connection: Any, method: str, url: str, *_: Any, **__: Any) -> tuple[str, str]:
    if "://" in url:  # through a proxy, or for urllib3, whose calls are served above
        return method, url
    if type(connection).__module__.startswith("urllib3."):
        return method, ""
    host, port = connection._tunnel_host, connection._tunnel_port  # noqa: SLF001 - as set_tunnel left it
    host, port = (host, port) if host else (connection.host, connection.port)
    scheme = "https" if connection.default_port == 443 else "http"
    return method, f"{scheme}://{f'[{host}]' if ':' in host else host}:{port or connection.default_port}{url}"


def _given(_: Any, method: str | bytes, url: str | bytes, *__: Any, **___: Any) -> tuple[str, str]:
    return _text(method), _text(url)


def _prepared(_: Any, request: Any, *__: Any, **___: Any) -> tuple[str, str]:
    return request.method, request.url


def _tornado(_: Any, request: Any, *__: Any, **kwargs: Any) -> tuple[str, str]:
    return (kwargs.get("method", "GET"), request) if isinstance(request, str) else (request.method, request.url)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


TOLD: Mapping[str, Mapping[tuple[str, str], Reader]] = {
    "http.client": {("HTTPConnection", "putrequest"): _http_client},
    "niquests": {("Session", "send"): _prepared, ("AsyncSession", "send"): _prepared},
    "tornado.httpclient": {("AsyncHTTPClient", "fetch"): _tornado},
    "twisted.web.client": {("Agent", "request"): _given},  # treq's too
    "curl_cffi.requests": {("Session", "request"): _given, ("AsyncSession", "request"): _given},
}
"""Module -> class and method -> what returns the method and the URL of a call, from the arguments."""

_placed: dict[tuple[str, str, str], tuple[Any, Any, Any]] = {}
"""Module, class and method -> the class itself, what stands in the method's place, and the method."""


def patch(module: ModuleType, concerns: Callable[[str], bool]) -> None:
    """Look at the calls of a library of ``TOLD``; ``concerns`` tells which URLs are worth a look."""
    for (kind, method), reader in TOLD[module.__name__].items():
        owner: Any = getattr(module, kind, None)
        original = getattr(owner, method, None)
        key = (module.__name__, kind, method)
        if original is None or (key in _placed and _placed[key][0] is owner):
            continue
        looking = _looking(module.__name__, original, reader, concerns)
        _placed[key] = (owner, looking, original)
        setattr(owner, method, looking)


def unpatch() -> None:
    """Put back what was replaced; what somebody has wrapped in the meantime stays, and is asleep."""
    for key, (owner, looking, original) in tuple(_placed.items()):
        if vars(owner).get(key[2]) is looking:
            setattr(owner, key[2], original)
            del _placed[key]


def _looking(library: str, original: Any, reader: Reader, concerns: Callable[[str], bool]) -> Any:
    def looking(*args: Any, **kwargs: Any) -> Any:
        try:
            method, url = reader(*args, **kwargs)
            concerned = concerns(url)
        except Exception:  # noqa: BLE001 - the library says itself what is wrong with a call
            concerned = False
        if concerned:
            import_module("shim.dropin.unserved").tell(library, method, url)
        return original(*args, **kwargs)

    # Other people's marks stay on their own function: see patching.
    return functools.update_wrapper(looking, original, updated=())
