"""Authentication: Digest (RFC 7616), access tokens (RFC 6749, 4.4), the 401, and the two OAuth endpoints."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import random
import re
from collections.abc import Mapping
from enum import Enum, auto
from urllib.parse import parse_qsl

from shim.fake.http import Arrival, FakeReply, json_text
from shim.fake.world import DEMO_TOKEN

REALM = "MMS Public API"
NONCE_LIFE = 300.0
"""Seconds for which a nonce is fresh."""
_ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_NEEDED = frozenset({"username", "realm", "nonce", "uri", "response", "qop", "nc", "cnonce"})

_TOKEN = r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+"  # noqa: S105 - the token of RFC 9110, 5.6.2
_PARAMETER = re.compile(rf'\s*({_TOKEN})\s*=\s*(?:({_TOKEN})|"((?:[^"\\]|\\.)*)")\s*(?:,|$)')


class Verdict(Enum):
    """The verdict on a request's credentials."""

    GOOD = auto()
    WRONG = auto()
    """Missing, unreadable, unknown or false: a new challenge."""
    STALE = auto()
    """A right signature with an old, unknown or used nonce: a new challenge with stale=true."""
    OTHER_URI = auto()
    """A right signature of another request target."""


def parameters(credentials: str) -> dict[str, str] | None:
    """Parse the auth-params of RFC 9110, 11.2; returns None if they are malformed or repeat a name."""
    found: dict[str, str] = {}
    position = 0
    while position < len(credentials):
        match = _PARAMETER.match(credentials, position)
        if match is None or match[1].lower() in found:
            return None
        quoted = match[3]
        found[match[1].lower()] = match[2] if quoted is None else re.sub(r"\\(.)", r"\1", quoted)
        position = match.end()
    return found


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _response(secret: str, method: str, given: Mapping[str, str]) -> str:
    """Compute the response of RFC 7616, 3.4.1 for qop auth."""
    user = _md5(f"{given['username']}:{REALM}:{secret}")
    request = _md5(f"{method}:{given['uri']}")
    return _md5(f"{user}:{given['nonce']}:{given['nc']}:{given['cnonce']}:{given['qop']}:{request}")


class DigestCheck:
    """Issues challenges and verifies signatures; ``keys`` maps public to private keys, times are in seconds."""

    def __init__(self, keys: Mapping[str, str], dice: random.Random) -> None:
        self._keys = keys
        self._dice = dice
        self._nonces: dict[str, tuple[float, int]] = {}

    def challenge(self, now: float, *, stale: bool) -> str:
        """Return a WWW-Authenticate value with a new nonce, spelled as recorded."""
        nonce = "".join(self._dice.choices(_ALPHABET, k=32))
        self._nonces[nonce] = (now, 0)
        word = "true" if stale else "false"
        return f'Digest realm="{REALM}", domain="", nonce="{nonce}", algorithm=MD5, qop="auth", stale={word}'

    def verify(self, credentials: str, method: str, target: str, now: float) -> Verdict:
        """Verify what follows the word Digest in Authorization against the raw request line."""
        given = parameters(credentials)
        if given is None or not given.keys() >= _NEEDED:
            return Verdict.WRONG
        if (
            given["realm"] != REALM
            or given["qop"] != "auth"
            or given.get("algorithm", "MD5") != "MD5"
            or given.get("userhash", "false") != "false"
            or "opaque" in given  # No opaque was sent, so none may be returned.
            or re.fullmatch(r"[0-9a-f]{8}", given["nc"]) is None
        ):
            return Verdict.WRONG
        # An unknown key takes as long as a wrong secret.
        expected = _response(self._keys.get(given["username"], ""), method, given)
        right = hmac.compare_digest(expected.encode(), given["response"].encode())
        if not right or given["username"] not in self._keys:
            return Verdict.WRONG
        if given["uri"] != target:
            return Verdict.OTHER_URI
        nonce, count = given["nonce"], int(given["nc"], 16)
        born, used = self._nonces.get(nonce, (float("-inf"), 0))
        if not 0 <= now - born < NONCE_LIFE or count <= used:
            return Verdict.STALE
        self._nonces[nonce] = (born, count)
        return Verdict.GOOD


