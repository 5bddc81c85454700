"""Read files again when they change: options and documents, certificates, keys.

Changes are read after two checks in a row agree. Files that can't be read or used are
refused as a whole, and the last good value stays. They are read again after a while,
because a disk may fail once. Each value has its own thread, and nothing waits for it,
not even the end of the program.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any, Generic, TypeVar

import attrs

from shim.errors import DocumentError, SettingsError

log = logging.getLogger("shim.gateway.reload")

T = TypeVar("T")

EVERY = 0.5  # seconds between two checks
# Checks, about a minute, until refused files are read again; the first time it is one
# check.
MOST_LOOKS = 128
# Seconds that a check may take; a pipe or a network disk may never answer.
PATIENCE = 5.0
_NEVER = float("inf")
# Options and documents make one plan: the second must see the result of the first.
_taking_up = threading.Lock()

Stamp = list[tuple[Any, ...]]


@attrs.define(eq=False, repr=False)
class Watched(Generic[T]):
    """A ``value`` that is built from files; raises what ``read`` raises."""

    name: str
    files: Callable[[], Iterable[str | Path]]
    """Lists them."""
    read: Callable[[], T]
    """Builds the value."""
    use: Callable[[T], object] = lambda _: None
    """Puts the value to use."""
    known: Stamp = attrs.field(
        default=attrs.Factory(lambda self: stamps(self.files()), takes_self=True)
    )
    value: T = attrs.field(
        default=attrs.Factory(lambda self: self.read(), takes_self=True)
    )
    good_since: float = attrs.field(factory=time.time, init=False)
    """When the files were last put to use, in seconds since the epoch."""
    refused: float | None = attrs.field(default=None, init=False)
    """When files were last refused."""
    problems: tuple[str, ...] = attrs.field(default=(), init=False)
    """The defect of the current files, empty while they are in use."""
    _seen: Stamp = attrs.field(factory=list, init=False)
    _tried: Stamp = attrs.field(factory=list, init=False)
    """The refused files."""
    _looks_left: int = attrs.field(default=0, init=False)
    """The checks until those are read again."""
    _pause: int = attrs.field(default=1, init=False)
    """The checks between the last two or the next two attempts."""
    _began: float = attrs.field(default=_NEVER, init=False)
    """When the check in progress began (monotonic)."""

    def follow(self, ended: threading.Event) -> None:
        """Check again and again, in a thread that nothing waits for."""
        while not ended.wait(EVERY):
            self._began = time.monotonic()
            self.look()
            self._began = _NEVER

    def look(self) -> bool | None:
        """Read the files if they changed and two checks agree.

        Returns whether they are in use, or None if they were not read.
        """
        before = self._seen
        self._seen = stamps(self.files())
        if self._seen != before or self._seen == self.known or not self._is_time():
            return None
        is_read = False
        try:
            value = self.read()
            is_read = True
            # the files may have changed during reading
            if stamps(self.files()) != self._seen:
                return None
            with _taking_up:
                self.use(value)
                self.value = value
        except Exception as error:  # noqa: BLE001 - a defect here must not end the watch
            if not is_read and stamps(self.files()) != self._seen:
                return None
            self._tried = self._seen
            self._looks_left = self._pause
            return self._refuse(error)
        self.known = self._seen
        self.problems = ()
        self.good_since = time.time()
        log.info("new %s in use", self.name)
        return True

    def _is_time(self) -> bool:
        """Return whether this check reads files that differ from those in use."""
        if self._seen != self._tried:
            self._pause = 1
            return True
        self._looks_left -= 1
        if self._looks_left > 0:
            return False
        self._pause = min(2 * self._pause, MOST_LOOKS)
        return True

    def give_up(self) -> None:
        """Refuse the files if the check in progress takes too long.

        Its result is still used.
        """
        if time.monotonic() - self._began > PATIENCE:
            self._began = _NEVER
            self._refuse(SettingsError(f"was not read within {PATIENCE:g} seconds"))

    def _refuse(self, error: Exception) -> bool:
        # an operator's mistake needs no traceback
        known = isinstance(error, (SettingsError, DocumentError))
        problems = tuple(getattr(error, "problems", ())) or (str(error) or repr(error),)
        # already reported, for the same files
        if problems == self.problems and self._pause > 1:
            return False
        self.problems = problems
        self.refused = time.time()
        said = "; ".join(problems)
        log.error(
            "new %s refused; the last valid ones stay in use: %s",
            self.name,
            said,
            exc_info=None if known else error,
        )
        return False


def stamps(paths: Iterable[str | Path]) -> Stamp:
    """Return the path of each file and its stat(2) result, or None.

    Links are followed, so that a link to another folder counts as a change (Kubernetes
    swaps ``..data`` that way).
    """
    found: Stamp = []
    for path in paths:
        try:
            one = Path(path).stat()
        except OSError:
            found.append((path,))
        else:
            found.append(
                (
                    path,
                    one.st_mode,
                    one.st_size,
                    one.st_dev,
                    one.st_ino,
                    one.st_mtime_ns,
                    one.st_ctime_ns,
                )
            )
    return found
