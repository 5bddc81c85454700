"""The environment's proxy for upstream, looked up once, and the tunnel through it (RFC 9110, 9.3.6)."""

from __future__ import annotations

import asyncio
import ssl
from base64 import b64encode
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import attrs

from shim.gateway.http1.head import MalformedHead, parse_reply
from shim.gateway.http1.secure import open_wire
from shim.gateway.http1.wire import Wire
from shim.gateway.upstream import faults

_HEAD = 65536
"""Bytes of a proxy's answer."""


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


class _Answer(Wire):
    """Takes a proxy's answer; ``head`` is what came until it was whole, or too long, or the connection ended."""

    __slots__ = ("head",)

    def __init__(self, loop: asyncio.AbstractEventLoop, buffer: memoryview) -> None:
        super().__init__(loop, buffer)
        self.head: asyncio.Future[bytes] = loop.create_future()

    def take(self, data: bytes) -> None:
        """Take what arrived."""
        self._rest += data
        if b"\r\n\r\n" in self._rest or len(self._rest) > _HEAD:
            self._end()

    def connection_lost(self, exc: BaseException | None) -> None:
        """Take the end for the answer."""
        super().connection_lost(exc)
        self._end()

    def eof_received(self) -> bool:
        """End: nothing follows."""
        return False

    def _end(self) -> None:
        if not self.head.done():
            self.head.set_result(self._rest)


async def tunnel(proxy: Proxy, authority: str, context: ssl.SSLContext | None, buffer: memoryview) -> asyncio.Transport:
    """Return a connection through a proxy to ``host:port``; raises OSError, and Refusal when the proxy makes none.

    With a ``context`` the way to the proxy has TLS of its own.
    """
    answer = _Answer(asyncio.get_running_loop(), buffer)
    transport = await open_wire(answer, proxy.host, proxy.port, context)
    try:
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if proxy.login is not None:
            lines.append(f"Proxy-Authorization: {proxy.login}")
        transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        _check(await answer.head)
    except BaseException:
        transport.abort()
        raise
    return transport


def _check(head: bytes) -> None:
    """Raise Refusal unless this is the answer of a proxy that has made a tunnel, and not a byte more."""
    try:
        status = parse_reply(head).status if head.find(b"\r\n\r\n") == len(head) - 4 else 0
    except MalformedHead:
        status = 0
    if not 200 <= status < 300:
        raise faults.proxy_refused(f"the proxy answered {status}")
