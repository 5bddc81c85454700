"""Sign calls that go upstream, with an API key or a service account's token."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import json
import time
from collections import deque
from collections.abc import Callable, Mapping
from functools import partial
from secrets import token_hex

import attrs

from shim.codes import cure_of
from shim.core.messages import Call, Headers, Reply, field, without
from shim.credentials import TOKEN_PATH, ApiKey, ServiceAccount, Token, TokenBook
from shim.gateway.credentials.digest import (
    REALM,
    asks_digest,
    challenge,
    challenges,
    parameters,
    response,
    secret_hash,
)
from shim.gateway.errors import Refusal
from shim.gateway.fields import string
from shim.gateway.http1.body import BUFFERED
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.connection import OutboundCall, UpstreamResponse

_IDLE = 256  # nonces kept for later calls; the last used are reused first
_ATTEMPTS = 3  # the limit on requests for one call
# Seconds for which a failed token request answers every call, because all would fail
# alike.
_PAUSE = 1.0

_TOKENLESS = f"Atlas gave no access token for this gateway's service account. {cure_of('SHIM_SIGN_IN_FAILED')}"
_CROSSING = (
    "A Digest signature can't pass this gateway: it covers path and query, and this retired call is sent with "
    f"another path or query. {cure_of('SHIM_DIGEST_CANNOT_CROSS')}"
)
_STEP = (
    "This write has no content and no Authorization, like the first request of an HTTP Digest client, which "
    "waits for a challenge. This gateway signs calls itself: send the content, with or without a signature."
)

no_token = partial(
    Refusal, 502, "SHIM_SIGN_IN_FAILED", "http_request_denied", _TOKENLESS
)

cannot_cross = partial(
    Refusal, 403, "SHIM_DIGEST_CANNOT_CROSS", "http_request_denied", _CROSSING
)
"""Refuses an API key on a rewritten call.

The status is not 401, because Digest clients hide a 401 without a challenge.
"""


class UpstreamSigner:
    """Decides which credentials a call has upstream: here the caller's own.

    If it ``signs``, the gateway adds them, and content is kept, because the call may
    have to be sent a second time. ``proven`` is the public part of the key that the
    caller has proved, or empty if the gateway asks for no proof.
    """

    signs = False
    proven = ""

    @property
    def borrows(self) -> bool:
        """Whether the caller uses credentials that it has not proved to own."""
        return self.signs and not self.proven

    async def send(
        self, upstream: Upstream, outbound: OutboundCall
    ) -> UpstreamResponse:
        """Send the request, and return the final reply, its content unread.

        Raises Refusal.

        On a rewritten call a Digest signature and a challenge for one are refused,
        because they are for another path.
        """
        if not outbound.rewritten:
            return await upstream.send(outbound)
        scheme = (
            (field(outbound.call.headers, "Authorization") or "")
            .partition(" ")[0]
            .lower()
        )
        if scheme == "digest":
            raise cannot_cross()
        response = await upstream.send(outbound)
        # A Bearer caller gets its 401: it already has the token that a challenge would
        # ask for.
        if (
            response.head.status == 401
            and scheme != "bearer"
            and asks_digest(response.head.headers)
        ):
            response.close()
            raise cannot_cross()
        return response


PASSTHROUGH = UpstreamSigner()


@attrs.define
class Nonce:
    """A challenge of upstream to a key, its parameters ``given``, and its use count."""

    key: ApiKey
    given: Mapping[str, str]
    stale: bool
    uses: int = 0

    def sign(self, method: str, target: str) -> str:
        """Return an Authorization value for one more use (RFC 7616, 3.4)."""
        self.uses += 1
        name = self.key.public_key
        realm = self.given["realm"]
        nonce = self.given["nonce"]
        key_hash = secret_hash(name, realm, self.key.private_key)
        count = f"{self.uses:08x}"
        cnonce = token_hex(8)
        answer = response(
            key_hash, f"{method}:{target}", nonce=nonce, count=count, cnonce=cnonce
        )
        said = f'Digest username={string(name)}, realm="{realm}", nonce="{nonce}", uri={string(target)}'
        said += f', response="{answer}", qop=auth, nc={count}, cnonce="{cnonce}"'
        if algorithm := self.given.get("algorithm"):
            said += f", algorithm={algorithm}"
        return said + (
            f', opaque="{self.given["opaque"]}"' if "opaque" in self.given else ""
        )


def bearer() -> Headers:
    """Return the challenge for a service account's token, the only one that would work."""
    return (("WWW-Authenticate", f'Bearer realm="{REALM}"'),)


