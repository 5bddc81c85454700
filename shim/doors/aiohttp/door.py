"""The aiohttp part of a retired call: each request uses the session's own method."""

from __future__ import annotations

import asyncio
import time
import warnings
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import attrs
from aiohttp import (
    ClientResponse,
    ClientResponseError,
    ClientSession,
    ClientTimeout,
    RequestInfo,
)
from aiohttp.http_exceptions import ContentEncodingError
from multidict import CIMultiDict, CIMultiDictProxy, MultiDict
from yarl import URL

from shim.core.messages import Record, Reply, Send, replaced
from shim.doors.aiohttp.inside import made_response, once, show, whole_url
from shim.doors.driver import adrive
from shim.doors.exchange import Content, Door, shorter, together
from shim.doors.native import header_lines, is_stale
from shim.doors.recognition import retired_call

Sender = Callable[..., Awaitable[ClientResponse]]
"""The original method, bound to its session."""

_SENT_AGAIN = frozenset({"DELETE", "PUT"})
"""The methods of writes that aiohttp sends again when a connection closes (RFC 9110,
9.2.2).
"""

_CODINGS = frozenset({"gzip", "deflate", "br", "zstd"})
"""The codings that aiohttp decodes unless content should stay encoded.

One coding, not several.
"""

_DEFAULT_CODINGS = "gzip, deflate"
"""The codings to accept if the caller names none: aiohttp would add some that can't be
decoded within bounds.
"""


class InnerHeaders(CIMultiDict[str]):
    """The field lines of a request of the shim.

    The type marks it, however many wrappers a session has.
    """


