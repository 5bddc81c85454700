"""The caller's timeouts, in every form that requests takes."""

from __future__ import annotations

from urllib3 import Timeout

from shim.dropin.patience import together


def waits_of(timeout: object) -> tuple[float | None, tuple[float | None, float | None]]:
    """Return for how many seconds one plain call may wait, and the timeouts to connect and to read; None is for ever.

    requests takes a number for both, a pair of them, or urllib3's Timeout, whose ``total`` says it for the whole call.
    """
    total = None
    if isinstance(timeout, Timeout):
        total = _seconds(timeout.total)
        # read_timeout can be asked only while a connection is being made.
        connect, read = (total if each is None else each for each in map(_seconds, (timeout._connect, timeout._read)))  # noqa: SLF001 - see above
    elif isinstance(timeout, tuple):
        connect, read = map(_seconds, timeout)
    else:
        connect = read = _seconds(timeout)
    return together(read, connect=connect) if total is None else total, (connect, read)


def _seconds(value: object) -> float | None:
    """Return a timeout in seconds; anything that is no number stands for none, or for the process' default."""
    return value if isinstance(value, int | float) else None
