"""Calls that may not be made are refused here, before anything is sent."""

from __future__ import annotations

from shim.core.messages import Call
from shim.core.recognise import Match
from shim.gateway.allow.lists import READS
from shim.gateway.credentials import UpstreamSigner
from shim.gateway.errors import Refusal
from shim.gateway.reload import Plan

SIGN_IN = frozenset({"/api/oauth/token", "/api/oauth/revoke"})
"""Where tokens are had and given back, by a login of the caller's own: no read, and no change to anything of Atlas'."""

_OVERRIDES = frozenset({"x-http-method-override", "x-http-method", "x-method-override"})
_LENGTHS = frozenset(map(len, _OVERRIDES))


def limited(signer: UpstreamSigner, call: Call, match: Match | None, plan: Plan) -> UpstreamSigner:
    """Return the signer of a call that may be made; raises Refusal for one that ``read_only`` or the list leaves out.

    Without a list of the operator's own only calls that the gateway signs itself are limited: with the others nothing
    is lent.
    """
    options = plan.options
    allowed = plan.allowed if signer.may_resend else options.allow
    if allowed is None and not options.read_only:
        return signer
    method = call.method
    for name, value in call.headers:
        if len(name) in _LENGTHS and name.lower() in _OVERRIDES and value.strip() != method:
            method = ""  # servers that know the field take the call for another one
    if options.read_only and method not in READS and not (method == "POST" and _path(call) in SIGN_IN):
        raise read_only(call.method)
    if not (allowed is None or allowed.has(method, call.target, recognised=match is not None)):
        raise not_allowed(call.method, is_default=options.allow is None)
    return signer


def _path(call: Call) -> str:
    return call.target.partition("?")[0]


def read_only(method: str) -> Refusal:
    """A call that may change something, at a gateway for reads alone."""
    return Refusal(
        403,
        "SHIM_READ_ONLY",
        f"This gateway takes reads only (GET, HEAD, OPTIONS), and this call is none: {method}. Nothing was "
        "sent. Whoever runs it can end that: --read-only (ATLAS_SHIM_READ_ONLY).",
        error="http_request_denied",
    )


def not_allowed(method: str, *, is_default: bool) -> Refusal:
    """A call that is not on the list."""
    if is_default:
        detail = (
            "This gateway signs calls that it recognises, and reads; this call is neither"
            f" ({method}). Nothing was sent. Whoever runs it can allow it by method and path, as in "
            "--allow 'recognised, reads, POST /api/atlas/v2/groups/*/clusters', or everything by --allow all "
            "(ATLAS_SHIM_ALLOW)."
        )
    else:
        detail = (
            f"This call ({method}, and its path) is not on the list of what this gateway takes. Nothing was "
            "sent. Whoever runs it can add it by method and path: --allow (ATLAS_SHIM_ALLOW)."
        )
    return Refusal(403, "SHIM_NOT_ALLOWED", detail, error="http_request_denied")
