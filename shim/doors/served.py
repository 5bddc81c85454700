"""What stands in the place of libraries' methods: a look at the URL, and for a call to Atlas what serves it.

The engine, and the room that speaks the library, are loaded for the first such call: in a thread where a loop runs,
since that takes a quarter of a second.
"""

from __future__ import annotations

import gc
import os
import sys
import threading
from functools import partial
from importlib import import_module

from shim.doors.environment import Variables

TYPE_CHECKING = False  # as type checkers know it; importing typing costs 8 ms
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Mapping
    from typing import Any


class State:
    """Whether it is on, the settings when it was switched on, and what is loaded by now.

    ``concerns`` is the engine's, None until that is loaded; ``doors`` are the rooms' functions by their names.
    """

    active = False
    settings: Mapping[str, str] = {}
    concerns: Callable[[str], bool] | None = None
    doors: dict[str, Callable[..., Any]] = {}  # noqa: RUF012 - there is one state
    said = ""
    guarded = False


STATE = State()
_loading, _gently = threading.Lock(), threading.Lock()
_fork = threading.local()

_PUBLIC = "/api/atlas/"
"""What the paths of the shipped documents have in common: until the engine is loaded, the rest is no concern."""

_documents = Variables(["ATLAS_SHIM_MAPPINGS"])
"""Those of the operator's know other paths."""


def _concerns(url: str) -> bool:
    """Return whether the drop-in is on and a URL, or its path, may be one of a retired call."""
    if not STATE.active:
        return False
    if STATE.concerns is None:
        return _PUBLIC in url or any(_documents.raw())
    return STATE.concerns(url)


def _load(door: str) -> None:
    """Load the engine and a room's function; what can't be loaded is said once, and calls go out as they are."""
    module, name, *arguments = door.split(":")
    found, concerns = _leave, _never
    _guard_forks()
    is_first = _loading.acquire(timeout=1)  # threads load it once
    try:
        process = import_module("shim.doors.process")
        process.begin_with(STATE.settings)
        concerns = process.concerns
        found = getattr(import_module(module), name)
        found = found(*arguments) if arguments else found
    except Exception as error:  # noqa: BLE001 - whatever it is, the program's calls are made
        said, STATE.said = STATE.said, f"{type(error).__name__}: {error}"
        if said != STATE.said:
            sys.stderr.write(f"atlas-shim: retired calls are not covered: {STATE.said}\n")
    finally:
        if is_first:
            _loading.release()
    STATE.doors[door], STATE.concerns = found, concerns


def _guard_forks() -> None:
    """Have forks wait from now on, before logging holds its own lock for them: what is loaded logs."""
    if not STATE.guarded and hasattr(os, "register_at_fork"):
        STATE.guarded = True
        import_module("logging")
        os.register_at_fork(before=_before_fork, after_in_parent=_after_fork, after_in_child=_after_fork)


def _before_fork() -> None:
    """Wait until nobody loads: modules that another thread has half imported would stay locked in the child."""
    _fork.held = [lock for lock in (_gently, _loading) if lock.acquire(timeout=5)]


def _after_fork() -> None:
    for lock in _fork.held:
        lock.release()


