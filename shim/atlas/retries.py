"""Decides when the typed client repeats a call, how long it waits first, and what is left of the call's timeout."""

from __future__ import annotations

import logging
import math
import random
import time
from collections.abc import Mapping

import attrs
import httpx

from shim.errors import AtlasError, SettingsError

log = logging.getLogger("shim.atlas")

FAILURES = (AtlasError, httpx.TransportError)
"""The possible ends of an attempt."""

PASSING = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)
"""Network errors that may be temporary, unlike a wrong scheme or a refusal by a proxy."""

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Network errors before the first byte of a request is sent."""


Parts = Mapping[str, float | None]
"""Seconds for each step of a call (``connect``, ``read``, ``write``, ``pool``), None for ever."""


@attrs.frozen(kw_only=True)
class Retries:
    """How often the typed client makes a call, and how long it waits in between.

    ``attempts`` includes the first. A read is repeated after 429, 503, and a network error (no connection, a lost
    connection, a step's timeout). A write is repeated only if certainly nothing was executed: after 429, after a 503
    that a gateway of the shim gave before it sent anything, and if no connection was made (unless the HTTP client
    follows redirects).

    A wait lasts as long as ``Retry-After`` says (RFC 9110, 10.2.3: seconds or a date), plus a random time of up to
    ``backoff`` seconds, a limit that doubles with each attempt ("full jitter"). If a wait would be longer than
    ``longest_wait`` seconds, or end after the call's timeout (its longest step's, which bounds all attempts together),
    the error is raised at once; its ``retry_after`` has the requested seconds.

    Raises SettingsError on an invalid value.
    """

    attempts: int = 3
    backoff: float = 0.5
    longest_wait: float = 60.0

    def __attrs_post_init__(self) -> None:
        if self.attempts < 1:
            raise SettingsError(f"attempts: {self.attempts} is not 1 or more; retries=None switches retries off")
        for name, value in (("backoff", self.backoff), ("longest_wait", self.longest_wait)):
            if not 0 <= value < math.inf:
                raise SettingsError(f"{name}: {value} is not a number of seconds")


NO_RETRIES = Retries(attempts=1)


@attrs.define
class Attempts:
    """The attempts of one call; ``parts`` is its timeout, ``follows`` whether redirects are followed."""

    retries: Retries
    method: str
    parts: Parts
    follows: bool
    made: int = attrs.field(init=False, default=0)
    until: float = attrs.field(init=False)

    @until.default
    def _until(self) -> float:
        limit = longest(self.parts)
        return math.inf if limit is None else time.monotonic() + limit

    def timeout(self) -> httpx.Timeout:
        """Begin an attempt, and return its timeout: the call's own for the first, then the rest of it."""
        self.made += 1
        left = max(self.until - time.monotonic(), 0.001)
        if self.made == 1 or left == math.inf:
            return httpx.Timeout(**self.parts)
        return httpx.Timeout(**{step: left if part is None else min(part, left) for step, part in self.parts.items()})

    def wait_after(self, error: AtlasError | httpx.TransportError) -> float | None:
        """Return the seconds until the next attempt, None if the error is final."""
        retries = self.retries
        if retries.attempts == 1 or not self._may_repeat(error):
            return None
        said = getattr(error, "retry_after", None) or 0.0
        jitter = random.uniform(0, retries.backoff * 2.0 ** min(self.made - 1, 60))  # noqa: S311 - spreads callers
        wait = min(said + jitter, retries.longest_wait)
        why = ""
        if self.made >= retries.attempts:
            why = f"{self.made} attempts were made"
        elif said > retries.longest_wait:
            why = f"not repeated: Retry-After says {said:g} s, and no wait is longer than {retries.longest_wait:g} s"
        elif time.monotonic() + wait >= self.until:
            why = f"not repeated: a wait of {wait:.3g} s would end after the call's timeout"
        if why:
            error.add_note(f"atlas-shim: {why}.")
            return None
        what = str(error) if isinstance(error, AtlasError) else type(error).__name__
        log.info("attempt %d of %d: %s; the next one in %.3g s", self.made, retries.attempts, what, wait)
        return wait

    def _may_repeat(self, error: AtlasError | httpx.TransportError) -> bool:
        is_read = self.method == "GET"
        if isinstance(error, AtlasError):
            refused = error.status == 429 or (error.error_code or "").startswith("SHIM_")
            return error.status in {429, 503} and (is_read or refused)
        return isinstance(error, PASSING) if is_read else isinstance(error, UNSENT) and not self.follows


def longest(parts: Parts) -> float | None:
    """Return the seconds for all attempts of a call: its longest step, None for ever."""
    known = [part for part in parts.values() if part is not None]
    return max(known) if known and len(known) == len(parts) else None