TOKEN_LIFE = 3600
"""Lifetime of a token in seconds (recorded: expires_in)."""

TOKEN_PATH, REVOKE_PATH = "/api/oauth/token", "/api/oauth/revoke"

_JSON = (("Content-Type", "application/json"),)


class SignIn:
    """Knows API keys, service accounts and access tokens; the demo token never ends. Times are in seconds."""

    def __init__(self, api_keys: Mapping[str, str], accounts: Mapping[str, str], seed: int) -> None:
        # Not secrets: nonces and tokens of a fake, the same for the same seed.
        self._dice = random.Random(seed)  # noqa: S311
        self._digest = DigestCheck(dict(api_keys), self._dice)
        self._accounts = dict(accounts)
        self._expiry: dict[str, float] = {DEMO_TOKEN: float("inf")}

    def check(self, arrival: Arrival, now: float) -> Verdict:
        """Check the Authorization field."""
        scheme, credentials = _authorization(arrival)
        if scheme == "digest":
            return self._digest.verify(credentials, arrival.method, arrival.target, now)
        good = scheme == "bearer" and now < self._expiry.get(credentials.strip(), float("-inf"))
        return Verdict.GOOD if good else Verdict.WRONG

    def unauthorized(self, now: float, *, stale: bool) -> FakeReply:
        """Return 401 with the recorded challenge and body (the older form, without an errorCode)."""
        body = {"error": 401, "reason": "Unauthorized", "detail": "You are not authorized for this resource."}
        fields = (*_JSON, ("WWW-Authenticate", self._digest.challenge(now, stale=stale)))
        return FakeReply(401, fields, json_text(body, pretty=True))

    def oauth(self, arrival: Arrival, now: float) -> FakeReply:
        """Give out a token or revoke one, by the path; an unknown token is revoked too (RFC 7009, 2.2)."""
        if arrival.method != "POST":
            return FakeReply(405, (("Allow", "POST,OPTIONS"),))
        form = dict(parse_qsl(arrival.body.decode("utf-8", "replace")))
        if not self._known(arrival, form):
            return _refused(401, "invalid_client", "Invalid credentials provided.")
        if arrival.path == REVOKE_PATH:
            self._expiry.pop(form.get("token", ""), None)
            return FakeReply(200)
        if form.get("grant_type") != "client_credentials":
            return _refused(400, "unsupported_grant_type", "Only client_credentials is supported.")
        token = f"mdb_at_{self._dice.getrandbits(128):032x}"
        self._expiry[token] = now + TOKEN_LIFE
        body = {"access_token": token, "expires_in": TOKEN_LIFE, "token_type": "Bearer"}
        return FakeReply(200, (*_JSON, ("Cache-Control", "no-store")), json_text(body))

    def _known(self, arrival: Arrival, form: Mapping[str, str]) -> bool:
        """Check the client: Basic credentials, or two members of the form."""
        client, secret = form.get("client_id", ""), form.get("client_secret", "")
        scheme, credentials = _authorization(arrival)
        if scheme == "basic":
            try:
                client, _, secret = base64.b64decode(credentials.strip(), validate=True).decode().partition(":")
            except (binascii.Error, UnicodeDecodeError):
                return False
        wanted = self._accounts.get(client)
        return hmac.compare_digest((wanted or "").encode(), secret.encode()) and wanted is not None


def _authorization(arrival: Arrival) -> tuple[str, str]:
    scheme, _, credentials = (arrival.header("Authorization") or "").partition(" ")
    return scheme.lower(), credentials


def _refused(status: int, error: str, description: str) -> FakeReply:
    return FakeReply(status, _JSON, json_text({"error_description": description, "error": error}))