def _leave(_: Any, wrapped: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
    return wrapped(*args, **kwargs)


def _never(_: str) -> bool:
    return False


async def _after(load: Callable[[], None], call: Callable[[], Awaitable[Any]]) -> Any:
    """Load in a thread, so that the loop goes on meanwhile, and then await the call."""
    asyncio, trio = sys.modules.get("asyncio"), sys.modules.get("trio")
    beside = partial(_beside, load) if sys.implementation.name == "cpython" else load
    try:
        if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001 - public, and raises nothing
            await asyncio.to_thread(beside)
        elif trio is not None:
            await trio.to_thread.run_sync(beside)
        else:
            load()
    except RuntimeError:  # a loop of another kind, or no thread can be started
        load()
    return await call()


def _beside(load: Callable[[], None]) -> None:
    """Load beside a loop: it has its turn every millisecond, and no collection of garbage stops it for thirty."""
    if not _gently.acquire(blocking=False):  # another thread loads so, and will be done soon
        load()
        return
    interval, collects = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(0.001)
    gc.disable()
    try:
        load()
    finally:
        sys.setswitchinterval(interval)
        if collects:
            if not gc.get_freeze_count():
                gc.freeze()  # together: what is loaded is old at once, and no collection is due
                gc.unfreeze()
            gc.enable()
        _gently.release()


def _served(url_of: Callable[..., str], door: str, *, waits: bool = False, follows: bool = False) -> Callable[..., Any]:
    """Return what is called in a method's place: for a URL that is a concern the door, else the method itself.

    ``url_of`` gets the instance and the arguments. A method that ``waits`` returns an awaitable; one that ``follows``
    redirects by itself may be led to a retired call, which the door serves then.
    """

    def call(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        try:
            concerned = _concerns(url_of(instance, *args, **kwargs))
        except Exception:  # noqa: BLE001 - the library says itself what is wrong with a call
            concerned = False
        if concerned:
            return serve(wrapped, instance, args, kwargs)
        response = wrapped(*args, **kwargs)
        if follows and waits:
            return awaited(response, wrapped, instance, args, kwargs)
        if follows and _leads(response):
            return serve(_First(response, wrapped), instance, args, kwargs)
        return response

    def serve(wrapped: Callable[..., Any], instance: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        found = STATE.doors.get(door)
        if found is not None:
            return found(instance, wrapped, *args, **kwargs)
        again = partial(call, wrapped, instance, args, kwargs)  # by the engine's settings of now
        if waits:
            return _after(partial(_load, door), again)
        _load(door)
        return again()

    async def awaited(response: Any, wrapped: Callable[..., Any], *more: Any) -> Any:
        response = await response
        return await serve(_First(response, wrapped, waits=True), *more) if _leads(response) else response

    return call


def _leads(response: Any) -> bool:
    """Return whether redirects led to what may be a retired call."""
    return bool(getattr(response, "history", ())) and _concerns(str(getattr(response, "url", "")))


class _First:
    """A method whose first call has a response already."""

    def __init__(self, response: Any, method: Callable[..., Any], *, waits: bool = False) -> None:
        self._method, self._waits, self._left = method, waits, [response]

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        if not self._left:
            return self._method(*args, **kwargs)
        return self._awaited() if self._waits else self._left.pop()

    async def _awaited(self) -> Any:
        return self._left.pop()


def _path(_: Any, request: Any, *__: Any, **___: Any) -> str:
    path: str = request.url.raw_path.decode("ascii")  # httpx puts a URL's text together anew each time
    return path


def _first(_: Any, *args: Any, **kwargs: Any) -> str:
    given = args[0] if args else next(iter(kwargs.values()))
    return given if isinstance(given, str) else str(getattr(given, "full_url", None) or given.url)


def _second(_: Any, method: Any, url: Any, *__: Any, **___: Any) -> str:  # noqa: ARG001 - or it has no names
    return url.decode("latin-1") if isinstance(url, bytes) else str(url)


def _of_session(session: Any, method: Any, str_or_url: Any, *_: Any, **__: Any) -> str:  # noqa: ARG001 - as above
    url = session._build_url(str_or_url)  # noqa: SLF001 - with the session's base, which nothing public tells
    return str(url.raw_path)


def _head(connection: Any, *_: Any, **__: Any) -> str:
    head: bytes = connection._buffer[0]  # noqa: SLF001 - kept there until now, line by line
    return head.decode("latin-1")


_AIOHTTP, _HTTPX = "shim.doors.aiohttp.session", "shim.doors.httpx_family.clients"
_URLLIB3, _UNCOVERED = "shim.doors.urllib3.door", "shim.doors.uncovered"

Methods = dict[tuple[str, str], "Callable[..., Any]"]
SERVED: dict[str, Methods] = {
    "aiohttp": {("ClientSession", "_request"): _served(_of_session, f"{_AIOHTTP}:send", waits=True, follows=True)},
    **{
        name: {
            ("Client", "send"): _served(_path, f"{_HTTPX}:door_of:{name}:blocking", follows=True),
            ("AsyncClient", "send"): _served(_path, f"{_HTTPX}:door_of:{name}:awaited", waits=True, follows=True),
        }
        for name in ("httpx", "httpx2")
    },
    "requests": {("Session", "get_adapter"): _served(_first, "shim.doors.requests.adapter:get_adapter")},
    "urllib3": {
        (kind, "urlopen"): _served(_second, f"{_URLLIB3}:urlopen") for kind in ("PoolManager", "HTTPConnectionPool")
    },
    "urllib.request": {("OpenerDirector", "open"): _served(_first, "shim.doors.stdlib:open_url")},
}
"""Library -> class and method -> what is called in its place."""

UNSERVED: dict[str, Methods] = {
    "http.client": {("HTTPConnection", "endheaders"): _served(_head, "shim.doors.stdlib:endheaders")},
    "niquests": {
        (kind, "send"): _served(_first, f"{_UNCOVERED}:door_of:niquests") for kind in ("Session", "AsyncSession")
    },
    "tornado.httpclient": {("AsyncHTTPClient", "fetch"): _served(_first, f"{_UNCOVERED}:door_of:tornado.httpclient")},
    "twisted.web.client": {
        ("Agent", "request"): _served(_second, f"{_UNCOVERED}:door_of:twisted.web.client")
    },  # treq's too
    "curl_cffi.requests": {
        (kind, "request"): _served(_second, f"{_UNCOVERED}:door_of:curl_cffi.requests")
        for kind in ("Session", "AsyncSession")
    },
}
"""The same for libraries whose calls go out as they are, and the program is warned of retired ones first."""

LIBRARIES = {**SERVED, **UNSERVED}
