"""Sign calls to Atlas by HTTP Digest, a bearer token or a service account."""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import AsyncGenerator, Callable, Generator, Mapping
from functools import partial

import anyio
import httpx

from shim import credentials
from shim.atlas.replies import error_of, json_object
from shim.atlas.retries import longest
from shim.core.settings import read_settings
from shim.credentials import (
    TOKEN_PATH,
    AccessToken,
    ApiKey,
    Credentials,
    ServiceAccount,
    Token,
    TokenBook,
)
from shim.errors import AtlasError, SettingsError, UnauthorizedError
from shim.origins import parse_base_url, read_base_url

NO_CREDENTIALS = (
    "no credentials: set MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY, or "
    "MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or MONGODB_ATLAS_ACCESS_TOKEN"
)

TOO_LATE = "the access token requested by another call did not arrive in time"

Signer = httpx.Auth | Callable[[httpx.Request], httpx.Request]


def configure(
    *,
    base_url: str | None,
    parts: Mapping[str, str | None],
    environ: Mapping[str, str],
    http_client: httpx.Client | httpx.AsyncClient | None,
) -> tuple[str, Signer | None]:
    """Return the base URL of calls, and the authentication to sign them with.

    The authentication is None if the HTTP client signs.

    ``parts`` is keyed like ``credentials.VARIABLES``. Arguments override an injected
    HTTP client, which overrides the environment. The environment's credentials are
    ignored if any are given. ``ATLAS_SHIM_UPSTREAM`` sends calls for Atlas's own hosts
    to another origin, as for all calls. Raises SettingsError with the name of the
    argument or variable, on an invalid base URL and on missing or incomplete
    credentials.
    """
    if base_url is None and http_client is not None:
        base_url = str(http_client.base_url) or None
    if base_url is None:
        origin = read_base_url(environ)
    else:
        origin = parse_base_url(base_url, name="base_url")
    settings = read_settings(environ)
    if settings.leads(origin):
        origin = settings.upstream
    given = {part: value for part, value in parts.items() if value is not None}
    if given:
        known = credentials.choose_credentials(given, {part: part for part in parts})
    elif http_client is not None and (
        http_client.auth is not None or "Authorization" in http_client.headers
    ):
        return origin, None
    else:
        known = credentials.read_credentials(environ)
    if known is None:
        raise SettingsError(NO_CREDENTIALS)
    return origin, auth_for(known, origin)


def auth_for(known: Credentials, base_url: str) -> Signer:
    """Return the authentication for the Atlas at ``base_url``."""
    match known:
        case ApiKey(public_key, private_key):
            return DigestAuth(public_key, private_key)
        case AccessToken(token):
            return lambda request: _signed(request, token)
    return ServiceAccountAuth(known, base_url)


class DigestAuth(httpx.Auth):
    """HTTP Digest for concurrent calls: each uses a nonce of its own at the time.

    httpx.DigestAuth counts a nonce's uses without a lock, and calls may overtake each
    other. A strict server refuses a count that it has seen. So each call borrows one of
    several httpx.DigestAuth. A client that makes one call at a time uses a single one,
    and needs one challenge.
    """

    def __init__(self, public_key: str, private_key: str) -> None:
        self._make = partial(httpx.DigestAuth, public_key, private_key)
        self._idle: deque[httpx.DigestAuth] = deque()

    def auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign with the most recently used nonce that is free."""
        try:
            digest = self._idle.pop()
        except IndexError:
            digest = self._make()
        try:
            yield from digest.auth_flow(request)
        finally:
            self._idle.append(digest)


class ServiceAccountAuth(httpx.Auth):
    """Requests an access token for a service account (RFC 6749, 4.4) and sends it.

    All calls, from any thread or task, share one token until it is due for renewal or a
    call is answered 401. One call at a time requests a token. Meanwhile the others use
    the old token until it expires. Without a token they wait, and raise
    httpx.PoolTimeout, with nothing sent, after the longest timeout of a call's steps. A
    refused request for a token raises UnauthorizedError with Atlas's words, a failed
    one the AtlasError of its status. The secret is sent only to the token endpoint of
    ``base_url``, which never gets the token.
    """

    def __init__(self, account: ServiceAccount, base_url: str) -> None:
        self._url = base_url + TOKEN_PATH
        self._basic = httpx.BasicAuth(account.client_id, account.client_secret)
        self._book = TokenBook(time.monotonic)
        self._lock = threading.Lock()
        self._async_lock = anyio.Lock()

    @property
    def token(self) -> str:
        """The access token in use, empty before the first call."""
        token = self._book.lasting()
        return token.value if token else ""

    def sync_auth_flow(
        self, request: httpx.Request
    ) -> Generator[httpx.Request, httpx.Response, None]:
        """Sign a blocking client's request; fetch a token first if there is none."""
        refused: Token | None = None
        while True:
            token = self._known(refused)
            if token is None:
                limit = longest(request.extensions.get("timeout", {}))
                if not self._lock.acquire(timeout=-1 if limit is None else limit):
                    raise httpx.PoolTimeout(TOO_LATE, request=request)
                try:
                    token = self._book.usable(refused)
                    if token is None:
                        asked = time.monotonic()
                        response = yield self._exchange(request)
                        response.read()
                        token = self._token_of(response, asked)
                finally:
                    self._lock.release()
            response = yield _signed(request, token.value)
            if response.status_code != 401 or not self._book.worth_another(
                again=refused is not None
            ):
                return
            refused = token

    async def async_auth_flow(
        self, request: httpx.Request
    ) -> AsyncGenerator[httpx.Request, httpx.Response]:
        """Sign a request of an async client, on any event loop."""
        refused: Token | None = None
        while True:
            token = self._known(refused)
            if token is None:
                with anyio.move_on_after(
                    longest(request.extensions.get("timeout", {}))
                ) as patience:
                    await self._async_lock.acquire()
                if patience.cancelled_caught:
                    raise httpx.PoolTimeout(TOO_LATE, request=request)
                try:
                    token = self._book.usable(refused)
                    if token is None:
                        asked = time.monotonic()
                        response = yield self._exchange(request)
                        await response.aread()
                        token = self._token_of(response, asked)
                finally:
                    self._async_lock.release()
            response = yield _signed(request, token.value)
            if response.status_code != 401 or not self._book.worth_another(
                again=refused is not None
            ):
                return
            refused = token

    def _known(self, refused: Token | None) -> Token | None:
        """Return the token.

        While another call renews it, it stays valid until it expires.
        """
        is_renewed = self._lock.locked() or self._async_lock.locked()
        return self._book.usable(refused) or (
            self._book.lasting(refused) if is_renewed else None
        )

    def _exchange(self, request: httpx.Request) -> httpx.Request:
        """Return the token request, with the caller's timeout and user agent."""
        exchange = httpx.Request(
            "POST",
            self._url,
            headers={
                "Accept": "application/json",
                "User-Agent": request.headers.get("User-Agent", ""),
            },
            data={"grant_type": "client_credentials"},
            extensions={"timeout": request.extensions.get("timeout", {})},
        )
        return next(self._basic.auth_flow(exchange))

    def _token_of(self, response: httpx.Response, asked: float) -> Token:
        status = response.status_code
        if not response.is_success:
            refused = 400 <= status < 500 and status != 429
            raise error_of(response, UnauthorizedError if refused else None)
        try:
            return self._book.learn(json_object(response.content), asked)
        except ValueError:
            raise AtlasError(
                status, detail="The token endpoint answered without an access token."
            ) from None


def _signed(request: httpx.Request, token: str) -> httpx.Request:
    request.headers["Authorization"] = f"Bearer {token}"
    return request
