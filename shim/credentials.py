"""Read the three kinds of Atlas credentials from an environment, and store tokens.

The variables are those of Atlas's own tools and, for an API key, of Terraform and
CloudFormation. Each may be given as ``…_FILE`` instead, the path of a file with the
value, such as a mounted secret. No value appears in a repr or an error.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import suppress
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
"""The variable of each part of credentials in Atlas's own tools."""

OTHER_VARIABLES = {
    "public_key": "MONGODB_ATLAS_PUBLIC_KEY",
    "private_key": "MONGODB_ATLAS_PRIVATE_KEY",
}
"""The variables of an API key's parts in Terraform and CloudFormation.

Read only if ``VARIABLES`` are all unset, so that a program never gets other credentials
than its own, or halves of two keys.
"""

TOKEN_PATH = "/api/oauth/token"  # noqa: S105 - a path
MOST_BYTES = 1024 * 1024
"""The maximum size of a file with credentials: twenty thousand keys."""
LIFETIME = 3600.0
"""Seconds that a token lives if the reply has no ``expires_in``.

Atlas has always sent this value in it.
"""
AHEAD = 300.0
"""A token is renewed this many seconds before it expires, or in the last tenth of its
life if that is shorter.
"""
PATIENCE = 60.0
"""Seconds for which a 401 is final after a new token was refused too: the account may
lack the permission, and Atlas allows only 100 tokens of one account at a time.
"""


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
    """A bearer token that some other program obtained, and renews."""

    token: str = attrs.field(repr=False)


Credentials = ApiKey | ServiceAccount | AccessToken

_KINDS: dict[tuple[str, ...], type[ApiKey | ServiceAccount | AccessToken]] = {
    ("public_key", "private_key"): ApiKey,
    ("client_id", "client_secret"): ServiceAccount,
    ("access_token",): AccessToken,
}


def read_credentials(environ: Mapping[str, str]) -> Credentials | None:
    """Read credentials from the variables of Atlas's own tools, then from ``OTHER_VARIABLES``.

    Returns None if all are unset; an empty variable counts as unset. Raises
    SettingsError on half a pair, two kinds at once, a variable together with its
    ``…_FILE``, or an unreadable file; the message names the variable and the remedy.
    """
    given, names = _given(environ)
    return choose_credentials(_values(given, environ), names)


def used_variables(environ: Mapping[str, str]) -> tuple[str, ...]:
    """Return the variables that ``read_credentials`` reads, also ``…_FILE``."""
    return tuple(_given(environ)[0].values())


def credential_files(environ: Mapping[str, str]) -> list[str]:
    """Return the paths of the files that ``read_credentials`` reads."""
    return [environ[name] for name in used_variables(environ) if name.endswith("_FILE")]


def choose_credentials(
    found: Mapping[str, str], names: Mapping[str, str]
) -> Credentials | None:
    """Return credentials built from the given parts, or None without a part.

    ``found`` has the keys of ``VARIABLES``; ``names`` has the user's name of each part.
    Raises SettingsError on half a pair, on more than one kind, and on a value that no
    credential can have.
    """
    for part, value in found.items():
        _check(part, value, name=names[part])
    kinds = [parts for parts in _KINDS if not found.keys().isdisjoint(parts)]
    if not kinds:
        return None
    if len(kinds) > 1:
        given = ", ".join(names[part] for part in VARIABLES if part in found)
        raise SettingsError(
            f"{given}: more than one kind of credentials; unset all but one kind"
        )
    (parts,) = kinds
    if missing := [part for part in parts if part not in found]:
        present = next(part for part in parts if part in found)
        raise SettingsError(
            f"{names[missing[0]]}: is missing, and {names[present]} has no effect without it"
        )
    return _KINDS[parts](*(found[part] for part in parts))


def api_keys(path: str, *, name: str) -> tuple[ApiKey, ...]:
    """Read a file of API keys, ``public:private`` on each line.

    Skips empty lines and those that start with ``#``.

    ``name`` is the user's name of the file. Raises SettingsError with the number, but
    never the text, of a line that is not a key, or with the numbers of two that
    contradict each other.
    """
    keys: dict[str, tuple[ApiKey, int]] = {}
    for number, line in enumerate(_content(path, name=name).splitlines(), start=1):
        if not (text := line.strip()) or text.startswith("#"):
            continue
        public_key, colon, private_key = text.partition(":")
        if not colon:
            raise SettingsError(
                f"{name}: line {number} of {path!r} is not of the form public:private"
            )
        for part in (public_key, private_key):
            _check("", part, name=f"{name}: line {number} of {path!r}")
        key = ApiKey(public_key, private_key)
        known, first = keys.setdefault(public_key, (key, number))
        if known != key:
            twice = f"lines {first} and {number} of {path!r}"
            raise SettingsError(
                f"{name}: {twice} have two private keys for one public key, {public_key}; remove one"
            )
    return tuple(key for key, _ in keys.values())


