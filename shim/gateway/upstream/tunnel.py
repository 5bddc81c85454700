"""A tunnel through a proxy (RFC 9110, 9.3.6): asked for with CONNECT, before there is TLS in it."""

from __future__ import annotations

import asyncio
import ssl

from shim.gateway.http1.head import MalformedHead, parse_reply
from shim.gateway.http1.secure import open_wire
from shim.gateway.http1.wire import Wire
from shim.gateway.upstream import faults
from shim.gateway.upstream.proxy import Proxy

_HEAD = 65536
"""Bytes of a proxy's answer."""


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
