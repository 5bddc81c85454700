"""Verify: callers prove their API key to the gateway, which signs upstream with that same key."""

from __future__ import annotations

import hmac
import re
import secrets
from collections.abc import Callable

from shim.core.recognise import Match
from shim.credentials import ApiKey
from shim.gateway.checks import InboundRequest
from shim.gateway.credentials.digest import LONGEST, REALM, challenge, parameters, response, secret_hash
from shim.gateway.credentials.keys import Keys
from shim.gateway.credentials.modes import PASSTHROUGH, CallerGate, UpstreamSigner, signs_in
from shim.gateway.credentials.nonce_store import NonceStore
from shim.gateway.credentials.nonces import Nonces, secret_of
from shim.gateway.errors import Challenged, Refusal

UNSIGNED = (
    "atlas-shim lets in who signs with an API key that it knows (HTTP Digest, as for Atlas; not HTTP Basic), or brings "
    "a service account's access token (Authorization: Bearer ...)."
)
STALE = "The nonce of this signature is old, or was used with this count: sign again, with the nonce of this challenge."
WRONG_KEY = (
    "atlas-shim, and not Atlas, refused this call: it does not know the API key, or the private key is another one. "
    "Its keys are those of --keys-file and of MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY where "
    "the gateway runs."
)

_NEEDED = {"username", "realm", "nonce", "uri", "cnonce", "nc", "response", "qop"}
_COUNT = re.compile(r"[0-9a-fA-F]{8}")


class VerifyGate(CallerGate):
    """Takes a Digest signature of a known key, checked strictly; a bearer token is upstream's to check.

    ``learn`` takes the keys that are known from now on, and has ``signer_of`` called once for each. A ``store`` is
    asked last, about signatures that are good in every other way.
    """

    def __init__(
        self, signer_of: Callable[[ApiKey], UpstreamSigner], nonces: Nonces, store: NonceStore | None = None
    ) -> None:
        self._signer_of = signer_of
        self._nonces = nonces
        self._store = store
        self._known: Keys = {}
        self._hashes: dict[str, str] = {}
        self._signers: dict[str, UpstreamSigner] = {}
        # Stands in for an unknown key's, so that finding out costs as much as a wrong secret.
        self._nobody = secrets.token_hex(16)

    async def admit(
        self,
        request: InboundRequest,
        match: Match | None,  # noqa: ARG002 - all alike
        *,
        listed: bool = False,  # noqa: ARG002 - as above
    ) -> UpstreamSigner:
        """Return the signer of the key that the caller proved; raises Refusal, mostly a challenge."""
        lines = [value for name, value in request.call.headers if name.lower() == "authorization"]
        if signs_in(request.call.path):
            return PASSTHROUGH
        if len(lines) > 1:
            raise malformed("two Authorization fields")
        word, _, text = lines[0].strip().partition(" ") if lines else ("", "", "")
        if word.lower() == "bearer":
            return PASSTHROUGH
        if word.lower() != "digest":
            raise self._refusal("SHIM_UNAUTHORIZED", UNSIGNED, "unsigned")
        return await self._check(request, text.strip())

    async def _check(self, request: InboundRequest, text: str) -> UpstreamSigner:
        target = request.head.target
        given = parameters(text) if len(text) <= LONGEST + len(target) else None
        if given is None:
            raise malformed("parameters that can't be read, or one twice")
        if not given.keys() >= _NEEDED or not given["cnonce"]:
            raise malformed("a parameter is missing")
        if given["qop"].lower() != "auth" or given.get("algorithm", "MD5").upper() != "MD5":
            raise malformed("a qop or algorithm that was not offered")
        name, nonce, nc = given["username"], given["nonce"], given["nc"]
        if not _COUNT.fullmatch(nc) or not (count := int(nc, 16)):
            raise malformed("nc is not a count of eight hex digits")
        # RFC 7616, 3.4.6, asks for 400 here.
        if given["uri"] != target:
            raise malformed("uri is not the request target")
        key_hash = self._hashes.get(name, self._nobody)
        expected = response(key_hash, request.call.method, target, nonce=nonce, count=nc, cnonce=given["cnonce"])
        right = hmac.compare_digest(expected.encode(), given["response"].encode())
        signer = self._signers.get(name)
        if signer is None or not right or given["realm"] != REALM:
            raise self._refusal("SHIM_KEY_REFUSED", WRONG_KEY)
        is_fresh = self._nonces.use(nonce, count, name)
        if not is_fresh or (self._store is not None and not await self._store.take(nonce, count, name)):
            raise self._refusal("SHIM_UNAUTHORIZED", STALE, "stale")
        return signer

    async def close(self) -> None:
        """Close the store's connections."""
        if self._store is not None:
            await self._store.close()

    def learn(self, keys: Keys) -> None:
        """Take these keys for those that are known."""
        self._hashes = {name: secret_hash(name, REALM, key.private_key) for name, key in keys.items()}
        self._signers = {
            name: self._signers[name] if self._known.get(name) == key else self._signer_of(key)
            for name, key in keys.items()
        }
        self._nonces.renew(secret_of(keys.values()))
        self._known = keys

    def _refusal(self, code: str, detail: str, challenged: Challenged | None = None) -> Refusal:
        error = None if challenged else "http_request_denied"
        headers = challenge(self._nonces.new(), stale=challenged == "stale")
        return Refusal(401, code, detail, error, headers=headers, challenged=challenged)


def malformed(said: str) -> Refusal:
    """Authorization that no careful client sends, or for something else than what is asked for."""
    return Refusal(
        400,
        "SHIM_AUTHORIZATION_MALFORMED",
        f"The Authorization of this call is not what RFC 7616 asks for: {said}.",
        error="http_request_error",
        said=said,
    )
