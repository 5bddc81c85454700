"""Issue nonces, and check the use of their counts (RFC 7616, 5.5).

A nonce contains its time of issue and a proof that a gateway with these API keys made
it. So issuing them costs no memory, a stranger can't displace those of others, and
replicas accept each other's. Each replica remembers the uses by callers who proved a
key. A captured request can be replayed once at each of the other replicas while its
nonce is fresh, unless they share a store (Valkey or Redis).

Setting the clock back makes no used nonce valid again. A process continues from the
latest time that it has seen. A nonce also contains the machine's uptime at its issue,
which no one can set: a nonce from before this process started is refused, whatever the
clock says.
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import logging
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable
from importlib import import_module
from pathlib import Path
from typing import Any

import attrs

from shim.codes import cure_of
from shim.credentials import ApiKey
from shim.errors import SettingsError
from shim.extras import hint
from shim.gateway.errors import Refusal

log = logging.getLogger("shim.gateway.nonce_store")
clock_log = logging.getLogger("shim.gateway.credentials")

_SET_BACK = (
    "the clock was set back by %s s; nonces continue from the latest time, so that none is valid twice, and replicas "
    "refuse them as from the future until this gateway restarts"
)

_LIFE = 300_000  # milliseconds for which a nonce is fresh
_SKEW = 5_000  # milliseconds by which another replica's clock may be ahead
_MAX_NONCES = 65536  # nonces whose uses are remembered
# How far behind the highest count a call may arrive, because calls overtake each other.
WINDOW = 1024
# Rounds of PBKDF2 that derive the secret of nonces from the keys: about 20 ms.
ROUNDS = 100_000

PREFIX = "atlas-shim:nonce:"
PATIENCE = 1.0  # seconds that one question may take, including the connection
# Seconds after a failure without new questions: the answers would be late, and the
# same.
_PAUSE = 1.0
_CONNECTIONS = 64  # the limit on connections; a question waits while all are in use
# Milliseconds after which no gateway accepts a nonce, whatever its clock.
_KEPT = _LIFE + 2 * _SKEW

_STAMP = 6
_UPTIME = 6
_BOOT = 2
_SALT = 2
_PROOF = 8
"""The bytes of the five parts, in base64 the 32 characters of Atlas's nonces.

