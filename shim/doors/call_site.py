"""Find the innermost line of a program's own code that makes a call.

It inspects only the calling thread: its frames, and the tasks of the loop that runs in
it. Reading frames or coroutines of other threads is never safe. Getting them may wait
for a lock forever (CPython 3.11, gh-106883), and reading them while they run has
crashed 3.13 and free-threaded builds.
"""

from __future__ import annotations

import contextlib
import os
import sys
import sysconfig
from collections import deque
from functools import lru_cache, partial
from pathlib import Path
from types import BuiltinMethodType, FrameType, FunctionType, MethodType
from typing import Any

import attrs

from shim.tools.inventory.writing import CallSite

_OURS = os.path.join(Path(__file__).resolve().parents[1], "")  # noqa: PTH118 - with a separator at its end
_STDLIB = tuple(
    {os.path.join(sysconfig.get_path(name), "") for name in ("stdlib", "platstdlib")}  # noqa: PTH118 - as above
)
_COMMANDS = os.path.join(sysconfig.get_path("scripts"), "")  # noqa: PTH118 - as above
_PLUMBING = frozenset({
    "aiohttp", "aiohttp_retry", "aiosignal", "anyio", "asgiref", "backoff", "billiard", "celery", "curl_cffi",
    "frozenlist", "gevent", "greenlet", "h11", "h2", "hishel", "httpcore", "httpcore2", "httplib2", "httpx", "httpx2",
    "joblib", "multidict", "niquests", "opentelemetry", "outcome", "propcache", "requests", "requests_toolbelt", "rq",
    "sniffio", "tenacity", "tornado", "treq", "trio", "twisted", "urllib3", "urllib3_future", "uvloop", "wrapt", "yarl",
})  # fmt: skip
"""Installed packages between a program and the network, or that run functions for it."""

_RUNNERS = frozenset({
    "_asyncio", "_queue", "_thread", "anyio", "asyncio", "concurrent", "gevent", "multiprocessing", "outcome", "queue",
    "threading", "trio",
})  # fmt: skip
"""Modules that run a program's functions in tasks and threads."""

_TASKS = frozenset({"_asyncio", "anyio", "asyncio", "trio"})
"""Modules whose objects link a task to the code that waits for it."""

_WAITING = ("outer", "waiter", "destination", "done", "self", "future")
"""Names of variables, in functions of ``_TASKS``, that link running code to its waiter."""
_WAITED = (
    "__self__", "args", "_callback", "_callbacks", "_done", "_getters", "_parent_task", "cancel_scope", "_host_task",
    "parent_nursery", "parent_task",
)  # fmt: skip
"""Names of attributes that do the same."""

_LINKS = frozenset(
    {list, tuple, deque, partial, BuiltinMethodType, FunctionType, MethodType}
)
"""Other types from such packages."""

# how many objects are followed from the caller to the code that waits for it
_FARTHEST = 64
_DEEPEST = 200  # how many coroutines are followed within a task


def call_site() -> CallSite:
    """Return the place in the program's own code that the current call comes from.

    That is the innermost frame outside HTTP libraries, event loops, the standard
    library and, if possible, installed packages: an SDK's caller instead of the SDK.
    For a task without such a frame, it is the place in the same loop that waits for the
    task, or else the line that started the loop. Without any, as in a thread that was
    given a library's function, the line is 0, the file is the one that was started, and
    ``target`` is the function's name.
    """
    here = sys._getframe(1)  # noqa: SLF001 - documented, and used by warnings.warn
    task, root = _current_task()
    frame: FrameType | None = here
    while frame is not None and _kind(frame) != "program":
        frame = None if frame is root else frame.f_back
    if (place := frame or _elsewhere(task, root, here)) is None:
        started = str(
            getattr(sys.modules.get("__main__"), "__file__", None) or "<unknown>"
        )
        return CallSite(started, 0, "__main__", _target(here, root))
    return CallSite(
        place.f_code.co_filename,
        place.f_lineno,
        str(place.f_globals.get("__name__", "")),
    )


def _current_task() -> tuple[Any, FrameType | None]:
    """Return the asyncio or trio task that runs in this thread, and its first frame."""
    # a module that another thread is importing lacks names
    with contextlib.suppress(Exception):
        asyncio: Any = sys.modules.get("asyncio")
        if asyncio is not None and asyncio._get_running_loop() is not None:  # noqa: SLF001 - public, and raises nothing
            task = asyncio.current_task()
        else:
            task = sys.modules["trio"].lowlevel.current_task()
        return task, _begun(_coroutine(task))
    return None, None


