"""The client's side: each call sent once, to the one configured origin."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import ssl
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
import attrs
from aiohttp.client_middlewares import ClientHandlerType
from aiohttp.client_proto import ResponseHandler
from multidict import CIMultiDict
from yarl import URL

from shim.core.content_coding import with_content
from shim.core.messages import Call, Headers, Reply
from shim.errors import SettingsError
from shim.gateway import errors
from shim.gateway.fields import for_upstream
from shim.gateway.options import Options
from shim.gateway.upstream.faults import Unanswered, refusal_of

log = logging.getLogger("shim.gateway")


@attrs.define
class UpstreamResponse:
    """Upstream's reply as it arrives: its head, and of its content what was read so far, still coded."""

    response: aiohttp.ClientResponse
    head: Reply
    chunks: list[bytes] = attrs.field(factory=list)

    async def read(self, limit: int) -> Reply:
        """Return the reply with its decoded content, or with a fault in plain words.

        Raises Refusal when the connection fails before the content's end.
        """
        size, complete = 0, True
        try:
            while complete and (chunk := await self.response.content.readany()):
                self.chunks.append(chunk)
                size += len(chunk)
                complete = size <= limit
        except (aiohttp.ClientError, OSError) as error:
            raise refusal_of(error) from error
        return with_content(self.head, self.chunks, limit, complete=complete)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield what was read, what has arrived (perhaps nothing), and then what comes; raises Refusal."""
        for chunk in self.chunks:
            yield chunk
        try:
            # What arrived together with the head can leave together with it.
            yield self.response.content.read_nowait()
            while chunk := await self.response.content.readany():
                yield chunk
        except (aiohttp.ClientError, OSError) as error:
            raise refusal_of(error) from error

    def close(self) -> None:
        """Give the connection up, unless the content was read to its end."""
        self.response.close()


class Upstream:
    """Sends calls to one origin, over kept connections.

    The environment's proxy for that origin is looked up once, at the start, and netrc never: the
    library would look both up again for each call, and add a netrc entry's credentials to a call
    they were not given for.
    """

    def __init__(self, options: Options) -> None:
        parts = urlsplit(options.upstream)
        self._scheme, self._host, self._port = parts.scheme, parts.hostname or "", parts.port
        self._authority = parts.netloc
        self._proxy, login = proxy_for(options.upstream)
        # A tunnel is logged in to once; without TLS each request carries the login itself.
        self._tunnel = login if parts.scheme == "https" else {}
        self._login = () if parts.scheme == "https" else tuple(login.items())
        wait = options.connect_timeout
        self._timeout = aiohttp.ClientTimeout(
            total=None, sock_connect=wait, connect=wait, sock_read=options.idle_timeout
        )
        self._session: aiohttp.ClientSession | None = None

    async def open(self) -> None:
        """Make the session; needs a running loop."""
        connector = aiohttp.TCPConnector(limit=0, ssl=trusted())
        lines: Any = partial(Line, asyncio.get_running_loop())
        connector._factory = lines  # noqa: SLF001 - see ``Line``
        self._session = aiohttp.ClientSession(
            connector=connector,
            auto_decompress=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            middlewares=(once,),
            skip_auto_headers=("Accept", "Accept-Encoding", "Content-Type", "User-Agent"),
            timeout=self._timeout,
            max_line_size=65536,
            max_field_size=65536,
        )

    async def close(self) -> None:
        """Close all connections."""
        if self._session is not None:
            await self._session.close()

    async def send(
        self, call: Call, stream: AsyncIterator[bytes] | None = None, length: int | None = None
    ) -> UpstreamResponse:
        """Send one call and return the reply's head; raises Refusal when there is none.

        The target goes out as it is. A ``stream`` takes the place of the call's body; it is chunked,
        unless its ``length`` is given.
        """
        assert self._session is not None, "open() comes first"
        # With the query inside the path nothing of the target is parsed, or put together anew.
        url = URL.build(scheme=self._scheme, host=self._host, port=self._port, path=call.target, encoded=True)
        lines = for_upstream(call.headers, self._authority)
        if length is not None:
            lines.append(("Content-Length", str(length)))
        lines += self._login
        # The session takes the same name in another spelling for a replacement of the first line.
        spelling: dict[str, str] = {}
        try:
            async with asyncio.timeout(None) as patience:
                response = await self._session.request(
                    call.method,
                    url,
                    headers=CIMultiDict((spelling.setdefault(name.lower(), name), value) for name, value in lines),
                    data=call.body if stream is None else self._paced(stream, patience),
                    allow_redirects=False,
                    proxy=self._proxy,
                    proxy_headers=dict(self._tunnel),
                )
        except (Unanswered, aiohttp.ClientError, OSError) as error:
            raise refusal_of(error) from error
        if response.status < 200:
            response.close()
            raise errors.unreadable("http_protocol_error", "Upstream switched protocols unasked.")
        # A reply that is complete has given its connection back.
        if response.connection is not None and isinstance(line := response.connection.protocol, Line):
            line.content = response.content
        headers: Headers = tuple(
            (name.decode("latin-1"), value.decode("utf-8", "surrogateescape")) for name, value in response.raw_headers
        )
        return UpstreamResponse(response, Reply(response.status, headers))

    async def _paced(self, body: AsyncIterator[bytes], patience: asyncio.Timeout) -> AsyncIterator[bytes]:
        """Yield content, with the time that upstream may be silent for it to take each piece.

        aiohttp's own timer starts when all of it was written. Once there is an answer, nothing is
        waited for any more.
        """
        loop = asyncio.get_running_loop()
        async for piece in body:
            with contextlib.suppress(RuntimeError):
                patience.reschedule(loop.time() + (self._timeout.sock_read or 0))
            yield piece
            with contextlib.suppress(RuntimeError):
                patience.reschedule(None)


def trusted() -> ssl.SSLContext:
    """Return how upstream's certificate is checked: by the system's roots, or ``SSL_CERT_FILE`` and ``SSL_CERT_DIR``.

    aiohttp would look at these variables when it is imported. Raises SettingsError for a file that
    can't be read, which OpenSSL takes for one without roots.
    """
    if path := os.environ.get("SSL_CERT_FILE"):
        try:
            Path(path).open("rb").close()
        except OSError as error:
            raise SettingsError(f"SSL_CERT_FILE: {path}: {error.strerror}") from None
    context = ssl.create_default_context()
    context.set_alpn_protocols(["http/1.1"])
    return context


class Line(ResponseHandler):
    """A connection to upstream that tells a reply's reader when it ends, and ends at once when a call is given up."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        super().__init__(loop)
        self.content: aiohttp.StreamReader | None = None

    def connection_lost(self, exc: BaseException | None) -> None:
        """Fail the content when its connection ends before it does.

        aiohttp 3.14 leaves a reader waiting for ever, without even its own timeout, when content stops
        being HTTP in the middle (a chunk size that is no number): it closes the connection, and tells
        everybody but the reader.
        """
        super().connection_lost(exc)
        content, self.content = self.content, None
        if content is not None and not content.is_eof() and content.exception() is None:
            content.set_exception(aiohttp.ClientPayloadError("the connection ended before the content"))

    def close(self) -> None:
        """End the connection, at once if something is still to be written, which upstream may never take."""
        if self.transport is not None and self.transport.get_write_buffer_size():
            self.abort()
        else:
            super().close()


async def once(request: aiohttp.ClientRequest, send: ClientHandlerType) -> aiohttp.ClientResponse:
    """Keep aiohttp from sending an idempotent request a second time when its connection breaks.

    aiohttp does so for PUT and DELETE too, after these two errors; nothing tells whether the first
    one was executed, so the caller must be the one to decide.
    """
    try:
        return await send(request)
    except aiohttp.ClientConnectorError:
        raise
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise Unanswered from error


def proxy_for(origin: str) -> tuple[URL | None, dict[str, str]]:
    """Return the environment's proxy for an origin, and the fields that log in to it.

    Reads ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` in either case, as
    ``urllib.request`` does.
    """
    parts = urlsplit(origin)
    if proxy_bypass(parts.netloc):
        return None, {}
    proxies = getproxies()
    said = proxies.get(parts.scheme) or proxies.get("all")
    if not said:
        return None, {}
    proxy = urlsplit(said if "://" in said else f"http://{said}")
    plain = URL(f"{proxy.scheme}://{proxy.netloc.rpartition('@')[2]}")
    if proxy.username is None:
        return plain, {}
    login = aiohttp.encode_basic_auth(unquote(proxy.username), unquote(proxy.password or ""))
    return plain, {"Proxy-Authorization": login}
