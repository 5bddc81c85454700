"""Nonces that the gateway gives out, and which of their counts were used (RFC 7616, 5.5).

A nonce carries its own birth and a proof that it is ours, so giving them out costs no memory and a
stranger can't push anybody's out. What is kept is the use of nonces by callers who proved a key.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import secrets
import time
from collections import OrderedDict
from collections.abc import Callable

import attrs

LIFE = 300.0
"""Seconds for which a nonce is fresh."""

KEPT = 65536
"""Nonces whose uses are remembered."""

WINDOW = 1024
"""Counts below the highest one seen that may still arrive, since calls overtake each other."""

_STAMP, _SALT, _PROOF = 6, 6, 12
"""Bytes of the three parts: with base64 the 32 characters that Atlas' nonces have."""


@attrs.define
class _Uses:
    born: int
    top: int = 0
    seen: int = 0
    """Bit n is set when count ``top - n`` was used."""


class Nonces:
    """Gives nonces out and takes each of their counts once; ``clock`` returns seconds."""

    def __init__(self, clock: Callable[[], float] = time.monotonic, *, life: float = LIFE, kept: int = KEPT) -> None:
        self._clock = clock
        self._life = int(life * 1000)
        self._kept = kept
        self._secret = secrets.token_bytes(32)
        self._uses: OrderedDict[tuple[bytes, str], _Uses] = OrderedDict()
        # What was forgotten can't be told from what was never used; so nothing as old as that counts.
        self._forgotten = -1

    def new(self) -> str:
        """Return a nonce of 32 characters."""
        start = self._now().to_bytes(_STAMP, "big") + secrets.token_bytes(_SALT)
        return base64.urlsafe_b64encode(start + self._proof(start)).decode("ascii")

    def use(self, nonce: str, count: int, name: str) -> bool:
        """Take one count of a nonce for a proven name; False if the nonce is not ours, too old, or used so."""
        raw = self._ours(nonce)
        if raw is None:
            return False
        born = int.from_bytes(raw[:_STAMP], "big")
        if self._now() - born >= self._life:
            return False
        uses = self._uses.get((raw, name))
        if uses is None:
            if born <= self._forgotten:
                return False
            uses = self._uses[raw, name] = _Uses(born)
            self._forget()
        return _take(uses, count)

    def _now(self) -> int:
        return int(self._clock() * 1000)

    def _proof(self, start: bytes) -> bytes:
        return hmac.digest(self._secret, start, "sha256")[:_PROOF]

    def _ours(self, nonce: str) -> bytes | None:
        try:
            raw = base64.b64decode(nonce, altchars=b"-_", validate=True)
        except (binascii.Error, ValueError):
            return None
        start = raw[: _STAMP + _SALT]
        return raw if hmac.compare_digest(raw[_STAMP + _SALT :], self._proof(start)) else None

    def _forget(self) -> None:
        while len(self._uses) > self._kept:
            _, oldest = self._uses.popitem(last=False)
            self._forgotten = max(self._forgotten, oldest.born)


def _take(uses: _Uses, count: int) -> bool:
    ahead = count - uses.top
    if ahead > 0:
        kept = uses.seen << ahead if ahead < WINDOW else 0
        uses.seen = (kept | 1) & ((1 << WINDOW) - 1)
        uses.top = count
        return True
    bit = 1 << -ahead
    if -ahead >= WINDOW or uses.seen & bit:
        return False
    uses.seen |= bit
    return True
