"""Switching the drop-in on and off for a whole process, clients that exist already included.

The methods in ``PATCHES`` are wrapped, each where its library defines it, as soon as the program imports the
library; none is imported here. Until then nothing is loaded: wrapt and the engine come with the first library.
A retired call then goes through the library's own room, imported when the first one is made.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import partial
from importlib import import_module
from importlib.util import find_spec

from shim.doors import placing
from shim.doors.environment import CHECKED, NEED_DOCUMENTS, as_mark, read_word, settings_in
from shim.doors.post_import import Finder
from shim.extras import hint

TYPE_CHECKING = False  # as type checkers know it; see the package's front
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from types import ModuleType
    from typing import Any

LAUNCH = os.path.join(os.path.dirname(os.path.abspath(__file__)), "launch")  # noqa: PTH100, PTH118, PTH120 - every Python under run pays for what is imported here
"""The folder of the sitecustomize that ``atlas-shim run`` puts first in PYTHONPATH."""


class _State:
    """Whether it is on, the settings when it was switched on, and the engine's ``concerns`` once that is loaded."""

    active = False
    settings: Mapping[str, str] = {}
    concerns: Callable[[str], bool] | None = None


_state = _State()
_lock = threading.RLock()


def install() -> None:
    """Switch the drop-in on for this process; once is as good as twice.

    Raises SettingsError and DocumentError, and ModuleNotFoundError without the extra ``auto``; changes nothing then.
    """
    need_wrapt()
    settings = settings_in(os.environ)
    unchecked = {} if os.environ.get(CHECKED) == as_mark(settings) else settings
    if _present(PATCHES) or unchecked.keys() & NEED_DOCUMENTS:
        import_module("shim.doors.process").prepare()
    elif unchecked:
        read_word(unchecked)
        import_module("shim.core.settings").read_settings(unchecked)
    with _lock:
        _state.settings = settings
        _state.active = True
        _finder.start()
    for name in _present(_HEARD_OF):
        try:
            _hear(import_module(name))  # waits until it is complete, should another thread be importing it
        except ImportError:
            continue


def need_wrapt() -> None:
    """Raise ModuleNotFoundError that names the extra ``auto`` where that is not installed."""
    if find_spec("wrapt") is None:
        raise ModuleNotFoundError(hint("wrapt"), name="wrapt")


def uninstall() -> None:
    """Switch it off again: every function is what it was before ``install``.

    A wrapper that somebody has wrapped in the meantime can't be taken out; it does nothing then.
    """
    with _lock:
        _state.active = False
        _finder.stop()
        placing.unplace()
        if patching := sys.modules.get("shim.doors.patching"):
            for name, patches in PATCHES.items():
                if module := sys.modules.get(name):
                    patching.unpatch(module, patches)
        if hooks := sys.modules.get("shim.doors.httpx_family.hooks"):
            hooks.abandon()


def installed() -> bool:
    """Tell whether the drop-in is on."""
    return _state.active


def overtaken() -> None:
    """Switch it on where OpenTelemetry's launcher stands before the one of ``atlas-shim run``.

    OpenTelemetry calls this, by an entry point, in every Python that its launcher started and where
    atlas-shim is installed; without ``atlas-shim run`` nothing happens. Nothing is raised.
    """
    if LAUNCH not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        return
    try:
        install()
    except Exception as error:  # noqa: BLE001 - whatever it is, the program runs
        sys.stderr.write(f"atlas-shim: not switched on in {sys.executable}: {error}\n")


def concerns(url: str) -> bool:
    """Tell whether the drop-in is on and a URL, or its path, may be one of a retired call; for wrappers in PATCHES."""
    if not _state.active:
        return False
    if _state.concerns is None:
        if _PUBLIC not in url and "ATLAS_SHIM_MAPPINGS" not in _state.settings:
            return False
        _load()
    return _state.concerns is not None and _state.concerns(url)


_PUBLIC = "/api/atlas/"
"""What the paths of the shipped documents have in common: until the engine is loaded, the rest is no concern."""


def _load() -> None:
    process = import_module("shim.doors.process")
    process.begin_with(_state.settings)
    _state.concerns = process.concerns


def _present(names: Iterable[str]) -> list[str]:
    return [name for name in names if sys.modules.get(name) is not None]


def _hear(module: ModuleType) -> None:
    """Patch a library; wrapt and the engine are loaded for the first one served, before the lock is taken."""
    name = module.__name__
    if name not in PATCHES:
        with _lock:
            if _state.active:
                placing.place(module, PLAIN[name])
        return
    patching = import_module("shim.doors.patching")
    _load()
    with _lock:
        if _state.active:
            patching.patch(module, PATCHES[name])


def _imported(module: ModuleType) -> None:
    """Patch a library that the program has imported; it is imported whatever goes wrong here."""
    try:
        if _state.active:
            _hear(module)
    except Exception as error:  # noqa: BLE001 - see above
        sys.stderr.write(f"atlas-shim: calls of {module.__name__} are not covered: {error}\n")


