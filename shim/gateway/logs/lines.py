"""Log lines written by a thread of their own, so that whoever reads them slowly, or not at all, holds nobody up.

The thread wakes a few times a second at most, and makes the text of all lines that came meanwhile: a line costs the
calls' loop no more than being put aside.
"""

from __future__ import annotations

import contextlib
import logging
import os
import select
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator

from shim.gateway.logs.calls import CallLine, logger

MOST = 8192
"""Lines that may wait to be written; more are dropped and counted."""

_PAUSE = 0.05
"""Seconds in which lines gather to be written together."""

_TOGETHER = 256
"""Lines that are written together."""

_PATIENCE = 2.0
"""Seconds that the end of a program waits for the reader of its log."""

_TELL_EVERY = 1.0
"""Seconds at least between two lines that say how many were dropped."""

_lost = 0
_lines: LogLines | None = None


def dropped() -> int:
    """Return how many lines this process has dropped."""
    return _lost


def tell(line: CallLine) -> None:
    """Have a call's line written: by the thread where there is one, else by whatever handler the program has."""
    if not logger.isEnabledFor(line.level):
        return
    if _lines is not None:
        _lines.put(line)
    else:
        logger.log(line.level, "%s", line.text())


class LogLines(logging.Handler):
    """Queues lines for a file descriptor, which may be a pipe that nobody reads.

    logging's own QueueListener waits for ever at its end, and a daemon thread that is inside ``sys.stderr``
    then aborts the interpreter. So the thread here writes to the descriptor itself.
    """

    def __init__(self, descriptor: int, most: int = MOST, *, as_json: bool = False) -> None:
        super().__init__()
        self._descriptor = descriptor
        self._most = most
        self._as_json = as_json
        self._waiting: deque[logging.LogRecord | CallLine] = deque()
        self._in_hand = 0
        self._arrived = threading.Event()
        self._ending = threading.Event()
        self._dropped = 0
        self._told = 0
        self._told_at = 0.0
        self._thread = threading.Thread(target=self._work, name="log lines", daemon=True)
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Have one line written, or count it as dropped; never waits."""
        self.put(record)

    def put(self, line: logging.LogRecord | CallLine) -> None:
        """The same for a record or the line of a call."""
        if len(self._waiting) + self._in_hand >= self._most:
            self._lose(1)
            return
        self._waiting.append(line)
        if not self._arrived.is_set():
            self._arrived.set()

    def finish(self, patience: float = _PATIENCE) -> None:
        """Return when all lines are written, or after so many seconds."""
        self._ending.set()
        self._arrived.set()
        self._thread.join(patience)

    def _lose(self, count: int) -> None:
        global _lost  # noqa: PLW0603 - the count is the process's, and only ever read elsewhere
        self._dropped += count
        _lost += count

    def _work(self) -> None:
        while not self._ending.is_set():
            self._arrived.wait()
            self._ending.wait(_PAUSE)
            self._arrived.clear()
            while self._waiting:
                self._write_some()
                self._tell()
        while self._waiting:
            self._write_some()
        self._tell()

    def _write_some(self) -> None:
        count = self._in_hand = min(len(self._waiting), _TOGETHER)
        texts = [self._text(self._waiting.popleft()) for _ in range(count)]
        if not self._write("".join([f"{text}\n" for text in texts if text is not None])):
            self._lose(count)
        self._in_hand = 0

    def _text(self, line: logging.LogRecord | CallLine) -> str | None:
        try:
            if isinstance(line, logging.LogRecord):
                return self.format(line)
            return line.json() if self._as_json else line.text()
        except Exception:  # noqa: BLE001 - what can't be formatted is logging's to report
            if isinstance(line, logging.LogRecord):
                self.handleError(line)
            else:
                self._lose(1)
            return None

    def _tell(self) -> None:
        missing = self._dropped - self._told
        if missing and (not self._waiting or time.monotonic() >= self._told_at + _TELL_EVERY):
            self._told, self._told_at = self._told + missing, time.monotonic()
            message = "%s log lines were dropped, since nobody read them"
            record = logging.LogRecord("shim", logging.WARNING, __file__, 0, message, (missing,), None)
            self._write(f"{self.format(record)}\n")

    def _write(self, text: str) -> bool:
        """Write, waiting for the reader; tell whether there was one, and room."""
        left = text.encode(errors="backslashreplace")
        # A reader that is gone for good, or a disk that is full, is no reason to end.
        try:
            while left:
                try:
                    left = left[os.write(self._descriptor, left) :]
                except BlockingIOError:
                    # Somebody who shares the descriptor made it so.
                    select.select((), (self._descriptor,), ())
        except OSError:
            return False
        return True


@contextlib.contextmanager
def apart(*, as_json: bool = False) -> Iterator[None]:
    """Write what the root logger sends to stderr, and calls, in a thread for the length of a ``with`` block.

    Where stderr is no file there is nothing to wait for, and nothing changes.
    """
    global _lines  # noqa: PLW0603 - stderr is the process's, too
    root = logging.getLogger()
    before = [one for one in root.handlers if type(one) is logging.StreamHandler and one.stream is sys.stderr]
    try:
        descriptor = sys.stderr.fileno()
    except (AttributeError, OSError, ValueError):
        before = []
    if not before:
        yield
        return
    lines = LogLines(descriptor, as_json=as_json)
    lines.setFormatter(before[0].formatter)
    for one in before:
        root.removeHandler(one)
    root.addHandler(lines)
    _lines = lines
    try:
        yield
    finally:
        _lines = None
        root.removeHandler(lines)
        for one in before:
            root.addHandler(one)
        lines.finish()
