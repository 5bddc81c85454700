"""Check sign-ins: Digest (RFC 7616) and access tokens (RFC 6749, 4.4).

Also gives the 401, and answers the two OAuth endpoints.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import random
import re
from collections.abc import Mapping
from urllib.parse import parse_qsl
from urllib.request import parse_http_list, parse_keqv_list

from shim.fake.http import JSON, Arrival, AtlasRefusal, FakeReply, json_text
from shim.fake.world import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_TOKEN

REALM = "MMS Public API"
NONCE_LIFE = 300.0
"""Seconds for which a nonce is fresh."""
TOKEN_LIFE = 3600
"""Lifetime of a token in seconds (recorded: expires_in)."""
TOKEN_PATH = "/api/oauth/token"  # noqa: S105 - a path
REVOKE_PATH = "/api/oauth/revoke"
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def _is_well_formed(given: Mapping[str, str]) -> bool:
    """Return whether a signature repeats the challenge and contains nothing else."""
    if given.get("realm") != REALM or given.get("qop") != "auth":
        return False
    if given.get("algorithm", "MD5") != "MD5" or "opaque" in given:
        return False
    if given.get("userhash", "false") != "false":
        return False
    return re.fullmatch(r"[0-9a-f]{8}", given["nc"]) is not None


def _md5(*parts: str) -> str:
    return hashlib.md5(":".join(parts).encode(), usedforsecurity=False).hexdigest()


class SignIn:
    """Knows API keys, the demo's service account, and access tokens.

    The demo token never expires. Times are in seconds. ``keys`` maps public to private
    keys.
    """

    def __init__(self, keys: Mapping[str, str]) -> None:
        self._dice = random.Random(1)  # noqa: S311 - not secrets: the same nonces and tokens in each fake
        self._keys = keys
        self._nonces: dict[str, tuple[float, int]] = {}
        self._expiry: dict[str, float] = {DEMO_TOKEN: float("inf")}

    def check(self, arrival: Arrival, now: float) -> FakeReply | None:
        """Check the Authorization field. Returns None, or a 401 with a challenge."""
        scheme, credentials = _authorization(arrival)
        if scheme == "digest":
            return self._digest(credentials, arrival, now)
        good = scheme == "bearer" and now < self._expiry.get(
            credentials.strip(), float("-inf")
        )
        return None if good else self._challenge(now)

    def _digest(
        self, credentials: str, arrival: Arrival, now: float
    ) -> FakeReply | None:
        """Verify a signature against the raw request line (RFC 7616, 3.4.1, qop auth).

        Raises AtlasRefusal if the signature is valid, but for another request target.
        """
        try:
            signed = parse_keqv_list(parse_http_list(credentials))
            given = {name.lower(): value for name, value in signed.items()}
            nonce = given["nonce"]
            count = int(given["nc"], 16)
            expected = self._response(given, arrival.method)
        except (IndexError, KeyError, ValueError):
            return self._challenge(now)
        if given.get("response") != expected or not _is_well_formed(given):
            return self._challenge(now)
        if given["uri"] != arrival.target:
            raise AtlasRefusal("INVALID_DIGEST_URI")
        born, used = self._nonces.get(nonce, (float("-inf"), 0))
        if not 0 <= now - born < NONCE_LIFE or count <= used:
            return self._challenge(now, stale=True)
        self._nonces[nonce] = (born, count)
        return None

    def _response(self, given: Mapping[str, str], method: str) -> str:
        """Return the correct response of a signature. Raises KeyError if it lacks a parameter."""
        user = given["username"]
        secret = _md5(user, REALM, self._keys[user])
        request = _md5(method, given["uri"])
        parts = (given["nonce"], given["nc"], given["cnonce"], "auth")
        return _md5(secret, *parts, request)

    def _challenge(self, now: float, *, stale: bool = False) -> FakeReply:
        """Return 401 with the recorded challenge and body (the older form, without an errorCode)."""
        nonce = "".join(self._dice.choices(_ALPHABET, k=32))
        self._nonces[nonce] = (now, 0)
        facts = [
            f'realm="{REALM}"',
            'domain=""',
            f'nonce="{nonce}"',
            "algorithm=MD5",
            'qop="auth"',
            f"stale={str(stale).lower()}",
        ]
        challenge = ("WWW-Authenticate", f"Digest {', '.join(facts)}")
        body = {
            "error": 401,
            "reason": "Unauthorized",
            "detail": "You are not authorized for this resource.",
        }
        content = json_text(body, pretty=True)
        return FakeReply(401, (*JSON, challenge), content)

    def oauth(self, arrival: Arrival, now: float) -> FakeReply:
        """Issue or revoke a token, as the path asks.

        Revoking an unknown token succeeds, too (RFC 7009, 2.2).
        """
        if arrival.method != "POST":
            return FakeReply(405, (("Allow", "POST,OPTIONS"),))
        form = dict(parse_qsl(arrival.body.decode("utf-8", "replace")))
        scheme, credentials = _authorization(arrival)
        # some clients put it there (RFC 6749, 2.3.1)
        client = f"{form.get('client_id')}:{form.get('client_secret')}"
        if scheme == "basic":
            try:
                client = base64.b64decode(credentials.strip(), validate=True).decode()
            except (binascii.Error, UnicodeDecodeError):
                client = ""
        if client != f"{DEMO_CLIENT_ID}:{DEMO_CLIENT_SECRET}":
            return _refused(401, "invalid_client", "Invalid credentials provided.")
        if arrival.path == REVOKE_PATH:
            self._expiry.pop(form.get("token", ""), None)
            return FakeReply(200)
        if form.get("grant_type") != "client_credentials":
            return _refused(
                400, "unsupported_grant_type", "Only client_credentials is supported."
            )
        token = f"mdb_at_{self._dice.getrandbits(128):032x}"
        self._expiry[token] = now + TOKEN_LIFE
        body = {"access_token": token, "expires_in": TOKEN_LIFE, "token_type": "Bearer"}
        return FakeReply(200, (*JSON, ("Cache-Control", "no-store")), json_text(body))


def _authorization(arrival: Arrival) -> tuple[str, str]:
    scheme, _, credentials = (arrival.header("Authorization") or "").partition(" ")
    return scheme.lower(), credentials


def _refused(status: int, error: str, description: str) -> FakeReply:
    return FakeReply(
        status, JSON, json_text({"error_description": description, "error": error})
    )
