"""The rewrite below authentication, for programs that mount transports and keep their library's own client.

A Digest signature covers the target, and the client signed the caller's. So a signature over
another target is dropped, and when upstream challenges, the request that the client is about to
sign is given the rewritten URL; the next trip has the caller's again. That costs one trip a call.
A client signs once per call: a fallback that comes after that needs ``Transport(auth=...)``.
"""

from __future__ import annotations

import logging
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from shim.core.content import dumps
from shim.core.responses import error_body, help_link
from shim.doors.digest import is_digest
from shim.doors.httpx_family.exchange import RECORD, ExchangeFlow, arun, run
from shim.doors.httpx_family.library import Library
from shim.doors.httpx_family.recognition import recognise

if TYPE_CHECKING:
    import httpx

logger = logging.getLogger("shim")

CHALLENGED = "shim.challenged"
"""The key in ``request.extensions`` of the caller's own URL, once the client was asked to sign."""

NEEDS_AUTH = (
    "The call had to be sent to another endpoint after the client had signed it for the first one. "
    "Give the credentials to {0}.Transport(auth=...), or use {0}.Client."
)


def handle(library: Library, inner: httpx.BaseTransport, auth: httpx.Auth, request: httpx.Request) -> httpx.Response:
    """Send one request by another transport; ``auth`` signs what is sent for a retired call."""
    challenged = _restore(request)
    retired = recognise(request)
    if retired is None or not isinstance(request.stream, library.module.SyncByteStream):
        return inner.handle_request(request)
    if retired.match.needs_body:
        retired = retired.with_body(request.read())
    flow = ExchangeFlow(library, request, retired)
    response = run(flow, lambda outgoing: _signed(inner, auth, outgoing))
    if explained := _settle(flow, response, challenged=challenged):
        response.close()
        return explained
    return response


def _signed(inner: httpx.BaseTransport, auth: httpx.Auth, request: httpx.Request) -> httpx.Response:
    flow = auth.sync_auth_flow(request)
    try:
        outgoing = next(flow)
        while True:
            response = inner.handle_request(outgoing)
            response.request = outgoing
            try:
                outgoing = flow.send(response)
            except StopIteration:
                return response
            except BaseException:
                response.close()
                raise
            response.read()
    finally:
        flow.close()


async def ahandle(
    library: Library, inner: httpx.AsyncBaseTransport, auth: httpx.Auth, request: httpx.Request
) -> httpx.Response:
    """The same as handle for AsyncClient."""
    challenged = _restore(request)
    retired = recognise(request)
    if retired is None or not isinstance(request.stream, library.module.AsyncByteStream):
        return await inner.handle_async_request(request)
    if retired.match.needs_body:
        retired = retired.with_body(await request.aread())
    flow = ExchangeFlow(library, request, retired)
    response = await arun(flow, lambda outgoing: _asigned(inner, auth, outgoing))
    if explained := _settle(flow, response, challenged=challenged):
        await response.aclose()
        return explained
    return response


async def _asigned(inner: httpx.AsyncBaseTransport, auth: httpx.Auth, request: httpx.Request) -> httpx.Response:
    flow = auth.async_auth_flow(request)
    try:
        outgoing = await anext(flow)
        while True:
            response = await inner.handle_async_request(outgoing)
            response.request = outgoing
            try:
                outgoing = await flow.asend(response)
            except StopAsyncIteration:
                return response
            except BaseException:
                await response.aclose()
                raise
            await response.aread()
    finally:
        await flow.aclose()


class Around:
    """A transport that is opened and closed as the one inside it is."""

    _inner: Any

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        self._inner.__exit__(exc_type, exc_value, traceback)


class AsyncAround:
    """The same for AsyncClient."""

    _inner: Any

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(
        self,
        exc_type: type[BaseException] | None = None,
        exc_value: BaseException | None = None,
        traceback: TracebackType | None = None,
    ) -> None:
        await self._inner.__aexit__(exc_type, exc_value, traceback)


def _restore(request: httpx.Request) -> bool:
    """Give a request that the client was asked to sign the caller's URL back; tell whether it did sign."""
    own = request.extensions.pop(CHALLENGED, None)
    if own is None:
        return False
    request.url = own
    return is_digest(request.headers.get("authorization", ""))


def _settle(flow: ExchangeFlow, response: httpx.Response, *, challenged: bool) -> httpx.Response | None:
    """Let the client sign what was refused unsigned, or return the answer that says why it can't."""
    request, last = flow.request, flow.sent
    challenges = response.headers.get_list("www-authenticate")
    if last is None or response.status_code != 401 or not any(map(is_digest, challenges)):
        return None
    if not challenged:
        request.extensions[CHALLENGED] = request.url
        if "authorization" not in last.request.headers:
            request.url = last.request.url
        return None
    if not last.stripped:
        return None
    said = NEEDS_AUTH.format(f"shim.{flow.library.module.__name__}")
    logger.warning("%s", said)
    code = "SHIM_DIGEST_NEEDS_AUTH"
    content = dumps(error_body(401, code, said))
    return flow.library.module.Response(
        401,
        headers=[("Content-Type", "application/json"), *help_link(code)],
        content=content,
        extensions={RECORD: response.extensions.get(RECORD)},
    )
