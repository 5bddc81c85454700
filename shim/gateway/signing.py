"""Credentials: who signs a call that goes to another path than the caller's.

A Signer is asked before each call is sent and after each reply's head. Today there is one, which
holds nothing and passes the caller's own credentials on.
"""

from __future__ import annotations

from typing import Protocol

import attrs

from shim.core.messages import Call, Headers, Reply, field
from shim.core.steps import Send
from shim.gateway.answers import Refusal
from shim.gateway.options import CredentialsMode

DIGEST_DETAIL = (
    "atlas-shim sends this retired call to another path, and HTTP Digest signs the path, so an API key "
    "can't cross a gateway that holds no credentials (--credentials passthrough). Call with a service "
    "account's access token (Authorization: Bearer ...), which is not bound to a path; Python programs "
    "can keep their API key with the drop-in import (from shim import httpx)."
)


class Signer(Protocol):
    """Decides which credentials each upstream call carries."""

    async def sign(self, send: Send) -> Call:
        """Return the call as it is to be sent; raises Refusal when it can't be authorized."""
        ...

    async def after(self, send: Send, reply: Reply) -> Call | None:
        """Look at a reply's head: None keeps it, a call is sent in its place; raises Refusal."""
        ...


@attrs.frozen
class Passthrough:
    """Sends the caller's own credentials; a Digest signature over another path is refused."""

    async def sign(self, send: Send) -> Call:
        """Return the call unchanged; raises Refusal for Digest on a rewritten call."""
        if send.rewritten and scheme(send.call.headers) == "digest":
            raise digest_refusal()
        return send.call

    async def after(self, send: Send, reply: Reply) -> Call | None:
        """Replace a Digest challenge that the caller could not answer; a Bearer caller's reply stands."""
        if (
            send.rewritten
            and reply.status == 401
            and scheme(send.call.headers) != "bearer"
            and _challenges_digest(reply.headers)
        ):
            raise digest_refusal()
        return None


def signer_for(mode: CredentialsMode) -> Signer:
    """Return the signer of a credentials mode."""
    assert mode is CredentialsMode.PASSTHROUGH
    return Passthrough()


def digest_refusal() -> Refusal:
    """The one answer to an API key on a rewritten call; its challenge names what would work."""
    return Refusal(
        401,
        "SHIM_DIGEST_CANNOT_CROSS",
        DIGEST_DETAIL,
        headers=(("WWW-Authenticate", 'Bearer realm="MMS Public API"'),),
    )


def scheme(headers: Headers) -> str:
    """Return the lower-case scheme of Authorization, empty when there is none."""
    return (field(headers, "Authorization") or "").partition(" ")[0].lower()


def _challenges_digest(headers: Headers) -> bool:
    said = ",".join(value for name, value in headers if name.lower() == "www-authenticate")
    return any(part.strip().lower().startswith("digest") for part in said.split(","))
