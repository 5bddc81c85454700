"""The proxy in the program's variables: it terminates TLS for Atlas' host, and tunnels all other hosts.

Other hosts are reached as without this run: by the original proxy, unless the original NO_PROXY names them.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import re
import socket
import ssl
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

from shim.gateway.http1.chunks import ChunkDecoder, MalformedError
from shim.gateway.upstream.proxy import Proxy, proxy_for

log = logging.getLogger("shim.run")

HEAD = _PIECE = 65536
"""The most bytes of a request's head, and of another proxy's answer to CONNECT; bytes read at a time."""

PATIENCE = 30.0
"""Seconds for a head, and for a connection to another host."""

IDLE = 3600.0
"""Seconds without a byte after which a tunnel is closed."""

_HOP = re.compile(rb"(?i)(?:proxy-)?connection|keep-alive|proxy-authorization")

Adopt = Callable[[socket.socket, ssl.SSLContext], Awaitable[None]]
"""Makes the gateway serve a connection; returns after the handshake, and raises ssl.SSLError if that fails."""

Stream = tuple[asyncio.StreamReader, asyncio.StreamWriter]


class ProxyServer:
    """Serves connections of this user's processes; ``connections`` counts those to Atlas' host.

    ``warn`` is called with a sentence for the user at the terminal.
    """

    def __init__(self, host: str, context: ssl.SSLContext, adopt: Adopt, warn: Callable[[str], None]) -> None:
        self.connections = 0
        self._host, self._context, self._adopt, self._warn = host, context, adopt, warn
        self._said: set[str] = set()

    async def serve(self, connection: socket.socket) -> None:
        """Serve one connection of a program that uses this proxy."""
        with closing(connection):
            if not await asyncio.to_thread(is_own, connection):
                return
            async with asyncio.timeout(PATIENCE):
                head = await _head(connection)
            line, *fields = head.removesuffix(b"\r\n\r\n").split(b"\r\n")
            method, target, _ = line.split(b" ", 2)
            if method == b"CONNECT":
                host, _, port = target.decode("latin-1").rpartition(":")
                await self._connect(connection, host.strip("[]").lower(), int(port))
            else:
                await self._forward(connection, method, target, fields)

    async def serve_tls(self, connection: socket.socket) -> None:
        """Serve one connection that a hook made here instead of to Atlas' host."""
        with closing(connection):
            if await asyncio.to_thread(is_own, connection):
                await self._hand_over(connection)

    async def _connect(self, connection: socket.socket, host: str, port: int) -> None:
        loop = asyncio.get_running_loop()
        if (host, port) == (self._host, 443):
            await loop.sock_sendall(connection, b"HTTP/1.1 200 Connection established\r\n\r\n")
            await self._hand_over(connection)
            return
        try:
            async with asyncio.timeout(PATIENCE):
                reader, writer = await self._dial(host, port)
        except (OSError, ValueError, asyncio.IncompleteReadError, asyncio.LimitOverrunError) as error:
            await loop.sock_sendall(connection, _answer("502 Bad Gateway", f"{host}:{port}: {_reason(error)}"))
            return
        await loop.sock_sendall(connection, b"HTTP/1.1 200 Connection established\r\n\r\n")
        await _splice(await asyncio.open_connection(sock=connection.dup()), (reader, writer))

    async def _hand_over(self, connection: socket.socket) -> None:
        """Pass the connection to the gateway; warn if the program does not trust the certificate."""
        self.connections += 1
        name = asyncio.ensure_future(asyncio.to_thread(program_of, connection))
        try:
            await self._adopt(connection.dup(), self._context)
        except (OSError, TimeoutError):
            program = await name
            if program not in self._said:
                self._said.add(program)
                self._warn(
                    f"{program} called {self._host} and does not trust this run's certificate: give it the root in its "
                    "own way (SSL_CERT_FILE in its environment names the file), or set its base URL to a gateway's"
                )
        else:
            name.cancel()

    async def _dial(self, host: str, port: int) -> Stream:
        """Connect to another host as the program would have."""
        authority = f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
        proxy = proxy_for(f"https://{authority}")
        if proxy is None:
            return await asyncio.open_connection(host, port)
        reader, writer = await _open(proxy)
        head = f"CONNECT {authority} HTTP/1.1\r\nHost: {authority}\r\n".encode("latin-1")
        writer.write(head + _login(proxy) + b"\r\n")
        answer = await reader.readuntil(b"\r\n\r\n")
        if answer.split(b" ", 2)[1:2] != [b"200"]:
            writer.close()
            line = answer.partition(b"\r\n")[0].decode("latin-1")
            raise ConnectionError(f"its proxy answers {line}")
        return reader, writer

    async def _forward(self, connection: socket.socket, method: bytes, target: bytes, fields: list[bytes]) -> None:
        """Pass on one plain-HTTP request and no second one, which may be for another host."""
        loop, parts = asyncio.get_running_loop(), urlsplit(target.decode("latin-1"))
        if parts.scheme != "http" or not parts.hostname:
            await loop.sock_sendall(connection, _answer("400 Bad Request", "a proxy request needs an http:// URL"))
            return
        proxy = proxy_for(f"http://{parts.netloc.rpartition('@')[2]}")
        line = target if proxy else (parts._replace(scheme="", netloc="").geturl() or "/").encode("latin-1")
        try:
            async with asyncio.timeout(PATIENCE):
                opened = _open(proxy) if proxy else asyncio.open_connection(parts.hostname, parts.port or 80)
                reader, writer = await opened
        except (OSError, ValueError) as error:
            await loop.sock_sendall(connection, _answer("502 Bad Gateway", f"{parts.hostname}: {_reason(error)}"))
            return
        kept = [field for field in fields if not _HOP.fullmatch(field.partition(b":")[0].strip())]
        head = b"\r\n".join((method + b" " + line + b" HTTP/1.1", *kept, b"Connection: close"))
        writer.write(head + b"\r\n" + _login(proxy) + b"\r\n")
        ours = await asyncio.open_connection(sock=connection.dup())
        await _splice(ours, (reader, writer), _content(ours[0], fields))


