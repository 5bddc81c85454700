"""Signing upstream with a service account: one token for all calls, renewed before it ends."""

from __future__ import annotations

import asyncio
import base64
import json
import time
from collections.abc import Callable

import attrs

from shim.core.messages import Call, replaced
from shim.credentials import TOKEN_PATH, ServiceAccount, Token, TokenBook
from shim.gateway.credentials.modes import UpstreamSigner, answered, ask, bearer, finish
from shim.gateway.errors import Refusal
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.messages import OutboundCall, UpstreamResponse

PAUSE = 1.0
"""Seconds for which a failed exchange is the answer to every call: they would all fail alike."""

_FORM = b"grant_type=client_credentials"


class AccountSigner(UpstreamSigner):
    """Signs every call with an access token that a service account is exchanged for (RFC 6749, 4.4).

    Calls that come while a token is fetched wait for it. A call that is answered 401 is sent once
    more with a new token, if its content can be; one whose content can't leaves the new token to the next.
    """

    lends = True

    def __init__(self, account: ServiceAccount, origin: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        login = base64.b64encode(f"{account.client_id}:{account.client_secret}".encode()).decode("ascii")
        headers = (
            ("Authorization", f"Basic {login}"),
            ("Content-Type", "application/x-www-form-urlencoded"),
            ("Accept", "application/json"),
        )
        self._exchange = Call("POST", origin, TOKEN_PATH, headers, _FORM)
        self._clock = clock
        self._book = TokenBook(clock)
        self._lock = asyncio.Lock()
        self._failure: tuple[float, Refusal] | None = None

    async def send(self, upstream: Upstream, outbound: OutboundCall) -> UpstreamResponse:
        """Send with the token, and once more with a new one after a 401; raises Refusal without a token."""

        async def sent(token: Token) -> UpstreamResponse:
            headers = replaced(outbound.call.headers, "Authorization", f"Bearer {token.value}")
            return await upstream.send(attrs.evolve(outbound, call=attrs.evolve(outbound.call, headers=headers)))

        token = self._book.usable() or await self._token(upstream, None)
        response = await sent(token)
        if response.head.status == 401 and self._book.worth_another(again=False):
            if outbound.stream is not None:
                self._book.drop(token)
            else:
                await finish(response)
                response = await sent(await self._token(upstream, token))
                if response.head.status == 401:
                    self._book.worth_another(again=True)
        return answered(response, bearer)

    async def _token(self, upstream: Upstream, refused: Token | None) -> Token:
        async with self._lock:
            token = self._book.usable(refused)
            if token is not None:
                return token
            asked = self._clock()
            if self._failure is not None and asked < self._failure[0]:
                raise attrs.evolve(self._failure[1])
            try:
                reply = await ask(upstream, self._exchange)
                if reply.status != 200 or reply.body is None:
                    raise no_token(f"the token endpoint answered {reply.status}")
                return self._book.learn(json.loads(reply.body), asked)
            except (Refusal, ValueError, RecursionError) as error:
                failed = error if isinstance(error, Refusal) else no_token("the token endpoint answered without one")
                self._failure = (self._clock() + PAUSE, failed)
                raise failed from None


def no_token(said: str) -> Refusal:
    """Upstream does not exchange the service account for a token."""
    return Refusal(
        502,
        "SHIM_SIGN_IN_FAILED",
        "Upstream gave no access token for the service account that this gateway holds.",
        error="http_request_denied",
        said=said,
    )
