"""The rewrite below authentication, for programs that mount transports and keep their library's own client.

A Digest signature covers the target, and the client signed the caller's. So it is dropped, and when upstream
challenges, the request that the client is about to sign has the rewritten URL until it is sent: one trip more for each
call. A client signs once for each call: a fallback that comes after that needs ``Transport(auth=...)``.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, Any, Self

from shim.doors.driver import Steps, adrive, drive
from shim.doors.exchange import steps
from shim.doors.httpx_family.door import RECORD, HttpxDoor, recognise
from shim.doors.native import is_digest, unsigned
from shim.doors.process import prepare

if TYPE_CHECKING:
    import httpx

CHALLENGED = "shim.challenged"
"""The key in ``request.extensions`` of the caller's own URL, once the client was asked to sign."""

NEEDS_AUTH = (
    "The call had to be sent to another endpoint after the client had signed it for the first one. "
    "Give the credentials to {0}.Transport(auth=...), or use {0}.Client."
)


class _Around:
    """What both transports share: ``door`` serves their side, ``default`` sends if no transport is given."""

    door: type[HttpxDoor]
    default: Callable[[], Any]

    def __init__(self, inner: Any = None, *, auth: Any = None) -> None:
        prepare()
        self._inner: Any = self.default() if inner is None else inner
        self._auth = auth or self.door.module.Auth()

    def handle_request(self, request: Any) -> Any:
        """Send one request."""
        return drive(_handled(self.door, self._inner.handle_request, self._auth, request))

    def close(self) -> None:
        """Close the inner transport."""
        self._inner.close()

    def __enter__(self) -> Self:
        self._inner.__enter__()
        return self

    def __exit__(self, *error: object) -> None:
        self._inner.__exit__(*error)

    async def handle_async_request(self, request: Any) -> Any:
        """Send one request."""
        return await adrive(_handled(self.door, self._inner.handle_async_request, self._auth, request))

    async def aclose(self) -> None:
        """Close the inner transport."""
        await self._inner.aclose()

    async def __aenter__(self) -> Self:
        await self._inner.__aenter__()
        return self

    async def __aexit__(self, *error: object) -> None:
        await self._inner.__aexit__(*error)


def transports_of(blocking: type[HttpxDoor], awaited: type[HttpxDoor]) -> tuple[Any, Any]:
    """Return the classes of transports for the two sides of a library."""
    module = blocking.module
    base: Any = module.BaseTransport
    abase: Any = module.AsyncBaseTransport

    class Transport(_Around, base):  # type: ignore[misc]  # known when it runs
        """A transport that rewrites calls to retired Atlas endpoints and sends by another one.

        ``inner`` is an HTTPTransport unless given; ``auth`` signs rewritten calls here, and nothing else. Like every
        ``transport=`` of httpx it ignores proxies of the environment. Raises SettingsError as Client does.
        """

        door, default = blocking, module.HTTPTransport

    class AsyncTransport(_Around, abase):  # type: ignore[misc]  # as above
        """The same as Transport, for AsyncClient."""

        door, default = awaited, module.AsyncHTTPTransport

    return Transport, AsyncTransport


def _handled(side: type[HttpxDoor], send: Callable[..., Any], auth: httpx.Auth, request: httpx.Request) -> Steps[Any]:
    """Send one request by another transport."""
    own = request.extensions.pop(CHALLENGED, None)
    if own is not None:  # the client was asked to sign, and perhaps has done so
        request.url = own
    challenged = own is not None and is_digest(request.headers.get("authorization", ""))
    retired = yield from recognise(request, side)
    if retired is None:
        return (yield partial(send, request))
    if retired.needs_body:
        retired = retired.with_body((yield getattr(request, side.reads)))
    door = side(retired, request, lambda inner: side.run(_signed(side, send, auth, inner)))
    response = yield from steps(door)
    if explained := _settle(door, response, challenged=challenged):
        yield getattr(response, side.closes)
        return explained
    return response


def _signed(side: type[HttpxDoor], send: Callable[..., Any], auth: httpx.Auth, request: httpx.Request) -> Steps[Any]:
    """Send a request as often as an authentication wants."""
    flow = getattr(auth, side.auth_flow)(request)
    try:
        outgoing = yield partial(side.following, flow)
        while True:
            response = yield partial(send, outgoing)
            response.request = outgoing
            try:
                outgoing = yield partial(getattr(flow, side.steps_by), response)
            except (StopIteration, StopAsyncIteration):
                return response
            except BaseException:
                yield getattr(response, side.closes)
                raise
            yield getattr(response, side.reads)
    finally:
        yield getattr(flow, side.closes)


def _settle(door: HttpxDoor, response: httpx.Response, *, challenged: bool) -> httpx.Response | None:
    """Let the client sign what was refused unsigned, or return the answer that says why it can't."""
    request = door.own
    challenges = response.headers.get_list("www-authenticate")
    if door.sent is None or response.status_code != 401 or not any(map(is_digest, challenges)):
        return None
    is_signed = "authorization" in door.inner.headers
    if not challenged:
        request.extensions[CHALLENGED] = request.url
        if not is_signed:
            request.url = door.inner.url
        return None
    if is_signed or "authorization" not in request.headers:
        return None
    explained = door.answered(unsigned(NEEDS_AUTH.format(f"shim.{door.module.__name__}")))
    explained.extensions[RECORD] = response.extensions.get(RECORD)
    return explained
