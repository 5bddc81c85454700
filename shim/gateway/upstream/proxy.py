"""The environment's proxy for upstream, looked up once, and the tunnel through it (RFC 9110, 9.3.6)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from base64 import b64encode
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import attrs

from shim.errors import SettingsError
from shim.gateway.http1.chunks import MalformedError
from shim.gateway.http1.head import parse_reply
from shim.gateway.option_values import Address

_HEAD = 65536  # bytes of a proxy's answer


@attrs.frozen
class Proxy(Address):
    """A proxy on the way to upstream; ``login`` is a value of Proxy-Authorization."""

    tls: bool
    login: str | None = attrs.field(repr=False)


def proxy_for(origin: str) -> Proxy | None:
    """Return the proxy for an origin by ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY``, ``NO_PROXY`` in either case.

    Raises SettingsError for one that is no HTTP proxy.
    """
    parts = urlsplit(origin)
    if proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    name = parts.scheme if proxies.get(parts.scheme) else "all"
    if not (said := proxies.get(name)):
        return None
    proxy = urlsplit(said if "://" in said else f"http://{said}")
    tls, port, login = proxy.scheme == "https", 0, None
    with contextlib.suppress(ValueError):
        port = proxy.port or (443 if tls else 80)
    if proxy.scheme not in {"http", "https"} or not proxy.hostname or not port:
        such = "a URL such as http://proxy.example:3128 (its text is not shown)"
        raise SettingsError(f"{name.upper()}_PROXY: is not {such}; NO_PROXY names hosts that need none")
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        login = "Basic " + b64encode(pair.encode("latin-1", "replace")).decode("ascii")
    return Proxy(proxy.hostname, port, tls, login)


async def tunnel(proxy: Proxy, authority: str, context: ssl.SSLContext | None) -> asyncio.Transport:
    """Return a connection through a proxy to ``host:port``, over TLS with a ``context``; raises OSError.

    The proxy must answer that it has made a tunnel, and not a byte more.
    """
    reader = asyncio.StreamReader(_HEAD)
    transport, _ = await asyncio.get_running_loop().create_connection(
        lambda: asyncio.StreamReaderProtocol(reader), proxy.host, proxy.port, ssl=context
    )
    try:
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if proxy.login is not None:
            lines.append(f"Proxy-Authorization: {proxy.login}")
        transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        status = 0
        with contextlib.suppress(MalformedError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            status = parse_reply(await reader.readuntil(b"\r\n\r\n")).status
        reader.feed_eof()  # what comes from now on is the origin's
        if not 200 <= status < 300 or await reader.read():
            raise ConnectionError(f"the proxy answered {status}")  # noqa: TRY301 - as what fails before it
    except BaseException:
        transport.abort()
        raise
    return transport