def _elsewhere(task: Any, root: FrameType | None, here: FrameType) -> FrameType | None:
    """Return the program's frame that waits for a task.

    Without one, the frame below the task, else that of an installed package.
    """
    if task is not None:
        # inspecting private parts must not break a call
        with contextlib.suppress(Exception):
            waiters = _Waiters(_loop_of(task))
            if (found := waiters.find(task)) is not None:
                return found
            if waiters.leads_away or (
                root is not None and _module(root).startswith("trio._threads")
            ):
                return None  # another thread waits for it
    frames: list[FrameType] = []
    frame: FrameType | None = here
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    return next(
        (
            each
            for kind in ("program", "package")
            for each in frames
            if _kind(each) == kind
        ),
        None,
    )


def _target(here: FrameType, root: FrameType | None) -> str:
    """Return the name of the function that a thread or task runs.

    It is the outermost function outside the runner.
    """
    found = ""
    frame: FrameType | None = here
    while frame is not None:
        module = _module(frame)
        if _top(module) not in _RUNNERS and not frame.f_code.co_filename.startswith(
            _OURS
        ):
            found = f"{module}.{frame.f_code.co_qualname}"
        frame = None if frame is root else frame.f_back
    return found


@attrs.define(eq=False)
class _Waiters:
    """A search for the code that waits for a task, through other tasks of its loop."""

    loop: Any
    """None for a trio task, because trio runs one loop in a thread."""
    leads_away: bool = False
    """Whether something outside the loop waits for it, such as another thread."""

    def find(self, task: Any) -> FrameType | None:
        """Return the program's innermost frame in a task that waits for this one.

        The task may wait through other tasks.
        """
        seen: dict[int, Any] = {}  # keeps the objects alive, so that no id is reused
        todo = deque([task])
        while todo and len(seen) < _FARTHEST:
            each = todo.popleft()
            if id(each) in seen or not self._may_be_read(each):
                continue
            seen[id(each)] = each
            if (frame := _innermost(_coroutine(each))) is not None:
                return frame
            if type(each) in {list, tuple, deque}:
                todo.extend(each)
            elif type(each) is FunctionType:
                cells = zip(
                    each.__code__.co_freevars, each.__closure__ or (), strict=True
                )
                todo.extend(
                    cell.cell_contents for name, cell in cells if name in _WAITING
                )
            else:
                todo.extend(getattr(each, name, None) for name in _WAITED)
        return None

    def _may_be_read(self, each: Any) -> bool:
        """Return whether an object belongs to this thread, or only links two that do."""
        if type(each) in _LINKS:
            return True
        top = _top(type(each).__module__)
        if top == "concurrent":  # a future that threads wait for
            self.leads_away = True
        if top not in _TASKS:
            return False
        if self.loop is not None and _loop_of(each) not in {None, self.loop}:
            self.leads_away = True
            return False
        return True


def _loop_of(each: Any) -> Any:
    """Return the loop of an asyncio future or task, or None."""
    if hasattr(each, "get_loop"):
        return each.get_loop()
    return None


def _coroutine(task: Any) -> Any:
    if hasattr(task, "get_coro"):
        coroutine = task.get_coro()
    else:
        coroutine = getattr(task, "coro", None)
    return getattr(coroutine, "_coro", coroutine)  # aiohttp wraps it in an object


def _innermost(coroutine: Any) -> FrameType | None:
    """Return the program's innermost frame among what a coroutine awaits.

    It is None if the coroutine is running.
    """
    found = None
    for _ in range(_DEEPEST):
        if (frame := _begun(coroutine)) is None or getattr(
            coroutine, "cr_running", False
        ):
            break
        if _kind(frame) == "program":
            found = frame
        coroutine = getattr(coroutine, "cr_await", None)
    return found


def _begun(coroutine: Any) -> Any:
    """Return the frame of a coroutine, or of a generator used as one."""
    return getattr(coroutine, "cr_frame", None) or getattr(coroutine, "gi_frame", None)


def _kind(frame: FrameType) -> str:
    """Classify a file as the program's own code, a package's, or plumbing.

    An installed package may be the one whose command started the program.
    """
    code = frame.f_code
    if (
        code.co_name == "<module>"
        and "exit" in code.co_names
        and code.co_filename.startswith(_COMMANDS)
    ):
        return "package"
    return _kind_of(code.co_filename, _module(frame))


def _module(frame: FrameType) -> str:
    return str(frame.f_globals.get("__name__"))


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
            if package and package[0].removesuffix(".py") in _PLUMBING:
                return "plumbing"
            return "package"
    # In an archive or a PyInstaller bundle, a file's path does not show its owner, but
    # its module does.
    top = _top(module)
    is_plumbing = (
        filename.startswith(_STDLIB)
        or top in _PLUMBING
        or top in sys.stdlib_module_names
        or top == "shim"
    )
    return "plumbing" if is_plumbing else "program"
