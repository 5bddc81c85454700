"""The requests that the shim makes itself: the caller's, as far as the core's call leaves it alone."""

from __future__ import annotations

from urllib.parse import urlsplit

import attrs
from requests import PreparedRequest

from shim.core.content import acceptable
from shim.core.messages import Call, Send, field
from shim.doors.digest import is_stale
from shim.doors.forms import as_text
from shim.doors.requests.recognition import INNER


@attrs.frozen(eq=False)
class InnerRequest:
    """A request of the shim's own; ``rewritten`` says that its target is not the caller's."""

    request: PreparedRequest
    rewritten: bool


def inner_request(request: PreparedRequest, call: Call, send: Send) -> InnerRequest:
    """Return the request to send, without hooks; ``call`` is what the caller's own ``request`` says.

    Its credentials are those on ``request``, but for a Digest signature over another target.
    """
    sent = send.call
    inner = request.copy()
    inner.hooks = {"response": []}
    inner.method = sent.method
    if send.rewritten:
        parts = urlsplit(request.url or "")
        inner.url = f"{parts.scheme}://{parts.netloc}{sent.target}"
        inner.headers.clear()
        inner.headers.update([line for line in sent.headers if line[0].lower() != "authorization"])
        credentials = as_text(request.headers.get("Authorization", ""))
        if credentials and not is_stale(credentials, sent.target):
            inner.headers["Authorization"] = credentials
    elif accept := field(sent.headers, "accept"):
        inner.headers["Accept"] = accept
    if send.may_read and "Accept-Encoding" in inner.headers:
        inner.headers["Accept-Encoding"] = acceptable(as_text(inner.headers["Accept-Encoding"]))
    if sent.method != call.method or sent.body != call.body:
        inner.headers.pop("Transfer-Encoding", None)
        inner.headers.pop("Content-Length", None)
        inner.body, inner._body_position = sent.body, None  # noqa: SLF001 - where requests rewinds to on a redirect
    if send.rewritten and "Transfer-Encoding" not in inner.headers:
        inner.prepare_content_length(inner.body)
    INNER.add(inner)
    return InnerRequest(inner, send.rewritten)
