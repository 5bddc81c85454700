"""The urllib3 part of a retired call: requests are calls of ``urlopen``."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import attrs
from urllib3 import HTTPConnectionPool, HTTPResponse, PoolManager, Timeout
from urllib3._collections import HTTPHeaderDict  # the only place in urllib3 1.26
from urllib3.exceptions import HTTPError, ReadTimeoutError
from urllib3.util import SKIP_HEADER, parse_url

from shim.core.messages import Record, Reply, Send, field
from shim.doors.driver import drive
from shim.doors.exchange import Content, Door, steps
from shim.doors.native import alone, content_of, header_lines
from shim.doors.recognition import retired_call
from shim.doors.urllib3.responses import answered, pieces, renewed, show_in, waits_of
from shim.origins import origin_of

Owner = HTTPConnectionPool | PoolManager
BaseUrlopen = Callable[..., Any]
"""The original ``urlopen``, bound to its owner."""

_NAMES = (  # in the order of a pool's ``urlopen``
    *("body", "headers", "retries", "redirect", "assert_same_host", "timeout"),
    *(
        "pool_timeout",
        "release_conn",
        "chunked",
        "body_pos",
        "preload_content",
        "decode_content",
    ),
)


@attrs.define(eq=False)
class Urllib3Door(Door):
    """A retired call in urllib3's terms."""

    owner: Owner
    base: BaseUrlopen
    url: str
    options: Mapping[str, Any]
    """The arguments of ``urlopen`` by name, except method and URL."""

    @property
    def pool(self) -> HTTPConnectionPool:
        """The pool for urllib3's exceptions."""
        owner = self.owner
        if isinstance(owner, HTTPConnectionPool):
            return owner
        return owner.connection_from_url(self.url)

    @property
    def timeout(self) -> object:
        """The caller's timeout, or the pool's or manager's."""
        owner = self.owner
        if isinstance(owner, HTTPConnectionPool):
            own: object = owner.timeout
        else:
            own = owner.connection_pool_kw.get("timeout")
        return self.options.get("timeout", own)

    def request(self, send: Send) -> dict[str, Any]:
        """Return the arguments of ``urlopen``.

        Credentials are the caller's, except for Digest over another target.
        """
        call, sent = self.retired.call, send.call
        options = {**self.options, "preload_content": False}
        options.pop("release_conn", None)
        lines, same_body = self.lines(send)
        if not same_body:
            options |= {"body": sent.body, "chunked": False, "body_pos": None}
        if tuple(lines) != call.headers:
            options["headers"] = HTTPHeaderDict(lines)
            if field(call.headers, "accept-encoding") == SKIP_HEADER:
                options["headers"]["Accept-Encoding"] = SKIP_HEADER
        return {"method": sent.method, **options, "url": self.url_sent(send, self.url)}

    def seconds(self) -> float | None:
        return waits_of(self.timeout)[0]

    def within(self, left: float, words: str) -> None:
        if left <= 0:
            raise ReadTimeoutError(self.pool, self.retired.call.target, words)
        connect, read = waits_of(self.timeout)[1]
        self.inner["timeout"] = Timeout(total=left, connect=connect, read=read)

    def send(self, request: dict[str, Any]) -> Any:
        if not self.follows:
            request = {**request, "redirect": False}
        is_elsewhere = self.retired.led and isinstance(self.owner, HTTPConnectionPool)
        return alone(PoolManager().urlopen if is_elsewhere else self.base, **request)

    def head(self, native: HTTPResponse) -> Reply:
        return Reply(native.status, header_lines(native.headers.items()))

    def unread(self, native: HTTPResponse) -> Content:
        """Return raw bytes, unless a pool below has already read them.

        A pool that logs them does so.
        """
        if native._body is None:  # noqa: SLF001 - asking for ``data`` would read it
            return Content(rest=pieces(native))
        return Content([native.data], complete=True, decoded=True)

    def close(self, native: HTTPResponse) -> None:
        native.close()
        native.release_conn()

    def answered(self, reply: Reply) -> HTTPResponse:
        call = self.retired.call
        return answered(
            reply, self.native, call.method, None if self.native else call.target
        )

    def passed(self) -> HTTPResponse:
        native: HTTPResponse = self.native
        content = self.content
        if content is None or content.decoded:
            return native
        return renewed(native, content, self.retired.call.method)

    def show(self, response: Any, record: Record) -> None:
        """Add the record to the response, and the caller's URL to the retries."""
        if self.sent is not None and self.rewritten:
            sent, own, url = (
                self.sent.call.target,
                self.retired.call.target,
                response._request_url,  # noqa: SLF001 - urllib3 1.26 has no other name for it
            )
            if response.retries is not None:
                history = [
                    entry._replace(url=entry.url and entry.url.replace(sent, own))
                    for entry in response.retries.history
                ]
                response.retries.history = tuple(history)
            if url:
                if sent in url:
                    shown = url.replace(sent, own)
                else:
                    shown = own
                response._request_url = shown  # noqa: SLF001 - as above
        response.shim = record

    def show_error(self, error: BaseException) -> None:
        if self.sent is not None and self.rewritten:
            show_in(error, self.sent.call.target, self.retired.call.target)


def urlopen(
    owner: Owner, base: BaseUrlopen, method: str, url: str, *args: Any, **kwargs: Any
) -> HTTPResponse:
    """Send a request.

    A retired call becomes an exchange, each of whose requests has the caller's retries.

    ``base`` is the replaced method, bound to ``owner``.
    """
    door = door_of_urlopen(owner, base, method, url, args, kwargs)
    if door is None:
        plain: HTTPResponse = base(method, url, *args, **kwargs)
        return plain
    response: HTTPResponse = drive(steps(door))
    if door.options.get("preload_content", True):
        _ = response.data
    return response


def door_of_urlopen(  # noqa: PLR0913, PLR0917 - the arguments of urlopen, and their owner
    owner: Owner,
    base: BaseUrlopen,
    method: str,
    url: str,
    args: Iterable[Any],
    kwargs: Mapping[str, Any],
) -> Urllib3Door | None:
    """Return the door of a retired call, or None for any other call.

    Its body is read if the exchange needs it.
    """
    if isinstance(owner, HTTPConnectionPool):
        pool = owner
    else:
        pool = None
    options = {
        **dict(zip(_NAMES if pool else ("redirect",), args, strict=False)),
        **kwargs,
    }
    try:
        if pool and url.startswith("/"):
            whole = origin_of(pool.scheme or "", pool.host, pool.port) + url
        else:
            whole = parse_url(url).url
    except HTTPError:  # such a URL can't be sent
        return None
    if options.get("headers") is None and (pool or "headers" not in options):
        options["headers"] = owner.headers
    headers: Any = options.get("headers") or {}
    retired = drive(retired_call(method, whole, lambda: header_lines(headers.items())))
    if retired is None:
        return None
    if retired.needs_body:
        retired = retired.with_body(_read_content(options))
    return Urllib3Door(retired, owner, base, url, options)


def _read_content(options: dict[str, Any]) -> bytes:
    """Return a request's body.

    One that can only be read once is replaced by its content.
    """
    body = options.get("body")
    content = content_of(body)
    if body is not None and not isinstance(body, str | bytes | bytearray):
        headers = HTTPHeaderDict(options.get("headers"))
        headers.discard("Content-Length")
        headers.discard("Transfer-Encoding")
        options |= {
            "body": content,
            "headers": headers,
            "chunked": False,
            "body_pos": None,
        }
    return content
