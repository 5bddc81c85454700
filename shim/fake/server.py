"""Serve the fake Atlas on a socket: HTTP/1.1 on loopback, in its own threads.

Uses only the standard library.
"""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from socketserver import TCPServer
from typing import Any, Self
from weakref import WeakSet

from shim.fake.atlas import FakeAtlas


class FakeServer:
    """Serves one FakeAtlas during a ``with`` block, or from ``start`` to ``stop``.

    ``port`` 0 takes any free port; ``url`` includes it and has no trailing slash.
    Raises OSError at the start if the port is in use.
    """

    def __init__(
        self, fake: FakeAtlas | None = None, *, host: str = "127.0.0.1", port: int = 0
    ) -> None:
        self.fake = FakeAtlas() if fake is None else fake
        self.host = host
        self.port = port
        self._listener: _Listener | None = None

    @property
    def url(self) -> str:
        """The origin of the fake."""
        if ":" in self.host:
            host = f"[{self.host}]"
        else:
            host = self.host
        return f"http://{host}:{self.port}"

    def start(self) -> None:
        """Listen. ``port`` and ``url`` do not change after this."""
        self._listener = _Listener(self)
        self.port = self._listener.server_address[1]
        self._listener.thread.start()

    def stop(self) -> None:
        """Close the socket and every connection. Does nothing if the server is not running."""
        if self._listener is not None:
            self._listener.stop()
            self._listener = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()


class _Listener(ThreadingHTTPServer):
    """The listening socket with its thread, and a thread for each connection."""

    request_queue_size = 128

    def __init__(self, served: FakeServer) -> None:
        self.served = served
        self.open: WeakSet[socket.socket] = WeakSet()
        if ":" in served.host:
            self.address_family = socket.AF_INET6
        else:
            self.address_family = socket.AF_INET
        super().__init__((served.host, served.port), _Connection)
        self.thread = threading.Thread(
            target=self.serve_forever, args=(0.02,), name="fake-atlas", daemon=True
        )

    def server_bind(self) -> None:
        """Bind without HTTPServer's lookup of the host name, which may take seconds."""
        TCPServer.server_bind(self)

    def get_request(self) -> tuple[socket.socket, Any]:
        """Accept a connection, and remember it so that ``stop`` can close it."""
        connection, address = super().get_request()
        self.open.add(connection)
        return connection, address

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Print no error when a client disconnects."""
        if not isinstance(sys.exc_info()[1], OSError):
            super().handle_error(request, client_address)

    def stop(self) -> None:
        """Stop listening, close every connection, and wait for the listening thread."""
        self.shutdown()
        self.server_close()
        for connection in list(self.open):
            with suppress(OSError):  # already closed
                connection.shutdown(socket.SHUT_RDWR)
        self.thread.join()


class _Connection(BaseHTTPRequestHandler):
    """Passes each request of a connection to the fake unchanged, and sends the response."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: _Listener

    def handle_one_request(self) -> None:
        """Read a request, ask the fake, and write its response in one piece."""
        self.close_connection = True
        self.raw_requestline = self.rfile.readline(65537)
        if not self.raw_requestline or not self.parse_request():
            return
        # parse_request merges slashes at the start of a target into one.
        target = self.raw_requestline.decode("latin-1").split(" ")[1]
        content = b"".join(self._content())
        fake = self.server.served.fake
        fields = list(self.headers.items())
        reply = fake.handle(self.command, target, fields, content)
        self.send_response_only(reply.status)
        for name, value in reply.headers:
            self.send_header(name, value)
        if reply.header("Content-Length") is None:
            self.send_header("Content-Length", str(len(reply.body)))
        self.end_headers()
        self.wfile.write(reply.body)

    def _content(self) -> Iterator[bytes]:
        """Yield the request's content, chunked or of known length (RFC 9112, 6)."""
        if (self.headers.get("Transfer-Encoding") or "").lower() != "chunked":
            yield self.rfile.read(int(self.headers.get("Content-Length") or 0))
            return
        while size := int(self.rfile.readline(65537).partition(b";")[0], 16):
            yield self.rfile.read(size)
            self.rfile.readline(65537)
        while self.rfile.readline(65537).strip():
            pass

    def log_message(self, *_: object) -> None:
        """Log nothing: tests read ``FakeAtlas.arrivals``."""
