"""The arguments that the shim calls ``urlopen`` with: the caller's, as far as the core leaves them alone."""

from __future__ import annotations

from collections.abc import Callable
from copy import copy
from functools import cache
from typing import Any

from urllib3 import Retry
from urllib3._collections import HTTPHeaderDict  # urllib3 1.26 has it here only
from urllib3.exceptions import RequestError
from urllib3.util import SKIP_HEADER

from shim.core.content import acceptable
from shim.core.messages import Headers, Send, field, replaced, without
from shim.doors.digest import is_stale
from shim.doors.urllib3.recognition import CallerRequest


def inner_options(request: CallerRequest, send: Send, retries: Retry) -> dict[str, Any]:
    """Return how to send what the core asks for: unread, and without a look at its status by ``retries``.

    Credentials are the caller's, but for a Digest signature over another target.
    """
    call, sent = request.retired.call, send.call
    options = {**request.options, "preload_content": False, "retries": quiet(retries)}
    options.pop("release_conn", None)
    lines = _fields(send, call.headers)
    if sent.method != call.method or sent.body != call.body:
        lines = without(lines, ("content-length", "transfer-encoding"))
        options |= {"body": sent.body, "chunked": False, "body_pos": None}
    if lines != call.headers:
        options["headers"] = HTTPHeaderDict()
        for name, value in lines:
            options["headers"].add(name, value)
    return options


def _fields(send: Send, callers: Headers) -> Headers:
    lines = send.call.headers
    if send.rewritten:
        credentials = field(lines, "authorization")
        if credentials is not None and is_stale(credentials, send.call.target):
            lines = without(lines, ("authorization",))
    elif lines != callers and (accept := field(lines, "accept")) is not None:
        lines = replaced(callers, "Accept", accept)
    coding = field(lines, "accept-encoding")
    if send.may_read and coding is not None and coding != SKIP_HEADER and acceptable(coding) != coding:
        lines = replaced(lines, "Accept-Encoding", acceptable(coding))
    return lines


def retries_of(request: CallerRequest) -> Retry:
    """Return the caller's retries, made of whatever it gave."""
    owner: Any = request.owner
    default = owner.retries if hasattr(owner, "retries") else owner.connection_pool_kw.get("retries")
    return Retry.from_int(
        request.options.get("retries"), redirect=request.options.get("redirect", True), default=default
    )


class _Quiet:
    """Obeys no status: that of an inner reply is none of the caller's."""

    def is_retry(self, *_: object, **__: object) -> bool:
        return False


def quiet(retries: Retry) -> Retry:
    """Return the same retries, made to look at no status."""
    kind: Any = type(retries)
    return _as(retries, _quiet_class(kind))


def loud(retries: Retry) -> Retry:
    """Return the opposite of ``quiet``: the caller's retries, as far as they are used up by now."""
    return _as(retries, type(retries).__mro__[2]) if isinstance(retries, _Quiet) else retries


@cache
def _quiet_class(kind: Any) -> Any:
    return type(kind.__name__, (_Quiet, kind), {})


def _as(retries: Retry, kind: Any) -> Retry:
    one = copy(retries)
    one.__class__ = kind
    return one


def show_in(error: object, own: Callable[[Any], Any]) -> None:
    """Let an exception, and the one that is its reason, show the caller's target; ``own`` puts it in a text."""
    for one in (error, getattr(error, "reason", None)):
        if isinstance(one, RequestError):
            one.url, one.args = own(one.url), tuple(map(own, one.args))
