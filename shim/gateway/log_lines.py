"""Log lines written by a thread of their own, so that whoever reads them slowly, or not at all, holds nobody up."""

from __future__ import annotations

import contextlib
import logging
import os
import queue
import select
import sys
import threading
import time
from collections.abc import Iterator

MOST = 4096
"""Lines that may wait to be written; more are dropped and counted."""

_PATIENCE = 2.0
"""Seconds that the end of a program waits for the reader of its log."""

_TELL_EVERY = 1.0
"""Seconds at least between two lines that say how many were dropped."""

_lost = 0


def dropped() -> int:
    """Return how many lines this process has dropped."""
    return _lost


def set_up(level: int | str, who: str = "") -> None:
    """Send log lines to stderr: those of the shim from this level on, those of its libraries from warning on."""
    text = f"%(asctime)s %(levelname)-7s %(name)s{who}: %(message)s"
    logging.basicConfig(format=text, level=logging.WARNING)
    logging.getLogger("shim").setLevel(level)


class LogLines(logging.Handler):
    """Queues lines for a file descriptor, which may be a pipe that nobody reads.

    logging's own QueueListener waits for ever at its end, and a daemon thread that is inside ``sys.stderr``
    then aborts the interpreter. So the thread here writes to the descriptor itself.
    """

    def __init__(self, descriptor: int, most: int = MOST) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._waiting: queue.Queue[str | None] = queue.Queue(most)
        self._dropped = 0
        self._told = 0
        self._told_at = 0.0
        self._thread = threading.Thread(target=self._work, name="log lines", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Have one line written, or count it as dropped; never waits."""
        global _lost  # noqa: PLW0603 - the count is the process's, and only ever read elsewhere
        try:
            self._waiting.put_nowait(self.format(record))
        except queue.Full:
            # logging calls this with the handler's lock held.
            self._dropped += 1
            _lost += 1
        except Exception:  # noqa: BLE001 - a record that can't be formatted is logging's to report
            self.handleError(record)

    def finish(self, patience: float = _PATIENCE) -> None:
        """Return when all lines are written, or after so many seconds."""
        end = time.monotonic() + patience
        with contextlib.suppress(queue.Full):
            self._waiting.put(None, timeout=patience)
        self._thread.join(max(0.0, end - time.monotonic()))

    def _work(self) -> None:
        while (text := self._waiting.get()) is not None:
            self._write(text)
            self._tell()

    def _tell(self) -> None:
        missing = self._dropped - self._told
        if missing and (self._waiting.empty() or time.monotonic() >= self._told_at + _TELL_EVERY):
            self._told, self._told_at = self._told + missing, time.monotonic()
            message = "%s log lines were dropped, since nobody read them"
            self._write(self.format(logging.LogRecord("shim", logging.WARNING, __file__, 0, message, (missing,), None)))

    def _write(self, text: str) -> None:
        left = f"{text}\n".encode(errors="backslashreplace")
        # A reader that is gone for good is no reason to end.
        with contextlib.suppress(OSError):
            while left:
                try:
                    left = left[os.write(self._descriptor, left) :]
                except BlockingIOError:
                    # Somebody who shares the descriptor made it so.
                    select.select((), (self._descriptor,), ())


@contextlib.contextmanager
def apart() -> Iterator[None]:
    """Write what the root logger sends to stderr in a thread, for the length of a ``with`` block.

    Where stderr is no file there is nothing to wait for, and nothing changes.
    """
    root = logging.getLogger()
    before = [one for one in root.handlers if type(one) is logging.StreamHandler and one.stream is sys.stderr]
    try:
        descriptor = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        before = []
    if not before:
        yield
        return
    lines = LogLines(descriptor)
    lines.setFormatter(before[0].formatter)
    for one in before:
        root.removeHandler(one)
    root.addHandler(lines)
    try:
        yield
    finally:
        root.removeHandler(lines)
        for one in before:
            root.addHandler(one)
        lines.finish()
