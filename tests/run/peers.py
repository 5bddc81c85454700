"""Another host and a proxy, on the standard library."""

import socket
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import trustme


class OtherHost:
    """Answers ``other`` to everything, by TLS at ``port`` and in the clear at ``plain_port``; ``pem`` is its root."""

    def __init__(self):
        self.seen: list[tuple[str, str]] = []
        authority = trustme.CA()
        self.pem = authority.cert_pem.bytes()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        authority.issue_cert("other.example", "127.0.0.1").configure_cert(context)
        self.secure, self.plain = (_server(_Answering, self) for _ in range(2))
        self.secure.socket = context.wrap_socket(self.secure.socket, server_side=True)
        self.port, self.plain_port = self.secure.server_port, self.plain.server_port

    def __enter__(self):
        for server in (self.secure, self.plain):
            threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        for server in (self.secure, self.plain):
            server.shutdown()
            server.server_close()


class CorporateProxy:
    """A proxy that wants a password, and leads each host to the other one; ``asked`` are the targets."""

    def __init__(self, other):
        self.other = other
        self.asked: list[tuple[str, str | None]] = []
        self.server = _server(_Leading, self)
        self.url = f"http://user:secret@127.0.0.1:{self.server.server_port}"

    def __enter__(self):
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.server.server_close()


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
