"""Parse origins from URLs, and read which Atlas the tools' variables name."""

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
"""The variables of Terraform, CloudFormation and the Atlas CLI.

The first that is set wins.
"""
UPSTREAM = "ATLAS_SHIM_UPSTREAM"
"""The shim's own variable, read before those: the origin that all calls to Atlas go to."""

_API_PATHS = ("", "/api/atlas/v1.0", "/api/atlas/v1.5", "/api/atlas/v2")
"""Some clients' base URL includes the path of the API.

Here that belongs to the endpoint.
"""


def read_base_url(environ: Mapping[str, str]) -> str:
    """Return the origin that the environment names, or ``DEFAULT_BASE_URL``.

    An empty variable counts as unset. Raises SettingsError that names the variable.
    """
    for name in (UPSTREAM, *BASE_URL_VARIABLES):
        if url := environ.get(name):
            return parse_base_url(url, name=name)
    return DEFAULT_BASE_URL


def parse_base_url(url: str, *, name: str) -> str:
    """Return ``scheme://authority`` of a base URL, as ``parse_origin`` does.

    It may be an origin, or an API of Atlas there.
    """
    return parse_origin(url, name=name, paths=_API_PATHS)


_HOST = re.compile(r"[^\s\\%<>\"'`{}|^\x80-\U0010ffff]+")
"""The characters of a host: it goes into a Host field and into links, and is compared
with the form in libraries.
"""


def parse_origin(url: str, *, name: str, paths: tuple[str, ...] = ("",)) -> str:
    """Return ``scheme://authority`` of a URL that has one of these paths.

    The path may end in a slash, and nothing else may follow.

    ``name`` is the user's name for it. Raises SettingsError on anything else.
    """
    # Errors do not quote the value: it may contain a password and, after a typo, so may
    # the path.
    try:
        parts = urlsplit(url.strip())
        port = parts.port
    except ValueError:
        raise SettingsError(
            f"{name}: is not a URL such as {DEFAULT_BASE_URL}"
        ) from None
    host = parts.hostname or ""
    if parts.scheme not in {"http", "https"} or _HOST.fullmatch(host) is None:
        raise SettingsError(f"{name}: is not a URL such as {DEFAULT_BASE_URL}")
    origin = origin_of(parts.scheme, host, port)
    if (
        parts.username is not None
        or parts.path.rstrip("/") not in paths
        or parts.query
        or parts.fragment
    ):
        raise SettingsError(
            f"{name}: give only the origin, as in {', or with '.join((origin, *paths[1:]))}"
        )
    return origin


def origin_of(scheme: str, host: str, port: int | None) -> str:
    """Return an origin in lower case, without the default port.

    IPv6 addresses are in brackets.
    """
    host = host.lower().strip("[]")
    if ":" in host:
        host = f"[{host}]"
    default = {"http": 80, "https": 443}.get(scheme)
    if port in (None, default):
        return f"{scheme}://{host}"
    return f"{scheme}://{host}:{port}"
