"""How calls are signed: HTTP Digest, a bearer token, or a token that a service account is exchanged for."""

from __future__ import annotations

import copy
import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator
from functools import partial
from typing import Any, Generic, TypeVar

import anyio
import attrs
import httpx

from shim.atlas.replies import error_of, json_object
from shim.atlas.timeouts import Parts, longest, within
from shim.credentials import TOKEN_PATH, AccessToken, ApiKey, Credentials, ServiceAccount, Token, TokenBook
from shim.errors import AtlasError, UnauthorizedError


def auth_for(credentials: Credentials, base_url: str, *, clock: Callable[[], float] = time.monotonic) -> httpx.Auth:
    """Return what signs the calls to the Atlas at ``base_url``; ``clock`` returns seconds."""
    match credentials:
        case ApiKey(public_key, private_key):
            return DigestAuth(public_key, private_key)
        case AccessToken(token):
            return BearerAuth(token)
    return ServiceAccountAuth(credentials, base_url, clock=clock)


class DigestAuth(httpx.Auth):
    """HTTP Digest for calls that overlap: each uses a nonce that no other call uses at the same time.

    httpx.DigestAuth counts the uses of one nonce without a lock, and replies may overtake each other; a
    strict server refuses a count that it has seen. So each call borrows one of several; a client that
    makes one call at a time keeps one, and asks for a challenge once.
    """

    def __init__(self, public_key: str, private_key: str) -> None:
        self._make = partial(httpx.DigestAuth, public_key, private_key)
        self._idle: deque[httpx.DigestAuth] = deque()

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign with the last used nonce that no other call holds."""
        try:
            digest = self._idle.pop()
        except IndexError:
            digest = self._make()
        try:
            yield from digest.auth_flow(request)
        finally:
            self._idle.append(digest)


class BearerAuth(httpx.Auth):
    """Sends one bearer token (RFC 6750, 2.1)."""

    def __init__(self, token: str) -> None:
        self._token = token

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Put the token on the request."""
        request.headers["Authorization"] = f"Bearer {self._token}"
        yield request


E = TypeVar("E", threading.Event, anyio.Event)


@attrs.define(eq=False)
class Renewal(Generic[E]):
    """An exchange for a token: whose it is, when it was asked for, and how it ended once ``ended`` is set."""

    leader: Patience
    ended: E
    asked: float
    token: Token | None = None
    error: AtlasError | None = None

    def result(self) -> Token | None:
        """Return the token, None where the exchange came to no answer (yet); raises what was answered instead."""
        if self.error is not None:
            raise copy.copy(self.error)  # each caller has a traceback of their own
        return self.token


class Patience:
    """How long a call waits for another's exchange: as long as its longest step may take."""

    def __init__(self, request: httpx.Request) -> None:
        self._request = request
        self._began = time.monotonic()
        self.timeout: Parts = request.extensions.get("timeout", {})

    def left(self) -> float | None:
        """Return the seconds that are left, None for ever."""
        limit = longest(self.timeout)
        return None if limit is None else max(0.0, self._began + limit - time.monotonic())

    def go_on(self) -> None:
        """Use what time is left from here on; raises PoolTimeout when there is none."""
        left = self.left()
        if left == 0.0:
            detail = "the access token that another call asked for did not come in time"
            raise httpx.PoolTimeout(detail, request=self._request)
        if left is not None:
            self._began, self.timeout = time.monotonic(), within(self.timeout, left)


