"""How long a caller waits for one exchange, by the timeouts that it set itself.

An HTTP library's timeouts hold for one wait: for a connection, for bytes to be taken, for bytes to come. Of all waits
together one plain call can have as many seconds as those timeouts have together, and so can an exchange, though it
may be several calls: what comes after the first reply is begun within them, counted from the start, and waits no
longer than what is left of them. Then the caller gets its library's own timeout, as from a server that is too slow,
and no answer that is made up. A call that may change something is begun with the caller's whole timeouts, or not at
all: cut short, it would leave open whether it was executed. Who set no timeout for reading has none here either; the
exchange's own deadline holds for everybody.
"""

from __future__ import annotations

import time

TIMED_OUT = (
    "The call's timeouts are {:g} seconds together; they were over before everything that it needs was asked for."
)
"""What an exception says to people; it is given the seconds."""


def together(read: float | None = None, **others: float | None) -> float | None:
    """Return how many seconds one plain call may wait; None where it may wait for an answer for ever."""
    return None if read is None else read + sum(filter(None, others.values()))


def left_of(seconds: float, start: float) -> float:
    """Return how many of the seconds are left, zero or less when they are over; ``start`` is by perf_counter."""
    return seconds - (time.perf_counter() - start)


def may_be_cut_short(method: str) -> bool:
    """Tell whether a call changes nothing (RFC 9110, 9.2.1), so that it may wait for no longer than what is left."""
    return method in {"GET", "HEAD", "OPTIONS"}


def within(left: float, timeout: float | None) -> float:
    """Return a timeout that is no longer than what is left."""
    return left if timeout is None else min(left, timeout)
