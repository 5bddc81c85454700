"""Signing with the caller's authentication, always for the target that is sent and only for that.

A Digest signature covers the target. So a session decides while it prepares a request, and has the
caller's authentication sign what will be sent first; the request itself keeps the caller's URL. A
fallback is signed anew. A request that was prepared without a session is signed anew as well, by
the authentication that its hooks belong to: that costs no trip, only a count of the nonce.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import attrs
from requests import PreparedRequest
from requests.auth import AuthBase

from shim.core.commands import Send
from shim.core.content_coding import acceptable
from shim.core.messages import Call
from shim.dropin.digest import is_digest, is_stale
from shim.requests._recognition import INNER, Found, content_of, recognise

Hook = Callable[..., Any]


@attrs.frozen(eq=False)
class Signature:
    """How a request was signed.

    ``auth`` is the caller's authentication, None when there is none or it can't be known; ``field``
    is the Authorization field that came of it; ``method`` and ``url`` are what it was made for;
    ``hooks`` are the hooks that it works with.
    """

    auth: Any
    field: str | bytes | None = None
    method: str | None = None
    url: str | None = None
    hooks: tuple[Hook, ...] = ()


_SIGNATURES: WeakKeyDictionary[PreparedRequest, Signature] = WeakKeyDictionary()
"""Kept beside the requests, which stay as requests made them and can be pickled as ever."""


@attrs.frozen(eq=False)
class Signer:
    """An authentication for ``PreparedRequest.prepare``: decides, then has the caller's own sign."""

    auth: Any
    url: Any

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request that is prepared but for its hooks."""
        found = recognise(request)
        if found is None:
            request.prepare_auth(self.auth, self.url)
            return request
        call = with_content(found, request)
        inner = _first(found, request, call)
        if inner is None:
            inner = request
        before = inner.headers.copy()
        url = inner.url
        inner.prepare_auth(self.auth, self.url)
        for name, value in inner.headers.items():
            if before.get(name) != value:
                request.headers[name] = value
        request.hooks = inner.hooks
        # A signature in the rewritten URL itself can't be kept here; it is made again.
        made_for = inner.url if inner is request or inner.url == url else None
        field = request.headers.get("Authorization")
        _SIGNATURES[request] = Signature(self.auth, field, inner.method, made_for, tuple(hooks_of(request)))
        return request


def with_content(found: Found, request: PreparedRequest) -> Call:
    """Return the call, with its body when that takes part in the decision."""
    return attrs.evolve(found.call, body=content_of(request)) if found.match.needs_body else found.call


def _first(found: Found, request: PreparedRequest, call: Call) -> PreparedRequest | None:
    """Return what will be sent first, None when it is the request itself or nothing."""
    steps = found.begin(call)
    try:
        step = next(steps)
    except StopIteration:
        return None
    finally:
        steps.close()
    return inner_request(request, call, step) if isinstance(step, Send) and step.rewritten else None


def signature_of(request: PreparedRequest) -> Signature:
    """Return how a request was signed, as far as that is known and still true."""
    signature = _SIGNATURES.get(request) or _found_in_hooks(request)
    if signature.field != request.headers.get("Authorization"):
        return attrs.evolve(signature, auth=None)  # the caller put other credentials there
    present = hooks_of(request)
    return attrs.evolve(signature, hooks=tuple(hook for hook in signature.hooks if hook in present))


def _found_in_hooks(request: PreparedRequest) -> Signature:
    hooks = hooks_of(request)
    owners = [owner for owner in (getattr(hook, "__self__", None) for hook in hooks) if isinstance(owner, AuthBase)]
    if not owners:
        return Signature(None, request.headers.get("Authorization"))
    return Signature(
        owners[0],
        request.headers.get("Authorization"),
        request.method,
        request.url,
        tuple(hook for hook in hooks if getattr(hook, "__self__", None) is owners[0]),
    )


def hooks_of(request: PreparedRequest) -> list[Hook]:
    """Return the response hooks of a request; one hook may stand for a list of one."""
    hooks: Any = (request.hooks or {}).get("response") or []
    return [hooks] if callable(hooks) else list(hooks)


def signed(request: PreparedRequest, call: Call, step: Send, signature: Signature, *, first: bool) -> PreparedRequest:
    """Return the shim's own request for a step, signed for its target."""
    inner = inner_request(request, call, step)
    inner.hooks = {"response": list(signature.hooks)}
    field = request.headers.get("Authorization")
    digest = field if isinstance(field, str) and is_digest(field) else None
    made_for_this = (signature.method, signature.url) == (inner.method, inner.url)
    if digest is not None:
        made_for_this = made_for_this or not is_stale(digest, step.call.target)
    if signature.auth is not None and not (first and made_for_this):
        inner.hooks = {"response": []}
        inner.prepare_auth(signature.auth, inner.url or "")
    return inner


def inner_request(request: PreparedRequest, call: Call, step: Send) -> PreparedRequest:
    """Return the request for a step, without hooks; ``call`` is what the caller's own request says."""
    sent = step.call
    inner = request.copy()
    inner.hooks = {"response": []}
    same_body = sent.method == call.method and sent.body == call.body
    if step.rewritten:
        parts = urlsplit(request.url or "")
        inner.method = sent.method
        inner.url = f"{parts.scheme}://{parts.netloc}{sent.target}"
        inner.headers.clear()
        for name, value in sent.headers:
            if name.lower() != "authorization" or not is_stale(value, sent.target):
                inner.headers[name] = value
    if "Accept-Encoding" in inner.headers:
        inner.headers["Accept-Encoding"] = acceptable(_text(inner.headers["Accept-Encoding"]))
    if not same_body:
        inner.headers.pop("Transfer-Encoding", None)
        inner.headers.pop("Content-Length", None)
        inner.body, inner._body_position = sent.body, None  # noqa: SLF001 - where requests rewinds to on a redirect
    if step.rewritten and "Transfer-Encoding" not in inner.headers:
        inner.prepare_content_length(inner.body)
    INNER.add(inner)
    return inner


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
