"""Signing with the caller's authentication, always for the target that is sent and only for that.

A Digest signature covers the target, and the session signed the caller's. An authentication that works with requests'
hooks, as HTTPDigestAuth does, is found in them and signs what is sent: that costs no trip, only a count of the nonce.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import attrs
from requests import PreparedRequest
from requests.auth import AuthBase

from shim.doors.native import is_digest, is_stale

Hook = Callable[..., Any]


@attrs.frozen(eq=False)
class Signature:
    """How a request was signed.

    ``auth`` is the caller's authentication, None when there is none or it can't be known; ``hooks`` are the hooks
    that it works with, and ``made_for`` is the request that has its signature, None where it has not signed yet.
    """

    auth: Any
    hooks: tuple[Hook, ...] = ()
    made_for: PreparedRequest | None = None


def signature_of(request: PreparedRequest) -> Signature:
    """Return how a request was signed, as far as its hooks show it."""
    present: Any = (request.hooks or {}).get("response") or []
    hooks = {hook: getattr(hook, "__self__", None) for hook in ([present] if callable(present) else present)}
    auth = next((owner for owner in hooks.values() if isinstance(owner, AuthBase)), None)
    if auth is None:
        return Signature(None)
    return Signature(auth, tuple(hook for hook, owner in hooks.items() if owner is auth), request)


def sign(inner: PreparedRequest, signature: Signature, *, first: bool) -> None:
    """Give a request the hooks of the caller's authentication, and a new signature unless it has the right one.

    Only the ``first`` request of an exchange may have it: what was used once is used up.
    """
    inner.hooks = {"response": list(signature.hooks)}
    if signature.auth is None:
        return
    field, own = inner.headers.get("Authorization"), signature.made_for
    fits = own is not None and (own.method, own.url) == (inner.method, inner.url)
    if isinstance(field, str) and is_digest(field):
        fits = fits or not is_stale(field, inner.path_url)
    if not (first and fits):
        inner.hooks = {"response": []}
        inner.prepare_auth(signature.auth, inner.url or "")
