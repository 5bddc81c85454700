"""Write log lines to stderr in a thread, so that a slow reader delays no call.

The line is built where it is logged. The thread wakes a few times a second at most, and
writes all lines at once.
"""

from __future__ import annotations

import contextlib
import json
import logging
import os
import select
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from queue import SimpleQueue

from shim.gateway.logs import CallLine, instant
from shim.gateway.losses import Losses
from shim.gateway.option_values import LogFormat, LogLevel

calls = logging.getLogger("shim.gateway.calls")

MAX_WAITING = 8192  # lines that may wait to be written; more are dropped and counted
_PAUSE = 0.05  # seconds in which lines gather to be written together
_PATIENCE = 2.0  # seconds that the end of a program waits for the reader of its log

_FORM = logging.Formatter("%(levelname)-7s %(name)s: %(message)s")

_lines: LogLines | None = None


def tell(line: CallLine) -> None:
    """Write a call's log line.

    The thread writes it if it runs, else the program's own handler does.
    """
    if calls.isEnabledFor(line.level):
        if _lines is None:
            calls.log(line.level, "%s", line.text())
        else:
            _lines.put(line.json if _lines.as_json else line.text)


@contextlib.contextmanager
def logged(level: LogLevel, form: LogFormat = LogFormat.TEXT) -> Iterator[None]:
    """Send events and calls to stderr for the length of a ``with`` block.

    Other libraries' events are sent from the level WARNING on.
    """
    global _lines  # noqa: PLW0603 - stderr is the process's, too
    lines = _lines = LogLines(2, as_json=form is LogFormat.JSON)
    before = logging.getLogger().handlers[:]
    logging.basicConfig(handlers=[lines], level=logging.WARNING, force=True)
    logging.getLogger("shim").setLevel(level.upper())
    try:
        yield
    finally:
        _lines = None
        logging.getLogger().handlers[:] = before
        lines.finish()


class LogLines(logging.Handler):
    """Queues lines for a file descriptor, which may be a pipe without a reader.

    The QueueListener of logging waits forever at its end, and a daemon thread inside
    ``sys.stderr`` then aborts the interpreter. So this thread writes to the descriptor
    itself. ``lost`` counts the lines that this process has dropped.
    """

    lost = Losses()

    def __init__(
        self, descriptor: int, most: int = MAX_WAITING, *, as_json: bool = False
    ) -> None:
        super().__init__()
        self.as_json = as_json
        self._descriptor = descriptor
        self._most = most
        self._waiting: SimpleQueue[str | None] = SimpleQueue()
        self._in_hand = 0
        self._said = self.lost.count
        self._thread = threading.Thread(
            target=self._work, name="log lines", daemon=True
        )
        self._thread.start()

    def emit(self, record: logging.LogRecord) -> None:
        """Queue an event."""
        self.put(partial(self.format, record))

    def format(self, record: logging.LogRecord) -> str:
        """Return an event's line, with its traceback.

        The event's name is the last word of the logger's name.
        """
        at = instant(record.created)
        if not self.as_json:
            return f"{at} {_FORM.format(record)}"
        event = record.name.rpartition(".")[2]
        said = record.getMessage()
        members = {
            "time": at,
            "level": record.levelname.lower(),
            "event": event,
            "message": said,
        }
        if record.exc_info:
            members["exception"] = _FORM.formatException(record.exc_info)
        # in ASCII, so that foreign text can't control the terminal
        return json.dumps(members, separators=(",", ":"))

    def put(self, make: Callable[[], str]) -> None:
        """Queue a line, without waiting.

        It counts as dropped if too many wait, or if building it fails.
        """
        cause = "stderr is not read, or too slowly"
        try:
            if self._waiting.qsize() + self._in_hand < self._most:
                self._waiting.put(make())
                return
        except Exception as error:  # noqa: BLE001 - a call was answered, whatever its line is like
            cause = type(error).__name__
        LogLines.lost = LogLines.lost.after(1, cause)

    def finish(self, patience: float = _PATIENCE) -> None:
        """Return when all lines are written, or after so many seconds."""
        self._waiting.put(None)
        self._thread.join(patience)

    def _work(self) -> None:
        lines: list[str | None] = []
        while None not in lines:
            lines = [self._waiting.get()]
            time.sleep(_PAUSE if lines[0] is not None else 0)
            lines += [self._waiting.get() for _ in range(self._waiting.qsize())]
            self._in_hand = len(lines)
            cause = self._write(
                "".join([f"{line}\n" for line in lines if line is not None])
            )
            if cause:
                LogLines.lost = LogLines.lost.after(len(lines), cause)
            self._in_hand = 0
            if missing := self.lost.count - self._said:
                self._said += missing
                said = f"{missing} log lines were dropped: {self.lost.cause}"
                record = logging.makeLogRecord(
                    {"name": "shim.gateway.log", "levelname": "WARNING", "msg": said}
                )
                self._write(f"{self.format(record)}\n")

    def _write(self, text: str) -> str:
        """Write, waiting for the reader; return why lines were not accepted, or ''."""
        left = text.encode(errors="backslashreplace")
        try:
            while left:
                try:
                    left = left[os.write(self._descriptor, left) :]
                except BlockingIOError:
                    # Another process shares the descriptor, and changed it.
                    select.select((), (self._descriptor,), ())
        # a missing reader or a full disk is not a reason to stop
        except OSError as error:
            return error.strerror or type(error).__name__
        return ""
