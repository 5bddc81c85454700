"""The credentials that the gateway holds, read again when a file that holds them changes."""

from __future__ import annotations

import contextlib
import logging
import stat
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from shim.credentials import VARIABLES, AccessToken, ApiKey, ServiceAccount, api_keys, read_credentials
from shim.errors import SettingsError
from shim.gateway.watch import Watched, Watcher

log = logging.getLogger("shim.gateway")

T = TypeVar("T")

Keys = Mapping[str, ApiKey]
"""API keys by their public part."""

Holder = ApiKey | ServiceAccount
"""What ``own`` can sign with."""


def follow(read: Callable[[], T], paths: Sequence[str], use: Callable[[T], None], watcher: Watcher) -> None:
    """Have credentials used now, and again whenever their files change and are good.

    Raises SettingsError when they are of no use now.
    """

    def checked() -> T:
        for path in paths:
            with contextlib.suppress(OSError):  # reading it says why
                if (mode := Path(path).stat().st_mode) & stat.S_IWOTH:
                    log.warning("%s: anybody on this machine may change it (mode %o); chmod 600 it", path, mode & 0o777)
        return read()

    watched = Watched("credentials", lambda: paths, checked, use)
    use(watched.value)
    if paths:
        watcher.watched.append(watched)


def own_credentials(environ: Mapping[str, str]) -> Holder:
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


def callers_keys(environ: Mapping[str, str], file: str | None) -> Keys:
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
