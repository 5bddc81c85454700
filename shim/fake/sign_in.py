"""Signing in: what the Authorization field is worth, the 401, and the two OAuth addresses."""

from __future__ import annotations

import random
from collections.abc import Mapping

from shim.fake.digest import DigestCheck, Verdict
from shim.fake.messages import Arrival, FakeReply, json_text
from shim.fake.tokens import Tokens

TOKEN_PATH, REVOKE_PATH = "/api/oauth/token", "/api/oauth/revoke"


class SignIn:
    """Knows the API keys and service accounts; ``now`` is in seconds since the epoch."""

    def __init__(self, api_keys: Mapping[str, str], accounts: Mapping[str, str], seed: int) -> None:
        # Not secrets: nonces and tokens of a fake, the same for the same seed.
        dice = random.Random(seed)  # noqa: S311
        self._digest = DigestCheck(dict(api_keys), dice)
        self._tokens = Tokens(dict(accounts), dice)

    def check(self, arrival: Arrival, now: float) -> Verdict:
        """Judge the Authorization field."""
        scheme, _, credentials = (arrival.header("Authorization") or "").partition(" ")
        if scheme.lower() == "digest":
            return self._digest.verify(credentials, arrival.method, arrival.target, now)
        good = scheme.lower() == "bearer" and self._tokens.good(credentials.strip(), now)
        return Verdict.GOOD if good else Verdict.WRONG

    def unauthorized(self, now: float, *, stale: bool) -> FakeReply:
        """Return 401 with the recorded challenge and body (the older form, without an errorCode)."""
        body = {"error": 401, "reason": "Unauthorized", "detail": "You are not authorized for this resource."}
        challenge = self._digest.challenge(now, stale=stale)
        fields = (("Content-Type", "application/json"), ("WWW-Authenticate", challenge))
        return FakeReply(401, fields, json_text(body, pretty=True))

    def oauth(self, arrival: Arrival, now: float) -> FakeReply:
        """Answer a request to one of the two OAuth addresses."""
        if arrival.method != "POST":
            return FakeReply(405, (("Allow", "POST,OPTIONS"),))
        return self._tokens.issue(arrival, now) if arrival.path == TOKEN_PATH else self._tokens.revoke(arrival)
