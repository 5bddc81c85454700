"""Switching the drop-in on and off for a whole process, clients that exist already included.

The functions in ``PATCHES`` are wrapped, each where its library defines it, as soon as the program imports the
library; none is imported here. A retired call then goes through the library's room (shim.httpx, shim.requests,
shim.urllib3, shim.stdlib), imported when the first one is made. One by a library that has no room is told.
"""

from __future__ import annotations

import os
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import Any

import attrs
import wrapt

from shim.dropin.runtime import concerns, prepare

LAUNCH = Path(__file__).with_name("launch")
"""The folder of the sitecustomize that ``atlas-shim run`` puts first in PYTHONPATH."""


def _shown(proxy: Any, name: str) -> Any:
    """Return an attribute of what a proxy stands for, but for other people's marks.

    OpenTelemetry marks its functions; a proxy that showed the mark of one below would be removed
    in its place.
    """
    if name.startswith("opentelemetry_"):
        raise AttributeError(name)
    return getattr(proxy.__wrapped__, name)


class _Bound(wrapt.BoundFunctionWrapper):  # type: ignore[type-arg]  # generic for type checkers only, in some versions
    def __getattr__(self, name: str) -> Any:
        return _shown(self, name)


class Wrapper(wrapt.FunctionWrapper):  # type: ignore[type-arg]  # as above
    """A function wrapper of the shim's own class, so that it can be told from other people's."""

    __bound_function_wrapper__ = _Bound

    def __getattr__(self, name: str) -> Any:
        return _shown(self, name)


@attrs.define
class _State:
    active: bool = False
    registered: set[str] = attrs.field(factory=set)


_state = _State()
_lock = threading.RLock()


def install() -> None:
    """Switch the drop-in on for this process; once is as good as twice.

    Raises SettingsError and DocumentError, and changes nothing then.
    """
    prepare()
    with _lock:
        _state.active = True
        for name in PATCHES:
            if name in _state.registered:
                _patch(sys.modules.get(name))
            else:
                _state.registered.add(name)
                wrapt.register_post_import_hook(_patch, name)


def overtaken() -> None:
    """Switch it on where OpenTelemetry's launcher stands before the one of ``atlas-shim run``.

    OpenTelemetry calls this, by an entry point, in every Python that its launcher started and where
    atlas-shim is installed; without ``atlas-shim run`` nothing happens. Nothing is raised.
    """
    if str(LAUNCH) not in os.environ.get("PYTHONPATH", "").split(os.pathsep):
        return
    try:
        install()
    except Exception as error:  # noqa: BLE001 - whatever it is, the program runs
        sys.stderr.write(f"atlas-shim: not switched on in {sys.executable}: {error}\n")


def uninstall() -> None:
    """Switch it off again: every function is what it was before ``install``.

    A wrapper that somebody has wrapped in the meantime can't be taken out; it does nothing then.
    """
    with _lock:
        _state.active = False
        for name, patches in PATCHES.items():
            module = sys.modules.get(name)
            for kind, method in patches if module else ():
                owner = getattr(module, kind, None)
                function = vars(owner).get(method) if owner is not None else None
                if type(function) is Wrapper:
                    setattr(owner, method, function.__wrapped__)
        if hooks := sys.modules.get("shim.httpx._hooks"):
            hooks.abandon()


def installed() -> bool:
    """Tell whether the drop-in is on."""
    return _state.active


def is_ours(link: Any) -> bool:
    """Tell whether a link of a chain is the shim's; somebody who read it from the class has it bound."""
    return type(link) in {Wrapper, _Bound}


def chain(owner: Any, method: str) -> Iterator[Any]:
    """Yield what stands in the place of a method, the outermost wrapper first, the original last."""
    link = vars(owner).get(method)
    while link is not None:
        yield link
        link = getattr(link, "__wrapped__", None)


def _patch(module: ModuleType | None) -> None:
    with _lock:
        if module is None or not _state.active:
            return
        for (kind, method), wrapper in PATCHES[module.__name__].items():
            owner = getattr(module, kind)
            if not any(map(is_ours, chain(owner, method))):
                wrapt.wrap_object(owner, method, Wrapper, (wrapper,))


def _httpx(name: str, wrapped: Callable[..., Any], client: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    request = args[0] if args else kwargs.get("request")
    # The path alone: httpx puts a URL's text together anew each time it is asked for it.
    if not _state.active or not concerns(getattr(getattr(request, "url", None), "raw_path", b"").decode("ascii")):
        return wrapped(*args, **kwargs)
    return getattr(import_module("shim.httpx._send"), name)(client, wrapped, *args, **kwargs)


def _requests(
    name: str, wrapped: Callable[..., Any], session: Any, args: tuple[Any, ...], kwargs: dict[str, Any]
) -> Any:
    request = args[0] if args else kwargs.get("request")
    url = getattr(request, "url", "")
    if not _state.active or not concerns(url if isinstance(url, str) else str(url)):
        return wrapped(*args, **kwargs)
    return getattr(import_module("shim.requests._send"), name)(session, wrapped, *args, **kwargs)


def _urllib3(wrapped: Callable[..., Any], owner: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    url = args[1] if len(args) > 1 else kwargs.get("url")
    if not _state.active or not isinstance(url, str) or not concerns(url):
        return wrapped(*args, **kwargs)
    return import_module("shim.urllib3._send").urlopen(owner, wrapped, *args, **kwargs)


def _urllib_request(wrapped: Callable[..., Any], opener: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    url = args[0] if args else kwargs.get("fullurl")
    if not _state.active or not concerns(url if isinstance(url, str) else getattr(url, "full_url", "")):
        return wrapped(*args, **kwargs)
    return import_module("shim.stdlib.opener").open_url(opener, wrapped, *args, **kwargs)


def _http_client(wrapped: Callable[..., Any], connection: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    if _state.active:
        import_module("shim.stdlib.client").look_at(connection)
    return wrapped(*args, **kwargs)


def _niquests(wrapped: Callable[..., Any], _: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    request = args[0] if args else kwargs.get("request")
    url = getattr(request, "url", None)
    if not _state.active or not isinstance(url, str) or not concerns(url):
        return wrapped(*args, **kwargs)
    return import_module("shim.dropin.uncovered").leave("niquests", request, wrapped, *args, **kwargs)


PATCHES: Mapping[str, Mapping[tuple[str, str], Callable[..., Any]]] = {
    "httpx": {
        ("Client", "send"): partial(_httpx, "send"),
        ("AsyncClient", "send"): partial(_httpx, "asend"),
    },
    "requests": {
        ("Session", "prepare_request"): partial(_requests, "prepare_request"),
        ("Session", "send"): partial(_requests, "send"),
    },
    "urllib3": {
        ("PoolManager", "urlopen"): _urllib3,
        ("HTTPConnectionPool", "urlopen"): _urllib3,
    },
    "urllib.request": {("OpenerDirector", "open"): _urllib_request},
    # These two are told, not served.
    "http.client": {("HTTPConnection", "endheaders"): _http_client},
    "niquests": {("Session", "send"): _niquests, ("AsyncSession", "send"): _niquests},
}
"""Library -> class and method -> what is called in its place."""
