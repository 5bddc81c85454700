"""Origins: how a URL is read as one, and which Atlas the variables of its tools name."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import urlsplit

from shim.errors import SettingsError

DEFAULT_BASE_URL = "https://cloud.mongodb.com"
BASE_URL_VARIABLES = (
    "MONGODB_ATLAS_BASE_URL",
    "MONGODB_ATLAS_OPS_MANAGER_URL",
    "MCLI_OPS_MANAGER_URL",
)
"""What Terraform, CloudFormation and Atlas' own command read; the first that is set wins."""
UPSTREAM = "ATLAS_SHIM_UPSTREAM"
"""What the shim itself reads before those: where all calls to Atlas go."""

_API_PATHS = frozenset({"", "/api/atlas/v1.0", "/api/atlas/v1.5", "/api/atlas/v2"})
"""Some clients' base URL includes the path of the API, which is the endpoints' own business here."""


def read_base_url(environ: Mapping[str, str]) -> str:
    """Return the origin of the Atlas that the environment names, ``DEFAULT_BASE_URL`` when it names none.

    An empty variable counts as unset. Raises SettingsError that names the variable.
    """
    for name in (UPSTREAM, *BASE_URL_VARIABLES):
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


_HOST = re.compile(r"[^\s\\%<>\"'`{}|^\x80-\U0010ffff]+")
"""What a host may be made of here; it goes into a Host field and into links, and is compared as libraries write it."""


def parse_origin(url: str, *, name: str) -> str:
    """Return ``scheme://authority`` of a URL that is an origin and nothing else, or raise SettingsError."""
    # What was given is not quoted in errors: it may hold a password.
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise SettingsError(f"{name}: is not a URL such as https://cloud.mongodb.com") from None
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or _HOST.fullmatch(host) is None:
        raise SettingsError(f"{name}: is not a URL such as https://cloud.mongodb.com")
    if parts.username is not None or parts.path not in {"", "/"} or parts.query or parts.fragment:
        raise SettingsError(f"{name}: give the origin alone, as in {origin_of(parts.scheme, host, port)}")
    return origin_of(parts.scheme, host, port)


def origin_of(scheme: str, host: str, port: int | None) -> str:
    """Return the normal form of an origin: lower case, default port left out, IPv6 in brackets."""
    host = host.lower().strip("[]")
    if ":" in host:
        host = f"[{host}]"
    default = {"http": 80, "https": 443}.get(scheme)
    return f"{scheme}://{host}" if port in (None, default) else f"{scheme}://{host}:{port}"