The parts are milliseconds since the epoch, microseconds of uptime, a mark of the
machine's boot, random bytes, and the proof.
"""

_ALL = (1 << WINDOW) - 1


def secret_of(keys: Iterable[ApiKey]) -> bytes:
    """Return the secret that gateways with the same keys share, in any order of keys.

    Everyone can ask for a nonce, and use it to test a guess of all keys at once. Such a
    test costs far more than to test one key with a captured Digest signature, which
    takes two MD5 hashes.
    """
    text = "\n".join(sorted(f"{key.public_key}:{key.private_key}" for key in keys))
    return hashlib.pbkdf2_hmac("sha256", text.encode(), b"atlas-shim nonces", ROUNDS)


@attrs.define
class _Uses:
    """The used counts of a nonce: bit n of ``seen`` is set if ``top - n`` was used."""

    born: int
    top: int = 0
    seen: int = 0

    def take(self, count: int) -> bool:
        behind = self.top - count
        # perhaps by billions, and such a wide integer would take half a gigabyte
        if behind < 0:
            self.top = count
            self.seen = (self.seen << min(-behind, WINDOW) | 1) & _ALL
            return True
        if behind >= WINDOW or self.seen >> behind & 1:
            return False
        self.seen |= 1 << behind
        return True


def uptime() -> float:
    """Return the seconds since the machine started, the same for all its processes."""
    if hasattr(time, "CLOCK_BOOTTIME"):
        return time.clock_gettime(time.CLOCK_BOOTTIME)
    return time.monotonic()


def _boot() -> bytes:
    """Return a mark of this boot of the machine.

    Without one from the system, it is a mark of this process.
    """
    try:
        name = Path("/proc/sys/kernel/random/boot_id").read_bytes()
    except OSError:
        name = secrets.token_bytes(16)
    return hashlib.sha256(name).digest()[:_BOOT]


@attrs.frozen
class _Birth:
    """When a nonce was issued."""

    stamp: int
    """In milliseconds since the epoch."""
    uptime: int
    """In microseconds since the machine started."""
    boot: bytes


class Nonces:
    """Issues nonces, and accepts each of their counts once.

    ``clock`` returns seconds since the epoch, and may be set: a nonce with a time in
    the future is refused.
    """

    def __init__(
        self, clock: Callable[[], float] = time.time, *, kept: int = _MAX_NONCES
    ) -> None:
        self._clock = clock
        self._kept = kept
        self._secrets = [secrets.token_bytes(32)]
        self._uses: OrderedDict[tuple[str, str], _Uses] = OrderedDict()
        self._boot = _boot()
        self._started = _microseconds()
        self._latest = 0
        self._set_back: float | None = (
            None  # the uptime when the clock was last set back
        )
        # A forgotten nonce looks like an unused one, so nonces of that age are refused.
        # Nonces older than this process are refused too, because they may have been
        # used before it was restarted.
        self._forgotten = self._now() - 1

    def renew(self, secret: bytes) -> None:
        """Prove nonces with a new secret.

        Those proved with the last one are still accepted.
        """
        if secret != self._secrets[0]:
            self._secrets = [secret, self._secrets[0]]

    def new(self) -> str:
        """Return a nonce of 32 characters."""
        stamp = max(self._now(), self._forgotten + 1)
        parts = (
            stamp.to_bytes(_STAMP, "big"),
            _microseconds().to_bytes(_UPTIME, "big"),
            self._boot,
        )
        return _nonce(b"".join(parts) + secrets.token_bytes(_SALT), self._secrets[0])

    def use(self, nonce: str, count: int, name: str) -> bool:
        """Accept one count of a nonce for a proven name.

        Returns False if the nonce is foreign or too old, or if the count was used.
        """
        now = self._now()
        uses = self._uses.get((nonce, name))
        if uses is None:
            birth = self._birth(nonce)
            if birth is None or birth.stamp <= self._forgotten:
                return False
            if birth.boot == self._boot and birth.uptime < self._started:
                return False
            uses = _Uses(birth.stamp)
        if not -_SKEW <= now - uses.born < _LIFE:
            return False
        if (nonce, name) not in self._uses:
            self._uses[nonce, name] = uses
            self._forget(now)
        return uses.take(count)

    def _now(self) -> int:
        """Return milliseconds since the epoch.

        After the clock was set back, it counts from the latest time that was seen.
        """
        now = int(self._clock() * 1000)
        if now < self._latest and self._set_back is None:
            self._set_back = uptime()
            if self._latest - now > _SKEW:
                clock_log.warning(_SET_BACK, (self._latest - now) // 1000)
        if self._set_back is not None:
            latest = self._latest + int((uptime() - self._set_back) * 1000)
            if now < latest:
                return latest
            self._set_back = None
        self._latest = now
        return now

    def _birth(self, nonce: str) -> _Birth | None:
        """Return when a nonce of these gateways was issued, or None for another text."""
        try:
            start = base64.urlsafe_b64decode(nonce)[:-_PROOF]
        except ValueError:
            return None
        # One nonce has one spelling, because its text is stored.
        if not any(
            hmac.compare_digest(nonce, _nonce(start, secret))
            for secret in self._secrets
        ):
            return None
        stamp = start[:_STAMP]
        rest = start[_STAMP:]
        return _Birth(
            int.from_bytes(stamp, "big"),
            int.from_bytes(rest[:_UPTIME], "big"),
            rest[_UPTIME : _UPTIME + _BOOT],
        )

    def _forget(self, now: int) -> None:
        """Forget uses of expired nonces, and the oldest uses if there are too many."""
        while True:
            oldest = next(iter(self._uses.values()))
            if len(self._uses) <= self._kept and now - oldest.born < _LIFE:
                return
            self._uses.popitem(last=False)
            self._forgotten = max(self._forgotten, oldest.born)


def _microseconds() -> int:
    return int(uptime() * 1_000_000)


def _nonce(start: bytes, secret: bytes) -> str:
    proof = hmac.digest(secret, start, "sha256")[:_PROOF]
    return base64.urlsafe_b64encode(start + proof).decode("ascii")


class NonceStore:
    """Accepts each count of a nonce once across all gateways.

    A question is one round trip (``SET … NX PX``). Raises SettingsError for a URL that
    can't be parsed, and if the ``redis`` package is missing.
    """

    def __init__(
        self, url: str, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        try:
            redis: Any = import_module("redis.asyncio")
        except ImportError:
            raise SettingsError(f"nonce_store: {hint('redis')}") from None
        if url.startswith("rediss:"):
            checked = {"ssl_check_hostname": True}
        else:
            checked = {}
        patience = dict.fromkeys(
            ("timeout", "socket_timeout", "socket_connect_timeout"), PATIENCE
        )
        # The server may have closed an idle connection. If the question is repeated,
        # the answer is "used" at worst.
        retry = import_module("redis.asyncio.retry").Retry(
            import_module("redis.backoff").NoBackoff(), 1
        )
        pool = redis.BlockingConnectionPool
        try:
            self._pool: Any = pool.from_url(
                url, max_connections=_CONNECTIONS, retry=retry, **patience, **checked
            )
        except ValueError:
            raise SettingsError(
                "nonce_store: the URL can't be read (its text is not shown)"
            ) from None
        self._client: Any = redis.Redis(connection_pool=self._pool)
        self._clock = clock
        self._resting = float("-inf")

    async def take(self, nonce: str, count: int, name: str) -> bool:
        """Accept one count of a nonce for a proven name; return False if it was used.

        Raises Refusal if the store doesn't answer.
        """
        said = "it failed a moment ago"
        if self._clock() >= self._resting:
            use = (
                PREFIX
                + hashlib.blake2b(
                    f"{nonce}:{count}:{name}".encode(), digest_size=16
                ).hexdigest()
            )
            try:
                async with asyncio.timeout(PATIENCE):
                    answer = await self._client.set(use, b"", nx=True, px=_KEPT)
                if answer is True or answer is None:
                    return answer is True
                said = "a reply to another command"
            except Exception as error:  # noqa: BLE001 - an odd answer breaks the client's own reading of it anywhere
                said = str(error) or type(error).__name__
            self._resting = self._clock() + _PAUSE
            log.warning(
                "nonce_store: no reply; signed calls get 503 until it replies: %s",
                said,
            )
        detail = "The store of used nonces does not reply; nothing was sent."
        detail = f"{detail} {cure_of('SHIM_NONCE_STORE_UNREACHABLE')}"
        again = (("Retry-After", "1"),)
        raise Refusal(
            503,
            "SHIM_NONCE_STORE_UNREACHABLE",
            "proxy_internal_error",
            detail,
            said,
            headers=again,
        )

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.disconnect()