@attrs.frozen
class Token:
    """An access token.

    When to renew it and when it expires, in seconds of the clock of its ``TokenBook``.
    """

    value: str = attrs.field(repr=False)
    renew_at: float
    ends_at: float


class TokenBook:
    """Stores the token of one service account, and decides when to request another.

    It does not send requests. The caller must ensure that only one token is being
    requested at a time. ``clock`` returns seconds.
    """

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._token: Token | None = None
        self._patient_until = float("-inf")

    def usable(self, refused: Token | None = None) -> Token | None:
        """Return the token, or None if there is none to use.

        A token is not used if it must be renewed or is ``refused``.
        """
        token = self._token
        if token and token is not refused and self._clock() < token.renew_at:
            return token
        return None

    def lasting(self, refused: Token | None = None) -> Token | None:
        """Return the token unless it has expired or is ``refused``.

        It is returned even if it must be renewed.
        """
        token = self._token
        if token and token is not refused and self._clock() < token.ends_at:
            return token
        return None

    def learn(self, said: object, asked: float) -> Token:
        """Store the token from a token endpoint's JSON (RFC 6749, 5.1).

        ``asked`` is when it was requested.

        Raises ValueError if the JSON has no token.
        """
        members = said if isinstance(said, dict) else {}
        value = members.get("access_token")
        if (
            not isinstance(value, str)
            or not value
            or not value.isascii()
            or not value.isprintable()
        ):
            raise ValueError("the token endpoint answered without an access token")
        lifetime = LIFETIME
        with suppress(KeyError, TypeError, ValueError):
            lifetime = float(members["expires_in"])
        self._token = Token(
            value, asked + lifetime - min(AHEAD, lifetime / 10), asked + lifetime
        )
        return self._token

    def worth_another(self, *, again: bool) -> bool:
        """Return whether a new token may fix a 401.

        ``again`` means that the token was already new.
        """
        now = self._clock()
        if again:
            self._patient_until = now + PATIENCE
        return not again and now >= self._patient_until


def _given(environ: Mapping[str, str]) -> tuple[dict[str, str], dict[str, str]]:
    """Return the variable of each part, and the part's name for messages."""
    for usual in (VARIABLES, OTHER_VARIABLES):
        names = (
            (part, name)
            for part in usual
            for name in (usual[part], f"{usual[part]}_FILE")
        )
        if given := {part: name for part, name in names if environ.get(name)}:
            return given, usual | given
    return {}, {}


def _values(names: Mapping[str, str], environ: Mapping[str, str]) -> dict[str, str]:
    found = {}
    for part, name in names.items():
        variable = name.removesuffix("_FILE")
        if name == variable:
            found[part] = environ[name].strip()
        elif environ.get(variable):
            raise SettingsError(f"{variable}: {name} is set too; unset one of them")
        else:
            found[part] = _content(environ[name], name=name)
    return found


def _content(path: str, *, name: str) -> str:
    try:
        # It may be a pipe, as in <(vault read …), or a device without an end.
        with Path(path).open("rb") as file:
            content = file.read(MOST_BYTES + 1)
        text = content.decode("utf-8")
    except (OSError, ValueError) as error:
        if isinstance(error, OSError):
            why = error.strerror
        else:
            why = "it is not text"
        raise SettingsError(f"{name}: cannot read {path!r}: {why}") from None
    if len(content) > MOST_BYTES:
        raise SettingsError(
            f"{name}: cannot read {path!r}: it has more than {MOST_BYTES} bytes; name the right file"
        )
    return text.strip()


def _check(part: str, value: str, *, name: str) -> None:
    """Refuse a value that cannot be sent.

    The HTTP library's own error would show the secret.
    """
    if not value:
        raise SettingsError(f"{name}: is empty; give a value or leave it out")
    if not (value.isascii() and value.isprintable()) or " " in value:
        raise SettingsError(
            f"{name}: contains a space, a line break or a letter outside ASCII; copy it again"
        )
    if part == "client_id" and ":" in value:
        raise SettingsError(
            f"{name}: contains a colon, which no client id has (RFC 7617, 2)"
        )
