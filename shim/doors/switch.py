"""Switch the drop-in on and off for a whole process, including existing clients.

The functions of ``served`` replace a library's methods as soon as the program imports
the library. A finder at the front of ``sys.meta_path`` notices the import; no module
here imports a library.
"""

from __future__ import annotations

import os
import sys
import threading
from functools import update_wrapper
from importlib import import_module

from shim.doors.environment import CHECKED, check
from shim.doors.served import LIBRARIES, STATE

TYPE_CHECKING = False  # as type checkers know it; importing typing costs 8 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterator
    from types import ModuleType
    from typing import Any

_CO_COROUTINE = 0x80
"""The flag of an ``async def``'s code.

Importing ``inspect`` for it would cost too much here.
"""


class _Loader:
    """Replaces a module's loader until the module is executed."""

    def __init__(
        self, loader: Any, spec: Any, notify: Callable[[ModuleType], None]
    ) -> None:
        self._loader = loader
        self._spec = spec
        self._notify = notify

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module with its own loader, and call ``notify``.

        An import that fails does not call it.
        """
        self._spec.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._notify(module)


class Finder:
    """Finds modules through the finders after it.

    ``notify`` is called with each executed module of ``names``.

    ``notify`` must not raise, because the import would fail. A module whose loader has
    no ``exec_module`` is skipped.
    """

    def __init__(
        self, names: Container[str], notify: Callable[[ModuleType], None]
    ) -> None:
        self._names = names
        self._notify = notify

    def find_spec(
        self, name: str, path: Any = None, target: ModuleType | None = None
    ) -> Any:
        """Return the spec of a watched module, or None for any other."""
        if name not in self._names:
            return None
        finders = list(sys.meta_path)
        for finder in finders[finders.index(self) + 1 if self in finders else 0 :]:
            find = getattr(finder, "find_spec", None)
            if find is None:
                spec = None
            else:
                spec = find(name, path, target)
            if spec is None:
                continue
            if hasattr(spec.loader, "exec_module"):
                spec.loader = _Loader(spec.loader, spec, self._notify)
            return spec
        return None


_lock = threading.RLock()


def install() -> None:
    """Switch the drop-in on for this process; a second call has no effect.

    Raises SettingsError and DocumentError; changes nothing then.
    """
    settings = check(os.environ)
    with _lock:
        STATE.settings = settings
        STATE.active = True
        if _finder not in sys.meta_path:
            sys.meta_path.insert(0, _finder)
    for name in filter(sys.modules.get, LIBRARIES):
        try:
            # if another thread is importing it, this waits until it is complete
            _hear(import_module(name))
        except ImportError:
            continue


def uninstall() -> None:
    """Switch the drop-in off: every method is as before ``install``.

    A function of the shim that was wrapped in the meantime can't be removed, but it
    does nothing then.
    """
    with _lock:
        STATE.active = False
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not _finder]
        for name, methods in LIBRARIES.items():
            if module := sys.modules.get(name):
                for kind, method in methods:
                    unplace(module, kind, method)


def overtaken() -> None:
    """Switch on before OpenTelemetry's launcher, if it comes first; never raise.

    It may come before the launcher of ``atlas-shim run``.

    OpenTelemetry calls this, through an entry point, in every Python that its launcher
    started.
    """
    if CHECKED not in os.environ:
        return
    try:
        install()
    except Exception as error:  # noqa: BLE001 - the program runs after any exception
        sys.stderr.write(f"atlas-shim: not switched on in {sys.executable}: {error}\n")


def _hear(module: ModuleType) -> None:
    """Patch a library that the program has imported.

    A failure is reported and does not fail the import.
    """
    try:
        with _lock:
            for (kind, method), wrapper in (
                LIBRARIES[module.__name__].items() if STATE.active else ()
            ):
                place(module, kind, method, wrapper)
    except Exception as error:  # noqa: BLE001 - see above
        sys.stderr.write(
            f"atlas-shim: calls of {module.__name__} are not translated: {error}\n"
        )


def place(
    module: ModuleType, kind: str, method: str, wrapper: Callable[..., Any]
) -> None:
    """Replace a method by one that calls ``wrapper``.

    ``wrapper`` gets the bound method, its instance and the arguments.

    A method with one of the shim's functions anywhere in its chain stays unchanged; a
    missing method is logged.
    """
    owner: Any = getattr(module, kind, None)
    if not hasattr(owner, method):
        import logging  # noqa: PLC0415 - every Python under run would pay for it

        logging.getLogger("shim").warning(
            "%s.%s.%s does not exist: its calls are not translated",
            module.__name__,
            kind,
            method,
        )
    elif not any(map(is_ours, chain(owner, method))):
        setattr(
            owner,
            method,
            standing_for(vars(owner).get(method) or getattr(owner, method), wrapper),
        )


def unplace(module: ModuleType, kind: str, method: str) -> None:
    """Restore the original, unless it was replaced again."""
    owner: Any = getattr(module, kind, None)
    if owner is not None:
        link = next(iter(chain(owner, method)), None)
    else:
        link = None
    if is_ours(link):
        setattr(owner, method, getattr(link, "__wrapped__"))  # noqa: B009 - a function's, which mypy does not know


def chain(owner: Any, method: str) -> Iterator[Any]:
    """Yield the functions that replace a method, from the outermost inwards.

    The original is the last.
    """
    link = vars(owner).get(method)
    while link is not None:
        yield link
        link = getattr(link, "__wrapped__", None)


def is_ours(link: Any) -> bool:
    """Return whether one function of a chain is the shim's.

    Other tools may copy its attributes, but not its code.
    """
    return type(link) is type(is_ours) and link.__code__ in _CODES


def standing_for(
    original: Any, wrapper: Callable[..., Any], bind: Callable[..., Any] | None = None
) -> Any:
    """Return the function that replaces a method.

    It calls ``wrapper`` while the drop-in is on, and always if there is a ``bind``.

    ``bind`` returns the method for an instance and its class.
    """
    always = bind is not None
    if bind is None:
        # a mock binds nothing
        bind = (
            original.__get__ if hasattr(original, "__get__") else lambda _, __: original
        )
    is_async = (
        getattr(getattr(original, "__code__", None), "co_flags", 0) & _CO_COROUTINE
    )
    # Marks of other tools stay on their functions: OpenTelemetry's uninstrument uses
    # its own to find them.
    return update_wrapper(
        (_async if is_async else _plain)(bind, wrapper, always), original, updated=()
    )


def _plain(
    bind: Callable[..., Any], wrapper: Callable[..., Any], always: object
) -> Any:
    def standing(instance: Any, *args: Any, **kwargs: Any) -> Any:
        own = bind(instance, type(instance))
        if always or STATE.active:
            return wrapper(own, instance, args, kwargs)
        return own(*args, **kwargs)

    return standing


def _async(
    bind: Callable[..., Any], wrapper: Callable[..., Any], always: object
) -> Any:
    async def standing(instance: Any, *args: Any, **kwargs: Any) -> Any:
        own = bind(instance, type(instance))
        return await (
            wrapper(own, instance, args, kwargs)
            if always or STATE.active
            else own(*args, **kwargs)
        )

    return standing


_CODES = {_plain(len, len, 1).__code__, _async(len, len, 1).__code__}

_finder = Finder(frozenset(LIBRARIES), _hear)
