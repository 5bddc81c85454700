"""The functions that replace libraries' methods, and choose a door for each URL.

The first such call loads the engine and the library's room, in a thread if a loop runs,
because loading takes a while.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import partial
from importlib import import_module

TYPE_CHECKING = False  # as type checkers know it; importing typing costs 8 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from typing import Any


class State:
    """Whether the drop-in is on, its settings, and the loaded modules.

    ``concerns`` is the engine's function, None until the engine is loaded. ``doors``
    maps a room's name to its function, or to None if it can't be loaded; ``said`` has
    the reason.
    """

    active = False
    settings: Mapping[str, str] = {}
    concerns: Callable[[str], object] | None = None
    doors: dict[str, Callable[..., Any] | None] = {}  # noqa: RUF012 - there is one state
    said = ""
    guarded = False


STATE = State()
_loading = threading.RLock()
_fork = threading.local()


def _concerns(url: str) -> object:
    """Return whether a URL, or its path, may belong to a call that the shim handles."""
    if (
        STATE.concerns is None
        # the shipped documents have only such paths; all of Atlas's may be redirected
    ):
        if "ATLAS_SHIM_UPSTREAM" in os.environ:
            known = "/api/"
        else:
            known = "/api/atlas/"
        return known in url or "ATLAS_SHIM_MAPPINGS" in os.environ
    return STATE.concerns(url)


def _load(door: str) -> None:
    """Load the engine and a room's function.

    A failure is reported once, and calls go out unchanged.
    """
    module, name, *arguments = door.split(":")
    if not STATE.guarded and hasattr(os, "register_at_fork"):
        STATE.guarded = True
        # it is loaded anyway, and its lock for forks must be acquired after this one
        import_module("logging")
        os.register_at_fork(
            before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork
        )
    is_first = _loading.acquire(timeout=1)  # threads load it once
    found = None
    concerns = STATE.concerns or (lambda _: False)
    try:
        process = import_module("shim.doors.process")
        process.prepare(STATE.settings)
        concerns = process.concerns
        found = getattr(import_module(module), name)
        found = found(*arguments) if arguments else found
    except Exception as error:  # noqa: BLE001 - the program's calls are made after any exception
        said = STATE.said
        STATE.said = f"{type(error).__name__}: {error}"
        if said != STATE.said:
            sys.stderr.write(
                f"atlas-shim: retired calls are not translated: {STATE.said}\n"
            )
    finally:
        if is_first:
            _loading.release()
    STATE.doors[door], STATE.concerns = found, concerns


def _before_fork() -> None:
    """Wait until loading ends, before a fork.

    A module that another thread has half imported would stay locked in the child.
    """
    _fork.waited = _loading.acquire(timeout=5)


def _after_fork() -> None:
    if _fork.waited:
        _loading.release()


async def _load_beside(door: str) -> None:
    """Load in a thread, so that the loop continues meanwhile."""
    asyncio = sys.modules.get("asyncio")
    trio = sys.modules.get("trio")
    load = partial(_load, door)
    try:
        if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001 - public, and raises nothing
            await asyncio.to_thread(load)
        elif trio is not None:
            await trio.to_thread.run_sync(load)
        else:
            load()
    except RuntimeError:  # another kind of loop, or no thread can be started
        load()


def _served(
    url_of: Callable[..., str], door: str, *, follows: bool = False, waits: bool = False
) -> Callable[..., Any]:
    """Return the function that replaces a method.

    It calls the door for a URL of Atlas, else the method itself.

    ``url_of`` gets the instance and the arguments. A method that ``follows`` redirects
    on its own (or ``waits``, the same for coroutines) may be redirected to a retired
    call. The door then gets that response as ``first``, and handles the call.
    """

    def call(
        wrapped: Callable[..., Any],
        instance: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        first = None
        if not _is_concern(url_of, instance, args, kwargs):
            first = wrapped(*args, **kwargs)
            if not (follows and _leads(first)):
                return first
            kwargs["first"] = first
        if door not in STATE.doors:
            _load(door)
        if serve := STATE.doors[door]:
            return serve(instance, wrapped, *args, **kwargs)
        return first or wrapped(*args, **kwargs)

    async def acall(
        wrapped: Callable[..., Any],
        instance: Any,
        args: tuple[Any, ...],
        kwargs: dict[str, Any],
    ) -> Any:
        first = None
        if not _is_concern(url_of, instance, args, kwargs):
            first = await wrapped(*args, **kwargs)
            if not _leads(first):
                return first
            kwargs["first"] = first
        if door not in STATE.doors:
            await _load_beside(door)
        if serve := STATE.doors[door]:
            return await serve(instance, wrapped, *args, **kwargs)
        return first or await wrapped(*args, **kwargs)

    return acall if waits else call


def _is_concern(
    url_of: Callable[..., str],
    instance: Any,
    args: tuple[Any, ...],
    kwargs: dict[str, Any],
) -> object:
    try:
        return _concerns(url_of(instance, *args, **kwargs))
    except Exception:  # noqa: BLE001 - the library itself reports the defect of a call
        return False


def _leads(response: Any) -> object:
    """Return whether redirects ended at a possibly retired call."""
    return getattr(response, "history", ()) and _concerns(
        str(getattr(response, "url", ""))
    )


def _path(_: Any, request: Any, *__: Any, **___: Any) -> str:
    # httpx builds a URL's text on each access
    return str(request.url.raw_path, "ascii")


def _first(_: Any, *args: Any, **kwargs: Any) -> str:
    if args:
        given = args[0]
    else:
        given = next(iter(kwargs.values()))
    if isinstance(given, str):
        return given
    return str(getattr(given, "full_url", None) or given.url)


def _second(_: Any, method: Any, url: Any, *__: Any, **___: Any) -> str:  # noqa: ARG001 - or it has no names
    if isinstance(url, bytes):
        return url.decode("latin-1")
    return str(url)


def _of_session(session: Any, method: Any, str_or_url: Any, *_: Any, **__: Any) -> str:  # noqa: ARG001 - as above
    return str(session._build_url(str_or_url).raw_path)  # noqa: SLF001 - the session's base is not public


def _head(connection: Any, *_: Any, **__: Any) -> str:
    return str(connection._buffer[0], "latin-1")  # noqa: SLF001 - kept there until now, line by line


_AIOHTTP = "shim.doors.aiohttp.session"
_HTTPX = "shim.doors.httpx_family.clients"

Methods = dict[tuple[str, str], "Callable[..., Any]"]


def _of_httpx(name: str) -> Methods:
    door = f"{_HTTPX}:door_of:{name}"
    blocking = _served(_path, f"{door}:blocking", follows=True)
    awaited = _served(_path, f"{door}:awaited", waits=True)
    return {("Client", "send"): blocking, ("AsyncClient", "send"): awaited}


_OF_AIOHTTP = _served(_of_session, f"{_AIOHTTP}:send", waits=True)
_OF_REQUESTS = _served(_first, "shim.doors.requests.adapter:get_adapter")
_OF_URLLIB3 = _served(_second, "shim.doors.urllib3.door:urlopen")
_OF_URLLIB = _served(_first, "shim.doors.stdlib:open_url")
SERVED: dict[str, Methods] = {
    "aiohttp": {("ClientSession", "_request"): _OF_AIOHTTP},
    "httpx": _of_httpx("httpx"),
    "httpx2": _of_httpx("httpx2"),
    "requests": {("Session", "get_adapter"): _OF_REQUESTS},
    "urllib3": {
        ("PoolManager", "urlopen"): _OF_URLLIB3,
        ("HTTPConnectionPool", "urlopen"): _OF_URLLIB3,
    },
    "urllib.request": {("OpenerDirector", "open"): _OF_URLLIB},
}
"""Library -> class and method -> the function that replaces it."""


def _noticed(
    name: str, url_of: Callable[..., str], *methods: tuple[str, str]
) -> Methods:
    door = _served(url_of, f"shim.doors.notice:door_of:{name}")
    return dict.fromkeys(methods, door)


_BOTH_SESSIONS = ("Session", "AsyncSession")
_OF_HTTP_CLIENT = _served(_head, "shim.doors.stdlib:endheaders")
UNSERVED: dict[str, Methods] = {
    "http.client": {("HTTPConnection", "endheaders"): _OF_HTTP_CLIENT},
    "niquests": _noticed(
        "niquests", _first, *[(one, "send") for one in _BOTH_SESSIONS]
    ),
    "tornado.httpclient": _noticed(
        "tornado.httpclient", _first, ("AsyncHTTPClient", "fetch")
    ),
    # treq's, too
    "twisted.web.client": _noticed("twisted.web.client", _second, ("Agent", "request")),
    "curl_cffi.requests": _noticed(
        "curl_cffi.requests", _second, *[(one, "request") for one in _BOTH_SESSIONS]
    ),
}
"""The same for libraries whose retired calls cause a warning and are sent unchanged."""

LIBRARIES = {**SERVED, **UNSERVED}
