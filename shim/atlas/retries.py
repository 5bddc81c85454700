"""Decide when the typed client repeats a call, and how long it waits first."""

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

PASSING = (httpx.TimeoutException, httpx.NetworkError, httpx.RemoteProtocolError)
"""Network errors that may be temporary. A wrong scheme or a refusal by a proxy is not one."""

UNSENT = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
"""Network errors before the first byte of a request is sent."""


@attrs.frozen(kw_only=True)
class Retries:
    """How often the typed client makes a call, and how long it waits in between.

    ``attempts`` includes the first. A read is repeated after 429, 503, and a network
    error (no connection, a lost connection, the timeout of one step). A write is
    repeated only if it certainly had no effect: after 429, after a 503 that a gateway
    of the shim gave before it sent anything, and if no connection was made (unless the
    HTTP client follows redirects).

    A wait lasts as long as ``Retry-After`` asks (RFC 9110, 10.2.3: seconds or a date),
    plus a random time of up to ``backoff`` seconds, a limit that doubles with each
    attempt ("full jitter"). All attempts together must finish within the call's
    timeout, which is its longest step's. If a wait would be longer than
    ``longest_wait`` seconds or outlast the timeout, the error is raised at once; its
    ``retry_after`` has the requested seconds. Raises SettingsError on invalid values.
    """

    attempts: int = 3
    backoff: float = 0.5
    longest_wait: float = 60.0

    def __attrs_post_init__(self) -> None:
        if self.attempts < 1:
            raise SettingsError(
                f"attempts: {self.attempts} is not 1 or more; retries=None switches retries off"
            )
        for name, value in (
            ("backoff", self.backoff),
            ("longest_wait", self.longest_wait),
        ):
            if not 0 <= value < math.inf:
                raise SettingsError(f"{name}: {value} is not a number of seconds")


class Attempts:
    """The attempts of one call, within the timeout of the HTTP client."""

    def __init__(
        self, retries: Retries, method: str, http: httpx.Client | httpx.AsyncClient
    ) -> None:
        self._retries = retries
        self._method = method
        self._http = http
        limit = longest(http.timeout.as_dict())
        if limit is None:
            self._until = math.inf
        else:
            self._until = time.monotonic() + limit
        self._made = 0

    def timeout(self) -> httpx.Timeout:
        """Begin an attempt and return its timeout.

        The first attempt gets the call's own timeout, each later one the rest of it.
        """
        self._made += 1
        left = max(self._until - time.monotonic(), 0.001)
        if self._made == 1 or left == math.inf:
            return self._http.timeout
        parts = self._http.timeout.as_dict()
        return httpx.Timeout(
            **{
                step: left if part is None else min(part, left)
                for step, part in parts.items()
            }
        )

    def wait_after(self, error: AtlasError | httpx.TransportError) -> float:
        """Return the seconds until the next attempt. Raises the error if it is final."""
        retries = self._retries
        if retries.attempts == 1 or not self._may_repeat(error):
            raise error
        said = getattr(error, "retry_after", None) or 0.0
        jitter = random.uniform(0, retries.backoff * 2.0 ** min(self._made - 1, 60))  # noqa: S311 - spreads callers
        wait = min(said + jitter, retries.longest_wait)
        ends = time.monotonic() + wait
        if (
            self._made >= retries.attempts
            or said > retries.longest_wait
            or ends >= self._until
        ):
            error.add_note(
                f"atlas-shim: attempt {self._made} of {retries.attempts} was the last: "
                f"the next would have to wait {max(said, wait):.3g} s."
            )
            raise error
        if isinstance(error, AtlasError):
            what = str(error)
        else:
            what = type(error).__name__
        log.info(
            "attempt %d of %d: %s; the next one in %.3g s",
            self._made,
            retries.attempts,
            what,
            wait,
        )
        return wait

    def _may_repeat(self, error: AtlasError | httpx.TransportError) -> bool:
        is_read = self._method == "GET"
        if isinstance(error, AtlasError):
            refused = error.status == 429 or (error.error_code or "").startswith(
                "SHIM_"
            )
            return error.status in {429, 503} and (is_read or refused)
        if is_read:
            return isinstance(error, PASSING)
        return isinstance(error, UNSENT) and not self._http.follow_redirects


def longest(parts: Mapping[str, float | None]) -> float | None:
    """Return the seconds for all attempts of a call.

    This is the longest of the timeout's ``parts``, or None if one has no limit.
    """
    known = [part for part in parts.values() if part is not None]
    if known and len(known) == len(parts):
        return max(known)
    return None