def _httpx(name: str, wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    request = args[0] if args else kwargs.get("request")
    # The path alone: httpx puts a URL's text together anew each time it is asked for it.
    if not concerns(getattr(getattr(request, "url", None), "raw_path", b"").decode("ascii")):
        return wrapped(*args, **kwargs)
    clients = import_module("shim.doors.httpx_family.clients")
    library, _, method = name.partition(".")
    made = clients.make(sys.modules[library])
    if method == "send":
        return clients.send(made.blocking, client, wrapped, *args, **kwargs)
    return clients.asend(made.awaited, client, wrapped, *args, **kwargs)


def _requests(
    name: str, wrapped: Callable[..., Any], session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    request = args[0] if args else kwargs.get("request")
    url = getattr(request, "url", "")
    if not concerns(url if isinstance(url, str) else str(url)):
        return wrapped(*args, **kwargs)
    return getattr(import_module("shim.doors.requests.send"), name)(session, wrapped, *args, **kwargs)


def _urllib3(wrapped: Callable[..., Any], owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    url = args[1] if len(args) > 1 else kwargs.get("url")
    if not isinstance(url, str) or not concerns(url):
        return wrapped(*args, **kwargs)
    return import_module("shim.doors.urllib3.send").urlopen(owner, wrapped, *args, **kwargs)


def _urllib_request(wrapped: Callable[..., Any], opener: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    url = args[0] if args else kwargs.get("fullurl")
    if not concerns(url if isinstance(url, str) else getattr(url, "full_url", "")):
        return wrapped(*args, **kwargs)
    return import_module("shim.doors.stdlib.opener").open_url(opener, wrapped, *args, **kwargs)


def _http_client(wrapped: Callable[..., Any], connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    head = getattr(connection, "_buffer", None)  # kept there until now, line by line
    if head and concerns(head[0].decode("latin-1")):
        import_module("shim.doors.stdlib.client").look_at(connection)
    return wrapped(*args, **kwargs)


def _niquests(wrapped: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    request = args[0] if args else kwargs.get("request")
    url = getattr(request, "url", None)
    if not isinstance(url, str) or not concerns(url):
        return wrapped(*args, **kwargs)
    return import_module("shim.doors.uncovered").leave("niquests", request, wrapped, *args, **kwargs)


def _given(_: Any, method: str | bytes, url: str | bytes, *__: Any, **___: Any) -> tuple[str, str]:
    return _text(method), _text(url)


def _tornado(_: Any, request: Any, *__: Any, **kwargs: Any) -> tuple[str, str]:
    return (kwargs.get("method", "GET"), request) if isinstance(request, str) else (request.method, request.url)


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _told(  # noqa: PLR0913, PLR0917 - a wrapper's arguments, and what reads them for which library
    library: str,
    read: Callable[..., tuple[str, str]],
    wrapped: Callable[..., Any],
    instance: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> Any:
    try:
        method, url = read(instance, *args, **kwargs)
        concerned = concerns(url)
    except Exception:  # noqa: BLE001 - the library says itself what is wrong with a call
        concerned = False
    if concerned:
        import_module("shim.doors.uncovered").tell(library, method.upper(), url, tuple)
    return wrapped(*args, **kwargs)


def _aiohttp(wrapped: Callable[..., Any], session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    url = args[1] if len(args) > 1 else kwargs.get("str_or_url")
    try:
        path = session._build_url(url).raw_path  # noqa: SLF001 - with the session's base, which nothing public tells
    except Exception:  # noqa: BLE001 - whatever is wrong with a URL, aiohttp says it
        path = ""
    if not concerns(path):
        return wrapped(*args, **kwargs)
    return import_module("shim.doors.aiohttp.send").request(session, wrapped, *args, **kwargs)


PATCHES: Mapping[str, Mapping[tuple[str, str], Callable[..., Any]]] = {
    "aiohttp": {("ClientSession", "_request"): _aiohttp},
    "httpx": {
        ("Client", "send"): partial(_httpx, "httpx.send"),
        ("AsyncClient", "send"): partial(_httpx, "httpx.asend"),
    },
    "httpx2": {
        ("Client", "send"): partial(_httpx, "httpx2.send"),
        ("AsyncClient", "send"): partial(_httpx, "httpx2.asend"),
    },
    "requests": {
        ("Session", "prepare_request"): partial(_requests, "prepare_request"),
        ("Session", "send"): partial(_requests, "send"),
    },
    "urllib3": {
        ("PoolManager", "urlopen"): _urllib3,
        ("HTTPConnectionPool", "urlopen"): _urllib3,
    },
}
"""Library -> class and method -> what is called in its place, and asks ``concerns`` first."""

STANDARD: Mapping[str, Mapping[tuple[str, str], Callable[..., Any]]] = {
    "urllib.request": {("OpenerDirector", "open"): _urllib_request},
}
"""The same for the standard library, which nearly every program has: neither wrapt nor the engine is loaded for it."""

PLAIN: Mapping[str, Mapping[tuple[str, str], Callable[..., Any]]] = {
    **STANDARD,
    "http.client": {("HTTPConnection", "endheaders"): _http_client},
    "niquests": {("Session", "send"): _niquests, ("AsyncSession", "send"): _niquests},
    "tornado.httpclient": {("AsyncHTTPClient", "fetch"): partial(_told, "tornado.httpclient", _tornado)},
    "twisted.web.client": {("Agent", "request"): partial(_told, "twisted.web.client", _given)},  # treq's too
    "curl_cffi.requests": {
        (kind, "request"): partial(_told, "curl_cffi.requests", _given) for kind in ("Session", "AsyncSession")
    },
}
"""As ``STANDARD``, and libraries that are not served: their calls go out as they are, and the program is told first."""

_HEARD_OF = (*PATCHES, *PLAIN)

_finder = Finder(frozenset(_HEARD_OF), _imported)
