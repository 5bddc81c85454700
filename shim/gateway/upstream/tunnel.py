"""A tunnel through a proxy (RFC 9110, 9.3.6): asked for with CONNECT, before there is TLS in it."""

from __future__ import annotations

import asyncio
import ssl

from shim.gateway.http1.head import MalformedHead, parse_reply
from shim.gateway.upstream import faults
from shim.gateway.upstream.proxy import Proxy

_HEAD = 65536
"""Bytes of a proxy's answer."""


class _Answer(asyncio.Protocol):
    """Takes a proxy's answer; ``head`` is what came until it was whole, or too long, or the connection ended.

    Not a StreamReader with its writer: that one closes the connection when it is thrown away.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self.head: asyncio.Future[bytes] = loop.create_future()
        self._data = b""

    def data_received(self, data: bytes) -> None:
        """Take what arrived."""
        self._data += data
        if b"\r\n\r\n" in self._data or len(self._data) > _HEAD:
            self._end()

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """Take the end for the answer."""
        self._end()

    def _end(self) -> None:
        if not self.head.done():
            self.head.set_result(self._data)


async def tunnel(proxy: Proxy, authority: str, context: ssl.SSLContext | None) -> asyncio.Transport:
    """Return a connection through a proxy to ``host:port``; raises OSError, and Refusal when the proxy makes none.

    With a ``context`` the way to the proxy has TLS of its own.
    """
    loop = asyncio.get_running_loop()
    transport, answer = await loop.create_connection(lambda: _Answer(loop), proxy.host, proxy.port, ssl=context)
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
