"""Another host, and a proxy of the standard library."""

import socket
import ssl
import threading
from contextlib import contextmanager, suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import attrs
import trustme

from shim.fake import FakeAtlas, FakeReply
from shim.fake.server import FakeServer
from tests.fake.asking import TlsServer


@attrs.frozen
class OtherHost:
    """Reply ``other`` to everything, by TLS at ``port`` and in the clear at ``plain_port``; ``pem`` is its root.

    It listens at 127.0.0.1, which bypasses proxies, and at 127.0.0.2.
    """

    fake: FakeAtlas
    port: int
    plain_port: int
    pem: bytes


@contextmanager
def other_host():
    """Run another host, with a certificate of a private authority."""
    fake = FakeAtlas()
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    fake.overrides.append(lambda _: FakeReply(200, (), b"other"))
    authority.issue_cert("other.example", "127.0.0.1", "127.0.0.2").configure_cert(
        context
    )
    with (
        TlsServer(context, fake, host="0.0.0.0") as secure,
        FakeServer(fake, host="0.0.0.0") as plain,
    ):
        yield OtherHost(fake, secure.port, plain.port, authority.cert_pem.bytes())


class CorporateProxy(ThreadingHTTPServer):
    """A proxy that requires a password, and connects each host to the other one; ``asked`` are the targets."""

    daemon_threads = True

    def __init__(self, other):
        super().__init__(("127.0.0.1", 0), _Leading)
        self.other = other
        self.asked: list[tuple[str, str | None]] = []
        self.url = f"http://user:secret@127.0.0.1:{self.server_port}"


class _Leading(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_):
        """Log nothing."""

    def do_CONNECT(self):
        self.server.asked.append((self.path, self.headers.get("Proxy-Authorization")))
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(("127.0.0.1", self.server.other.port)) as there:
            back = threading.Thread(target=_copy, args=(there, self.connection))
            back.start()
            _copy(self.connection, there)
            back.join()
        self.close_connection = True

    def do_GET(self):
        self.server.asked.append((self.path, self.headers.get("Proxy-Authorization")))
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"through")


def _copy(one, other):
    with suppress(OSError):  # either may have left
        while piece := one.recv(65536):
            other.sendall(piece)
        other.shutdown(socket.SHUT_WR)
