"""The caller's timeouts, in every form that urllib3 and requests take, and what is left of them."""

from __future__ import annotations

from typing import Any

from urllib3 import Timeout
from urllib3.exceptions import ReadTimeoutError

from shim.doors import patience
from shim.doors.urllib3.recognition import CallerRequest


def waits_of(timeout: object) -> tuple[float | None, tuple[float | None, float | None]]:
    """Return for how many seconds one plain call may wait, and the timeouts to connect and to read; None is for ever.

    Both take a number for both, or a Timeout, whose ``total`` says it for the whole call; requests takes a pair too.
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
    return patience.together(read, connect=connect) if total is None else total, (connect, read)


def _seconds(value: object) -> float | None:
    """Return a timeout in seconds; anything that is no number stands for none, or for the process' default."""
    return value if isinstance(value, int | float) else None


def rest_of(request: CallerRequest, method: str, start: float) -> object:
    """Return the timeout of a later request, so that the caller's bounds the whole exchange; see ``patience``.

    ``start`` is by perf_counter. Raises ReadTimeoutError when the caller's own timeouts are over.
    """
    timeout = _timeout_of(request)
    seconds, (connect, read) = waits_of(timeout)
    if seconds is None:
        return timeout
    left = patience.left_of(seconds, start)
    if left <= 0:
        raise ReadTimeoutError(request.pool, request.retired.call.target, patience.TIMED_OUT.format(seconds))
    return Timeout(total=left, connect=connect, read=read) if patience.may_be_cut_short(method) else timeout


def _timeout_of(request: CallerRequest) -> object:
    if "timeout" in request.options:
        return request.options["timeout"]
    owner: Any = request.owner
    return owner.timeout if hasattr(owner, "timeout") else owner.connection_pool_kw.get("timeout")
