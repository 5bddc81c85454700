"""One exchange in httpx's terms, written once for both clients and both transports.

``travel`` turns the steps of the core into orders: requests to fetch, content to drain, and the
response to finish with. ``run`` and ``arun`` carry the orders out; neither decides anything.
"""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Awaitable, Callable, Generator
from functools import partial
from typing import Any

import attrs
import httpx

from shim.core.commands import Answer, Outcome, Read, Send, advance
from shim.core.content_coding import with_content
from shim.core.messages import Reply, without
from shim.dropin.digest import is_stale
from shim.dropin.runtime import write_down
from shim.httpx._recognition import INNER, Found, header_lines
from shim.httpx._rewriting import Inner, inner_request
from shim.httpx._streams import AsyncBody, Body, adrain, drain

RECORD = "shim"
"""The key in ``response.extensions`` of the record of a recognised call."""


@attrs.frozen
class Fetch:
    """Send this request; answer with the response, its content unread."""

    inner: Inner


@attrs.frozen
class Drain:
    """Read the raw content of the last response, ``limit`` bytes at most; answer with the body."""

    limit: int


@attrs.frozen
class Finish:
    """This is the response to hand back; ``last`` is the last request that was sent for it.

    ``native`` says that it is fed by the last response, which otherwise has to be closed.
    """

    response: httpx.Response
    native: bool
    last: Inner | None


Order = Fetch | Drain | Finish
Journey = Generator[Order, "httpx.Response | Body | AsyncBody", None]


def travel(
    request: httpx.Request,
    found: Found,
    body_type: type[Body | AsyncBody],
    default_encoding: str | Callable[[bytes], str] = "utf-8",
) -> Journey:
    """Make the journey of one request, whose body has been read if it is needed.

    An exception that is thrown in, where an order failed, comes out with the caller's own request.
    """
    start = time.perf_counter()
    call = found.call
    if found.needs_body:
        call = attrs.evolve(call, body=request.content)
    steps = found.begin(call)
    inner: Inner | None = None
    native: httpx.Response | None = None
    body: Body | AsyncBody | None = None
    try:
        step = advance(steps, None)
        while isinstance(step, Send | Read):
            if isinstance(step, Send):
                inner, body = inner_request(request, call, step), None
                native = _response((yield Fetch(inner)))
                reply = Reply(native.status_code, header_lines(native.headers))
            else:
                body = _body((yield Drain(step.limit)))
                reply = with_content(reply, body.chunks, step.limit, complete=body.complete, decoded=body.decoded)
            step = advance(steps, reply)
        if isinstance(step, Answer):
            response = _answered(step.reply, native, body_type, default_encoding)
        else:
            response = _passed(native, body, body_type)
        _dress(response, request, inner, step)
        assert isinstance(response.stream, Body | AsyncBody), "both kinds of response have one of ours"
        response.stream.done = partial(_stop, response, start)
        yield Finish(response, not isinstance(step, Answer), inner)
    except httpx.HTTPError as error:
        _correct(error, request, inner)
        raise
    finally:
        steps.close()


def run(journey: Journey, fetch: Callable[[httpx.Request], httpx.Response]) -> Finish:
    """Carry the orders of a journey out; ``fetch`` sends one request and reads nothing."""
    held: httpx.Response | Body | None = None
    try:
        order = next(journey)
        while not isinstance(order, Finish):
            if isinstance(order, Drain):
                held = drain(_response(held), order.limit)
            else:
                if held is not None:
                    held.close()
                held = fetch(order.inner.request)
            order = journey.send(held)
        if held is not None and not order.native:
            held.close()
    except BaseException as error:
        try:
            journey.throw(error)
        finally:
            if held is not None:
                held.close()
        raise
    journey.close()
    return order


