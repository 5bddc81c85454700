"""The OAuth side: client credentials for a token that lives an hour (RFC 6749, 4.4; RFC 7009)."""

from __future__ import annotations

import base64
import binascii
import hmac
import random
from collections.abc import Mapping
from urllib.parse import parse_qsl

from shim.fake.constants import DEMO_TOKEN
from shim.fake.messages import Arrival, FakeReply, json_text

TOKEN_LIFE = 3600
"""Seconds that a token is good for (recorded: expires_in)."""

_JSON = (("Content-Type", "application/json"),)


class Tokens:
    """The access tokens that were given out; the demo token is always among them."""

    def __init__(self, accounts: Mapping[str, str], dice: random.Random) -> None:
        self._accounts = accounts
        self._dice = dice
        self._expiry: dict[str, float] = {DEMO_TOKEN: float("inf")}

    def good(self, token: str, now: float) -> bool:
        """Tell whether a token was given out, has not expired and was not revoked."""
        return now < self._expiry.get(token, float("-inf"))

    def issue(self, arrival: Arrival, now: float) -> FakeReply:
        """Answer POST /api/oauth/token."""
        form = _form(arrival)
        if not self._known(arrival, form):
            return _INVALID_CLIENT
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", "Only client_credentials is supported.")
        token = f"mdb_at_{self._dice.getrandbits(128):032x}"
        self._expiry[token] = now + TOKEN_LIFE
        body = {"access_token": token, "expires_in": TOKEN_LIFE, "token_type": "Bearer"}
        return FakeReply(200, (*_JSON, ("Cache-Control", "no-store")), json_text(body))

    def revoke(self, arrival: Arrival) -> FakeReply:
        """Answer POST /api/oauth/revoke; an unknown token is fine too (RFC 7009, 2.2)."""
        form = _form(arrival)
        if not self._known(arrival, form):
            return _INVALID_CLIENT
        self._expiry.pop(form.get("token", ""), None)
        return FakeReply(200)

    def _known(self, arrival: Arrival, form: Mapping[str, str]) -> bool:
        """Check the client: Basic credentials, or the two members of the form that some clients send."""
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, _, credentials = (arrival.header("Authorization") or "").partition(" ")
        if scheme.lower() == "basic":
            try:
                decoded = base64.b64decode(credentials.strip(), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                return False
            client, _, secret = decoded.partition(":")
        wanted = self._accounts.get(client)
        return hmac.compare_digest((wanted or "").encode(), secret.encode()) and wanted is not None


def _form(arrival: Arrival) -> dict[str, str]:
    return dict(parse_qsl(arrival.body.decode("utf-8", "replace")))


def _refused(status: int, error: str, description: str) -> FakeReply:
    return FakeReply(status, _JSON, json_text({"error_description": description, "error": error}))


_INVALID_CLIENT = _refused(401, "invalid_client", "Invalid credentials provided.")
