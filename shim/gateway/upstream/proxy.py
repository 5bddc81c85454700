"""The environment's proxy for upstream, looked up once."""

from __future__ import annotations

from base64 import b64encode
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import attrs


@attrs.frozen
class Proxy:
    """A proxy on the way to upstream; ``login`` is a value of Proxy-Authorization, None without one.

    As text it is its host and port.
    """

    host: str
    port: int
    tls: bool
    login: str | None = attrs.field(repr=False)

    def __str__(self) -> str:
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"


def proxy_for(origin: str) -> Proxy | None:
    """Return the environment's proxy for an origin.

    Reads ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` in either case, as
    ``urllib.request`` does.
    """
    parts = urlsplit(origin)
    if proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    said = proxies.get(parts.scheme) or proxies.get("all")
    if not said:
        return None
    proxy = urlsplit(said if "://" in said else f"http://{said}")
    login = None
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        login = "Basic " + b64encode(pair.encode("latin-1", "replace")).decode("ascii")
    tls = proxy.scheme == "https"
    return Proxy(proxy.hostname or "", proxy.port or (443 if tls else 80), tls, login)
