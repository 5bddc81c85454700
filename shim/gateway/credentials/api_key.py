"""Signing upstream with an API key: nonces that are used again, each by one call at a time.

A strict server refuses a count of uses that it has seen, or that overtakes another on the way. So a call borrows a
nonce until the reply's head is there. The nonce returned last is lent first: calls one after the other cost one
challenge per life of a nonce, and n calls at once cost n.
"""

from __future__ import annotations

import secrets
from collections import deque
from collections.abc import Callable

import attrs

from shim.core.messages import Call, Headers, Reply, without
from shim.credentials import ApiKey
from shim.gateway.credentials.digest import ALGORITHMS, challenges, parameters, response, secret_hash
from shim.gateway.credentials.modes import UpstreamSigner, answered, ask, finish
from shim.gateway.errors import Refusal
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.messages import OutboundCall, UpstreamResponse

IDLE = 256
"""Nonces kept for later, the last used ones."""

ATTEMPTS = 3
"""Requests sent for one call at most."""

_CONTENT_FIELDS = ("authorization", "content-type", "content-encoding", "content-length", "content-md5", "expect")


@attrs.define
class Nonce:
    """One challenge of upstream's, and how often it was used.

    ``start`` is what an answer to it says before the target, and ``end`` what it says last.
    """

    value: str
    hashed: Callable[[str], str]
    key_hash: str = attrs.field(repr=False)
    start: str = attrs.field(repr=False)
    end: str
    uses: int = 0


class KeySigner(UpstreamSigner):
    """Signs every call with one API key, and asks for a challenge when every nonce is lent.

    ``challenge`` makes the fields that stand in for upstream's challenge when even a signed call is
    answered 401: upstream's own would lead a Digest client to sign for the wrong server.
    """

    lends = True

    def __init__(self, key: ApiKey, challenge: Callable[[], Headers]) -> None:
        self._key = key
        self._challenge = challenge
        self._idle: deque[Nonce] = deque(maxlen=IDLE)

    async def send(self, upstream: Upstream, outbound: OutboundCall) -> UpstreamResponse:
        """Sign, and sign anew when the nonce was refused; raises Refusal when the content is gone by then."""
        call, reused = outbound.call, outbound.stream is None
        nonce = await self._fresh(upstream, call) if not reused else self._idle.pop() if self._idle else None
        for number in range(1, ATTEMPTS + 1):
            headers = without(call.headers, ("authorization",))
            if nonce is not None:
                headers = (*headers, ("Authorization", authorization(nonce, call.method, call.target)))
            response = await upstream.send(attrs.evolve(outbound, call=attrs.evolve(call, headers=headers)))
            found = challenge_of(response.head, self._key) if response.head.status == 401 else None
            if found is None:
                break
            other, stale = found
            # A fresh nonce that was refused without a word about age means the key, or its rights.
            if number == ATTEMPTS or not (reused or nonce is None or stale):
                nonce = other
                break
            if outbound.stream is not None:
                response.close()
                raise sign_again()
            await finish(response)
            nonce, reused = other, False
        if nonce is not None:
            self._idle.append(nonce)
        return answered(response, self._challenge)

    async def _fresh(self, upstream: Upstream, call: Call) -> Nonce | None:
        """Return a nonce that was given out just now, None if upstream does not challenge.

        A GET without credentials and content executes nothing, whatever the call is.
        """
        reply = await ask(upstream, attrs.evolve(call, method="GET", headers=without(call.headers, _CONTENT_FIELDS)))
        found = challenge_of(reply, self._key) if reply.status == 401 else None
        return found[0] if found else None


def authorization(nonce: Nonce, method: str, target: str) -> str:
    """Return an Authorization value for one more use of a nonce (RFC 7616, 3.4)."""
    nonce.uses += 1
    count, cnonce = f"{nonce.uses:08x}", secrets.token_hex(8)
    answer = response(
        nonce.key_hash, method, target, nonce=nonce.value, count=count, cnonce=cnonce, hashed=nonce.hashed
    )
    return f'{nonce.start}{_quoted(target)}, response="{answer}", qop=auth, nc={count}, cnonce="{cnonce}"{nonce.end}'


def challenge_of(reply: Reply, key: ApiKey) -> tuple[Nonce, bool] | None:
    """Return the first challenge that an API key can answer, and whether it says stale."""
    lines = [value for name, value in reply.headers if name.lower() == "www-authenticate"]
    for word, text in [one for value in lines for one in challenges(value)]:
        given = parameters(text) if word == "digest" else None
        if given is None or not {"realm", "nonce"} <= given.keys():
            continue
        algorithm = given.get("algorithm", "")
        hashed = ALGORITHMS.get(algorithm.upper() or "MD5")
        if hashed is None or "auth" not in [word.strip() for word in given.get("qop", "").split(",")]:
            continue
        realm, nonce = given["realm"], given["nonce"]
        end = f", algorithm={algorithm}" if algorithm else ""
        if "opaque" in given:
            end += f', opaque="{given["opaque"]}"'
        start = f'Digest username={_quoted(key.public_key)}, realm="{realm}", nonce="{nonce}", uri='
        key_hash = secret_hash(key.public_key, realm, key.private_key, hashed)
        return Nonce(nonce, hashed, key_hash, start, end), given.get("stale", "").lower() == "true"
    return None


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def sign_again() -> Refusal:
    """Upstream wanted another signature for content that is gone."""
    return Refusal(
        503,
        "SHIM_SIGN_AGAIN",
        "Upstream asked for a new signature, and the content of this call was too long to be kept for a second "
        "attempt. Nothing was executed; make the call again.",
        said="the nonce for a streamed call was refused",
        headers=(("Retry-After", "1"),),
        close=True,
    )
