"""The credentials that the gateway holds, read again when a file that holds them changes."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Generic, TypeVar

from shim.credentials import (
    VARIABLES,
    AccessToken,
    ApiKey,
    ServiceAccount,
    api_keys,
    credential_files,
    read_credentials,
)
from shim.errors import SettingsError
from shim.gateway.file_stamps import stamps

log = logging.getLogger("shim.gateway")

T = TypeVar("T")

Keys = Mapping[str, ApiKey]
"""API keys by their public part."""

EVERY = 0.25
"""Seconds between two looks at the files."""

Holder = ApiKey | ServiceAccount
"""What ``own`` can sign with."""


class Watched(Generic[T]):
    """A value made of files: calling it looks at them now and then, and reads them again if one is not what it was.

    A look costs one ``stat`` a file, which follows links, so that a mounted secret's swap is seen too.
    While what they hold can't be read or means nothing, the last good value stays. ``clock`` returns seconds.
    """

    def __init__(
        self, read: Callable[[], T], paths: Iterable[str], *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._read = read
        self._paths = tuple(paths)
        self._clock = clock
        self._next = clock() + EVERY if self._paths else float("inf")
        self._stamps = stamps(self._paths)
        self._value = read()

    def __call__(self) -> T:
        """Return the value, which is at most a quarter of a second older than the files."""
        if (now := self._clock()) < self._next:
            return self._value
        self._next = now + EVERY
        found = stamps(self._paths)
        if found != self._stamps:
            self._stamps = found
            try:
                self._value = self._read()
            except SettingsError as error:
                log.warning("credentials stay what they were: %s", error)
            else:
                log.info("credentials were read again")
        return self._value


def watched_credentials(environ: Mapping[str, str], *, clock: Callable[[], float] = time.monotonic) -> Watched[Holder]:
    """Watch the credentials of ``own``; raises SettingsError when there are none."""

    def read() -> Holder:
        found = read_credentials(environ)
        if found is None:
            raise SettingsError(
                f"credentials: 'own' needs an API key ({VARIABLES['public_key']}, {VARIABLES['private_key']}) or a "
                f"service account ({VARIABLES['client_id']}, {VARIABLES['client_secret']}), each also as ..._FILE"
            )
        if isinstance(found, AccessToken):
            raise SettingsError("credentials: 'own' can't renew an access token; give an API key or a service account")
        return found

    return Watched(read, credential_files(environ), clock=clock)


def watched_keys(
    environ: Mapping[str, str], file: str | None, *, clock: Callable[[], float] = time.monotonic
) -> Watched[Keys]:
    """Watch the keys of ``verify``: the environment's API key, and those of a file; raises SettingsError."""
    files = credential_files(environ)

    def read() -> Keys:
        keys = list(api_keys(file, name="keys_file")) if file else []
        own = read_credentials(environ)
        if isinstance(own, ApiKey):
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

    return Watched(read, [*files, file] if file else files, clock=clock)
