"""The caller's timeouts, and what is left of them for the later requests of an exchange."""

from __future__ import annotations

import attrs
from aiohttp import ClientSession, ClientTimeout, ServerTimeoutError

from shim.doors import patience


def timeout_of(session: ClientSession, given: object) -> ClientTimeout:
    """Return the timeout of a call: one of its own, a total number of seconds or None for none, or the session's."""
    if isinstance(given, ClientTimeout):
        return given
    return ClientTimeout(total=given) if given is None or isinstance(given, int | float) else session.timeout


def rest_of(timeout: ClientTimeout, start: float, method: str) -> ClientTimeout:
    """Return the timeout of a later request, so that ``total`` bounds the whole exchange; see ``patience`` for writes.

    ``start`` is by perf_counter. Raises ServerTimeoutError when the caller's own timeouts are over.
    """
    connect = timeout.connect or timeout.sock_connect
    seconds = timeout.total or patience.together(read=timeout.sock_read, connect=connect)
    if not seconds:
        return timeout
    left = patience.left_of(seconds, start)
    if left <= 0:
        raise ServerTimeoutError(patience.TIMED_OUT.format(seconds))
    if not patience.may_be_cut_short(method):
        return timeout
    if timeout.total:
        return attrs.evolve(timeout, total=left)
    return attrs.evolve(timeout, sock_read=patience.within(left, timeout.sock_read))
