"""What httpx and httpx2 alone know of a retired call on its way, for both clients and both transports."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from types import ModuleType
from typing import TYPE_CHECKING, Any

import attrs

from shim.core.content import acceptable
from shim.core.messages import Headers, Record, Reply, Send, framed
from shim.doors import recognition
from shim.doors.exchange import Content, Door, aread_within, read_within, shorter, together
from shim.doors.httpx_family.hooks import INNER
from shim.doors.native import is_stale
from shim.doors.process import concerns
from shim.doors.recognition import NOTHING_MORE, RetiredCall

if TYPE_CHECKING:  # a program may have httpx2 alone in memory, and call it httpx
    import httpx

RECORD = "shim"
"""The key in ``response.extensions`` of the record of a recognised call."""

WHOLE = "shim.whole"
"""The key in ``request.extensions`` of a request for all items of a list (``Context.whole``)."""


def header_lines(headers: httpx.Headers) -> Headers:
    """Return field lines as text, one character for one byte, so that they can be turned back exactly."""
    return tuple([(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers.raw])


def recognise(request: httpx.Request, kind: type, client: object = None) -> RetiredCall | None:
    """Return what a request is when it is a retired call, its body unread, else None: then nobody touches it.

    ``kind`` is that of streams which its client or transport can send.
    """
    url, extensions = request.url, request.extensions
    target = url.raw_path.decode("ascii")
    if not concerns(target) or INNER in extensions or not isinstance(request.stream, kind):
        return None
    lines, settings = partial(header_lines, request.headers), getattr(client, "_shim_settings", NOTHING_MORE)
    origin = f"{url.scheme}://{url.netloc.decode('ascii')}"  # without user information
    return recognition.recognise(request.method, origin, target, lines, settings, whole=WHOLE in extensions)


@attrs.define(eq=False)
class ResponseStream:
    """The content of a response: the chunks that are here already, then the rest.

    Closing it closes ``source``, where the content comes from, and sets ``elapsed`` of ``response``, whose
    exchange began at ``start``.
    """

    chunks: Sequence[bytes]
    rest: Any = None
    source: Any = None
    response: httpx.Response | None = None
    start: float = 0.0

    def take_time(self) -> None:
        """Say how long the exchange took, and let go of the response: a circle is work for the collector."""
        if self.response is not None:
            self.response.elapsed = timedelta(seconds=time.perf_counter() - self.start)
            self.response = None


class BlockingStream(ResponseStream):
    """The same for Client."""

    def __iter__(self) -> Iterator[bytes]:
        """Yield raw bytes, as they came from the wire."""
        yield from self.chunks
        yield from self.rest or ()

    def close(self) -> None:
        """Close the source."""
        if self.source is not None:
            self.source.close()
        self.take_time()


class AwaitedStream(ResponseStream):
    """The same for AsyncClient."""

    async def __aiter__(self) -> AsyncIterator[bytes]:
        """Yield raw bytes, as they came from the wire."""
        for chunk in self.chunks:
            yield chunk
        if self.rest is not None:
            async for chunk in self.rest:
                yield chunk

    async def aclose(self) -> None:
        """Close the source; an iterator that was left in the middle goes first."""
        close = getattr(self.rest, "aclose", None)
        if close is not None and self.rest is not self.source:
            await close()
        if self.source is not None:
            await self.source.aclose()
        self.take_time()


@attrs.define(eq=False)
class HttpxDoor(Door):
    """A retired call in httpx's terms; ``module`` is one of the two libraries, ``own`` the caller's request.

    ``send`` is the client's or the transport's. ``stream`` is the library's kind of content. ``inner`` is what was sent
    last, and ``stripped`` that a Digest signature over another target was left out of it.
    """

    module: ModuleType | Any
    stream: type[Any]
    own: httpx.Request
    send: Callable[[httpx.Request], Any]  # type: ignore[assignment]  # a method of other doors
    default_encoding: str | Callable[[bytes], str] = "utf-8"
    inner: httpx.Request = attrs.field(init=False)
    stripped: bool = attrs.field(init=False, default=False)

    def request(self, send: Send) -> httpx.Request:
        """Keep timeouts, other extensions, and everything that httpx would compute the same again."""
        sent, call, own = send.call, self.retired.call, self.own
        same_body = sent.method == call.method and sent.body == call.body
        lines = self._lines(send, same_body=same_body)
        inner: httpx.Request = self.module.Request(
            sent.method,
            _with_target(own.url, sent.target) if send.rewritten else own.url,
            headers=self.module.Headers(lines),
            content=None if same_body else sent.body,
            stream=own.stream if same_body else None,
            extensions={**own.extensions, INNER: True},
        )
        if isinstance(inner.stream, self.module.ByteStream):
            inner.read()  # as httpx does with content that is bytes: an auth flow may look at it
        self.inner = inner
        return inner

    def _lines(self, send: Send, *, same_body: bool) -> list[tuple[bytes, bytes]]:
        """Return the field lines of a request; those about the body are left out where the body is another."""
        self.stripped = False
        lines: list[tuple[bytes, bytes]] = []
        for name, value in send.call.headers:
            kind = name.lower()
            if not same_body and kind in {"content-length", "transfer-encoding"}:
                continue
            if send.rewritten and kind == "authorization" and is_stale(value, send.call.target):
                self.stripped = True
                continue
            kept = acceptable(value) if kind == "accept-encoding" and send.may_read else value
            lines.append((name.encode("latin-1"), kept.encode("latin-1")))
        return lines

    def seconds(self) -> float | None:
        """Read the extension that httpx has for timeouts."""
        return together(**self.own.extensions.get("timeout", {}))

    def within(self, left: float) -> None:
        """Shorten each of its timeouts."""
        timeouts = self.inner.extensions["timeout"]
        self.inner.extensions["timeout"] = {name: shorter(left, value) for name, value in timeouts.items()}

    def timed_out(self, words: str) -> Exception:
        """Return a ReadTimeout."""
        error: Exception = self.module.ReadTimeout(words, request=self.inner)
        return error

    def head(self, native: httpx.Response) -> Reply:
        """Return each field line as it came."""
        return Reply(native.status_code, header_lines(native.headers))

    def answered(self, reply: Reply) -> Any:
        """Make one with the extensions and history of the native one."""
        content, native = reply.body or b"", self.native
        lines = framed(reply, self.own.method)
        extensions = {} if native is None else {**native.extensions}
        extensions.pop("reason_phrase", None)
        return self.module.Response(
            reply.status,
            headers=[(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines],
            stream=self.stream([content] if content else []),
            request=self.own,
            extensions=extensions,
            history=[] if native is None else native.history,
            default_encoding=self.default_encoding,
        )

    def passed(self) -> httpx.Response:
        """Return the very response, or one that begins with what was read of it."""
        native, content = self.native, self.content
        if content is None or content.decoded:
            native.stream = self.stream((), native.stream, native.stream)
            return native  # type: ignore[no-any-return]
        response: httpx.Response = self.module.Response(
            native.status_code,
            headers=native.headers,
            stream=self.stream(content.chunks, content.rest, native),
            request=native.request,
            extensions=native.extensions,
            history=native.history,
            default_encoding=native.default_encoding,
        )
        response.next_request = native.next_request
        return response

    def show(self, response: httpx.Response, record: Record) -> None:
        """Put the record into the extensions; credentials stay on the request, as with httpx, if they are for it."""
        if self.sent is None or self.rewritten:
            response.request = self.own
        else:
            self._show(response)
        for earlier in response.history:
            self._show(earlier)
        if response.next_request is not None:
            response.next_request.extensions.pop(INNER, None)
        if self.sent is not None:
            field = self.inner.headers.get("authorization")
            if field and not is_stale(field, self.own.url.raw_path.decode("ascii")):
                self.own.headers["Authorization"] = field
        response.extensions[RECORD] = record
        assert isinstance(response.stream, ResponseStream), "either has one of ours"
        response.stream.response, response.stream.start = response, self.start

    def show_error(self, error: BaseException) -> None:
        """Look at httpx's own alone."""
        if isinstance(error, self.module.HTTPError):
            self._show(error)

    def _show(self, message: Any) -> None:
        """Let the caller see a request of their own in a response or an error, where one of ours was sent.

        The first of a chain of redirects is theirs; a later one of a rewritten call would show an
        address that they never asked for; a request that an auth flow made is what it is.
        """
        try:
            seen = message.request
        except RuntimeError:  # none is known yet
            message.request = self.own
            return
        if self.sent is None or seen is self.inner or (self.rewritten and INNER in seen.extensions):
            message.request = self.own
        else:
            seen.extensions.pop(INNER, None)


class BlockingDoor(HttpxDoor):
    """The same for Client."""

    def drain(self, native: httpx.Response, limit: int) -> Content:
        """Read raw bytes, unless somebody has read them already."""
        if native.is_stream_consumed:
            return Content([native.content], decoded=True)
        return read_within(native.iter_raw(), limit)

    def close(self, native: httpx.Response) -> None:
        """Close it, and let it go of its stream: a circle is work for the collector."""
        native.close()
        native.stream = self.stream(())


class AwaitedDoor(HttpxDoor):
    """The same for AsyncClient."""

    async def drain(self, native: httpx.Response, limit: int) -> Content:
        """Read raw bytes, unless somebody has read them already."""
        if native.is_stream_consumed:
            return Content([native.content], decoded=True)
        return await aread_within(native.aiter_raw(), limit)

    async def close(self, native: httpx.Response) -> None:
        """Close it, an iterator that was left in the middle first, and let it go of its stream."""
        if self.content is not None and not self.content.complete:
            await self.content.rest.aclose()
        await native.aclose()
        native.stream = self.stream(())

    async def answered(self, reply: Reply) -> Any:
        """Make it without waiting for anything."""
        return super().answered(reply)


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
