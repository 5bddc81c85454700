"""Signing in: Bearer tokens, Digest keys, the two OAuth addresses, and the 401."""

from __future__ import annotations

import random
from collections.abc import Mapping
from enum import Enum, auto

from shim.fake import paging
from shim.fake.digest import Digest, Verdict
from shim.fake.messages import Arrival, FakeReply
from shim.fake.tokens import Tokens

TOKEN_PATH, REVOKE_PATH = "/api/oauth/token", "/api/oauth/revoke"


class Standing(Enum):
    """What the credentials of a request are worth."""

    IN = auto()
    OUT = auto()
    STALE = auto()
    """Right but for the nonce."""
    OTHER_URI = auto()
    """Signed for another request target."""


_STANDINGS = {
    Verdict.GOOD: Standing.IN,
    Verdict.WRONG: Standing.OUT,
    Verdict.STALE: Standing.STALE,
    Verdict.OTHER_URI: Standing.OTHER_URI,
}


class Gate:
    """Knows the API keys and service accounts; ``now`` is in seconds since the epoch."""

    def __init__(self, api_keys: Mapping[str, str], accounts: Mapping[str, str], seed: int) -> None:
        # Not secrets: nonces and tokens of a fake, the same for the same seed.
        dice = random.Random(seed)  # noqa: S311
        self._digest = Digest(dict(api_keys), dice)
        self._tokens = Tokens(dict(accounts), dice)

    def standing(self, arrival: Arrival, now: float) -> Standing:
        """Judge the Authorization field."""
        scheme, _, credentials = (arrival.header("Authorization") or "").partition(" ")
        if scheme.lower() == "bearer":
            return Standing.IN if self._tokens.good(credentials.strip(), now) else Standing.OUT
        if scheme.lower() != "digest":
            return Standing.OUT
        return _STANDINGS[self._digest.check(credentials, arrival.method, arrival.target, now)]

    def unauthorized(self, now: float, *, stale: bool) -> FakeReply:
        """Return 401 with the recorded challenge and body (the older form, without an errorCode)."""
        body = {"error": 401, "reason": "Unauthorized", "detail": "You are not authorized for this resource."}
        challenge = self._digest.challenge(now, stale=stale)
        fields = (("Content-Type", "application/json"), ("WWW-Authenticate", challenge))
        return FakeReply(401, fields, paging.text(body, pretty=True))

    def oauth(self, arrival: Arrival, now: float) -> FakeReply:
        """Answer a request to one of the two OAuth addresses."""
        if arrival.method != "POST":
            return FakeReply(405, (("Allow", "POST,OPTIONS"),))
        if arrival.path == TOKEN_PATH:
            return self._tokens.issue(arrival, now)
        return self._tokens.revoke(arrival)
