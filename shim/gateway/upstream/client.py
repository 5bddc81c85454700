"""Send each call once, to one origin, over persistent connections.

The environment's proxy is determined once. A tunnel leads through it to the origin (RFC
9110, 9.3.6).
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import ssl
from base64 import b64encode
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import attrs

from shim.errors import SettingsError
from shim.gateway.allow import READS
from shim.gateway.errors import Refusal, overdue
from shim.gateway.fields import PSEUDONYM, for_upstream
from shim.gateway.http1.body import MalformedError
from shim.gateway.http1.head import parse_reply
from shim.gateway.http1.secure import Tls
from shim.gateway.http1.wire import NEVER
from shim.gateway.option_values import Address
from shim.gateway.options import Options
from shim.gateway.tls import system_context
from shim.gateway.upstream.connection import (
    OutboundCall,
    UpstreamConnection,
    UpstreamResponse,
    unconnected,
)
from shim.gateway.upstream.pool import Pool

# Seconds to connect, of those without a byte from upstream.
CONNECT = 10.0

# Methods whose requests declare no content (RFC 9110, 8.6).
WITH_CONTENT = frozenset({"PATCH", "POST", "PUT"})
_HEAD = 65536  # bytes of a proxy's answer


class Upstream:
    """Sends calls to one origin, over persistent connections.

    The last used is reused first.

    netrc is not read, because its logins were not given for a caller's calls.
    ``hundreds`` counts replies by the first digit of their status. ``name`` identifies
    this gateway in Via, and ``deadline`` is for the gateway's own calls. Raises
    SettingsError for unusable roots or an unusable proxy.
    """

    def __init__(self, options: Options) -> None:
        self.name = f"{PSEUDONYM}-{secrets.token_hex(4)}"
        self.deadline = options.deadline
        self.origin = origin = urlsplit(options.upstream)
        self._context: ssl.SSLContext | None = None
        if origin.scheme == "https":
            self._context = system_context()
        self._host = origin.hostname or ""
        self._port = origin.port or (80 if self._context is None else 443)
        self.proxy = proxy_for(options.upstream)
        self.hundreds = [0] * 10
        self._pool: Pool[UpstreamConnection] = Pool(options.upstream_timeout)

    def open(self) -> None:
        """Prepare for connecting; needs a running loop."""
        self._pool.open()
        self.now = self._pool.now

    def states(self) -> dict[str, int]:
        """Return how many connections are idle and active; any thread may call it."""
        return self._pool.states()

    async def close(self) -> None:
        await self._pool.close()

    async def send(
        self, outbound: OutboundCall, head: bytes = b"", until: float = NEVER
    ) -> UpstreamResponse:
        """Send one call with its target unchanged, and return the reply's head.

        ``head`` and ``until`` are the call's, unless they are given. A read is retried
        once if a persistent connection closed before any byte of a reply (RFC 9110,
        9.2.2). Nothing else is sent twice. Raises Refusal if no reply comes.
        """
        outbound.on_send()
        if outbound.early is not None and outbound.early.sent == self.head_of(outbound):
            return outbound.early
        call = outbound.call
        until = min(until, outbound.until)
        if until <= self.now():
            raise overdue()
        head = head or self.head_of(outbound)
        response: UpstreamResponse | None = None
        try:
            if (connection := self._pool.lend()) is not None:
                try:
                    response = await connection.request(head, outbound, until)
                except Refusal as refusal:
                    may_repeat = (
                        outbound.stream is None
                        and not call.body
                        and call.method in READS
                    )
                    if (
                        not may_repeat
                        or connection.heard
                        or refusal.error != "connection_terminated"
                    ):
                        raise
            if response is None:
                response = await (await self.connect(until)).request(
                    head, outbound, until
                )
        except Refusal as refusal:
            if self.proxy is None:
                raise
            named = self.proxy.authority
            said = refusal.said
            detail = f"{refusal.detail} The proxy is {named}."
            said = f"{said} by the proxy {named}".strip()
            raise attrs.evolve(refusal, detail=detail, said=said) from None
        self.hundreds[response.head.status // 100] += 1
        return response

    def head_of(self, outbound: OutboundCall) -> bytes:
        call = outbound.call
        length = outbound.length
        lines = [
            f"{call.method} {call.target} HTTP/1.1",
            f"Host: {self.origin.netloc}",
            *for_upstream(call.headers, readable=outbound.readable),
            f"Via: 1.1 {self.name}",
        ]
        if outbound.stream is not None and length is None:
            lines.append("Transfer-Encoding: chunked")
        elif length is not None:
            lines.append(f"Content-Length: {length}")
        elif call.body or call.method in WITH_CONTENT:
            lines.append(f"Content-Length: {len(call.body or b'')}")
        text = "\r\n".join(lines)
        if (
            text.count("\n") != len(lines) - 1
            or text.count("\r") != len(lines) - 1
            or "\0" in text
        ):
            raise ValueError("a field value of the call has a line break")
        return f"{text}\r\n\r\n".encode()

    async def connect(self, until: float = NEVER) -> UpstreamConnection:
        """Return a new connection; raises Refusal, also after ``until``."""
        connection = UpstreamConnection(self._pool)
        proxy = self.proxy
        host = self._host
        port = self._port
        context = self._context
        layer = connection.tls = (
            None if context is None else Tls(connection, context, server_hostname=host)
        )
        try:
            async with asyncio.timeout_at(
                min(until, self.now() + min(CONNECT, self._pool.patience))
            ):
                if proxy is not None:  # through it to the origin (RFC 9110, 9.3.6)
                    transport = await tunnel(proxy, f"{host}:{port}")
                    transport.set_protocol(connection)
                    connection.connection_made(transport)
                else:
                    await self._pool.loop.create_connection(
                        lambda: connection, host, port
                    )
                if layer is not None:
                    await layer.ready
        except BaseException as error:
            connection.abort()
            connection.tls = None  # each refers to the other
            if not isinstance(error, OSError):
                raise
            if until <= self.now():
                raise overdue() from None
            raise unconnected(
                error, tls=layer is not None, through_proxy=proxy is not None
            ) from error
        # Not before: a loop that was interrupted while it connected may end a
        # connection without calling back.
        if connection.is_open:
            self._pool.add(connection)
        return connection


@attrs.frozen
class Proxy(Address):
    """A proxy on the way to upstream; ``login`` is a value of Proxy-Authorization."""

    login: str | None = attrs.field(repr=False)


def proxy_for(origin: str) -> Proxy | None:
    """Return the proxy for an origin, from the environment.

    The variables are ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY``,
    in either case. Raises SettingsError for one that is not an HTTP proxy, or that
    requires TLS.
    """
    parts = urlsplit(origin)
    if proxy_bypass(parts.netloc):
        return None
    proxies = getproxies()
    if proxies.get(parts.scheme):
        name = parts.scheme
    else:
        name = "all"
    if not (said := proxies.get(name)):
        return None
    proxy = urlsplit(said if "://" in said else f"http://{said}")
    port = 0
    login = None
    with contextlib.suppress(ValueError):
        port = proxy.port or 80
    if proxy.scheme != "http" or not proxy.hostname or not port:
        such = "a URL such as http://proxy.example:3128 (its text is not shown)"
        raise SettingsError(
            f"{name.upper()}_PROXY: is not {such}; NO_PROXY names hosts that need none"
        )
    if proxy.username is not None:
        pair = f"{unquote(proxy.username)}:{unquote(proxy.password or '')}"
        login = "Basic " + b64encode(pair.encode("latin-1", "replace")).decode("ascii")
    return Proxy(proxy.hostname, port, login)


async def tunnel(proxy: Proxy, authority: str) -> asyncio.Transport:
    """Return a connection through a proxy to ``host:port``; raises OSError.

    The proxy must answer that it has made a tunnel, and send not a byte more.
    """
    reader = asyncio.StreamReader(_HEAD)
    transport, _ = await asyncio.get_running_loop().create_connection(
        lambda: asyncio.StreamReaderProtocol(reader), proxy.host, proxy.port
    )
    try:
        lines = [f"CONNECT {authority} HTTP/1.1", f"Host: {authority}"]
        if proxy.login is not None:
            lines.append(f"Proxy-Authorization: {proxy.login}")
        transport.write("\r\n".join([*lines, "", ""]).encode("latin-1"))
        status = 0
        with contextlib.suppress(
            MalformedError, asyncio.IncompleteReadError, asyncio.LimitOverrunError
        ):
            status = parse_reply(await reader.readuntil(b"\r\n\r\n")).status
        reader.feed_eof()  # everything from now on is from the origin
        if not 200 <= status < 300 or await reader.read():
            raise ConnectionError(f"the proxy answered {status}")  # noqa: TRY301 - like the failures before it
    except BaseException:
        transport.abort()
        raise
    return transport