@contextlib.contextmanager
def closing(connection: socket.socket) -> Iterator[None]:
    """Close a connection after the block, and ignore errors of its peer."""
    with connection:
        try:
            yield
        except (OSError, ValueError, asyncio.IncompleteReadError, TimeoutError) as error:
            log.debug("a connection ended: %s", _reason(error))


async def _open(proxy: Proxy) -> Stream:
    tls = ssl.create_default_context() if proxy.tls else None
    return await asyncio.open_connection(proxy.host, proxy.port, ssl=tls)


def _login(proxy: Proxy | None) -> bytes:
    if proxy is None or proxy.login is None:
        return b""
    return f"Proxy-Authorization: {proxy.login}\r\n".encode("ascii")


async def _head(connection: socket.socket) -> bytes:
    """Read a head from a connection and not one byte more: TLS or content follows."""
    loop, head = asyncio.get_running_loop(), b""
    while not head.endswith(b"\r\n\r\n"):
        readable = asyncio.Event()
        loop.add_reader(connection, readable.set)
        try:
            await readable.wait()
        finally:
            loop.remove_reader(connection)
        seen = connection.recv(HEAD, socket.MSG_PEEK)
        end = (head + seen).find(b"\r\n\r\n")
        head += connection.recv(len(seen) if end < 0 else end + 4 - len(head))
        if not seen or len(head) > HEAD:
            raise ValueError("the request's head is incomplete or too large")
    return head


async def _content(reader: asyncio.StreamReader, fields: list[bytes]) -> AsyncIterator[bytes]:
    """Yield a request's content, still coded, and nothing after it (RFC 9112, 6)."""
    framing = {name.strip().lower(): value.strip() for name, _, value in (field.partition(b":") for field in fields)}
    if b"transfer-encoding" in framing:
        decoder, rest = ChunkDecoder(), b""
        while not decoder.done and (piece := await reader.read(_PIECE)):
            rest += piece
            while end := decoder.feed(rest, 0)[1]:
                yield rest[:end]
                rest = rest[end:]
    else:
        left = int(framing.get(b"content-length", b"0"))
        while left and (piece := await reader.read(min(left, _PIECE))):
            left -= len(piece)
            yield piece


async def _all_of(reader: asyncio.StreamReader) -> AsyncIterator[bytes]:
    while piece := await reader.read(_PIECE):
        yield piece


async def _splice(ours: Stream, theirs: Stream, content: AsyncIterator[bytes] | None = None) -> None:
    """Pass bytes on until both directions have ended; if ``content`` is given, only that is sent out."""

    async def pass_on(pieces: AsyncIterator[bytes], writer: asyncio.StreamWriter, *, ends: bool) -> None:
        with contextlib.suppress(OSError, MalformedError):
            while True:
                async with asyncio.timeout(IDLE):
                    piece = await anext(pieces, b"")
                    writer.write(piece)
                    await writer.drain()
                if not piece:
                    break
            if ends and writer.can_write_eof():
                writer.write_eof()
                return
        if ends:
            writer.close()

    try:
        there = pass_on(content or _all_of(ours[0]), theirs[1], ends=content is None)
        await asyncio.gather(there, pass_on(_all_of(theirs[0]), ours[1], ends=True))
    finally:
        ours[1].close()
        theirs[1].close()


def _answer(status: str, why: str) -> bytes:
    body = f"atlas-shim run: {why}\n".encode()
    head = f"HTTP/1.1 {status}\r\nContent-Type: text/plain\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode("latin-1") + body


def _reason(error: BaseException) -> str:
    return str(error) or type(error).__name__


def is_own(connection: socket.socket) -> bool:
    """Return whether a process of this user made the connection; true on systems without /proc."""
    row = _row_of(connection)
    return not sys.platform.startswith("linux") or (row is not None and int(row[7]) == os.getuid())


def program_of(connection: socket.socket) -> str:
    """Return the name of the program that made the connection, ``a program`` if unknown."""
    row = _row_of(connection)
    if row is not None:
        wanted = f"socket:[{row[9]}]"
        for process in Path("/proc").glob("[0-9]*"):
            try:
                if any(str(one.readlink()) == wanted for one in (process / "fd").iterdir()):
                    return (process / "comm").read_text("utf-8", "replace").strip()
            except OSError:  # The process has ended, or is another user's.
                continue
    return "a program"


def _row_of(connection: socket.socket) -> list[str] | None:
    """Return the caller's row of the table: addresses, state, queues, timers, retries, uid, timeout, inode, ..."""
    try:
        host, port = connection.getpeername()
        rows = [row for name in ("tcp", "tcp6") for row in Path(f"/proc/net/{name}").read_text("ascii").splitlines()]
    except OSError:
        return None
    # A dual-stack socket, as in Java, has the IPv4 address at the end of an IPv6 one.
    end = f"{int.from_bytes(socket.inet_aton(host), sys.byteorder):08X}:{port:04X}"
    return next((row for row in map(str.split, rows) if row[1].endswith(end)), None)
