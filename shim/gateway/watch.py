"""Files that are read again when they change: options and documents, certificates, keys.

What changed is read as soon as two looks in a row agree on it. What can't be read, or is of no use, is refused as a
whole, and the last good value stays. Looks and reads have threads that nobody waits for, be it at the program's end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import stat
import threading
from collections import Counter as Tally
from collections.abc import Callable, Iterable, Sequence
from functools import partial
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

from shim.errors import DocumentError, SettingsError

log = logging.getLogger("shim.gateway")

T = TypeVar("T")

EVERY = 0.5
"""Seconds between two looks."""

PATIENCE = 5.0
"""Seconds that a look or a read may take; a pipe or a network's disk may never answer."""

LARGEST = 16 * 1024 * 1024
"""Bytes of one file that is read."""

Stamp = tuple[tuple[str, tuple[int, ...] | None], ...]
_Found = tuple[Stamp, tuple[T] | Exception | None]


@attrs.define(eq=False)
class Watched(Generic[T]):
    """A ``value`` that is made of files; calling it returns that.

    ``files`` lists them and ``read`` makes the value, both in a thread; ``use`` takes it up in the loop, and returns
    what the log says of it. ``refused`` hears why a value is of no use. ``problems`` are those of the files as they are
    now, empty while their value is in use; ``reloads`` counts by result. Raises whatever ``read`` does.
    """

    name: str
    files: Callable[[], Iterable[str | Path]] = attrs.field(repr=False)
    read: Callable[[], T] = attrs.field(repr=False)
    use: Callable[[T], str | None] = attrs.field(default=lambda _: None, repr=False)
    refused: Callable[[Sequence[str]], object] = attrs.field(default=lambda _: None, repr=False)
    problems: tuple[str, ...] = ()
    reloads: Tally[str] = attrs.field(factory=lambda: Tally({"refused": 0, "success": 0}))
    known: Stamp = attrs.field(default=attrs.Factory(lambda self: stamps(self.files()), takes_self=True), repr=False)
    value: T = attrs.field(default=attrs.Factory(lambda self: self.read(), takes_self=True), repr=False)
    _seen: Stamp = attrs.field(default=(), init=False, repr=False)
    _pending: asyncio.Future[_Found[T]] | None = attrs.field(default=None, init=False, repr=False)
    _lock: asyncio.Lock = attrs.field(factory=asyncio.Lock, init=False, repr=False)

    def __call__(self) -> T:
        """Return the last good value."""
        return self.value

    async def look(self, *, now: bool = False, patience: float = PATIENCE) -> bool | None:
        """Look at the files once, and read them if they have changed and come to rest, or ``now``.

        Returns whether a new value is in use, None if nothing was read.
        """
        async with self._lock:
            if self._pending is not None and not self._pending.done():
                return self._refuse(SettingsError("an earlier look at the files has not ended")) if now else None
            self._pending = _in_thread(partial(self._look, now=now))
            await asyncio.wait((self._pending,), timeout=patience)
            if not self._pending.done():
                return self._refuse(SettingsError(f"was not read within {patience:g} seconds"))
            self._seen, read = self._pending.result()
            if read is None:
                return None
            self.known = self._seen
            return self._refuse(read) if isinstance(read, Exception) else self._take(*read)

    def _look(self, *, now: bool) -> _Found[T]:
        """Return how the files are now, and what was read of them, if anything was."""
        found = stamps(self.files())
        if not now and (found != self._seen or found == self.known):
            return found, None
        try:
            _check(found)
            read: tuple[T] | Exception = (self.read(),)
        except Exception as error:  # noqa: BLE001 - the loop logs it
            read = error
        # What was read may be of the old files and of the new.
        return found, read if now or stamps(self.files()) == found else None

    def _take(self, value: T) -> bool:
        try:
            said = self.use(value)
        except Exception as error:  # noqa: BLE001 - a defect here must not end the watch, nor the gateway
            return self._refuse(error)
        self.value, self.problems = value, ()
        self.reloads["success"] += 1
        log.info("new %s in use%s", self.name, f": {said}" if said else "")
        return True

    def _refuse(self, error: Exception) -> bool:
        known = isinstance(error, (SettingsError, DocumentError))  # an operator's mistake needs no traceback
        self.problems = tuple(getattr(error, "problems", ())) or (str(error) or repr(error),)
        self.reloads["refused"] += 1
        text = "; ".join(self.problems)
        log.error("new %s refused, the last good stay: %s", self.name, text, exc_info=None if known else error)
        self.refused(self.problems)
        return False


class Watcher:
    """Looks at everything that is ``watched``, one after the other, until ``stop``."""

    def __init__(self) -> None:
        self.watched: list[Watched[Any]] = []
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Look from now on; needs a running loop."""
        if self.watched:
            self._task = asyncio.get_running_loop().create_task(self._run())

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(EVERY)
            for one in self.watched:
                await one.look()

    def stop(self) -> None:
        """Look no more."""
        if self._task is not None:
            self._task.cancel()


def _in_thread(work: Callable[[], T]) -> asyncio.Future[T]:
    """Return what comes of work in a thread that nobody waits for, be it at the program's end."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[T] = loop.create_future()

    def run() -> None:
        found = work()
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(done.set_result, found)

    threading.Thread(target=run, name="watched files", daemon=True).start()
    return done


def stamps(paths: Iterable[str | Path]) -> Stamp:
    """Return what changes whenever one of the files does: for each its path, and what stat(2) says, None if it fails.

    Links are followed to the file itself, so that one that is turned to another folder counts (Kubernetes swaps
    ``..data`` below a mounted ConfigMap or Secret).
    """
    return tuple((str(path), _stat(path)) for path in paths)


def _stat(path: str | Path) -> tuple[int, ...] | None:
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_mode, found.st_size, found.st_dev, found.st_ino, found.st_mtime_ns, found.st_ctime_ns


def _check(found: Stamp) -> None:
    """Raise SettingsError for what is neither a file nor a folder, and for a file that is too large."""
    problems = []
    for path, (mode, size, *_) in [(path, one) for path, one in found if one is not None]:
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            problems.append(f"{path}: is not a regular file")
        elif size > LARGEST:
            problems.append(f"{path}: has more than {LARGEST} bytes")
    if problems:
        raise SettingsError(*problems)