@attrs.define(eq=False, repr=False)
class KeySigner(UpstreamSigner):
    """Signs every call with one API key; nonces are reused, each by one call at a time.

    A strict server refuses a count that it has seen, or that overtakes another on the
    way. So a call borrows the nonce that was returned last, until the reply's head has
    arrived. ``challenge`` makes the fields that replace upstream's challenge if even a
    signed call gets a 401.
    """

    signs = True

    key: ApiKey
    _challenge: Callable[[], Headers] = bearer
    proven: str = ""
    _idle: deque[Nonce] = attrs.field(factory=lambda: deque(maxlen=_IDLE), init=False)

    async def send(
        self, upstream: Upstream, outbound: OutboundCall
    ) -> UpstreamResponse:
        """Sign, and sign again if the nonce was refused; raises Refusal.

        Of a refused reply, no more is read than each request has reserved.
        """
        call = outbound.call
        nonce = self._idle.pop() if self._idle else None
        is_new = False
        for number in range(1, _ATTEMPTS + 1):
            if nonce is not None:
                signature = nonce.sign(call.method, call.target)
            else:
                signature = None
            response = await upstream.send(_signed(outbound, signature))
            other = challenge_of(response.head, self.key)
            # If a new nonce was refused for another reason than its age, the key or its
            # rights are wrong.
            is_last = (
                other is None or number == _ATTEMPTS or (is_new and not other.stale)
            )
            nonce = other or nonce
            is_new = True
            if is_last:
                break
            # so that its connection can be reused
            with (
                contextlib.closing(response),
                contextlib.suppress(Refusal),
            ):
                await response.read(BUFFERED)
        if nonce is not None:
            self._idle.append(nonce)
        return answered(response, self._challenge)


class AccountSigner(UpstreamSigner):
    """Signs every call with the access token of a service account (RFC 6749, 4.4).

    Calls that arrive while a token is requested wait for it. After a 401 a call is sent
    once more, with a new token.
    """

    signs = True

    def __init__(self, account: ServiceAccount, origin: str) -> None:
        login = base64.b64encode(
            f"{account.client_id}:{account.client_secret}".encode()
        ).decode("ascii")
        headers = (
            ("Authorization", f"Basic {login}"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Accept", "application/json"),
        )
        self._exchange = Call(
            "POST", origin, TOKEN_PATH, headers, b"grant_type=client_credentials"
        )
        self._book = TokenBook(time.monotonic)
        self._lock = asyncio.Lock()
        self._refusal = no_token()
        self._refused_until = float("-inf")

    async def send(
        self, upstream: Upstream, outbound: OutboundCall
    ) -> UpstreamResponse:
        """Send with the token, and once more with a new one after a 401.

        Raises Refusal without a token.
        """
        token = self._book.usable() or await self._token(upstream, None)
        for again in (False, True):
            response = await upstream.send(_signed(outbound, f"Bearer {token.value}"))
            if response.head.status != 401 or not self._book.worth_another(again=again):
                break
            # so that its connection can be reused
            with (
                contextlib.closing(response),
                contextlib.suppress(Refusal),
            ):
                await response.read(BUFFERED)
            token = await self._token(upstream, token)
        return answered(response, bearer)

    async def _token(self, upstream: Upstream, refused: Token | None) -> Token:
        async with self._lock:
            if (token := self._book.usable(refused)) is not None:
                return token
            if (asked := time.monotonic()) >= self._refused_until:
                try:
                    outbound = OutboundCall(
                        self._exchange,
                        readable=True,
                        until=upstream.now() + upstream.deadline,
                    )
                    with contextlib.closing(await upstream.send(outbound)) as response:
                        reply = await response.read(BUFFERED)
                    if (
                        reply.status == 200
                        and reply.body is not None
                        and not reply.fault
                    ):
                        return self._book.learn(json.loads(reply.body), asked)
                    self._refusal = no_token(
                        f"the token endpoint answered {reply.status}"
                    )
                except Refusal as refusal:
                    self._refusal = refusal
                except (ValueError, RecursionError):
                    self._refusal = no_token("the token endpoint answered without one")
                self._refused_until = time.monotonic() + _PAUSE
            raise attrs.evolve(self._refusal)


def _signed(outbound: OutboundCall, value: str | None) -> OutboundCall:
    headers = without(outbound.call.headers, ("authorization",))
    if value is None:
        lines = headers
    else:
        lines = (*headers, ("Authorization", value))
    return attrs.evolve(outbound, call=attrs.evolve(outbound.call, headers=lines))


def challenge_of(reply: Reply, key: ApiKey) -> Nonce | None:
    """Return the first challenge of a 401 that an API key can answer."""
    lines = []
    for name, value in reply.headers:
        if name.lower() == "www-authenticate" and reply.status == 401:
            lines.append(value)
    for word, text in [one for value in lines for one in challenges(value)]:
        if word == "digest":
            given = parameters(text)
        else:
            given = None
        if given is None or not {"realm", "nonce"} <= given.keys():
            continue
        qops = [word.strip() for word in given.get("qop", "").split(",")]
        if "auth" in qops and given.get("algorithm", "").upper() in {"", "MD5"}:
            return Nonce(key, given, given.get("stale", "").lower() == "true")
    return None


def answered(
    response: UpstreamResponse, challenge: Callable[[], Headers]
) -> UpstreamResponse:
    """Return a reply to a signed call, with the gateway's own challenge."""
    head = response.head
    if head.status == 401 and asks_digest(head.headers):
        response.head = attrs.evolve(
            head, headers=(*without(head.headers, ("www-authenticate",)), *challenge())
        )
    return response


def step_of_digest() -> Refusal:
    """Challenge a Digest client whose first request has no content.

    The gateway does so even if it signs the call with its own key.
    """
    fields = challenge(token_hex(16))
    return Refusal(
        401, "SHIM_UNAUTHORIZED", None, _STEP, headers=fields, challenged="unsigned"
    )