class ServiceAccountAuth(httpx.Auth):
    """Exchanges a service account for an access token (RFC 6749, 4.4) and sends that.

    One token serves all calls, from any thread or task, until it is due for renewal or a call is answered 401.
    One call at a time exchanges. The others use the old token until that ends; without one they wait for the new one,
    or for the error that the endpoint answers with.
    Where the exchange comes to no answer, one of them takes its place. Nobody waits for longer than the longest step
    of a call may take: httpx.PoolTimeout is raised then, and nothing was sent. A refused exchange raises
    UnauthorizedError with what Atlas says, a failed one the AtlasError of its status. The secret goes to the token
    endpoint of ``base_url`` only, and the token never goes there.
    """

    def __init__(self, account: ServiceAccount, base_url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._url = base_url + TOKEN_PATH
        self._basic = httpx.BasicAuth(account.client_id, account.client_secret)
        self._clock = clock
        self._book = TokenBook(clock)
        self._lock = threading.Lock()
        self._renewal: Renewal[Any] | None = None

    @property
    def token(self) -> str:
        """The access token in use, empty before the first call."""
        token = self._book.lasting()
        return token.value if token else ""

    def sync_auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a request of a blocking client, fetching a token first where one is needed."""
        refused: Token | None = None
        while True:
            patience, token = Patience(request), None
            while token is None:
                found = self._token_or_renewal(refused, patience, threading.Event)
                if isinstance(found, Token):
                    token = found
                elif found.leader is patience:
                    try:
                        response = yield self._exchange(request, patience)
                        response.read()
                        token = self._learn(response, found)
                    finally:
                        self._end(found)
                else:
                    found.ended.wait(patience.left())
                    token = found.result()
                    if token is None:
                        patience.go_on()
            response = yield _signed(request, token)
            if not self._worth_another(response, again=refused is not None):
                return
            refused = token

    async def async_auth_flow(self, request: httpx.Request) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign a request of an async client, on any event loop."""
        refused: Token | None = None
        while True:
            patience, token = Patience(request), None
            while token is None:
                found = self._token_or_renewal(refused, patience, anyio.Event)
                if isinstance(found, Token):
                    token = found
                elif found.leader is patience:
                    try:
                        response = yield self._exchange(request, patience)
                        await response.aread()
                        token = self._learn(response, found)
                    finally:
                        self._end(found)
                else:
                    with anyio.move_on_after(patience.left()):
                        await found.ended.wait()
                    token = found.result()
                    if token is None:
                        patience.go_on()
            response = yield _signed(request, token)
            if not self._worth_another(response, again=refused is not None):
                return
            refused = token

    def _token_or_renewal(
        self, refused: Token | None, patience: Patience, make_event: Callable[[], E]
    ) -> Token | Renewal[E]:
        """Return a token of use, or else the renewal that is on its way: this call's own if there was none.

        While another call renews it, a token is of use until it ends.
        """
        with self._lock:
            if (token := self._book.usable(refused)) is not None:
                return token
            if self._renewal is None:
                self._renewal = Renewal(patience, make_event(), self._clock())
                return self._renewal
            return self._book.lasting(refused) or self._renewal

    def _end(self, renewal: Renewal[Any]) -> None:
        """Let those go who wait, however the exchange ended."""
        with self._lock:
            self._renewal = None
        renewal.ended.set()

    def _exchange(self, request: httpx.Request, patience: Patience) -> httpx.Request:
        """Return the token request, under the caller's timeout and user agent."""
        exchange = httpx.Request(
            "POST",
            self._url,
            headers={"Accept": "application/json", "User-Agent": request.headers.get("User-Agent", "")},
            data={"grant_type": "client_credentials"},
            extensions={"timeout": patience.timeout} if patience.timeout else {},
        )
        return next(self._basic.auth_flow(exchange))

    def _learn(self, response: httpx.Response, renewal: Renewal[Any]) -> Token:
        """Keep the token that was answered, for those who wait too; raises what was answered instead."""
        try:
            renewal.token = self._token_of(response, renewal.asked)
        except AtlasError as error:
            renewal.error = error
            raise
        return renewal.token

    def _token_of(self, response: httpx.Response, asked: float) -> Token:
        status = response.status_code
        if not response.is_success:
            refused = 400 <= status < 500 and status != 429
            raise error_of(response, UnauthorizedError if refused else None)
        try:
            return self._book.learn(json_object(response.content), asked)
        except ValueError:
            raise AtlasError(status, detail="The token endpoint answered without an access token.") from None

    def _worth_another(self, response: httpx.Response, *, again: bool) -> bool:
        """Tell whether a new token could change this answer; a call is sent twice at most."""
        return response.status_code == 401 and self._book.worth_another(again=again)


def _signed(request: httpx.Request, token: Token) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token.value}"
    return request
