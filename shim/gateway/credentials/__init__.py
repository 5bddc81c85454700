"""Credentials: who may call, and who signs a call that goes upstream.

    mode           gate (who may call)              signer (whose credentials go upstream)
    passthrough    ``CallerGate``: all              the caller's own
    own            ``OwnGate``: no web pages        ``KeySigner`` or ``AccountSigner``
    verify         ``VerifyGate``, strict Digest    ``KeySigner``, with the key that the caller proved

They are in ``gates`` and ``signers``. ``digest`` computes and reads the parts that both sides of
HTTP Digest share; ``nonces`` gives nonces out and takes them back.
"""
