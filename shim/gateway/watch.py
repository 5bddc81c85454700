"""Files that are read again when they change: options and documents, certificates, keys.

Changes are read as soon as two looks in a row agree. What can't be read or used is refused as a whole, and the last
good value stays. Looks and reads run in threads that nothing waits for, not even the program's end.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

from shim.errors import DocumentError, SettingsError

log = logging.getLogger("shim.gateway.reload")

T = TypeVar("T")

EVERY = 0.5  # seconds between two looks
PATIENCE = 5.0  # seconds that a look or a read may take; a pipe or a network's disk may never answer

Stamp = list[tuple[Any, ...]]


@attrs.define(eq=False)
class Reloads:
    """How files were read again: those of one value, or of several; instants are seconds since the epoch."""

    good_since: float = attrs.field(factory=time.time)
    """When they were last put to use."""
    refused: float | None = None
    """When they were last refused."""
    changes: Sequence[str] = ()
    """What they changed when they were last put to use."""
    by_name: dict[str, tuple[str, ...]] = attrs.field(factory=dict)

    @property
    def problems(self) -> tuple[str, ...]:
        """Those of the files as they are now, empty while their values are in use."""
        return tuple(problem for some in [*self.by_name.values()] for problem in some)


@attrs.define(eq=False, repr=False)
class Watched(Generic[T]):
    """A ``value`` that is made of files; raises whatever ``read`` does."""

    name: str
    files: Callable[[], Iterable[str | Path]]
    """Lists them, in a thread."""
    read: Callable[[], T]
    """Makes the value, in a thread."""
    use: Callable[[T], Sequence[str] | None] = lambda _: None
    """Takes it up in the loop, and may return what changes."""
    reloads: Reloads = attrs.field(factory=Reloads)
    known: Stamp | None = attrs.field(default=attrs.Factory(lambda self: stamps(self.files()), takes_self=True))
    value: T = attrs.field(default=attrs.Factory(lambda self: self.read(), takes_self=True))
    _seen: Stamp = attrs.field(factory=list, init=False)
    _pending: asyncio.Future[tuple[T] | Exception | None] | None = attrs.field(default=None, init=False)

    def again(self) -> None:
        """Have the files read at the next look, changed or not."""
        self.known = None

    async def look(self) -> bool | None:
        """Read the files if they changed and two looks agree; returns whether they are in use, None if not read."""
        if self._pending is not None and not self._pending.done():
            if self.known is not None:
                return None
            self.known = []
            return self._refuse(SettingsError("an earlier look at the files has not ended"))
        loop = asyncio.get_running_loop()
        self._pending = loop.create_future()
        work = loop, self._pending, self.known
        threading.Thread(target=self._look, args=work, name="watched files", daemon=True).start()
        await asyncio.wait((self._pending,), timeout=PATIENCE)
        if not self._pending.done():
            return self._refuse(SettingsError(f"was not read within {PATIENCE:g} seconds"))
        if (read := self._pending.result()) is None:
            return None
        self.known = self._seen
        if isinstance(read, Exception):
            return self._refuse(read)
        (value,) = read
        try:
            changes = self.use(value) or ()
        except Exception as error:  # noqa: BLE001 - a defect here must not end the watch, nor the gateway
            return self._refuse(error)
        self.value, reloads = value, self.reloads
        reloads.by_name[self.name], reloads.good_since, reloads.changes = (), time.time(), changes
        log.info("new %s in use%s", self.name, f": {'; '.join(changes)}" if changes else "")
        return True

    def _look(self, loop: asyncio.AbstractEventLoop, done: asyncio.Future[Any], known: Stamp | None) -> None:
        """In a thread: see how the files are now, and hand over what was read of them, None if nothing was."""
        found, before = stamps(self.files()), self._seen
        read: tuple[T] | Exception | None = None
        if known is None or (found == before and found != known):
            try:
                read = (self.read(),)
            except Exception as error:  # noqa: BLE001 - the loop logs it
                read = error
            # What was read may be of the old files and of the new.
            read = read if known is None or stamps(self.files()) == found else None
        self._seen = found
        with contextlib.suppress(RuntimeError):  # the loop has ended meanwhile
            loop.call_soon_threadsafe(done.set_result, read)

    def _refuse(self, error: Exception) -> bool:
        known = isinstance(error, (SettingsError, DocumentError))  # an operator's mistake needs no traceback
        problems = tuple(getattr(error, "problems", ())) or (str(error) or repr(error),)
        self.reloads.by_name[self.name], self.reloads.refused = problems, time.time()
        said = "; ".join(problems)
        log.error("new %s refused, the last good stay: %s", self.name, said, exc_info=None if known else error)
        return False


async def watch(watched: Sequence[Watched[Any]]) -> None:
    """Look at each of those that have files again and again; a look that hangs holds up no other."""
    await asyncio.gather(*(_watch(one) for one in watched if any(one.files())))


async def _watch(watched: Watched[Any]) -> None:
    while True:
        await asyncio.sleep(EVERY)
        await watched.look()


def stamps(paths: Iterable[str | Path]) -> Stamp:
    """Return for each file its path and what stat(2) says, if that doesn't fail.

    Links are followed, so that one that is turned to another folder counts (Kubernetes swaps ``..data`` so).
    """
    found: Stamp = []
    for path in paths:
        try:
            one = Path(path).stat()
        except OSError:
            found.append((path,))
        else:
            found.append((path, one.st_mode, one.st_size, one.st_dev, one.st_ino, one.st_mtime_ns, one.st_ctime_ns))
    return found
