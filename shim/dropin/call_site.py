"""Where in a program a call is made: the innermost line of the program's own code that leads to it.

Its own code is what neither the standard library, nor an HTTP library or event loop, nor, if there is any other,
an installed package has in it. This is looked for only when a warning or a line of the inventory may be due.
"""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from itertools import islice
from pathlib import Path
from types import FrameType
from typing import Any

from shim.inventory import CallSite

_OURS = str(Path(__file__).resolve().parents[1])
_STDLIB = tuple({sysconfig.get_path(name) for name in ("stdlib", "platstdlib")})
_PLUMBING = frozenset(
    {
        *("httpx", "httpcore", "httpx2", "httpcore2", "requests", "requests_toolbelt", "urllib3", "niquests"),
        *("urllib3_future", "httplib2", "curl_cffi", "tornado", "treq", "twisted"),
        *(
            "aiohttp",
            "aiohttp_retry",
            "aiosignal",
            "frozenlist",
            "multidict",
            "propcache",
            "yarl",
            "h11",
            "h2",
            "hishel",
        ),
        *("anyio", "sniffio", "trio", "outcome", "uvloop", "tenacity", "backoff", "wrapt", "opentelemetry"),
    }
)
"""Installed packages that stand between a program and the network, whoever calls them."""

_FARTHEST = 16
"""Tasks that are followed from the one that makes a call to those that wait for it."""

_DEEPEST = 200
"""Coroutines that are followed within a task."""


def call_site() -> CallSite:
    """Return the place in the program's own code that the current call comes from.

    That is the innermost frame outside HTTP libraries, event loops, the standard library and, if
    there is such a frame, installed packages: an SDK's caller and not the SDK. Where the call has a task, or a
    thread of a pool, to itself, it is the line that waits for it, or at which the loop's main task is; where the
    loop was started if neither is known.
    """
    own = sys._getframe(1)  # noqa: SLF001 - documented, and what warnings.warn is made of
    place = _on_stack(own.f_back) or own
    return CallSite(place.f_code.co_filename, place.f_lineno, _module(place), _library(own.f_back))


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__", ""))


def _library(frame: FrameType | None) -> str:
    """Return the name of the drop-in that asks: its room is named after its library."""
    package, _, rest = ("" if frame is None else _module(frame)).partition(".")
    return rest.partition(".")[0] if package == "shim" else ""


def _on_stack(frame: FrameType | None) -> FrameType | None:
    """Return the frame of the program that leads here, else of a package, else where an HTTP library is entered."""
    package: FrameType | None = None
    entered: FrameType | None = None
    task = _current_task()
    root = None if task is None else _frame(_coroutine(task))
    while frame is not None:
        kind = _kind(frame.f_code.co_filename)
        if kind == "program":
            return frame
        if kind == "package":
            package = package or frame
        elif "-packages" in frame.f_code.co_filename:
            entered = frame
        if frame is root or frame.f_code.co_name in _ENDS:
            try:
                found = _beside(frame, task if frame is root else None)
            except Exception:  # noqa: BLE001 - a look into libraries' private parts must not break a call
                found = None
            if found is not None:
                return found
        frame = frame.f_back
    return package or entered


def _beside(frame: FrameType, task: Any) -> FrameType | None:
    """Return the program's frame that is not below this one on the stack, but waits for what it does.

    ``task`` is the running one where this is its outermost frame.
    """
    if task is not None:
        # A task that is begun at once, where it is made, has its maker below it.
        begun_at_once = frame.f_back is not None and frame.f_back.f_code.co_filename.endswith(_TASKS)
        return None if begun_at_once else _waiting_for(task)
    filename = frame.f_code.co_filename
    if filename.endswith(_LOOPS):
        return _innermost(_coroutine(frame.f_locals["future"]))
    if filename.endswith(_RUNNERS):
        return _innermost(_coroutine(frame.f_locals["task"]))
    if filename.endswith(_POOLS):
        future = frame.f_locals["self"].future
        return _waiting_for(future) or _handing_over(future)
    if filename.endswith(_ANYIO):
        return _waiting_for(frame.f_locals["future"])
    return None


_ENDS = frozenset({"run", "run_until_complete"})
"""Functions of the standard library below which there is no more of the program that makes a call."""


