"""The one port of a run: a proxy that ends TLS for Atlas' host and tunnels to all others, and TLS for the hooks.

Other hosts are reached as without this run: by the original proxy, unless the original NO_PROXY names them.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import re
import socket
import ssl
import sys
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from functools import partial
from hmac import compare_digest
from urllib.parse import SplitResult, urlsplit

import attrs

from shim.gateway.http1.body import ChunkDecoder, MalformedError
from shim.gateway.option_values import Address
from shim.gateway.upstream.client import Proxy, proxy_for, tunnel
from shim.run.causes import DISTRUST
from shim.run.variables import Run

HEAD = _PIECE = 65536
"""The most bytes of a request's head, and of another proxy's answer to CONNECT; bytes read at a time."""

PATIENCE = 30.0
"""Seconds for a head, and for a connection to another host."""

_is_end_to_end = re.compile(rb"(?i)(?!(?:(?:proxy-)?connection|keep-alive|proxy-authorization)\s*:)").match

_HANDSHAKE = b"\x16"  # the first byte of TLS, and of no method
_ESTABLISHED = b"HTTP/1.1 200 Connection established\r\n\r\n"
_ATLAS = (".mongodb.com", ".mongodbgov.com")

Adopt = Callable[[socket.socket, ssl.SSLContext | None], Awaitable[None]]
"""Makes the gateway serve a connection; returns after the handshake, and raises ssl.SSLError if that fails."""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


@attrs.define(eq=False)
class ProxyServer:
    """Serves the connections of a run's processes."""

    run: Run
    tls: ssl.SSLContext
    """For connections to it."""
    hooks_tls: ssl.SSLContext
    """For those that begin with TLS, as programs with a hook do."""
    adopt: Adopt
    warn: Callable[[str], None]
    """Called with a sentence for the user at the terminal."""
    counts: Counter[str] = attrs.field(factory=Counter)
    """``connections`` to Atlas' host, ``tunnels`` to others, ``distrusting`` programs."""
    others: Counter[str] = attrs.field(factory=Counter)
    """Atlas' hosts beside the one that is served."""
    tasks: set[asyncio.Task[None]] = attrs.field(factory=set)

    def take(self, connection: socket.socket) -> None:
        """Serve a connection."""
        connection.setblocking(False)  # noqa: FBT003 - the socket's own signature
        task = asyncio.get_running_loop().create_task(self._serve(connection))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)

    async def _serve(self, connection: socket.socket) -> None:
        # Whatever goes wrong with its peer ends the connection, and is not the program's to hear.
        with connection, contextlib.suppress(OSError, ValueError, asyncio.IncompleteReadError):
            async with asyncio.timeout(PATIENCE):
                await readable(connection)
                is_tls = connection.recv(1, socket.MSG_PEEK) == _HANDSHAKE
                head = b"" if is_tls else await _head(connection)
            if is_tls:
                await self._hand_over(connection, self.hooks_tls)
                return
            line, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
            method, target, _ = line.split(b" ", 2)
            if self.run.secret and not self._is_let_in(fields):
                status = "407 Proxy Authentication Required\r\nProxy-Authenticate: Basic realm=atlas-shim"
                await _send(connection, _answer(status, "this run's proxy is for its program alone"))
            elif method == b"CONNECT" and target.lower() == f"{self.run.host}:443".encode():
                await _send(connection, _ESTABLISHED)
                await self._hand_over(connection, self.tls)
            else:
                await self._pass_on(connection, method, target.decode("latin-1"), fields)

    def _is_let_in(self, fields: list[bytes]) -> bool:
        wanted = b"Basic " + base64.b64encode(self.run.login.rstrip("@").encode())
        return any(name == b"proxy-authorization" and compare_digest(value, wanted) for name, value in _pairs(fields))

    async def _hand_over(self, connection: socket.socket, tls: ssl.SSLContext) -> None:
        """Pass the connection to the gateway; warn once if a program does not trust the certificate."""
        self.counts["connections"] += 1
        try:
            await self.adopt(connection.dup(), tls)
        except (OSError, TimeoutError):
            self.counts["distrusting"] += 1
            if self.counts["distrusting"] == 1:
                self.warn(DISTRUST.format(self.run.host))

    async def _pass_on(self, connection: socket.socket, method: bytes, target: str, fields: list[bytes]) -> None:
        """Tunnel to another host, or pass on one request and no second one, which may be for another host.

        Some clients (axios, needle, wget2) ask a proxy for an https:// URL like this: the gateway answers for Atlas'
        host, and TLS to another host is this proxy's, with the roots that the user has set.
        """
        is_tunnel, host = method == b"CONNECT", ""
        try:
            parts, host, port = _asked(f"connect://{target}" if is_tunnel else target)
            is_https, content = parts.scheme != "http", None if is_tunnel else _content(fields)
            authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
            proxy = proxy_for(f"{'https' if is_https else 'http'}://{authority}")
            async with asyncio.timeout(PATIENCE):
                if is_https and (host, port) == (self.run.host, 443):
                    self.counts["connections"] += 1
                    mine, its = socket.socketpair()
                    await self.adopt(its, None)
                    reader, writer = await asyncio.open_connection(sock=mine)
                else:
                    self.counts["tunnels"] += 1
                    if host.endswith(_ATLAS):
                        self.others[host] += 1
                    reader, writer = await _dial(Address(host, port), proxy, authority if is_https else "")
                    if is_https and not is_tunnel:
                        await writer.start_tls(ssl.create_default_context(), server_hostname=host)
        except (OSError, ValueError) as error:
            status = "502 Bad Gateway" if isinstance(error, OSError) else "400 Bad Request"
            await _send(connection, _answer(status, f"{host}: {str(error) or type(error).__name__}"))
            return
        if is_tunnel:
            await _send(connection, _ESTABLISHED)
        else:
            kept, line = [*filter(_is_end_to_end, fields)], parts._replace(scheme="", netloc="").geturl() or "/"
            if proxy is not None and not is_https:
                line = target
                kept += [f"Proxy-Authorization: {proxy.login}".encode("ascii")] if proxy.login else []
            start = method + b" " + line.encode("latin-1") + b" HTTP/1.1"
            writer.write(b"\r\n".join((start, *kept, b"Connection: close", b"", b"")))
        ours = await asyncio.open_connection(sock=connection.dup())
        await _splice(ours, (reader, writer), content and content(ours[0]))


