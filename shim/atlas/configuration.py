"""Chooses a client's base URL and credentials: from its arguments, then from its environment."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import httpx

from shim import credentials
from shim.atlas.auth import auth_for
from shim.errors import SettingsError
from shim.origins import parse_base_url, read_base_url

NO_CREDENTIALS = (
    "no credentials: set MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY, or "
    "MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or MONGODB_ATLAS_ACCESS_TOKEN"
)


@attrs.frozen
class Configuration:
    """The origin of calls, and their authentication; ``auth`` is None if the HTTP client signs."""

    base_url: str
    auth: httpx.Auth | None = attrs.field(repr=False)


def configure(
    *,
    base_url: str | None,
    parts: Mapping[str, str | None],
    environ: Mapping[str, str],
    http_client: httpx.Client | httpx.AsyncClient | None,
) -> Configuration:
    """Choose base URL and credentials; ``parts`` is keyed like ``credentials.VARIABLES``.

    Arguments come first, then an injected HTTP client, then the environment, whose credentials are ignored if any
    are given. Raises SettingsError, naming the argument or the variable, on an invalid base URL and on missing or
    incomplete credentials.
    """
    if base_url is None and http_client is not None:
        base_url = str(http_client.base_url) or None
    origin = read_base_url(environ) if base_url is None else parse_base_url(base_url, name="base_url")
    given = {part: value for part, value in parts.items() if value is not None}
    if given:
        known = credentials.choose_credentials(given, {part: part for part in parts})
    elif http_client is not None and _signs(http_client):
        return Configuration(origin, None)
    else:
        known = credentials.read_credentials(environ)
    if known is None:
        raise SettingsError(NO_CREDENTIALS)
    return Configuration(origin, auth_for(known, origin))


def _signs(http_client: httpx.Client | httpx.AsyncClient) -> bool:
    return http_client.auth is not None or "Authorization" in http_client.headers
