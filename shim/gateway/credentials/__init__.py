"""Credentials: who may call, and who signs a call that goes upstream.

    mode           gate (who may call)         signer (whose credentials go upstream)
    passthrough    all                         the caller's own
    own            no web pages                ``api_key`` or ``service_account``
    verify         ``verify_digest``, strict   ``api_key``, with the key that the caller proved

``modes`` says what a gate and a signer are, and has the gates of passthrough and own. ``digest`` computes and reads
what both sides of HTTP Digest share; ``nonces`` gives nonces out and takes them back, ``nonce_store`` keeps their
uses for several gateways; ``keys`` holds the credentials and watches their files.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from functools import partial

from shim.credentials import ApiKey, credential_files, read_credentials, used_variables
from shim.errors import SettingsError
from shim.gateway.credentials.api_key import KeySigner
from shim.gateway.credentials.digest import challenge
from shim.gateway.credentials.keys import Holder, callers_keys, follow, own_credentials
from shim.gateway.credentials.modes import CallerGate, OwnGate, UpstreamSigner, bearer, is_loopback
from shim.gateway.credentials.nonce_store import NonceStore
from shim.gateway.credentials.nonces import Nonces
from shim.gateway.credentials.service_account import AccountSigner
from shim.gateway.credentials.verify_digest import VerifyGate
from shim.gateway.options import CredentialsMode, Options
from shim.gateway.watch import Watcher

__all__ = ["CallerGate", "UpstreamSigner", "gate_for"]

log = logging.getLogger("shim.gateway")


def gate_for(options: Options, environ: Mapping[str, str], watcher: Watcher) -> CallerGate:
    """Return the gate of the options' mode, with the credentials that it needs from an environment and its files.

    Raises SettingsError when they are missing, and for a mode that must not listen where it would.
    """
    if options.credentials is CredentialsMode.PASSTHROUGH:
        _warn(environ)
        return CallerGate()
    files = credential_files(environ)
    if options.credentials is CredentialsMode.VERIFY:
        nonces, file = Nonces(), options.keys_file
        store = NonceStore(options.nonce_store) if options.nonce_store is not None else None
        gate = VerifyGate(lambda key: KeySigner(key, lambda: challenge(nonces.new())), nonces, store)
        follow(partial(callers_keys, environ, file), [*files, file] if file else files, gate.learn, watcher)
        return gate
    if options.uds is None and not is_loopback(options.listen.host):
        raise SettingsError(
            f"listen: {options.listen.authority} can be reached from other machines, and with credentials = 'own' "
            "whoever reaches the gateway uses its key. Listen on 127.0.0.1 or a unix socket (uds), or let callers "
            "prove their own key (credentials = 'verify')"
        )

    def signer_of(held: Holder) -> UpstreamSigner:
        return KeySigner(held, bearer) if isinstance(held, ApiKey) else AccountSigner(held, options.upstream)

    own = OwnGate(signer_of)
    follow(partial(own_credentials, environ), files, own.learn, watcher)
    return own


def _warn(environ: Mapping[str, str]) -> None:
    """Say that an API key in the environment goes unused, which is the likeliest first mistake."""
    try:
        found = read_credentials(environ)
    except SettingsError:
        return
    if isinstance(found, ApiKey):
        log.warning(
            "credentials: 'passthrough' does not use the API key in %s; 'verify' takes and signs calls that are "
            "signed with it, 'own' signs calls from this machine (--credentials)",
            ", ".join(used_variables(environ)),
        )
