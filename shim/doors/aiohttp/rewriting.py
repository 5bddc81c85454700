"""The requests that the shim makes itself: the caller's, as far as the core's call leaves it alone."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import attrs
from yarl import URL

from shim.core.content import acceptable
from shim.core.messages import Send
from shim.doors.aiohttp.recognition import Asked, InnerHeaders
from shim.doors.digest import is_stale

_DEFAULT_CODINGS = "gzip, deflate"
"""What is asked for where the caller names no coding: aiohttp would add those that can't be decoded within bounds."""


@attrs.frozen(eq=False)
class InnerRequest:
    """A request of the shim's own, as a session's method is called for it.

    ``rewritten`` says that its target is not the caller's.
    """

    method: str
    url: Any
    options: dict[str, Any]
    headers: InnerHeaders
    rewritten: bool


def inner_request(asked: Asked, url: Any, options: dict[str, Any], skipped: Iterable[str], send: Send) -> InnerRequest:
    """Return the request to send; ``url`` and ``options`` are what the caller's own says.

    Fields that aiohttp adds are left to it but for those in ``skipped``, which nobody is to add. What the session has
    among its own fields can be replaced, yet not be left out.
    """
    sent, call = send.call, asked.retired.call
    same_body = sent.method == call.method and sent.body == call.body
    headers = InnerHeaders()
    for name, value in sent.headers:
        kind = name.lower()
        if not same_body and kind in {"content-length", "transfer-encoding"}:
            continue
        if send.rewritten and kind == "authorization" and is_stale(value, sent.target):
            continue
        headers.add(name, acceptable(value) if kind == "accept-encoding" and send.may_read else value)
    if send.may_read and "accept-encoding" not in {*map(str.lower, headers), *map(str.lower, skipped)}:
        headers["Accept-Encoding"] = _DEFAULT_CODINGS
    inner = {**options, "headers": headers, "raise_for_status": False}
    if not same_body:
        inner |= {"data": sent.body, "json": None, "chunked": None, "compress": None, "expect100": False}
    if send.rewritten:
        inner["params"] = None
        url = _with_target(asked, sent.target)
    return InnerRequest(sent.method, url, inner, headers, send.rewritten)


def _with_target(asked: Asked, target: str) -> URL:
    """Return the URL of another target: a relative one where a relative one was given, as sessions with a base want."""
    base = f"{asked.url.scheme}://{asked.url.raw_authority}" if asked.given.scheme else ""
    return URL(base + target, encoded=True)
