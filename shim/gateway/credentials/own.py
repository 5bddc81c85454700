"""Own: the gateway signs with credentials that it holds, for callers on this machine only.

A page that knows the port by a rebound DNS name is refused before, by its Host: see ``Plan.checks_host``.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Callable

from shim.core.messages import Headers
from shim.gateway.credentials.key_files import Holder
from shim.gateway.credentials.passthrough import PASSTHROUGH, signs_in
from shim.gateway.credentials.signer import UpstreamSigner
from shim.gateway.errors import Refusal
from shim.gateway.validation import InboundRequest


class OwnGate:
    """Signs recognised operations, or with ``everything`` all calls, and keeps web pages out.

    ``signer_of`` is asked once for each credentials that ``credentials`` turns up.
    """

    def __init__(
        self,
        credentials: Callable[[], Holder],
        signer_of: Callable[[Holder], UpstreamSigner],
        *,
        everything: bool,
    ) -> None:
        self._credentials = credentials
        self._signer_of = signer_of
        self._everything = everything
        self._held = credentials()
        self._signer = signer_of(self._held)

    async def admit(self, request: InboundRequest, *, recognised: bool) -> UpstreamSigner:
        """Return who signs this call, or who adds nothing to one that isn't signed; raises Refusal."""
        if from_a_page(request.call.headers):
            raise Refusal(
                403,
                "SHIM_ORIGIN_REFUSED",
                "This gateway signs calls with credentials of its own, and takes none from a web page.",
                error="http_request_denied",
                close=True,
            )
        if not (recognised or (self._everything and not signs_in(request.call.path))):
            return PASSTHROUGH
        held = self._credentials()
        if held != self._held:
            self._signer = self._signer_of(held)
            self._held = held
        return self._signer

    async def close(self) -> None:
        """Do nothing: nothing was opened."""


def from_a_page(headers: Headers) -> bool:
    """Tell whether a browser says that a page makes this call (Fetch, 3.2; Fetch Metadata, 2)."""
    for name, value in headers:
        match name.lower():
            case "origin":
                return True
            case "sec-fetch-site" if value.strip().lower() != "none":
                return True
    return False


def is_loopback(host: str) -> bool:
    """Tell whether a host to listen on is this machine's own, under every address that it has."""
    try:
        found = {str(entry[4][0]) for entry in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)}
        return all(ipaddress.ip_address(address.partition("%")[0]).is_loopback for address in found)
    except (OSError, ValueError):
        return False
