"""Credentials: who may call, and who signs a call that goes upstream.

    mode           gate (who may call)              signer (whose credentials go upstream)
    passthrough    ``CallerGate``: all              the caller's own
    own            ``OwnGate``: no web pages        ``KeySigner`` or ``AccountSigner``
    verify         ``VerifyGate``, strict Digest    ``KeySigner``, with the key that the caller proved

``digest`` computes and reads what both sides of HTTP Digest share; ``nonces`` gives nonces out and takes them back.
"""

from __future__ import annotations

import contextlib
import logging
import stat
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from shim.credentials import (
    VARIABLES,
    AccessToken,
    ApiKey,
    ServiceAccount,
    api_keys,
    credential_files,
    read_credentials,
    used_variables,
)
from shim.errors import SettingsError
from shim.gateway.credentials.gates import CallerGate, OwnGate, VerifyGate, is_loopback
from shim.gateway.credentials.nonces import NonceStore
from shim.gateway.credentials.signers import UpstreamSigner
from shim.gateway.option_values import CredentialsMode
from shim.gateway.options import Options
from shim.gateway.watch import Watched

__all__ = ["CallerGate", "UpstreamSigner", "gate_for"]

log = logging.getLogger("shim.gateway")

T = TypeVar("T")


def gate_for(options: Options, environ: Mapping[str, str], watched: list[Watched[Any]]) -> CallerGate:
    """Return the gate of the options' mode, with the credentials that it needs from an environment and its files.

    Raises SettingsError when they are missing, and for a mode that must not listen where it would.
    """
    match options.credentials:
        case CredentialsMode.VERIFY:
            files, file = credential_files(environ), options.keys_file
            gate = VerifyGate(NonceStore(options.nonce_store) if options.nonce_store is not None else None)
            follow(partial(callers_keys, environ, file), [*files, file] if file else files, gate.learn, watched)
            return gate
        case CredentialsMode.OWN:
            if options.uds is None and not is_loopback(options.listen.host):
                raise SettingsError(
                    f"listen: {options.listen.authority} can be reached from other machines, and with credentials = "
                    "'own' whoever reaches the gateway uses its key. Listen on 127.0.0.1 or a unix socket (uds), or "
                    "let callers prove their own key (credentials = 'verify')"
                )
            own = OwnGate(options.upstream)
            follow(partial(own_credentials, environ), credential_files(environ), own.learn, watched)
            return own
    with contextlib.suppress(SettingsError):
        if isinstance(read_credentials(environ), ApiKey):  # the likeliest first mistake
            log.warning(
                "credentials: 'passthrough' does not use the API key in %s; 'verify' takes and signs calls that are "
                "signed with it, 'own' signs calls from this machine (--credentials)",
                ", ".join(used_variables(environ)),
            )
    return CallerGate()


def follow(read: Callable[[], T], paths: Sequence[str], use: Callable[[T], None], watched: list[Watched[Any]]) -> None:
    """Use credentials now, and whenever their files change and are good; raises SettingsError if they aren't now."""

    def checked() -> T:
        for path in paths:
            with contextlib.suppress(OSError):  # reading it says why
                if (mode := Path(path).stat().st_mode) & stat.S_IWOTH:
                    log.warning("%s: anybody on this machine may change it (mode %o); chmod 600 it", path, mode & 0o777)
        return read()

    files = Watched("credentials", lambda: paths, checked, use)
    use(files.value)
    if paths:
        watched.append(files)


def own_credentials(environ: Mapping[str, str]) -> ApiKey | ServiceAccount:
    """Return the credentials of ``own``; raises SettingsError without any."""
    found = read_credentials(environ)
    if found is None:
        raise SettingsError(
            f"credentials: 'own' needs an API key ({VARIABLES['public_key']}, {VARIABLES['private_key']}) or a "
            f"service account ({VARIABLES['client_id']}, {VARIABLES['client_secret']}), each also as ..._FILE"
        )
    if isinstance(found, AccessToken):
        raise SettingsError("credentials: 'own' can't renew an access token; give an API key or a service account")
    return found


def callers_keys(environ: Mapping[str, str], file: str | None) -> Mapping[str, ApiKey]:
    """Return the keys of ``verify``: the environment's API key, and those of a file; raises SettingsError."""
    keys = list(api_keys(file, name="keys_file")) if file else []
    if isinstance(own := read_credentials(environ), ApiKey):
        keys.append(own)
    if not keys:
        raise SettingsError(
            f"credentials: 'verify' needs the callers' API keys: {VARIABLES['public_key']} and "
            f"{VARIABLES['private_key']} (each also as ..._FILE), or a keys_file with a public:private a line"
        )
    found: dict[str, ApiKey] = {}
    for key in keys:
        if found.setdefault(key.public_key, key) != key:
            raise SettingsError("credentials: one public key has two different private keys")
    return found
