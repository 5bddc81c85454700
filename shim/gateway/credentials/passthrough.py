"""Passthrough: the gateway holds nothing, and the caller's own credentials go where they can."""

from __future__ import annotations

import re
from urllib.parse import unquote

import attrs

from shim.core.messages import Headers, field
from shim.gateway.credentials.digest import asks_digest
from shim.gateway.credentials.signer import Attempts, OutboundCall
from shim.gateway.errors import Refusal
from shim.gateway.validation import InboundRequest

DETAIL = (
    "An API key can't cross this gateway: HTTP Digest signs path and query, and atlas-shim sends this retired call "
    "with others. Start it with --credentials verify and this key, or call with a service account's access token "
    "(Authorization: Bearer ...); Python programs keep their key with the drop-in (from shim import httpx)."
)

_SIGN_IN = re.compile(r"/+api(?:;[^/]*)?/+oauth(?:;[^/]*)?/", re.IGNORECASE)

BEARER = ("WWW-Authenticate", 'Bearer realm="MMS Public API"')


@attrs.frozen
class Passthrough:
    """Sends the caller's own credentials; a Digest signature over another path is refused."""

    may_resend = False

    def attempts(self, outbound: OutboundCall) -> Attempts:
        """Send the call as it is; raises Refusal where its Digest signature, or a challenge, is of no use."""
        call, rewritten = outbound.command.call, outbound.command.rewritten
        scheme = (field(call.headers, "Authorization") or "").partition(" ")[0].lower()
        if rewritten and scheme == "digest":
            raise cannot_cross()
        reply = yield call
        # A Bearer caller's 401 stands: it has what the challenge would be replaced by.
        if rewritten and reply.status == 401 and scheme != "bearer" and asks_digest(reply.headers):
            raise cannot_cross()

    def challenge(self) -> Headers | None:
        """Return None: the challenge is for the caller."""
        return None


@attrs.frozen
class OpenGate:
    """Lets everybody in, since nothing is held that could be borrowed."""

    async def admit(
        self,
        request: InboundRequest,  # noqa: ARG002 - a gate's signature
        *,
        recognised: bool,  # noqa: ARG002 - a gate's signature
    ) -> Passthrough:
        """Return the signer that adds nothing."""
        return PASSTHROUGH

    async def close(self) -> None:
        """Do nothing: nothing was opened."""


PASSTHROUGH = Passthrough()


def signs_in(path: str) -> bool:
    """Tell whether a raw path is one of ``/api/oauth/``, in any spelling that upstream might take for it.

    Who calls there gives or revokes a token by a login of its own, and no gateway knows a better one. To take
    another path for one of these would lend nothing to anybody.
    """
    return _SIGN_IN.match(unquote(path) if "%" in path else path) is not None


def cannot_cross() -> Refusal:
    """The one answer to an API key on a rewritten call.

    It is no 401, since Digest clients look for a challenge of theirs in one, and raise an error about that instead
    of showing what it says.
    """
    return Refusal(403, "SHIM_DIGEST_CANNOT_CROSS", DETAIL, error="http_request_denied")
