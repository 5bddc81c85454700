"""Uses of nonces kept in one place for several gateways, in Valkey or Redis: each is good once for all of them."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from hashlib import blake2b
from importlib import import_module
from typing import Any

from shim.errors import SettingsError
from shim.gateway.credentials.nonces import LIFE, SKEW
from shim.gateway.errors import Refusal

log = logging.getLogger("shim.gateway")

PREFIX = "atlas-shim:nonce:"

PATIENCE = 1.0
"""Seconds that one question may take, the connection included."""

PAUSE = 1.0
"""Seconds after a failure in which nothing is asked: the answer would be late, and the same."""

QUIET = 30.0
"""Seconds between two lines in the log about the same trouble."""

CONNECTIONS = 64
"""Connections at most; who comes while all are in use waits for one."""

_KEPT = int((LIFE + 2 * SKEW) * 1000)
"""Milliseconds for which a use is remembered: until no gateway takes the nonce any more, by whatever clock."""


class NonceStore:
    """Takes each count of a nonce once, whoever asks; a question is one round trip (``SET … NX PX``).

    Raises SettingsError for a URL that is of no use, and where the ``redis`` package is missing.
    """

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        try:
            redis: Any = import_module("redis.asyncio")
        except ImportError:
            raise SettingsError("nonce_store: needs the redis package: pip install 'atlas-shim[redis]'") from None
        checked = {"ssl_check_hostname": True} if url.startswith("rediss:") else {}
        patience = dict.fromkeys(("timeout", "socket_timeout", "socket_connect_timeout"), PATIENCE)
        # The server may have closed a connection while nobody looked. Asked twice, it answers "used" at worst.
        retry = import_module("redis.asyncio.retry").Retry(import_module("redis.backoff").NoBackoff(), 1)
        pool = redis.BlockingConnectionPool
        try:
            self._pool: Any = pool.from_url(url, max_connections=CONNECTIONS, retry=retry, **patience, **checked)
        except ValueError:
            raise SettingsError("nonce_store: the URL can't be read (its text is not shown)") from None
        self._client: Any = redis.Redis(connection_pool=self._pool)
        self._clock = clock
        self._resting = self._silent = float("-inf")

    async def take(self, nonce: str, count: int, name: str) -> bool:
        """Take one count of a nonce for a proven name; False if it was used. Raises Refusal if nobody can tell."""
        if self._clock() < self._resting:
            raise unreachable("it failed a moment ago")
        use = PREFIX + blake2b(f"{nonce}:{count}:{name}".encode(), digest_size=16).hexdigest()
        try:
            async with asyncio.timeout(PATIENCE):
                answer = await self._client.set(use, b"", nx=True, px=_KEPT)
            if answer is True or answer is None:
                return answer is True
            raise ValueError("an answer to another question")  # noqa: TRY301 - as if the client had said so
        except Exception as error:  # noqa: BLE001 - an odd answer breaks the client's own reading of it anywhere
            now = self._clock()
            self._resting = now + PAUSE
            if now >= self._silent:
                self._silent, said = now + QUIET, str(error) or "no answer in time"
                log.warning("the nonce store does not answer, so signed calls are refused: %s", said)
            raise unreachable(type(error).__name__) from None

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.disconnect()


def unreachable(said: str) -> Refusal:
    """Nobody can tell whether a signature was used before; nothing was sent."""
    return Refusal(
        503,
        "SHIM_NONCE_STORE_UNREACHABLE",
        "The store in which gateways keep the uses of nonces does not answer. Nothing was sent; make the call again.",
        error="proxy_internal_error",
        said=said,
        headers=(("Retry-After", "1"),),
    )