def _handing_over(future: Any) -> FrameType | None:
    """Return the program's frame in a thread that just gives a pool its work, or waits for the result."""
    for frame in islice(sys._current_frames().values(), _FARTHEST):  # noqa: SLF001 - documented
        found, at = False, frame
        for _ in range(_DEEPEST):
            code = at.f_code
            if found and _kind(code.co_filename) == "program":
                return at
            if code.co_name in {"submit", "result"} and _FUTURES in code.co_filename:
                found = found or future in (at.f_locals.get("f"), at.f_locals.get("self"))
            if at.f_back is None:
                break
            at = at.f_back
    return None


_FUTURES = os.path.join("concurrent", "futures", "")  # noqa: PTH118 - the middle of a path
_TASKS, _LOOPS, _RUNNERS, _POOLS, _ANYIO = (
    os.path.join(*parts)  # noqa: PTH118 - the end of a path
    for parts in (
        ("asyncio", "tasks.py"),
        ("asyncio", "base_events.py"),
        ("asyncio", "runners.py"),
        ("concurrent", "futures", "thread.py"),
        ("anyio", "_backends", "_asyncio.py"),
    )
)


def _current_task() -> Any:
    """Return the task of asyncio or trio that runs in this thread, None without one; imports neither."""
    for module in ("asyncio", "trio.lowlevel"):
        library: Any = sys.modules.get(module)
        if library is not None:
            with contextlib.suppress(RuntimeError, AttributeError):
                if (task := library.current_task()) is not None:
                    return task
    return None


def _waiting_for(work: Any) -> FrameType | None:
    """Return the program's innermost frame in a task that waits for a task or future, over other tasks if need be."""
    followed = [work]
    for one in followed:  # which grows meanwhile
        for task in _waiters(one):
            frame = _innermost(_coroutine(task))
            if frame is not None:
                return frame
            if len(followed) < _FARTHEST and all(task is not other for other in followed):
                followed.append(task)
    return None


def _waiters(work: Any, depth: int = 4) -> Iterator[Any]:
    """Yield the tasks that wait for a task or future: alone, or in gather, wait, wait_for, shield or a task group."""
    nursery = getattr(work, "parent_nursery", None)
    if nursery is not None:  # trio's
        yield nursery.parent_task
    for entry in tuple(getattr(work, "_callbacks", None) or getattr(work, "_done_callbacks", None) or ()):
        callback = entry[0] if isinstance(entry, tuple) else entry
        for held in _held_by(callback):
            if held is work:
                continue
            group = getattr(held, "_parent_task", None) or getattr(
                getattr(held, "cancel_scope", None), "_host_task", None
            )
            if group is not None:  # a task group of asyncio or anyio
                yield group
            elif hasattr(held, "get_coro"):
                yield held
            elif depth and hasattr(held, "_asyncio_future_blocking"):
                yield from _waiters(held, depth - 1)


def _held_by(callback: Any) -> Iterator[Any]:
    yield getattr(callback, "__self__", None)
    yield from getattr(callback, "args", ())
    for cell in getattr(callback, "__closure__", None) or ():
        with contextlib.suppress(ValueError):  # an empty one
            yield cell.cell_contents


def _coroutine(task: Any) -> Any:
    return task.coro if hasattr(task, "coro") else task.get_coro()


def _frame(coroutine: Any) -> FrameType | None:
    for name in ("cr_frame", "gi_frame", "ag_frame"):
        if (frame := getattr(coroutine, name, None)) is not None:
            return frame  # type: ignore[no-any-return]  # as types say
    return None


def _innermost(coroutine: Any) -> FrameType | None:
    """Return the innermost frame of the program in what a suspended coroutine awaits."""
    found = None
    for _ in range(_DEEPEST):
        frame = _frame(coroutine)
        if frame is None:
            break
        if _kind(frame.f_code.co_filename) == "program":
            found = frame
        coroutine = next(
            (
                awaited
                for name in ("cr_await", "gi_yieldfrom", "ag_await")
                if (awaited := getattr(coroutine, name, None)) is not None
            ),
            None,
        )
    return found


@cache
def _kind(filename: str) -> str:
    """Tell a program's own file from an installed package's and from plumbing."""
    if filename.startswith("<frozen") or _inside(filename, (_OURS,)):
        return "plumbing"
    folders = Path(filename).parts
    for name in ("site-packages", "dist-packages"):
        if name in folders:
            package = folders[len(folders) - folders[::-1].index(name) :][:1]
            return "plumbing" if package and package[0].removesuffix(".py") in _PLUMBING else "package"
    return "plumbing" if _inside(filename, _STDLIB) else "program"


def _inside(filename: str, folders: tuple[str, ...]) -> bool:
    return any(filename == folder or filename.startswith(folder + os.sep) for folder in folders)
