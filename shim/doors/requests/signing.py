"""Signing with the caller's authentication, always for the target that is sent and only for that.

A Digest signature covers the target. So a session begins the exchange of a retired call while it prepares
the request, and has the caller's authentication sign what will be sent first; the request itself keeps the
caller's URL. Sending the request goes on with that exchange. Whatever else is sent, such as a fallback or
the first call of a request that was prepared without a session, is signed anew, by the authentication that
the request's hooks belong to: that costs no trip, only a count of the nonce.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from weakref import WeakKeyDictionary

import attrs
from requests import PreparedRequest
from requests.auth import AuthBase

from shim.core.messages import Command, Exchange, Headers, Outcome, Send, advance
from shim.doors.digest import is_digest, is_stale
from shim.doors.forms import header_lines
from shim.doors.recognition import RetiredCall
from shim.doors.requests.recognition import recognise
from shim.doors.requests.rewriting import InnerRequest, inner_request

Hook = Callable[..., Any]

FRESH = 1.0
"""Seconds for which an exchange may wait for its request to be sent: a decision and a deadline must not age."""


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


@attrs.frozen(eq=False)
class BegunExchange:
    """An exchange whose request is prepared and not yet sent.

    ``command`` is what it asks for first, ``inner`` the signed request for that, None where the caller's own
    will do. ``facts`` are what must not have changed when the request is sent; ``at`` is by ``time.monotonic``.
    """

    exchange: Exchange
    command: Command | Outcome
    inner: InnerRequest | None
    facts: tuple[object, ...]
    at: float


# Kept beside the requests, which stay as requests made them and can be copied and pickled as ever.
_SIGNATURES: WeakKeyDictionary[PreparedRequest, Signature] = WeakKeyDictionary()
_BEGUN: WeakKeyDictionary[PreparedRequest, BegunExchange] = WeakKeyDictionary()


@attrs.frozen(eq=False)
class TargetAuth:
    """An authentication for ``PreparedRequest.prepare``: has ``auth``, the caller's own, sign what will be sent."""

    auth: Any
    url: Any

    def __call__(self, request: PreparedRequest) -> PreparedRequest:
        """Sign a request that is prepared but for its hooks."""
        retired = recognise(request)
        if retired is None:
            request.prepare_auth(self.auth, self.url)
            return request
        steps = retired.exchange()
        command, inner = advance(steps, None), None
        if isinstance(command, Send) and command.rewritten:
            inner = inner_request(request, retired.call, command)
        sent = request if inner is None else inner.request
        before, url = sent.headers.copy(), sent.url
        sent.prepare_auth(self.auth, self.url)
        for name, value in sent.headers.items():
            if before.get(name) != value:
                request.headers[name] = value
        request.hooks = {event: list(hooks) for event, hooks in sent.hooks.items()}
        # A signature in a rewritten URL can't be seen on the request; it is made again when that is sent again.
        made_for = sent.url if inner is None or sent.url == url else None
        field = request.headers.get("Authorization")
        _SIGNATURES[request] = Signature(self.auth, field, sent.method, made_for, tuple(hooks_of(request)))
        lines = header_lines(request.headers.items())
        _BEGUN[request] = BegunExchange(steps, command, inner, _facts(request, retired, lines), time.monotonic())
        return request


def begun_exchange(request: PreparedRequest, retired: RetiredCall) -> BegunExchange | None:
    """Return the exchange that was begun when a request was prepared, if that is still the same call; only once."""
    held = _BEGUN.pop(request, None)
    if (
        held is None
        or time.monotonic() - held.at > FRESH
        or held.facts != _facts(request, retired, retired.call.headers)
    ):
        return None
    return held


def _facts(request: PreparedRequest, retired: RetiredCall, lines: Headers) -> tuple[object, ...]:
    """Return what makes a call the same; ``lines`` are the request's field lines, in which the signature is by now."""
    call = retired.call
    about = (call.method, call.origin, call.target, call.body, request.url, request.body)
    return (*about, lines, retired.match, retired.context.settings)


def signature_of(request: PreparedRequest) -> Signature:
    """Return how a request was signed, as far as that is known and still true."""
    signature = _SIGNATURES.get(request) or _found_in_hooks(request)
    if signature.field != request.headers.get("Authorization"):
        return attrs.evolve(signature, auth=None)  # the caller put other credentials there
    present = hooks_of(request)
    if all(hook in present for hook in signature.hooks):
        return signature
    return attrs.evolve(signature, hooks=tuple([hook for hook in signature.hooks if hook in present]))


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


def sign(inner: InnerRequest, signature: Signature, *, first: bool) -> None:
    """Give a request the hooks of the caller's authentication, and a new signature unless it has the right one.

    Only the ``first`` request of an exchange may have it: what was used once is used up.
    """
    request, field = inner.request, inner.request.headers.get("Authorization")
    request.hooks = {"response": list(signature.hooks)}
    if signature.auth is None:
        return
    made_for_this = (signature.method, signature.url) == (request.method, request.url)
    if isinstance(field, str) and is_digest(field):
        made_for_this = made_for_this or not is_stale(field, request.path_url)
    if not (first and made_for_this):
        request.hooks = {"response": []}
        request.prepare_auth(signature.auth, request.url or "")
