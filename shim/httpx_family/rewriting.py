"""The requests that the shim makes itself: the caller's, as far as the core's call leaves it alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from shim.core.commands import Send
from shim.core.messages import Call
from shim.httpx_family.field_lines import FieldLines
from shim.httpx_family.library import Library
from shim.httpx_family.recognition import INNER

if TYPE_CHECKING:
    import httpx


@attrs.frozen(eq=False)
class InnerRequest:
    """A request of the shim's own.

    ``rewritten`` says that its target is not the caller's; ``stripped`` that a Digest signature
    over another target was left out; ``unsigned`` is how many field lines it has without credentials, -1 where
    the caller's are among them.
    """

    request: httpx.Request
    rewritten: bool
    stripped: bool
    unsigned: int = -1

    @property
    def is_signed(self) -> bool:
        """Whether there are credentials, by now; httpx would decode all fields to find out how they are encoded."""
        headers = self.request.headers
        return len(headers) != self.unsigned and "authorization" in headers


def inner_request(library: Library, request: httpx.Request, call: Call, send: Send, fields: FieldLines) -> InnerRequest:
    """Return the request to send; ``call`` is what the caller's own ``request`` says.

    Timeouts and other extensions are kept, and so is everything httpx would compute the same again.
    """
    sent = send.call
    same_body = sent.method == call.method and sent.body == call.body
    headers, stripped, unsigned = fields.to_send(send, same_body=same_body)
    inner = library.module.Request(
        sent.method,
        _with_target(request.url, sent.target) if send.rewritten else request.url,
        headers=headers,
        content=None if same_body else sent.body,
        stream=request.stream if same_body else None,
        extensions={**request.extensions, INNER: True},
    )
    if isinstance(inner.stream, library.module.ByteStream):
        inner.read()  # as httpx does with content that is bytes: an auth flow may look at it
    return InnerRequest(inner, send.rewritten, stripped, unsigned if len(inner.headers) == len(headers) else -1)


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
