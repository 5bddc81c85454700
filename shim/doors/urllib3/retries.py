"""Status retries of urllib3: of what the caller sees, and of nothing that is sent for it."""

from __future__ import annotations

import logging
from copy import copy
from functools import cache
from typing import Any

import attrs
from urllib3 import HTTPResponse, Retry
from urllib3.exceptions import MaxRetryError

from shim.doors.exchange import drive, steps
from shim.doors.native import is_served
from shim.doors.urllib3.door import Base, Owner, Urllib3Door, recognise

log = logging.getLogger("urllib3.connectionpool")


def urlopen(owner: Owner, base: Base, method: str, url: str, *args: Any, **kwargs: Any) -> HTTPResponse:
    """Send a request; a retired call is an exchange, and again one each time that the caller's retries say so.

    ``base`` is the method in whose place this one stands, bound to ``owner``.
    """
    door = None if is_served() else recognise(owner, base, method, url, args, kwargs)
    if door is None:
        plain: HTTPResponse = base(method, url, *args, **kwargs)
        return plain
    response = _with_retries(door)
    if door.options.get("preload_content", True):
        _ = response.data
    return response


def _with_retries(door: Urllib3Door) -> HTTPResponse:
    """Have status retries, as urllib3 does, of what the caller sees."""
    retries, call = _retries_of(door), door.retired.call
    while True:
        door.retries, door.quiet = retries, _quiet(retries)
        response: HTTPResponse = drive(steps(door))
        if response.retries is not None:
            url = response._request_url  # noqa: SLF001 - urllib3 2 takes it from retries
            response.retries = retries = _loud(response.retries)
            response._request_url = url  # noqa: SLF001 - as above
        if not retries.is_retry(call.method, response.status, bool(response.headers.get("Retry-After"))):
            return response
        try:
            retries = retries.increment(call.method, call.target, response=response, _pool=door.pool)
        except MaxRetryError:
            if retries.raise_on_status:
                response.drain_conn()
                raise
            return response
        response.drain_conn()
        retries.sleep(response)
        log.debug("Retry: %s", door.url)
        door = attrs.evolve(door, retired=attrs.evolve(door.retired, warns=False))


def _retries_of(door: Urllib3Door) -> Retry:
    """Return the caller's retries, made of whatever it gave."""
    owner: Any = door.owner
    default = owner.retries if hasattr(owner, "retries") else owner.connection_pool_kw.get("retries")
    return Retry.from_int(door.options.get("retries"), redirect=door.options.get("redirect", True), default=default)


class _Quiet:
    """A Retry that ignores status codes: the caller never sees an inner reply's."""

    def is_retry(self, *_: object, **__: object) -> bool:
        return False


def _quiet(retries: Retry) -> Retry:
    """Return the same retries, made to look at no status."""
    kind: Any = type(retries)
    return _as(retries, _quiet_class(kind))


def _loud(retries: Retry) -> Retry:
    """Return the opposite of ``_quiet``: the caller's retries, as far as they are used up by now."""
    return _as(retries, type(retries).__mro__[2]) if isinstance(retries, _Quiet) else retries


@cache
def _quiet_class(kind: Any) -> Any:
    return type(kind.__name__, (_Quiet, kind), {})


def _as(retries: Retry, kind: Any) -> Retry:
    one = copy(retries)
    one.__class__ = kind
    return one
