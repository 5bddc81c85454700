"""Another host and a proxy, on the standard library."""

import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme


class Serving:
    """Runs its ``servers`` in threads for a block."""

    servers: tuple[Any, ...]

    def __enter__(self):
        for server in self.servers:
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in self.servers:
            server.shutdown()
            server.server_close()


class OtherHost(Serving):
    """Answers ``other`` to everything, by TLS at ``port`` and in the clear at ``plain_port``; ``pem`` is its root."""

    def __init__(self):
        self.seen: list[tuple[str, str]] = []
        authority = trustme.CA()
        self.pem = authority.cert_pem.bytes()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("other.example", "127.0.0.1").configure_cert(context)
        self.servers = secure, plain = _server(_Answering, self), _server(_Answering, self)
        secure.socket = context.wrap_socket(secure.socket, server_side=True)
        self.port, self.plain_port = secure.server_port, plain.server_port


class CorporateProxy(Serving):
    """A proxy that wants a password, and leads each host to the other one; ``asked`` are the targets."""

    def __init__(self, other):
        self.other = other
        self.asked: list[tuple[str, str | None]] = []
        self.servers = (_server(_Leading, self),)
        self.url = f"http://user:secret@127.0.0.1:{self.servers[0].server_port}"


def _server(handler, owner):
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    server.owner = owner
    return server


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Any

    def log_message(self, *_):
        """Say nothing."""


class _Answering(_Handler):
    def do_GET(self):
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Transfer-Encoding"):
            size = int(self.rfile.readline(), 16)
            body = self.rfile.read(size)
            self.rfile.readline()
        self.server.owner.seen.append((f"{self.command} {self.path}", body.decode()))
        self.send_response(200)
        self.send_header("Content-Length", "5")
        self.end_headers()
        self.wfile.write(b"other")

    do_POST = do_GET  # noqa: N815 - as the server names its methods


class _Leading(_Handler):
    def do_CONNECT(self):
        proxy = self.server.owner
        proxy.asked.append((self.path, self.headers.get("Proxy-Authorization")))
        self.send_response(200)
        self.end_headers()
        with socket.create_connection(("127.0.0.1", proxy.other.port)) as there:
            back = threading.Thread(target=_copy, args=(there, self.connection))
            back.start()
            _copy(self.connection, there)
            back.join()
        self.close_connection = True

    def do_GET(self):
        self.server.owner.asked.append((self.path, self.headers.get("Proxy-Authorization")))
        self.send_response(200)
        self.send_header("Content-Length", "7")
        self.end_headers()
        self.wfile.write(b"through")


def _copy(one, other):
    while piece := one.recv(65536):
        other.sendall(piece)
    other.shutdown(socket.SHUT_WR)