async def arun(journey: Journey, fetch: Callable[[httpx.Request], Awaitable[httpx.Response]]) -> Finish:
    """The same as run for AsyncClient; it waits for nothing but ``fetch`` and closing."""
    held: httpx.Response | AsyncBody | None = None
    try:
        order = next(journey)
        while not isinstance(order, Finish):
            if isinstance(order, Drain):
                held = await adrain(_response(held), order.limit)
            else:
                if held is not None:
                    await held.aclose()
                held = await fetch(order.inner.request)
            order = journey.send(held)
        if held is not None and not order.native:
            await held.aclose()
    except BaseException as error:
        try:
            journey.throw(error)
        finally:
            if held is not None:
                await held.aclose()
        raise
    journey.close()
    return order


def _response(result: object) -> httpx.Response:
    assert isinstance(result, httpx.Response), "a Fetch is answered with a response"
    return result


def _body(result: object) -> Body | AsyncBody:
    assert isinstance(result, Body | AsyncBody), "a Drain is answered with a body"
    return result


def _passed(
    native: httpx.Response | None, body: Body | AsyncBody | None, body_type: type[Body | AsyncBody]
) -> httpx.Response:
    """Return the native response itself, or one that begins with what was read of it."""
    native = _response(native)
    if body is None or body.decoded:
        stream: Any = native.stream
        native.stream = body_type((), stream, stream)
        return native
    response = httpx.Response(
        native.status_code,
        headers=native.headers,
        stream=body,
        request=native.request,
        extensions=native.extensions,
        history=native.history,
        default_encoding=native.default_encoding,
    )
    response.next_request = native.next_request
    return response


def _answered(
    reply: Reply,
    native: httpx.Response | None,
    body_type: type[Body | AsyncBody],
    default_encoding: str | Callable[[bytes], str],
) -> httpx.Response:
    """Return a response of the shim's own, on the connection of the native one if there was any."""
    content = reply.body or b""
    lines = without(reply.headers, ("content-length", "content-encoding", "transfer-encoding"))
    headers = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in lines]
    if reply.status != 204:  # which has no content to have a length (RFC 9110, 8.6)
        headers.append((b"Content-Length", b"%d" % len(content)))
    extensions = {} if native is None else native.extensions
    return httpx.Response(
        reply.status,
        headers=headers,
        stream=body_type([content] if content else []),
        extensions={key: value for key, value in extensions.items() if key != "reason_phrase"},
        history=[] if native is None else native.history,
        default_encoding=default_encoding,
    )


def _dress(response: httpx.Response, request: httpx.Request, inner: Inner | None, outcome: Outcome | None) -> None:
    """Let the caller see requests of their own, and the record."""
    own = isinstance(outcome, Answer) or inner is None or inner.rewritten
    response.request = request if own else _shown(response.request, request, inner)
    _show_signature(request, inner)
    for earlier in response.history:
        earlier.request = _shown(earlier.request, request, inner)
    if response.next_request is not None:
        response.next_request.extensions.pop(INNER, None)
    if outcome is not None:
        response.extensions[RECORD] = outcome.record
        write_down(outcome.record)


def _show_signature(request: httpx.Request, inner: Inner | None) -> None:
    """Leave the credentials on the caller's request, as httpx does, but never those for another target."""
    authorization = None if inner is None else inner.request.headers.get("authorization")
    if authorization and not is_stale(authorization, request.url.raw_path.decode("ascii")):
        request.headers["Authorization"] = authorization


def _shown(seen: httpx.Request, request: httpx.Request, inner: Inner | None) -> httpx.Request:
    """Return what the caller sees for a request that was sent.

    The first of a chain of redirects is theirs; a later one of a rewritten call would show an
    address that they never asked for; a request that an auth flow made is what it is.
    """
    if inner is None or seen is inner.request:
        return request
    if seen.extensions.pop(INNER, None) is None:
        return seen
    return request if inner.rewritten else seen


def _correct(error: httpx.HTTPError, request: httpx.Request, inner: Inner | None) -> None:
    try:
        seen = error.request
    except RuntimeError:  # no request is known yet
        seen = request
    error.request = _shown(seen, request, inner)


def _stop(response: httpx.Response, start: float) -> None:
    """Set ``elapsed``: it covers the whole exchange, until the response is closed."""
    response.elapsed = dt.timedelta(seconds=time.perf_counter() - start)
