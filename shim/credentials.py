"""Atlas credentials: three kinds, how they are read from an environment, and when a token is due.

The variables are those of Atlas' own tools, each also as ``…_FILE``, which names a file that holds
the value (as mounted secrets do). No value appears in a repr or an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

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

TOKEN_PATH = "/api/oauth/token"  # noqa: S105 - a path
REVOKE_PATH = "/api/oauth/revoke"
LIFETIME = 3600.0
"""Seconds that a token lives when Atlas does not say: what it does say (``expires_in``) so far."""
AHEAD = 300.0
"""A token is renewed this many seconds before its end, or in its last tenth if that is shorter."""
PATIENCE = 60.0
"""After a new token was refused too, a 401 is taken as final for this many seconds: the account may not do
this, and Atlas allows only 100 tokens of one account at a time."""


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


def api_keys(path: str, *, name: str) -> tuple[ApiKey, ...]:
    """Read a file of API keys, ``public:private`` a line; empty lines and those with ``#`` first are skipped.

    ``name`` says what the user calls the file. Raises SettingsError with the number of a line that is
    no key, and never with what it holds.
    """
    keys = []
    for number, line in enumerate(_content(path, name=name).splitlines(), start=1):
        if not (text := line.strip()) or text.startswith("#"):
            continue
        public_key, colon, private_key = text.partition(":")
        if not colon:
            raise SettingsError(f"{name}: line {number} of {path!r} is not of the form public:private")
        for part in (public_key, private_key):
            _check("", part, name=f"{name}: line {number} of {path!r}")
        keys.append(ApiKey(public_key, private_key))
    return tuple(keys)


@attrs.frozen
class Token:
    """An access token, and the instant from which it is to be renewed, in its owner's seconds."""

    value: str = attrs.field(repr=False)
    renew_at: float


class TokenBook:
    """Knows one service account's token: whether it is still good, and whether a new one could help.

    It sends nothing; whoever does must see to it that one exchange happens at a time. ``clock``
    returns seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._token: Token | None = None
        self._patient_until = float("-inf")

    def usable(self, refused: Token | None = None) -> Token | None:
        """Return the token, None if there is none, it is due, or it is the one that was just refused."""
        token = self._token
        return token if token and token is not refused and self._clock() < token.renew_at else None

    def learn(self, said: Any, asked: float) -> Token:
        """Keep the token of a token endpoint's JSON (RFC 6749, 5.1), asked for at ``asked``; raises ValueError."""
        value = said.get("access_token") if isinstance(said, dict) else None
        if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
            raise ValueError("the token endpoint answered without an access token")
        lifetime = LIFETIME
        with suppress(KeyError, TypeError, ValueError):
            lifetime = float(said["expires_in"])
        self._token = Token(value, asked + lifetime - min(AHEAD, lifetime / 10))
        return self._token

    def drop(self, refused: Token) -> None:
        """Forget a token that was refused."""
        if self._token is refused:
            self._token = None

    def worth_another(self, *, again: bool) -> bool:
        """Tell whether a new token could change a 401; ``again`` when it is the answer to a new one already."""
        now = self._clock()
        if again:
            self._patient_until = now + PATIENCE
        return not again and now >= self._patient_until


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
