"""Credentials: who may call, and who signs a call that goes upstream.

A gate looks at each request first and names a signer (``signer`` has both signatures):

    mode           gate                      signer
    passthrough    open to all               the caller's own credentials (``passthrough``)
    own            no web pages (``own``)    an API key (``key``) or a service account (``account``)
    verify         Digest, strict            the API key that the caller proved (``verify``, ``nonces``)

``digest`` computes and reads what both sides of HTTP Digest share; ``keys`` holds the credentials and
watches their files; ``gate`` puts the parts together.
"""

from __future__ import annotations

from shim.gateway.credentials.gate import gate_for
from shim.gateway.credentials.signer import Asker, Gate, Signer, Task, Visitor

__all__ = ["Asker", "Gate", "Signer", "Task", "Visitor", "gate_for"]