@attrs.define(eq=False)
class AiohttpDoor(Door):
    """A retired call in aiohttp's terms."""

    session: ClientSession
    base: Sender
    url: Any
    """The caller's arguments, as ``options``."""
    whole: URL
    """The URL with the session's base and the parameters."""
    options: dict[str, Any]
    timeout: ClientTimeout
    """It counts from ``start``."""

    @property
    def skipped(self) -> set[str]:
        names = (
            *self.session.skip_auto_headers,
            *(self.options.get("skip_auto_headers") or ()),
        )
        return {str(name).lower() for name in names}

    def request(self, send: Send) -> dict[str, Any]:
        """Return arguments for the session.

        ``skipped`` has the header fields that the session must not add.
        """
        sent = send.call
        options = self.options
        lines, same_body = self.lines(send)
        headers = InnerHeaders(lines)
        if (
            send.may_read
            and "accept-encoding" not in headers
            and "accept-encoding" not in self.skipped
        ):
            headers["Accept-Encoding"] = _DEFAULT_CODINGS
        inner = {
            **options,
            "headers": headers,
            "raise_for_status": False,
            "timeout": self.timeout,
        }
        # it follows one request, and refuses a second
        options.pop("upload_tracker", None)
        if not same_body:
            inner |= {
                "data": sent.body,
                "json": None,
                "chunked": None,
                "compress": None,
                "expect100": False,
            }
        url = self.url
        if send.rewritten:
            inner["params"] = None
            # A relative URL if the caller gave one, because sessions with a base
            # require it.
            url = URL(
                self.url_sent(send, str(self.whole) if URL(url).scheme else ""),
                encoded=True,
            )
        return {**inner, "method": sent.method, "str_or_url": url}

    def seconds(self) -> float | None:
        """Return the total timeout, or the timeouts to connect and to read together."""
        timeout = self.timeout
        connect = timeout.connect or timeout.sock_connect
        return (
            timeout.total or together(read=timeout.sock_read, connect=connect) or None
        )

    def within(self, left: float, words: str) -> None:
        if left <= 0:
            raise aiohttp.ServerTimeoutError(words)
        timeout = self.timeout
        if timeout.total:
            shortened = {"total": left}
        else:
            shortened = {"sock_read": shorter(left, timeout.sock_read)}
        self.inner["timeout"] = attrs.evolve(timeout, **shortened)

    async def send(self, request: dict[str, Any]) -> ClientResponse:
        """Call the session's own method.

        Aiohttp does not send a write again on its own.
        """
        options = {**request}
        method = options.pop("method")
        if not self.follows:
            options["allow_redirects"] = False
        call = self.base(method, options.pop("str_or_url"), **options)
        return await (once(self.session, call) if method in _SENT_AGAIN else call)

    def head(self, native: ClientResponse) -> Reply:
        return Reply(native.status, header_lines(native.raw_headers))

    def unread(self, native: ClientResponse) -> Content:
        """Return content, which aiohttp may decode."""
        decodes = self.options.get("auto_decompress")
        if decodes is None:
            decodes = self.session.auto_decompress
        is_decoded = (
            decodes and native.headers.get("Content-Encoding", "").lower() in _CODINGS
        )
        return Content(rest=native.content.iter_any(), decoded=is_decoded)

    async def following(self, rest: Any, last: None) -> Any:
        content: Any = self.content
        native: ClientResponse = self.native
        # a middleware may have read it before
        if not content.chunks and native.content.at_eof():
            return await native.read()
        try:
            return await anext(rest, last)
        except aiohttp.ClientPayloadError as error:
            if not isinstance(error.__cause__, ContentEncodingError):
                raise
            content.chunks.clear()
            content.fault = "the content does not match its coding"
            return last

    async def close(self, native: ClientResponse) -> None:
        native.release()

    def answered(self, reply: Reply) -> ClientResponse:
        return made_response(reply, self._info(), self.session, self.native)

    def passed(self) -> ClientResponse:
        """Return the native response, to be read from the beginning."""
        native: ClientResponse = self.native
        if self.content is not None and any(self.content.chunks):
            with warnings.catch_warnings():
                # Deprecated for years without a replacement; the version bound refuses
                # aiohttp 4, which may remove it.
                warnings.simplefilter("ignore", DeprecationWarning)
                native.content.unread_data(b"".join(self.content.chunks))
        return native

    def retype(self, response: Any, content_type: str) -> None:
        lines = replaced(
            header_lines(response.raw_headers), "Content-Type", content_type
        )
        raw = tuple(
            (name.encode("latin-1"), value.encode("latin-1")) for name, value in lines
        )
        response._headers, response._raw_headers = (  # noqa: SLF001 - no other way
            CIMultiDictProxy(CIMultiDict(lines)),
            raw,
        )
        response._cache.clear()  # noqa: SLF001 - where it keeps both

    def show(self, response: Any, record: Record) -> None:
        if self.rewritten:
            info = self._info()
            for seen in (response, *response.history):
                show(seen, info)
        response.shim = record

    def show_error(self, error: BaseException) -> None:
        if isinstance(error, ClientResponseError) and self.rewritten:
            error.request_info = self._info()
            for seen in error.history:
                show(seen, error.request_info)

    def _info(self) -> RequestInfo:
        """Return the caller's own request, with what aiohttp and middlewares added."""
        url = self.whole.with_user(None)
        call = self.retired.call
        headers = CIMultiDict(
            self.native.request_info.headers if self.native is not None else ()
        )
        for name in self.inner["headers"] if self.sent is not None else ():
            headers.popall(name, None)
        headers.extend(call.headers)
        if is_stale(headers.get("Authorization", ""), call.target):
            del headers["Authorization"]
        return RequestInfo(
            url.with_fragment(None), call.method, CIMultiDictProxy(headers), url
        )


async def door_of_request(
    session: ClientSession,
    base: Sender,
    method: object,
    url: Any,
    options: Mapping[str, Any],
) -> AiohttpDoor | None:
    """Return the door of a retired call, its body unread, or None for any other call."""
    start = time.perf_counter()
    headers = options.get("headers")
    if (
        session.closed
        or not isinstance(method, str)
        or isinstance(headers, InnerHeaders)
    ):
        return None
    if options.get("data") is not None and options.get("json") is not None:
        return None
    try:
        whole = whole_url(session, url)
        # the same as ``extend_query`` of newer versions of yarl
        if params := options.get("params"):
            query = MultiDict(whole.query)
            query.extend(whole.with_query(params).query)
            whole = whole.with_query(query)
        fields = CIMultiDict(session.headers)
        fields.update(CIMultiDict(headers or ()))
    except (AssertionError, TypeError, ValueError):
        return None  # aiohttp reports the defect
    lines = lambda: header_lines(fields.items())  # noqa: E731
    retired = await adrive(
        retired_call(method.upper(), str(whole), lines, asyncio.sleep)
    )
    if retired is None:
        return None
    # The call's own timeout (a total in seconds, or None for no limit), else the
    # session's.
    given = options.get("timeout", session)
    if given is None or isinstance(given, int | float):
        given = ClientTimeout(total=given)
    if isinstance(given, ClientTimeout):
        timeout = given
    else:
        timeout = session.timeout
    door = AiohttpDoor(retired, session, base, url, whole, {**options}, timeout)
    door.start = start
    return door
