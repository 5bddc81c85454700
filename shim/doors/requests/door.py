"""The requests part of a retired call: an adapter sends each request."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import attrs
import requests
from requests import PreparedRequest, Response
from urllib3 import HTTPResponse
from urllib3.exceptions import ProtocolError, ReadTimeoutError, SSLError

from shim.core.messages import Record, Reply, Send
from shim.doors.driver import drive
from shim.doors.exchange import Content, Door, shorter
from shim.doors.native import (
    ContentFile,
    alone,
    as_text,
    content_of,
    header_lines,
    is_digest,
    is_stale,
    unsigned,
)
from shim.doors.recognition import RetiredCall, retired_call
from shim.doors.urllib3 import responses

NEEDS_AUTH = (
    "The call had to be sent to another endpoint after the session had signed it for the first one, by an "
    "authentication that can't be repeated. Give the credentials to shim.requests.Adapter(auth=...)."
)


def retired_prepared(request: PreparedRequest) -> RetiredCall | None:
    """Return the retired call of a request, or None for any other request.

    Its body is read if the exchange needs it.
    """
    lines = partial(header_lines, request.headers.items())
    retired = drive(retired_call(request.method or "", request.url or "", lines))
    if retired is None or not retired.needs_body:
        return retired
    body: Any = request.body
    content = content_of(body)
    start = request._body_position  # noqa: SLF001 - where requests rewinds to on a redirect
    if isinstance(start, int) and hasattr(body, "seek"):
        body.seek(start)
    elif body is not None and not isinstance(
        body, str | bytes | bytearray
    ):  # it can only be read once
        request.body = content
        request.headers.pop("Transfer-Encoding", None)
        request.headers["Content-Length"] = str(len(content))
    return retired.with_body(content)


@attrs.define(eq=False)
class RequestsDoor(Door):
    """A retired call in requests' terms."""

    own: PreparedRequest
    """The caller's request."""
    sender: Callable[..., Response]
    """An adapter's ``send``, which is called with ``options``."""
    options: dict[str, Any]
    auth: Any
    """The authentication: the adapter's, or one that has signed the caller's request
    and left hooks (HTTPDigestAuth).
    """
    hooks: tuple[Callable[..., Any], ...] = attrs.field(init=False, default=())
    timeout: Any = attrs.field(init=False)
    """How many seconds the last request may wait."""

    def __attrs_post_init__(self) -> None:
        """Find an authentication in the hooks of the request."""
        present: Any = (self.own.hooks or {}).get("response") or []
        owners = {
            hook: getattr(hook, "__self__", None)
            for hook in ([present] if callable(present) else present)
        }
        if self.auth is None:
            self.auth = next(
                (
                    owner
                    for owner in owners.values()
                    if isinstance(owner, requests.auth.AuthBase)
                ),
                None,
            )
            self.hooks = tuple(
                hook for hook, owner in owners.items() if owner is self.auth is not None
            )

    def request(self, send: Send) -> PreparedRequest:
        """Copy the caller's request.

        Its credentials stay, except for a Digest signature over another target.
        """
        own = self.own
        sent = send.call
        lines, same_body = self.lines(send)
        self.timeout = self.options["timeout"]
        inner = own.copy()
        inner.method = sent.method
        inner.headers = requests.structures.CaseInsensitiveDict(lines)
        inner.url = self.url_sent(send, own.url or "")
        if not same_body:
            inner.body = sent.body
            inner._body_position = None  # noqa: SLF001 - where requests rewinds to on a redirect
        if send.rewritten and "Transfer-Encoding" not in inner.headers:
            inner.prepare_content_length(inner.body)
        inner.hooks = {"response": list(self.hooks)}
        if self.auth is not None:
            self._sign(inner)
        return inner

    def _sign(self, inner: PreparedRequest) -> None:
        """Sign for the target that is sent.

        A matching signature of the caller stays on the first request of an exchange
        only, because it can be used once. One over another target is no longer among
        the field lines.
        """
        own = self.own
        is_digest_signed = is_digest(as_text(inner.headers.get("Authorization", "")))
        is_own_request = bool(self.hooks) and (own.method, own.url) == (
            inner.method,
            inner.url,
        )
        if self.sent is None and (is_digest_signed or is_own_request):
            return
        inner.hooks = {"response": []}
        inner.prepare_auth(self.auth, inner.url or "")

    def seconds(self) -> float | None:
        return responses.waits_of(self.options["timeout"])[0]

    def within(self, left: float, words: str) -> None:
        if left <= 0:
            raise requests.ReadTimeout(words, request=self.inner)
        self.timeout = tuple(
            shorter(left, wait)
            for wait in responses.waits_of(self.options["timeout"])[1]
        )

    def send(self, request: PreparedRequest) -> Response:
        """Send through the adapter, and run hooks of the caller's authentication."""
        options = {**self.options, "timeout": self.timeout}
        response: Response = alone(self.sender, request, **options)
        response = alone(
            requests.hooks.dispatch_hook, "response", request.hooks, response, **options
        )
        challenge = response.headers.get("WWW-Authenticate", "")
        given = self.own.headers.get("Authorization", "")
        is_challenged = response.status_code == 401 and is_digest(challenge)
        if (
            is_challenged
            and self.auth is None
            and is_stale(as_text(given), request.path_url)
        ):
            response.close()
            return _built(
                request, responses.answered(unsigned(NEEDS_AUTH), None, request.method)
            )
        return response

    def head(self, native: Response) -> Reply:
        """Return urllib3's field lines, one for each repetition.

        Another adapter's response may have none.
        """
        below: Any = getattr(native.raw, "headers", None)
        if hasattr(below, "items"):
            headers = below
        else:
            headers = native.headers
        return Reply(native.status_code, header_lines(headers.items()))

    def unread(self, native: Response) -> Content:
        if native._content_consumed or native._content is not False:  # noqa: SLF001 - a property would read it
            return Content([native.content or b""], complete=True, decoded=True)
        return Content(
            rest=_pieces(native.raw), decoded=not hasattr(native.raw, "stream")
        )

    def answered(self, reply: Reply) -> Response:
        """Build a response as an adapter does, in the native response's class.

        It has the attributes that other tools set.
        """
        native: Any = self.native
        response = _built(
            self.own,
            responses.answered(reply, getattr(native, "raw", None), self.own.method),
        )
        if native is not None:
            response.__class__ = type(native)
            # otherwise the encoding may come from the content
            if self.content is None or not self.content.decoded:
                vars(response).update(
                    {
                        name: value
                        for name, value in vars(native).items()
                        if name not in vars(response)
                    }
                )
            response.history = native.history
            response.cookies = native.cookies
        return response

    def passed(self) -> Response:
        native: Response = self.native
        content = self.content
        old = native.raw
        if content is not None and not native._content_consumed:  # noqa: SLF001 - then its content is held already
            is_own = isinstance(old, HTTPResponse)
            if is_own:
                native.raw = responses.renewed(old, content, self.own.method)
            else:
                native.raw = ContentFile(content.chunks, content.rest, old)
        return native

    def retype(self, response: Any, content_type: str) -> None:
        super().retype(response, content_type)
        below = getattr(response.raw, "headers", None)
        if below is not None:
            below["Content-Type"] = content_type

    def show(self, response: Any, record: Record) -> None:
        """Put the record into an attribute, which is pickled like requests' own."""
        self._show(response)
        response.shim = record
        response.__attrs__ = [*Response.__attrs__, "shim"]

    def _show(self, response: Response) -> None:
        """Restore the caller's own request and URL."""
        for seen in (response, *response.history) if self.sent is not None else ():
            if self.rewritten:
                seen.url = self.own.url or ""
                seen.request = self.own
            elif seen.request is self.inner:
                seen.request = self.own
            elif seen.request.hooks is self.inner.hooks:
                seen.request.hooks = self.own.hooks

    def show_error(self, error: BaseException) -> None:
        """Restore the caller's URL and path in requests' exceptions.

        The path is also in the text of the urllib3 exceptions inside.
        """
        if not isinstance(error, requests.RequestException) or self.sent is None:
            return
        if error.response is not None:
            self._show(error.response)
        if error.request is not None and (
            self.rewritten or error.request is self.inner
        ):
            error.request = self.own
        if self.rewritten:
            for cause in error.args:
                responses.show_in(cause, self.inner.path_url, self.own.path_url)


def _pieces(raw: Any) -> Iterator[bytes]:
    try:
        yield from responses.pieces(raw)
    except ProtocolError as error:
        raise requests.exceptions.ChunkedEncodingError(error) from error
    except ReadTimeoutError as error:
        raise requests.exceptions.ConnectionError(error) from error
    except SSLError as error:
        raise requests.exceptions.SSLError(error) from error


def _built(request: PreparedRequest, raw: HTTPResponse) -> Response:
    nobody: Any = None  # nothing of the adapter is needed
    return requests.adapters.HTTPAdapter.build_response(nobody, request, raw)
