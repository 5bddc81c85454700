"""Where in a program a call is made: the innermost line of the program's own code that leads to it."""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
import threading
from collections import deque
from collections.abc import Iterable
from functools import lru_cache, partial
from pathlib import Path
from types import BuiltinMethodType, FrameType, FunctionType, MethodType
from typing import Any

from shim.tools.inventory.writing import CallSite

_OURS = os.path.join(Path(__file__).resolve().parents[1], "")  # noqa: PTH118 - with a separator at its end
_STDLIB = tuple({os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib")})  # noqa: PTH118 - as above
_COMMANDS = os.path.join(sysconfig.get_path("scripts"), "")  # noqa: PTH118 - as above
_PLUMBING = frozenset({
    "aiohttp", "aiohttp_retry", "aiosignal", "anyio", "asgiref", "backoff", "billiard", "celery", "curl_cffi",
    "frozenlist", "gevent", "greenlet", "h11", "h2", "hishel", "httpcore", "httpcore2", "httplib2", "httpx", "httpx2",
    "joblib", "multidict", "niquests", "opentelemetry", "outcome", "propcache", "requests", "requests_toolbelt", "rq",
    "sniffio", "tenacity", "tornado", "treq", "trio", "twisted", "urllib3", "urllib3_future", "uvloop", "wrapt", "yarl",
})  # fmt: skip
"""Installed packages that stand between a program and the network, or run what they are handed."""

_RUNNERS = frozenset(
    {"_asyncio", "_queue", "anyio", "asyncio", "concurrent", "multiprocessing", "queue", "threading", "trio"}
)
"""Modules that run what a program hands them in tasks and threads."""

_WAITING = ("outer", "waiter", "destination", "done", "self", "future", "task_register")
"""Names, in functions of ``_RUNNERS``, of what leads from something that is run to who waits for it."""
_WAITED = (
    "__self__", "args", "future", "_callback", "_callbacks", "_done_callbacks", "_done", "_getters",
    "_parent_task", "cancel_scope", "_host_task", "parent_nursery", "parent_task",
)  # fmt: skip
"""The same of attributes."""

_LINKS = frozenset({list, tuple, deque, partial, BuiltinMethodType, FunctionType, MethodType})
"""Other types of what stands between."""

_FARTHEST = 64  # objects that are followed from the one that makes a call to those that wait for it
_DEEPEST = 200  # coroutines that are followed within a task
_LARGEST = 1000  # items of a collection that may hold a future


def call_site() -> CallSite:
    """Return the place in the program's own code that the current call comes from.

    That is the innermost frame outside HTTP libraries, event loops, the standard library and, if possible, installed
    packages: an SDK's caller and not the SDK. A task or a thread without such a frame has the place that waits for it,
    starts it or holds its future. Where there is none the line is 0 and the file the one that was started.
    """
    here = sys._getframe(1)  # noqa: SLF001 - documented, and what warnings.warn is made of
    task, root = _current_task()
    frame: FrameType | None = here
    while frame is not None and _kind(frame) != "program":
        frame = None if frame is root else frame.f_back
    if (place := frame or _elsewhere(task, here)) is None:
        return CallSite(str(getattr(sys.modules.get("__main__"), "__file__", None) or "<unknown>"), 0, "__main__")
    return CallSite(place.f_code.co_filename, place.f_lineno, str(place.f_globals.get("__name__", "")))


def _current_task() -> tuple[Any, FrameType | None]:
    """Return the task of asyncio or trio that runs, and the frame in which it begins."""
    with contextlib.suppress(Exception):  # a module that another thread imports just now lacks names
        asyncio: Any = sys.modules.get("asyncio")
        if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001 - public, and raises nothing
            task = asyncio.current_task()
        else:
            task = sys.modules["trio"].lowlevel.current_task()
        return task, _begun(_coroutine(task))
    return None, None


def _elsewhere(task: Any, frame: FrameType | None) -> FrameType | None:
    """Return the program's frame that waits for a task or thread, else one below it, else an installed package's."""
    frames: list[FrameType] = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    with contextlib.suppress(Exception):  # a look into private parts must not break a call
        running = [each for each in frames if _top(each.f_globals.get("__name__")) in _RUNNERS]
        begun = [task, *(value for each in running if task is None for value in _locals(each))]
        seen: dict[int, Any] = {}
        # Who was still running at the first look waits by the last one.
        if found := _awaiting(begun, seen) or _holding(seen) or _awaiting(begun, {}):
            return found
    return next((each for kind in ("program", "package") for each in frames if _kind(each) == kind), None)


def _locals(frame: FrameType) -> list[Any]:
    """Return what the names of a function of ``_RUNNERS`` stand for; up to CPython 3.12 the frame would keep a copy."""
    held = frame.f_locals
    values = list(held.values())
    if type(held) is dict and held is not frame.f_globals:
        held.clear()
    return values


def _awaiting(started: Iterable[Any], seen: dict[int, Any]) -> FrameType | None:
    """Return the program's innermost frame in a task that waits for one of these, be it by way of other tasks.

    ``seen`` keeps what is looked at, so that no id comes again.
    """
    todo = deque(started)
    while todo and len(seen) < _FARTHEST:
        each = todo.popleft()
        if id(each) in seen or not (type(each) in _LINKS or _is_runners(each)):
            continue
        seen[id(each)] = each
        if (frame := _innermost(_coroutine(each))) is not None:
            return frame
        if type(each) in {list, tuple, deque}:
            todo.extend(each)
        elif type(each) is FunctionType:
            cells = zip(each.__code__.co_freevars, each.__closure__ or (), strict=True)
            todo.extend(cell.cell_contents for name, cell in cells if name in _WAITING)
        else:
            todo.extend(getattr(each, name, None) for name in _WAITED)
    return None


def _holding(seen: dict[int, Any]) -> FrameType | None:
    """Return the program's frame in another thread that holds what was seen, such as a future or a thread."""
    sought = {key for key, value in seen.items() if _is_runners(value)}
    others = sys._current_frames() if sought else {}  # noqa: SLF001 - documented
    others.pop(threading.get_ident(), None)  # this function's own frame: a name for it would make a circle
    for innermost in others.values():
        frame: FrameType | None = innermost
        is_held = False
        while frame is not None:
            held = frame.f_locals.values()
            is_held = is_held or any(id(part) in sought for value in held for part in _parts(value))
            # A loop in that thread may run a task of plumbing alone, which others wait for.
            found = frame if _kind(frame) == "program" else _awaiting(held, {}) if is_held else None
            if is_held and found is not None:
                return found
            frame = frame.f_back
    return None


def _parts(value: Any) -> Iterable[Any]:
    """Return a value, and what it holds if it is a collection or belongs to what runs tasks and threads."""
    if type(value) in {list, tuple, set, frozenset, dict}:
        return (value.values() if type(value) is dict else value) if len(value) < _LARGEST else ()
    return (value, *getattr(value, "__dict__", {}).values()) if _is_runners(value) else (value,)


def _is_runners(value: object) -> bool:
    return _top(type(value).__module__) in _RUNNERS


def _coroutine(task: Any) -> Any:
    coroutine = task.get_coro() if hasattr(task, "get_coro") else getattr(task, "coro", None)
    return getattr(coroutine, "_coro", coroutine)  # aiohttp has an object around it


def _innermost(coroutine: Any) -> FrameType | None:
    """Return the innermost frame of the program in what a suspended coroutine awaits.

    None for one that runs, in another thread: only that thread's frames tell where it is.
    """
    found = None
    for _ in range(_DEEPEST):
        if (frame := _begun(coroutine)) is None or getattr(coroutine, "cr_running", False):
            break
        if _kind(frame) == "program":
            found = frame
        coroutine = getattr(coroutine, "cr_await", None)
    return found


def _begun(coroutine: Any) -> Any:
    """Return the frame of a coroutine, or of a generator that is one."""
    return getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)


def _kind(frame: FrameType) -> str:
    """Tell a program's own code from an installed package's, whose command may start it, and from plumbing."""
    code = frame.f_code
    if code.co_name == "<module>" and "exit" in code.co_names and code.co_filename.startswith(_COMMANDS):
        return "package"
    return _kind_of(code.co_filename, str(frame.f_globals.get("__name__")))


def _top(module: object) -> str:
    return str(module).partition(".")[0]


@lru_cache(maxsize=4096)
def _kind_of(filename: str, module: str) -> str:
    if filename.startswith(("<frozen", _OURS)):
        return "plumbing"
    folders = Path(filename).parts
    for name in ("site-packages", "dist-packages"):
        if name in folders:
            package = folders[len(folders) - folders[::-1].index(name) :][:1]
            return "plumbing" if package and package[0].removesuffix(".py") in _PLUMBING else "package"
    # In an archive, and in what PyInstaller makes, a file's path does not say whose it is; its module does.
    top = _top(module)
    is_plumbing = filename.startswith(_STDLIB) or top in _PLUMBING or top in sys.stdlib_module_names or top == "shim"
    return "plumbing" if is_plumbing else "program"
