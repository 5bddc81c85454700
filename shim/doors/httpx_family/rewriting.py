"""The requests that the shim makes itself: the caller's, as far as the core's call leaves it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from shim.core.content import acceptable
from shim.core.messages import Call, Send
from shim.doors.digest import is_stale
from shim.doors.httpx_family.library import Library
from shim.doors.httpx_family.recognition import INNER

if TYPE_CHECKING:
    import httpx


@attrs.frozen(eq=False)
class InnerRequest:
    """A request of the shim's own.

    ``rewritten`` says that its target is not the caller's; ``stripped`` that a Digest signature
    over another target was left out.
    """

    request: httpx.Request
    rewritten: bool
    stripped: bool


def inner_request(library: Library, request: httpx.Request, call: Call, send: Send) -> InnerRequest:
    """Return the request to send; ``call`` is what the caller's own ``request`` says.

    Timeouts and other extensions are kept, and so is everything httpx would compute the same again.
    """
    sent = send.call
    same_body = sent.method == call.method and sent.body == call.body
    lines, stripped = _lines_of(send, same_body=same_body)
    inner = library.module.Request(
        sent.method,
        _with_target(request.url, sent.target) if send.rewritten else request.url,
        headers=library.module.Headers(lines),
        content=None if same_body else sent.body,
        stream=request.stream if same_body else None,
        extensions={**request.extensions, INNER: True},
    )
    if isinstance(inner.stream, library.module.ByteStream):
        inner.read()  # as httpx does with content that is bytes: an auth flow may look at it
    return InnerRequest(inner, send.rewritten, stripped)


def _lines_of(send: Send, *, same_body: bool) -> tuple[list[tuple[bytes, bytes]], bool]:
    """Return the field lines of a request to send, and whether a Digest signature over another target was left out.

    Fields about the body are left out where the body is another.
    """
    stripped = False
    lines: list[tuple[bytes, bytes]] = []
    for name, value in send.call.headers:
        kind = name.lower()
        if not same_body and kind in {"content-length", "transfer-encoding"}:
            continue
        if send.rewritten and kind == "authorization" and is_stale(value, send.call.target):
            stripped = True
            continue
        kept = acceptable(value) if kind == "accept-encoding" and send.may_read else value
        lines.append((name.encode("latin-1"), kept.encode("latin-1")))
    return lines, stripped


_urls: dict[tuple[object, ...], httpx.URL] = {}
_MOST = 256


def _with_target(url: httpx.URL, target: str) -> httpx.URL:
    """Return a URL with another target; the last few are kept, since making one is a fifth of a call's cost."""
    raw = target.encode("ascii")
    if url.userinfo or url.fragment or len(raw) > _MOST:
        return url.copy_with(raw_path=raw)
    key = (type(url), url.raw_scheme, url.raw_host, url.port, raw)
    known = _urls.get(key)
    if known is None:
        if len(_urls) >= _MOST:
            _urls.clear()
        known = _urls[key] = url.copy_with(raw_path=raw)
    return known
