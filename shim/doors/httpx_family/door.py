"""The part of a retired call that is specific to httpx and httpx2, for both clients."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Any, ClassVar

import attrs

from shim.core.messages import Record, Reply, Send, framed
from shim.doors.driver import Steps, adrive, drive
from shim.doors.exchange import Content, Door, shorter, together
from shim.doors.native import header_lines, is_stale
from shim.doors.recognition import RetiredCall, retired_call

if TYPE_CHECKING:  # a program may only have httpx2 in memory, under the name httpx
    import httpx

RECORD = "shim"
"""The key of a recognized call's record in ``response.extensions``."""

INNER = "shim.inner"
"""The key in ``request.extensions`` that marks a request of the shim."""

WHOLE = "shim.whole"
"""The key in ``request.extensions`` that requests all items of a list
(``Context.whole``).
"""


def retired_request(
    request: httpx.Request, side: type[HttpxDoor], client: object
) -> Steps[RetiredCall | None]:
    """Return the retired call of a request, its body unread, or None."""
    if INNER in request.extensions or not isinstance(request.stream, side.kind):
        return None
    lines = partial(header_lines, request.headers.raw)
    whole = WHOLE in request.extensions
    extra: frozenset[str] = getattr(client, "_shim_origins", frozenset())
    found = retired_call(
        request.method, str(request.url), lines, side.pause, extra=extra, whole=whole
    )
    return (yield from found)


@attrs.define(eq=False)
class ResponseStream:
    """The content of a partly read response: that part, then the rest."""

    content: Content
    source: Any
    """The object to close with it."""

    def __iter__(self) -> Iterator[bytes]:
        yield from self.content.chunks
        yield from self.content.rest

    def close(self) -> None:
        self.source.close()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self.content.chunks:
            yield chunk
        async for chunk in self.content.rest:
            yield chunk

    async def aclose(self) -> None:
        """Close the source, after an iterator that was not read to its end."""
        await _leave(self.content)
        await self.source.aclose()


async def _leave(content: Content | None) -> None:
    if content is None:
        close = None
    else:
        close = getattr(content.rest, "aclose", None)
    if close is not None:
        await close()


async def _pause(seconds: float) -> None:
    from anyio import sleep  # noqa: PLC0415 - asyncio's or trio's, for those who wait for a flag

    await sleep(seconds)


@attrs.define(eq=False)
class HttpxDoor(Door):
    """A retired call in httpx's terms, on the blocking side."""

    module: ClassVar[Any]
    """httpx or httpx2."""
    kind: ClassVar[Any]
    """The library's class of streams."""
    stream: ClassVar[Any]
    """The shim's subclass of that."""
    begins: ClassVar[Any] = iter
    """Iterates over a stream."""
    run: ClassVar[Callable[[Steps[Any]], Any]] = drive
    pause: ClassVar[Callable[[float], Any]] = time.sleep
    reads: ClassVar[str] = "read"
    """The method that reads a response."""
    closes: ClassVar[str] = "close"
    """The method that closes one."""

    own: Any
    """The caller's request."""
    sender: Callable[..., Any]
    """The client's ``send``."""
    default_encoding: str | Callable[[bytes], str]

    def request(self, send: Send) -> Any:
        """Keep the extensions, and all that httpx would compute the same way."""
        sent = send.call
        own = self.own
        module = self.module
        lines, same_body = self.lines(send)
        url = own.url
        if send.rewritten:
            url = self.url_sent(send, str(url))
        inner = module.Request(
            sent.method,
            url,
            headers=module.Headers(_as_bytes(lines)),
            content=None if same_body else sent.body,
            stream=own.stream if same_body else None,
            extensions={**own.extensions, INNER: True},
        )
        if isinstance(inner.stream, module.ByteStream):
            # httpx does the same with content in bytes, and an auth flow may read it
            inner.read()
        return inner

    def seconds(self) -> float | None:
        return together(**self.own.extensions.get("timeout", {}))

    def within(self, left: float, words: str) -> None:
        if left <= 0:
            raise self.module.ReadTimeout(words, request=self.inner)
        timeouts = self.inner.extensions["timeout"]
        self.inner.extensions["timeout"] = {
            name: shorter(left, value) for name, value in timeouts.items()
        }

    def send(self, request: httpx.Request) -> Any:
        if self.follows:
            return self.sender(request)
        return self.sender(request, follow_redirects=False)

    def head(self, native: httpx.Response) -> Reply:
        return Reply(native.status_code, header_lines(native.headers.raw))

    def unread(self, native: httpx.Response) -> Content:
        if native.is_stream_consumed:
            return Content([native.content], complete=True, decoded=True)
        return Content(rest=self.begins(native.stream))

    def close(self, native: httpx.Response) -> Any:
        """Close the response and drop its stream, to break a reference circle.

        Otherwise only the garbage collector would free it.
        """
        native.close()
        native.stream = self.module.ByteStream(b"")

    def answered(self, reply: Reply) -> httpx.Response:
        native = self.native
        lines = framed(reply, self.own.method)
        extensions = {}
        history = []
        if native is not None:
            extensions = {**native.extensions}
            history = native.history
        extensions.pop("reason_phrase", None)
        response: httpx.Response = self.module.Response(
            reply.status,
            headers=_as_bytes(lines),
            stream=self.module.ByteStream(reply.body or b""),
            request=self.own,
            extensions=extensions,
            history=history,
            default_encoding=self.default_encoding,
        )
        response.elapsed = timedelta(seconds=time.perf_counter() - self.start)
        return response

    def passed(self) -> httpx.Response:
        native = self.native
        content = self.content
        if content is not None and not content.decoded:
            native.stream = self.stream(content, native.stream)
        return native  # type: ignore[no-any-return]

    def show(self, response: httpx.Response, record: Record) -> None:
        """Put the record into the extensions.

        As with httpx, credentials stay on the request if they belong to it.
        """
        for seen in (response, *response.history):
            self._show(seen)
        if response.next_request is not None:
            response.next_request.extensions.pop(INNER, None)
        if self.sent is not None:
            field = self.inner.headers.get("authorization")
            if field and not is_stale(field, self.own.url.raw_path.decode("ascii")):
                self.own.headers["Authorization"] = field
        response.extensions[RECORD] = record

    def show_error(self, error: BaseException) -> None:
        if isinstance(error, self.module.HTTPError):
            self._show(error)

    def _show(self, message: Any) -> None:
        """Restore the caller's own request in a response or an error.

        It replaces every request in a rewritten call's chain of redirects, because the
        caller never requested those URLs. A request that an auth flow made stays.
        """
        try:
            seen = message.request
        except RuntimeError:  # none is set yet
            message.request = self.own
            return
        if (
            self.sent is None
            or seen is self.inner
            or (self.rewritten and INNER in seen.extensions)
        ):
            message.request = self.own
        else:
            seen.extensions.pop(INNER, None)


class AwaitedDoor(HttpxDoor):
    """The same for AsyncClient."""

    following = anext
    begins = aiter
    run = adrive
    pause = _pause
    reads = "aread"
    closes = "aclose"

    async def close(self, native: httpx.Response) -> None:
        """Close it after an iterator that was not read to its end, and drop its stream."""
        await _leave(self.content)
        await native.aclose()
        native.stream = self.module.ByteStream(b"")


def _as_bytes(lines: Sequence[tuple[str, str]]) -> list[tuple[bytes, bytes]]:
    """Return field lines as bytes, one byte per character."""
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines]
