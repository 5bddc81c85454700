"""Passthrough: the gateway holds nothing, and the caller's own credentials go where they can."""

from __future__ import annotations

import attrs

from shim.core.messages import Headers, Reply
from shim.gateway.credentials.digest import challenges
from shim.gateway.credentials.signer import Attempts, Task, Visitor, scheme
from shim.gateway.errors import Refusal

DETAIL = (
    "atlas-shim sends this retired call to another path, and HTTP Digest signs the path, so an API key "
    "can't cross a gateway that holds no credentials (--credentials passthrough). Call with a service "
    "account's access token (Authorization: Bearer ...), which is not bound to a path; or start the gateway "
    "with --credentials verify and this API key; Python programs can keep their API key with the drop-in "
    "import (from shim import httpx)."
)

BEARER = ("WWW-Authenticate", 'Bearer realm="MMS Public API"')


@attrs.frozen
class Passthrough:
    """Sends the caller's own credentials; a Digest signature over another path is refused."""

    again = False

    async def attempts(self, task: Task) -> Attempts:
        """Send the call as it is; raises Refusal where its Digest signature, or a challenge, is of no use."""
        said = scheme(task.call.headers)
        if task.rewritten and said == "digest":
            raise cannot_cross()
        reply = yield task.call
        # A Bearer caller's 401 stands: it has what the challenge would be replaced by.
        if task.rewritten and reply.status == 401 and said != "bearer" and asks_digest(reply.headers):
            raise cannot_cross()

    def shown(self, reply: Reply) -> Reply:
        """Return the head as it came."""
        return reply


@attrs.frozen
class OpenGate:
    """Lets everybody in, since nothing is held that could be borrowed."""

    def admit(self, visitor: Visitor, own: frozenset[str]) -> Passthrough:  # noqa: ARG002 - a gate's signature
        """Return the signer that adds nothing."""
        return PASSTHROUGH


PASSTHROUGH = Passthrough()


def cannot_cross() -> Refusal:
    """The one answer to an API key on a rewritten call; its challenge names what would work."""
    return Refusal(401, "SHIM_DIGEST_CANNOT_CROSS", DETAIL, headers=(BEARER,))


def asks_digest(headers: Headers) -> bool:
    """Tell whether a reply challenges for HTTP Digest."""
    lines = (value for name, value in headers if name.lower() == "www-authenticate")
    return any(word == "digest" for value in lines for word, _ in challenges(value))
