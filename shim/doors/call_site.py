"""Where in a program a call is made: the innermost line of the program's own code that leads to it."""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from functools import lru_cache
from pathlib import Path
from types import FrameType
from typing import Any

from shim.tools.inventory.writing import CallSite

_OURS = os.path.join(Path(__file__).resolve().parents[1], "")  # noqa: PTH118 - with a separator at its end
_STDLIB = tuple({os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib")})  # noqa: PTH118 - as above
_PLUMBING = frozenset({
    "aiohttp", "aiohttp_retry", "aiosignal", "anyio", "backoff", "curl_cffi", "frozenlist", "h11", "h2", "hishel",
    "httpcore", "httpcore2", "httplib2", "httpx", "httpx2", "multidict", "niquests", "opentelemetry", "outcome",
    "propcache", "requests", "requests_toolbelt", "sniffio", "tenacity", "tornado", "treq", "trio", "twisted",
    "urllib3", "urllib3_future", "uvloop", "wrapt", "yarl",
})  # fmt: skip
"""Installed packages that stand between a program and the network."""

_FARTHEST = 16  # tasks that are followed from the one that makes a call to those that wait for it
_DEEPEST = 200  # coroutines that are followed within a task


def call_site() -> CallSite:
    """Return the place in the program's own code that the current call comes from.

    That is the innermost frame outside HTTP libraries, event loops, the standard library and, if possible, installed
    packages: an SDK's caller and not the SDK. A task of asyncio without such a frame has the place that awaits it.
    """
    asyncio: Any = sys.modules.get("asyncio")
    running = getattr(asyncio, "_get_running_loop", None)  # not there while another thread imports asyncio
    task = asyncio.current_task() if running is not None and running() is not None else None
    root = None if task is None else getattr(task.get_coro(), "cr_frame", None)
    here = sys._getframe(1)  # noqa: SLF001 - documented, and what warnings.warn is made of
    frame: FrameType | None = here
    while frame is not None and _kind(frame) != "program":
        frame = None if frame is root else frame.f_back
    place = frame or _elsewhere(task, here) or here
    return CallSite(place.f_code.co_filename, place.f_lineno, str(place.f_globals.get("__name__", "")))


def _elsewhere(task: Any, frame: FrameType | None) -> FrameType | None:
    """Return the program's frame that awaits a task, else one below it, else a package's or a library's."""
    with contextlib.suppress(Exception):  # a look into asyncio's private parts must not break a call
        if (found := _awaiting(task)) is not None:
            return found
    frames: list[FrameType] = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    entered = [each for each in frames if "-packages" in each.f_code.co_filename]
    ranked = (each for kind in ("program", "package") for each in frames if _kind(each) == kind)
    return next(ranked, entered[-1] if entered else None)


def _awaiting(task: Any) -> FrameType | None:
    """Return the program's innermost frame in the task that awaits this one, over other tasks if need be."""
    for _ in range(_FARTHEST):
        # What is called when a task is done: the waking of the task that awaits it, or a TaskGroup's method.
        owners = [getattr(callback, "__self__", None) for callback, _ in getattr(task, "_callbacks", None) or ()]
        tasks = [getattr(owner, "_parent_task", owner) for owner in owners]
        task = next((each for each in tasks if hasattr(each, "get_coro")), None)
        if task is None:
            return None
        if (frame := _innermost(task.get_coro())) is not None:
            return frame
    return None


def _innermost(coroutine: Any) -> FrameType | None:
    """Return the innermost frame of the program in what a suspended coroutine awaits."""
    found = None
    for _ in range(_DEEPEST):
        frame = getattr(coroutine, "cr_frame", None)
        if frame is None:
            break
        if _kind(frame) == "program":
            found = frame
        coroutine = coroutine.cr_await
    return found


def _kind(frame: FrameType) -> str:
    """Tell a program's own code from an installed package's and from plumbing."""
    return _kind_of(frame.f_code.co_filename, str(frame.f_globals.get("__name__")))


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
    top = module.partition(".")[0]
    is_plumbing = filename.startswith(_STDLIB) or top in _PLUMBING or top in sys.stdlib_module_names or top == "shim"
    return "plumbing" if is_plumbing else "program"