def _asked(url: str) -> tuple[SplitResult, str, int]:
    """Return what a proxy is asked for, its host and its port; raises ValueError."""
    parts = urlsplit(url)
    port = parts.port or {"http": 80, "https": 443}.get(parts.scheme)
    if not parts.hostname or not port:
        raise ValueError("a proxy is asked for a URL with a host, or to CONNECT to a host and a port")
    return parts, parts.hostname, port


async def _send(connection: socket.socket, content: bytes) -> None:
    await asyncio.get_running_loop().sock_sendall(connection, content)


async def _dial(to: Address, proxy: Proxy | None, tunnelled: str) -> Stream:
    """Connect as the program would have: by the proxy if there is one, through it to ``tunnelled``."""
    if proxy is None:
        return await asyncio.open_connection(to.host, to.port)
    if not tunnelled:
        return await asyncio.open_connection(proxy.host, proxy.port)
    reader = asyncio.StreamReader()
    protocol = asyncio.StreamReaderProtocol(reader)
    transport = await tunnel(proxy, tunnelled)
    transport.set_protocol(protocol)
    protocol.connection_made(transport)
    return reader, asyncio.StreamWriter(transport, protocol, reader, asyncio.get_running_loop())


async def readable(file: socket.socket | int) -> None:
    """Return when there is something to read, or the end."""
    loop, event = asyncio.get_running_loop(), asyncio.Event()
    loop.add_reader(file, event.set)
    try:
        await event.wait()
    finally:
        loop.remove_reader(file)


async def _head(connection: socket.socket) -> bytes:
    """Read a head from a connection and not one byte more: TLS or content follows."""
    head = b""
    while not head.endswith(b"\r\n\r\n"):
        await readable(connection)
        seen = connection.recv(HEAD, socket.MSG_PEEK)
        end = (head + seen).find(b"\r\n\r\n")
        head += connection.recv(len(seen) if end < 0 else end + 4 - len(head))
        if not seen or len(head) > HEAD:
            raise ValueError("the request's head is incomplete or too large")
    return head


def _pairs(fields: list[bytes]) -> Iterator[tuple[bytes, bytes]]:
    for name, _, value in (field.partition(b":") for field in fields):
        yield name.lower(), value.strip()


def _content(fields: list[bytes]) -> Callable[[asyncio.StreamReader], AsyncIterator[bytes]]:
    """Return what yields a request's content, still coded, and nothing after it (RFC 9112, 6); raises ValueError."""
    coded = [value for name, value in _pairs(fields) if name.strip() == b"transfer-encoding"]
    lengths = {value for name, value in _pairs(fields) if name.strip() == b"content-length"}
    if len(lengths) > 1 or (coded and lengths) or not all(length.isdigit() for length in lengths):
        raise ValueError("the request's length is unclear")
    return _chunks if coded else partial(_counted, left=int(next(iter(lengths), b"0")))


async def _chunks(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    decoder, rest = ChunkDecoder(), b""
    while not decoder.done and (piece := await reader.read(_PIECE)):
        rest += piece
        while end := decoder.feed(rest, 0)[1]:
            yield rest[:end]
            rest = rest[end:]


async def _counted(reader: asyncio.StreamReader, left: int = sys.maxsize) -> AsyncIterator[bytes]:
    while left and (piece := await reader.read(min(left, _PIECE))):
        left -= len(piece)
        yield piece


async def _ending(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    """Yield a reply that says that its connection ends: a client would else send its next request on it."""
    line = b"HTTP/1.1 100"
    while line[9:10] == b"1":
        line, *fields = (await reader.readuntil(b"\r\n\r\n"))[:-4].split(b"\r\n")
        ends = [b"Connection: close"] if line[9:10] != b"1" else []
        yield b"\r\n".join((line, *filter(_is_end_to_end, fields), *ends, b"", b""))
    async for piece in _counted(reader):
        yield piece


async def _splice(ours: Stream, theirs: Stream, content: AsyncIterator[bytes] | None = None) -> None:
    """Pass bytes on until both directions have ended; if ``content`` is given, only that is sent out."""

    async def pass_on(pieces: AsyncIterator[bytes], writer: asyncio.StreamWriter, *, ends: bool) -> None:
        # uvloop raises RuntimeError where the other side has just closed.
        with contextlib.suppress(OSError, MalformedError, RuntimeError, EOFError, asyncio.LimitOverrunError):
            async for piece in pieces:
                writer.write(piece)
                await writer.drain()
            if ends and writer.can_write_eof():
                writer.write_eof()
                return
        if ends:
            writer.close()

    try:
        there = pass_on(content or _counted(ours[0]), theirs[1], ends=content is None)
        reply = _counted(theirs[0]) if content is None else _ending(theirs[0])
        await asyncio.gather(there, pass_on(reply, ours[1], ends=True))
    finally:
        ours[1].close()
        theirs[1].close()


def _answer(status: str, why: str) -> bytes:
    body = f"atlas-shim run: {why}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode("latin-1") + body
