"""Serve the one port of a run: a proxy, and TLS for the hooks.

The proxy terminates TLS for Atlas's host and tunnels to all others. It reaches other
hosts as without this run: through the original proxy, unless the original NO_PROXY
lists them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import socket
import ssl
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from hmac import compare_digest
from urllib.parse import SplitResult, urlsplit

import attrs

from shim.gateway.http1.body import Body, MalformedError
from shim.gateway.option_values import Address
from shim.gateway.upstream.client import Proxy, proxy_for, tunnel
from shim.run.variables import Run

HEAD = _PIECE = 65536
"""The largest head of a request, and of another proxy's answer to CONNECT; also the most bytes per read."""

PATIENCE = 30.0
"""Seconds for a head, and for a connection to another host."""

_is_end_to_end = re.compile(
    rb"(?i)(?!(?:(?:proxy-)?connection|keep-alive|proxy-authorization)\s*:)"
).match

_HANDSHAKE = b"\x16"  # the first byte of TLS, and of no method
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_ATLAS = (".mongodb.com", ".mongodbgov.com")

Adopt = Callable[[socket.socket, ssl.SSLContext | None], Awaitable[None]]
"""Makes the gateway serve a connection.

Returns after the handshake, and raises ssl.SSLError if that fails.
"""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@attrs.define(eq=False)
class ProxyServer:
    """Serves the connections of a run's processes."""

    run: Run
    tls: ssl.SSLContext
    """The TLS context for connections to Atlas's host through the proxy."""
    hooks_tls: ssl.SSLContext
    """The TLS context for connections that begin with TLS, such as those of hooks."""
    adopt: Adopt
    counts: Counter[str] = attrs.field(factory=Counter)
    """The counts: ``connections`` to Atlas's host, ``tunnels`` to others, ``distrusting`` programs."""
    others: Counter[str] = attrs.field(factory=Counter)
    """Atlas's hosts other than the one that is served."""
    tasks: set[asyncio.Task[None]] = attrs.field(factory=set)

    def take(self, connection: socket.socket) -> None:
        """Serve a connection."""
        connection.setblocking(False)  # noqa: FBT003 - the socket's own signature
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, connection: socket.socket) -> None:
        # An error of the peer ends the connection; the program needn't see it.
        with (
            connection,
            contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError),
        ):
            async with asyncio.timeout(PATIENCE):
                await readable(connection)
                is_tls = connection.recv(1, socket.MSG_PEEK) == _HANDSHAKE
                data = b"" if is_tls else await _head(connection)
            if is_tls:
                await self._hand_over(connection, self.hooks_tls)
                return
            line, *fields = data.removesuffix(b"\r\n\r\n").split(b"\r\n")
            method, target, _ = line.decode("latin-1").split(" ", 2)
            login = b"Basic " + base64.b64encode(self.run.login.rstrip("@").encode())
            given = _values(fields, b"proxy-authorization")
            if self.run.secret and not any(
                compare_digest(value, login) for value in given
            ):
                status = "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=atlas-shim"
                await _send(
                    connection,
                    _answer(status, "this run's proxy is only for its program"),
                )
            elif method == "CONNECT" and target.lower() == f"{self.run.host}:443":
                await _send(connection, _ESTABLISHED)
                await self._hand_over(connection, self.tls)
            else:
                await self._pass_on(connection, method, target, fields)

    async def _hand_over(self, connection: socket.socket, tls: ssl.SSLContext) -> None:
        """Pass the connection to the gateway, unless the program distrusts the certificate."""
        self.counts["connections"] += 1
        try:
            await self.adopt(connection.dup(), tls)
        except (OSError, TimeoutError):
            self.counts["distrusting"] += 1

    async def _pass_on(
        self, connection: socket.socket, method: str, target: str, fields: list[bytes]
    ) -> None:
        """Tunnel to another host, or pass on one request.

        Passes no second one on, because it may be for another host. Some clients
        (axios, needle, wget2) send a proxy an https:// URL instead of CONNECT. For
        Atlas's host the gateway answers; for another host this proxy opens TLS itself,
        with the roots that the user has set.
        """
        is_tunnel = method == "CONNECT"
        to = Address("", 0)
        try:
            parts, to = _asked(f"connect://{target}" if is_tunnel else target)
            body = _body(fields)
            is_https = parts.scheme != "http"
            proxy = proxy_for(f"{'https' if is_https else 'http'}://{to.authority}")
            async with asyncio.timeout(PATIENCE):
                if is_https and to == Address(self.run.host, 443):
                    self.counts["connections"] += 1
                    mine, its = socket.socketpair()
                    await self.adopt(its, None)
                    reader, writer = await asyncio.open_connection(sock=mine)
                else:
                    self.counts["tunnels"] += 1
                    if to.host.endswith(_ATLAS):
                        self.others[to.host] += 1
                    reader, writer = await _dial(to, proxy, is_tunnelled=is_https)
                    if is_https and not is_tunnel:
                        await writer.start_tls(
                            ssl.create_default_context(), server_hostname=to.host
                        )
        except (OSError, ValueError) as error:
            if isinstance(error, OSError):
                status = "502 Bad Gateway"
            else:
                status = "400 Bad Request"
            await _send(
                connection,
                _answer(status, f"{to.host}: {str(error) or type(error).__name__}"),
            )
            return
        if is_tunnel:
            await _send(connection, _ESTABLISHED)
        else:
            kept = [*filter(_is_end_to_end, fields)]
            line = parts._replace(scheme="", netloc="").geturl() or "/"
            if proxy is not None and not is_https:
                line = target
                if proxy.login:
                    kept += [f"Proxy-Authorization: {proxy.login}".encode("ascii")]
            start = f"{method} {line} HTTP/1.1".encode("latin-1")
            writer.write(b"\r\n".join((start, *kept, b"Connection: close", b"", b"")))
        ours = await asyncio.open_connection(sock=connection.dup())
        await _splice(
            ours, (reader, writer), None if is_tunnel else _content(ours[0], body)
        )


