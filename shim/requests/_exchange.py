"""One exchange in requests' terms: what is sent for a retired call, and the response that comes of it."""

from __future__ import annotations

import datetime as dt
import time
from collections.abc import Callable

from requests import PreparedRequest, RequestException, Response
from requests.structures import CaseInsensitiveDict
from requests.utils import get_encoding_from_headers
from urllib3 import HTTPHeaderDict, HTTPResponse

from shim.core.commands import Answer, Read, Send, advance
from shim.core.content_coding import with_content
from shim.core.messages import Reply, reason_phrase, without
from shim.core.record import Record
from shim.dropin.runtime import write_down
from shim.requests._recognition import Found
from shim.requests._signing import Signature, signed
from shim.requests._signing import with_content as call_with_content
from shim.requests._streams import Content, drain, lines_of, put_back

Fetch = Callable[[PreparedRequest], Response]
"""Sends one request, follows redirects, runs no hook of the caller's, and reads nothing."""


def travel(request: PreparedRequest, found: Found, signature: Signature, fetch: Fetch) -> Response:
    """Make the journey of one request and return the response for the caller, its content unread."""
    start = time.perf_counter()
    call = call_with_content(found, request)
    steps = found.begin(call)
    inner: PreparedRequest | None = None
    rewritten = False
    native: Response | None = None
    body = None
    try:
        step = advance(steps, None)
        while isinstance(step, Send | Read):
            if isinstance(step, Send):
                if native is not None:
                    native.close()
                inner = signed(request, call, step, signature, first=inner is None)
                rewritten, body = step.rewritten, None
                native = fetch(inner)
                reply = Reply(native.status_code, lines_of(native))
            else:
                assert native is not None, "only a reply can be read"
                body = drain(native, step.limit)
                reply = with_content(reply, body.chunks, step.limit, complete=body.complete, decoded=body.decoded)
            step = advance(steps, reply)
        if isinstance(step, Answer):
            response = _answered(step.reply, request, native)
        else:
            assert native is not None, "only a reply can be handed back"
            response = native
            if body is not None:
                put_back(native, body, request.method)
    except BaseException as error:
        if native is not None:
            native.close()
        if isinstance(error, RequestException):
            _correct(error, request, inner, rewritten=rewritten)
        raise
    finally:
        steps.close()
    _dress(response, request, inner, rewritten=rewritten)
    _record(response, step.record)
    response.elapsed = dt.timedelta(seconds=time.perf_counter() - start)
    return response


def _answered(reply: Reply, request: PreparedRequest, native: Response | None) -> Response:
    """Return a response of the shim's own, as an adapter builds them, in place of the native one."""
    content = reply.body or b""
    headers = HTTPHeaderDict()
    for name, value in without(reply.headers, ("content-length", "content-encoding", "transfer-encoding")):
        headers.add(name, value)
    headers["Content-Length"] = str(len(content))
    response = Response()
    response.status_code = reply.status
    response.headers = CaseInsensitiveDict(headers)
    response.encoding = get_encoding_from_headers(response.headers)
    response.reason = reason_phrase(reply.status)
    response.raw = HTTPResponse(
        body=Content([content]),
        headers=headers,
        status=reply.status,
        version=getattr(getattr(native, "raw", None), "version", 11),
        reason=response.reason,
        preload_content=False,
        request_method=request.method,
    )
    response.url = request.url or ""
    response.request = request
    if native is not None:
        native.close()
        response.history = native.history
        response.cookies = native.cookies
        if hasattr(native, "connection"):
            response.connection = native.connection
    return response


def _dress(response: Response, request: PreparedRequest, inner: PreparedRequest | None, *, rewritten: bool) -> None:
    """Let the caller see a request and URLs of their own."""
    for seen in (response, *response.history):
        if rewritten:
            seen.url = request.url or ""
            seen.request = request
        elif seen.request is inner:
            seen.request = request
        elif inner is not None and seen.request.hooks is inner.hooks:
            seen.request.hooks = request.hooks


def _correct(
    error: RequestException, request: PreparedRequest, inner: PreparedRequest | None, *, rewritten: bool
) -> None:
    if error.response is not None:
        _dress(error.response, request, inner, rewritten=rewritten)
    if error.request is not None and (rewritten or error.request is inner):
        error.request = request


def _record(response: Response, record: Record) -> None:
    """Put the record where the caller finds it, also after the response was pickled."""
    write_down(record)
    response.shim = record  # type: ignore[attr-defined]  # the one attribute that is ours
    response.__attrs__ = [*Response.__attrs__, "shim"]
