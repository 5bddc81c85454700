"""Credentials: who may call, and who signs a call that goes upstream.

A gate looks at each request first and names a signer (``signer`` has both signatures):

    mode           gate                                  signer
    passthrough    open to all (``passthrough``)         the caller's own credentials (``passthrough``)
    own            no web pages (``own``)                ``api_key_signer`` or ``service_account_signer``
    verify         Digest, strict (``verify_digest``)    ``api_key_signer``, with the key that the caller proved

``digest`` computes and reads what both sides of HTTP Digest share. ``nonces`` gives nonces out and takes them back,
``nonce_store`` keeps their uses for several gateways. ``key_files`` holds the credentials and watches their files;
``gate`` puts the parts together.
"""

from __future__ import annotations

from shim.gateway.credentials.digest import asks_digest
from shim.gateway.credentials.gate import gate_for
from shim.gateway.credentials.signer import Asker, CallerGate, OutboundCall, UpstreamSigner

__all__ = ["Asker", "CallerGate", "OutboundCall", "UpstreamSigner", "asks_digest", "gate_for"]