def _asked(url: str) -> tuple[SplitResult, Address]:
    """Return the method and origin of a proxy request. Raises ValueError."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    if not parts.hostname or not port:
        raise ValueError(
            "a proxy needs a URL with a host, or CONNECT to a host and a port"
        )
    return parts, Address(parts.hostname, port)


async def _send(connection: socket.socket, content: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(connection, content)


async def _dial(to: Address, proxy: Proxy | None, *, is_tunnelled: bool) -> Stream:
    """Connect as the program would have: through its proxy if it has one."""
    if proxy is None or not is_tunnelled:
        return await asyncio.open_connection((proxy or to).host, (proxy or to).port)
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport = await tunnel(proxy, to.authority)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    return reader, asyncio.StreamWriter(
        transport, protocol, reader, asyncio.get_running_loop()
    )


async def readable(file: socket.socket | int) -> None:
    """Return when there is something to read, or at the end of the stream."""
    loop = asyncio.get_running_loop()
    event = asyncio.Event()
    loop.add_reader(file, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(file)


async def _head(connection: socket.socket) -> bytes:
    """Read a head from a connection, and not one byte more: TLS or content follows."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        await readable(connection)
        seen = connection.recv(HEAD, socket.MSG_PEEK)
        end = (head + seen).find(b"\r\n\r\n")
        head += connection.recv(len(seen) if end < 0 else end + 4 - len(head))
        if not seen or len(head) > HEAD:
            raise ValueError("the request's head is incomplete or too large")
    return head


def _values(fields: list[bytes], name: bytes) -> set[bytes]:
    """Return the values of the lines with that name.

    The other host judges the rest of its head.
    """
    found = set()
    for of, _, value in (one.partition(b":") for one in fields):
        if of.strip().lower() == name:
            found.add(value.strip())
    return found


def _body(fields: list[bytes]) -> Body:
    """Return the framing of a request's content (RFC 9112, 6). Raises ValueError."""
    codings = _values(fields, b"transfer-encoding")
    lengths = _values(fields, b"content-length")
    if (
        len(lengths) > 1
        or (codings and lengths)
        or not all(map(bytes.isdigit, lengths))
    ):
        raise ValueError("the request's length is unclear")
    return Body(None, int(next(iter(lengths), b"0")), chunked=bool(codings))


async def _content(
    reader: asyncio.StreamReader, body: Body | None = None
) -> AsyncIterator[bytes]:
    """Yield a request's content, still encoded, and no byte after it.

    Without a ``body``, yields all bytes until the end of the stream.
    """
    body = body or Body(None, None)
    rest = b""
    while not body.is_complete and (piece := await reader.read(_PIECE)):
        rest += piece
        while end := body.feed(rest):
            yield rest[:end]
            rest = rest[end:]
            body.arrived()


async def _ending(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield a response with ``Connection: close``.

    Otherwise the client would send its next request on the connection.
    """
    line = b"HTTP/1.1 100"
    while line[9:10] == b"1":
        line, *fields = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        if line[9:10] != b"1":
            ends = [b"Connection: close"]
        else:
            ends = []
        yield b"\r\n".join((line, *filter(_is_end_to_end, fields), *ends, b"", b""))
    async for piece in _content(reader):
        yield piece


async def _splice(
    ours: Stream, theirs: Stream, content: AsyncIterator[bytes] | None = None
) -> None:
    """Pass bytes on until both directions have ended.

    If ``content`` is given, only that is sent.
    """

    async def pass_on(
        pieces: AsyncIterator[bytes], writer: asyncio.StreamWriter, *, ends: bool
    ) -> None:
        # uvloop raises RuntimeError if the other side has just closed.
        with contextlib.suppress(
            OSError, MalformedError, RuntimeError, EOFError, asyncio.LimitOverrunError
        ):
            async for piece in pieces:
                writer.write(piece)
                await writer.drain()
            if ends and writer.can_write_eof():
                writer.write_eof()
                return
        if ends:
            writer.close()

    try:
        there = pass_on(content or _content(ours[0]), theirs[1], ends=content is None)
        if content is None:
            reply = _content(theirs[0])
        else:
            reply = _ending(theirs[0])
        await asyncio.gather(there, pass_on(reply, ours[1], ends=True))
    finally:
        ours[1].close()
        theirs[1].close()


def _answer(status: str, why: str) -> bytes:
    body = f"atlas-shim run: {why}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode("latin-1") + body
