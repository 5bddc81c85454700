"""Credentials: who may call, and who signs a call that goes upstream.

    mode           gate (who may call)              signer (whose credentials go upstream)
    passthrough    ``CallerGate``: everyone         the caller's own
    own            ``OwnGate``: not web pages       ``KeySigner`` or ``AccountSigner``
    verify         ``VerifyGate``, strict Digest    ``KeySigner``, with the key that the caller proved

Gates and signers are in ``gates`` and ``signers``. ``digest`` has the functions that both
sides of HTTP Digest share, and ``nonces`` issues nonces and checks their use.
"""
