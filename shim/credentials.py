"""Atlas credentials: three kinds, and how they are read from an environment.

The variables are those of Atlas' own tools, each also as ``…_FILE``, which names a file that holds
the value (as mounted secrets do). No value appears in a repr or an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import attrs

from shim.errors import SettingsError

VARIABLES = {
    "public_key": "MONGODB_ATLAS_PUBLIC_API_KEY",
    "private_key": "MONGODB_ATLAS_PRIVATE_API_KEY",
    "client_id": "MONGODB_ATLAS_CLIENT_ID",
    "client_secret": "MONGODB_ATLAS_CLIENT_SECRET",
    "access_token": "MONGODB_ATLAS_ACCESS_TOKEN",
}
"""The parts of credentials, and the variable of each."""


@attrs.frozen
class ApiKey:
    """An Atlas API key, used with HTTP Digest."""

    public_key: str = attrs.field(repr=False)
    private_key: str = attrs.field(repr=False)


@attrs.frozen
class ServiceAccount:
    """An Atlas service account, exchanged for an access token (RFC 6749, 4.4)."""

    client_id: str = attrs.field(repr=False)
    client_secret: str = attrs.field(repr=False)


@attrs.frozen
class AccessToken:
    """A bearer token that somebody else obtained and renews."""

    token: str = attrs.field(repr=False)


Credentials = ApiKey | ServiceAccount | AccessToken

_KINDS: dict[tuple[str, ...], type[ApiKey | ServiceAccount | AccessToken]] = {
    ("public_key", "private_key"): ApiKey,
    ("client_id", "client_secret"): ServiceAccount,
    ("access_token",): AccessToken,
}


def read_credentials(environ: Mapping[str, str]) -> Credentials | None:
    """Read credentials from the variables of Atlas' own tools; None when none is set.

    An empty variable counts as unset. Raises SettingsError, naming the variable and the way out, on
    half a pair, two kinds at once, a variable together with its ``…_FILE``, or an unreadable file.
    """
    found: dict[str, str] = {}
    names: dict[str, str] = {}
    for part, variable in VARIABLES.items():
        value, path = environ.get(variable), environ.get(f"{variable}_FILE")
        names[part] = f"{variable}_FILE" if path else variable
        if value and path:
            raise SettingsError(f"{variable}: {variable}_FILE is set too; unset one of them")
        if path:
            found[part] = _content(path, name=names[part])
        elif value:
            found[part] = value.strip()
    return choose_credentials(found, names)


def choose_credentials(found: Mapping[str, str], names: Mapping[str, str]) -> Credentials | None:
    """Make credentials of the parts that were given; None when there are none.

    ``found`` is keyed like ``VARIABLES``; ``names`` says what the user calls each part. Raises
    SettingsError on half a pair, on more than one kind, and on a value that cannot be one.
    """
    for part, value in found.items():
        _check(part, value, name=names[part])
    kinds = [parts for parts in _KINDS if not found.keys().isdisjoint(parts)]
    if not kinds:
        return None
    if len(kinds) > 1:
        given = ", ".join(names[part] for part in VARIABLES if part in found)
        raise SettingsError(f"{given}: more than one kind of credentials; unset all but one kind")
    (parts,) = kinds
    if missing := [part for part in parts if part not in found]:
        present = next(part for part in parts if part in found)
        raise SettingsError(f"{names[missing[0]]}: is missing, and {names[present]} is of no use without it")
    return _KINDS[parts](*(found[part] for part in parts))


def _content(path: str, *, name: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8").strip()
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not text"
        raise SettingsError(f"{name}: cannot read {path!r}: {why}") from None


def _check(part: str, value: str, *, name: str) -> None:
    """Refuse what cannot be sent, here: the HTTP library's own complaint would print the secret."""
    if not value:
        raise SettingsError(f"{name}: is empty; give a value or leave it out")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise SettingsError(f"{name}: holds a space, a line break or a letter outside ASCII; copy it again")
    if part == "client_id" and ":" in value:
        raise SettingsError(f"{name}: holds a colon, which no client id does (RFC 7617, 2)")
