"""Which Atlas is called: the base URL in the variables of Atlas' tools, read as an origin."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from shim.core.settings import parse_origin
from shim.errors import SettingsError

DEFAULT_BASE_URL = "https://cloud.mongodb.com"
BASE_URL_VARIABLES = (
    "MONGODB_ATLAS_BASE_URL",
    "MONGODB_ATLAS_OPS_MANAGER_URL",
    "MCLI_OPS_MANAGER_URL",
)
"""What Terraform, CloudFormation and Atlas' own command read; the first that is set wins."""

_API_PATHS = frozenset({"", "/api/atlas/v1.0", "/api/atlas/v1.5", "/api/atlas/v2"})
"""Some clients' base URL includes the path of the API, which is the endpoints' own business here."""


def read_base_url(environ: Mapping[str, str]) -> str:
    """Return the origin of the Atlas that the environment names, ``DEFAULT_BASE_URL`` when it names none.

    An empty variable counts as unset. Raises SettingsError that names the variable.
    """
    for name in BASE_URL_VARIABLES:
        if url := environ.get(name):
            return parse_base_url(url, name=name)
    return DEFAULT_BASE_URL


def parse_base_url(url: str, *, name: str) -> str:
    """Return ``scheme://authority`` of a base URL: an origin, or an API of Atlas there, with or without a slash.

    ``name`` says what the user calls it. Raises SettingsError on anything else.
    """
    try:
        parts = urlsplit(url.strip())
    except ValueError:
        raise SettingsError(f"{name}: is not a URL such as {DEFAULT_BASE_URL}") from None
    origin = parse_origin(parts._replace(path="").geturl(), name=name)
    if parts.path.rstrip("/") not in _API_PATHS:
        # The path is not quoted: after a mistyped password it may be a part of that.
        raise SettingsError(
            f"{name}: has a path that is none of Atlas' APIs; give the origin alone, as in {origin}, "
            f"or with /api/atlas/v2 or /api/atlas/v1.0"
        )
    return origin
