"""Why a caller's handshake failed, for the log."""

from __future__ import annotations

import ssl

_SAID = {
    "PEER_DID_NOT_RETURN_A_CERTIFICATE": "the caller showed no certificate, which --tls-client-ca asks for",
    "UNSUPPORTED_PROTOCOL": "the caller speaks no TLS that is new enough, see --tls-min-version",
}


def why(error: ssl.SSLError) -> str:
    """Return a sentence for the operator."""
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the caller's certificate is not good: {error.verify_message}"
    reason = getattr(error, "reason", None) or type(error).__name__
    return _SAID.get(reason, reason.lower().replace("_", " "))
