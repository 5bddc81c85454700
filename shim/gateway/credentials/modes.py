"""What a mode decides: who may call (a gate), and whose credentials a call carries upstream (a signer)."""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import re
import secrets
import socket
from collections.abc import Callable
from urllib.parse import unquote

import attrs

from shim.core.messages import Call, Headers, Reply, field, without
from shim.core.recognise import Match
from shim.gateway.checks import InboundRequest
from shim.gateway.credentials.digest import REALM, asks_digest, challenge
from shim.gateway.credentials.keys import Holder
from shim.gateway.errors import Refusal, too_slow
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.messages import OutboundCall, UpstreamResponse

REFUSED_LIMIT = 64 * 1024
"""Bytes that are read of a refused attempt's content, and of a reply to the gateway's own calls."""

_WITH_CONTENT = frozenset({"PATCH", "POST", "PUT"})

_SIGN_IN = re.compile(r"/+api(?:;[^/]*)?/+oauth(?:;[^/]*)?/", re.IGNORECASE)


async def ask(upstream: Upstream, call: Call) -> Reply:
    """Send a call of the gateway's own, and return its whole reply, the body None if it is too long; raises Refusal."""
    try:
        async with asyncio.timeout(upstream.deadline):
            response = await upstream.send(OutboundCall(call, readable=True))
            try:
                reply = await response.read(REFUSED_LIMIT)
            finally:
                response.close()
    except TimeoutError:
        raise too_slow(f"No answer within {upstream.deadline:g} seconds.") from None
    return attrs.evolve(reply, body=None) if reply.fault else reply


async def finish(response: UpstreamResponse) -> None:
    """Read a refused attempt's content, if it is short, so that its connection can be used again."""
    try:
        with contextlib.suppress(Refusal):
            await response.read(REFUSED_LIMIT)
    finally:
        response.close()


def bearer() -> Headers:
    """Return the challenge for a service account's access token, which is what would work."""
    return (("WWW-Authenticate", f'Bearer realm="{REALM}"'),)


def answered(response: UpstreamResponse, challenge: Callable[[], Headers]) -> UpstreamResponse:
    """Return a reply to a call that the gateway signed, with another challenge in place of upstream's Digest.

    A Digest client would answer upstream's by a signature for the wrong server.
    """
    head = response.head
    if head.status == 401 and asks_digest(head.headers):
        response.head = attrs.evolve(head, headers=(*without(head.headers, ("www-authenticate",)), *challenge()))
    return response


class UpstreamSigner:
    """Decides which credentials a call carries upstream: here the caller's own.

    ``lends`` says that they are the gateway's; a call may then have to be sent a second time, and its content is kept.
    """

    lends = False

    async def send(self, upstream: Upstream, outbound: OutboundCall) -> UpstreamResponse:
        """Return the reply that stands, its content unread; raises Refusal.

        A Digest signature over another path, and a challenge to make one, are of no use and refused.
        """
        if not outbound.rewritten:
            return await upstream.send(outbound)
        scheme = (field(outbound.call.headers, "Authorization") or "").partition(" ")[0].lower()
        if scheme == "digest":
            raise cannot_cross()
        response = await upstream.send(outbound)
        # A Bearer caller's 401 stands: it has what the challenge would be replaced by.
        if response.head.status == 401 and scheme != "bearer" and asks_digest(response.head.headers):
            response.close()
            raise cannot_cross()
        return response


PASSTHROUGH = UpstreamSigner()


class CallerGate:
    """Decides who may call: here everybody, since nothing is held that could be borrowed."""

    async def admit(
        self,
        request: InboundRequest,  # noqa: ARG002 - others look
        match: Match | None,  # noqa: ARG002 - as above
        *,
        listed: bool = False,  # noqa: ARG002 - as above
    ) -> UpstreamSigner:
        """Return who signs this call; raises Refusal. ``listed`` says that ``allow`` names the calls that are taken."""
        return PASSTHROUGH

    async def close(self) -> None:
        """Give up what was opened to decide that."""


class OwnGate(CallerGate):
    """Signs recognised operations, or all calls that a list has, for callers on this machine; no web pages.

    A page that knows the port by a rebound DNS name is refused before, by its Host: see ``Plan.checks_host``.
    ``learn`` takes the credentials that it signs with from now on, and has ``signer_of`` called once for each.
    """

    def __init__(self, signer_of: Callable[[Holder], UpstreamSigner]) -> None:
        self._signer_of = signer_of
        self._held: Holder | None = None
        self._signer = PASSTHROUGH

    def learn(self, held: Holder) -> None:
        """Take these credentials, unless they are those that are held."""
        if held != self._held:
            self._held, self._signer = held, self._signer_of(held)

    async def admit(self, request: InboundRequest, match: Match | None, *, listed: bool = False) -> UpstreamSigner:
        """Return who signs this call, or who adds nothing to one that isn't signed; raises Refusal."""
        if from_a_page(request.call.headers):
            raise Refusal(
                403,
                "SHIM_ORIGIN_REFUSED",
                "This gateway signs calls with credentials of its own, and takes none from a web page.",
                error="http_request_denied",
                close=True,
            )
        if not (match is not None or (listed and not signs_in(request.call.path))):
            return PASSTHROUGH
        if is_step_of_digest(request, match):
            raise Refusal(
                401,
                "SHIM_UNAUTHORIZED",
                "This write has no content and no Authorization, as the first request of an HTTP Digest client, which "
                "has to see a challenge. The gateway signs by itself: send the content, with or without a signature.",
                headers=challenge(secrets.token_hex(16)),
                challenged="unsigned",
            )
        return self._signer


def from_a_page(headers: Headers) -> bool:
    """Return whether a browser says that a page makes this call (Fetch, 3.2; Fetch Metadata, 2)."""
    said = [(name.lower(), value.strip().lower()) for name, value in headers]
    return any(name == "origin" or (name == "sec-fetch-site" and value != "none") for name, value in said)


def is_step_of_digest(request: InboundRequest, match: Match | None) -> bool:
    """Return whether a write is the first request of a Digest client: its content comes with its signature.

    libcurl's has no content, and says so, and of which type it would be; that a recognised write needs some is known.
    """
    call, head = request.call, request.head
    if head.has_content or call.method not in _WITH_CONTENT or field(call.headers, "Authorization") is not None:
        return False
    if match is not None:
        return match.operation.request is not None
    return head.length == 0 and field(call.headers, "Content-Type") is not None


def is_loopback(host: str) -> bool:
    """Return whether a host to listen on is this machine's own, under every address that it has."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)
    except (OSError, ValueError):
        return False


def signs_in(path: str) -> bool:
    """Return whether a raw path is one of ``/api/oauth/``, in any spelling that upstream might take for it.

    Who calls there gives or revokes a token by a login of its own, and no gateway knows a better one. To take
    another path for one of these would lend nothing to anybody.
    """
    return _SIGN_IN.match(unquote(path) if "%" in path else path) is not None


def cannot_cross() -> Refusal:
    """The one answer to an API key on a rewritten call.

    It is not a 401, since Digest clients look for a challenge of theirs in one, and raise an error about that instead
    of showing what it says.
    """
    return Refusal(
        403,
        "SHIM_DIGEST_CANNOT_CROSS",
        "An API key can't cross this gateway: HTTP Digest signs path and query, and atlas-shim sends this retired call "
        "with others. Start it with --credentials verify and this key, or call with a service account's access token "
        "(Authorization: Bearer ...); Python programs keep their key with the drop-in (from shim import httpx).",
        error="http_request_denied",
    )
