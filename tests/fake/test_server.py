"""The fake on a socket: requests arrive as they were sent, and stopping leaves nothing behind."""

import socket
import ssl
import threading
from contextlib import suppress

import httpx
import pytest
import trustme

from shim.fake import DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.fake.asking import FLEX_VERSION, ROOT

PATH = f"{ROOT}/flexClusters"
FIELDS = {"Authorization": f"Bearer {DEMO_TOKEN}", "Accept": FLEX_VERSION}


def _raw(server: FakeServer, request: bytes) -> bytes:
    with socket.create_connection((server.host, server.port), timeout=10) as connection:
        connection.sendall(request)
        received = b""
        while chunk := connection.recv(65536):
            received += chunk
    return received


def test_a_request_arrives_as_it_was_sent():
    """Target, duplicate fields, their spelling and a compressed body are left as they are."""
    target = "/api/../a//b/%7e/%2F?x=%20&&y=a+b?c"
    request = (
        f"POST {target} HTTP/1.1\r\nHost: x\r\nx-One: 1\r\nX-ONE: 2\r\nContent-Encoding: gzip\r\n"
        "Content-Length: 3\r\nConnection: close\r\n\r\nabc"
    )
    with FakeServer() as server:
        _raw(server, request.encode())
        (arrival,) = server.fake.arrivals
    assert (arrival.target, arrival.body) == (target, b"abc")
    assert [line for line in arrival.headers if line[0].lower() == "x-one"] == [("x-One", "1"), ("X-ONE", "2")]


def test_head_sends_no_content():
    """The length is that of GET's content, and the connection goes on with the next answer."""
    with FakeServer() as server:
        content = httpx.get(server.url + PATH, headers=FIELDS).content
        fields = "".join(f"{name}: {value}\r\n" for name, value in FIELDS.items())
        head = f"HEAD {PATH} HTTP/1.1\r\nHost: {server.host}:{server.port}\r\n{fields}"
        answer = _raw(server, f"{head}\r\n{head}Connection: close\r\n\r\n".encode())
        assert answer.count(b"HTTP/1.1 200") == 2
        assert answer.count(f"Content-Length: {len(content)}\r\n".encode()) == 2
        assert b"{" not in answer


def test_an_answer_has_the_fields_of_the_fake_and_a_length():
    """The server adds Content-Length and nothing else, to a 405 without content no Content-Type."""
    with FakeServer(FakeAtlas(today=FakeAtlas().today)) as server:
        reply = httpx.get(server.url + PATH, headers=FIELDS)
        own = server.fake.handle("GET", PATH, [("Host", f"{server.host}:{server.port}"), *FIELDS.items()])
        assert reply.content == own.body
        assert reply.headers.multi_items() == [
            *((name.lower(), value) for name, value in own.headers),
            ("content-length", str(len(own.body))),
        ]
        refused = httpx.delete(server.url + PATH, headers=FIELDS)
        assert (refused.status_code, refused.content, refused.headers.get("content-type")) == (405, b"", None)


def test_the_thread_ends_with_the_block():
    """Whatever ends the block, connections that a client keeps open are closed, and the port is free again."""
    with httpx.Client() as client, suppress(ZeroDivisionError), FakeServer() as server:
        assert client.get(server.url + PATH).status_code == 401
        port = server.port
        raise ZeroDivisionError
    assert "fake-atlas" not in {thread.name for thread in threading.enumerate()}
    with FakeServer(port=port) as server:
        assert server.port == port
        with pytest.raises(OSError, match=r"(?i)address already in use"), FakeServer(port=port):
            pass


def test_it_speaks_tls():
    """With a TLS context the origin and the links, which can be followed, are https."""
    authority = trustme.CA()
    served, trusted = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER), ssl.create_default_context()
    authority.issue_cert("127.0.0.1").configure_cert(served)
    authority.configure_trust(trusted)
    with FakeServer(ssl_context=served) as server, httpx.Client(headers=FIELDS, verify=trusted) as client:
        assert server.url.startswith("https://127.0.0.1:")
        first = client.get(server.url + PATH).json()
        link = first["links"][0]["href"]
        assert link.startswith(server.url)
        assert client.get(link).json() == first
