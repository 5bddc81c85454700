"""Which Atlas a client calls, and with whose credentials: its arguments first, its environment second."""

from __future__ import annotations

from collections.abc import Mapping

import attrs
import httpx

from shim import credentials
from shim.atlas.auth import auth_for
from shim.core.settings import parse_origin
from shim.errors import SettingsError

DEFAULT_BASE_URL = "https://cloud.mongodb.com"
BASE_URL_VARIABLES = (
    "MONGODB_ATLAS_BASE_URL",
    "MONGODB_ATLAS_OPS_MANAGER_URL",
    "MCLI_OPS_MANAGER_URL",
)
"""What Atlas' own tools read, the first one set wins."""

NO_CREDENTIALS = (
    "no credentials: set MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY, or "
    "MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET, or MONGODB_ATLAS_ACCESS_TOKEN"
)


@attrs.frozen
class Configuration:
    """The origin that calls go to, and what signs them; ``auth`` is None when the HTTP client does it."""

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

    What is given as an argument comes first, then what an injected HTTP client brings along, then the
    environment, which is not looked at for credentials if any are given. Raises SettingsError, naming the
    argument or the variable, on a base URL that is no origin and on credentials that are missing or half there.
    """
    if base_url is None and http_client is not None:
        base_url = str(http_client.base_url) or None
    origin = _origin(base_url, environ)
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


def _origin(base_url: str | None, environ: Mapping[str, str]) -> str:
    name, url = "base_url", base_url
    if url is None:
        name = next((variable for variable in BASE_URL_VARIABLES if environ.get(variable)), "")
        url = environ.get(name, DEFAULT_BASE_URL)
    # Some clients' base URL includes the path of the API, which is the endpoints' own business here.
    return parse_origin(url.strip().rstrip("/").removesuffix("/api/atlas/v2"), name=name)


def _signs(http_client: httpx.Client | httpx.AsyncClient) -> bool:
    return http_client.auth is not None or "Authorization" in http_client.headers
