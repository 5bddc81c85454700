"""The fake as a whole: the same world on the same day, its clock, what it counts, and itself on a socket."""

import json
import socket
import ssl
import subprocess
import sys
import threading
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta, timezone

import httpx
import pytest
import trustme
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shim.fake import DEMO_CLUSTER, DEMO_DEDICATED, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.fake.asking import FLEX_VERSION, ROOT, Asker

DAY = date(2026, 1, 10)
FLEX = f"{ROOT}/flexClusters/{DEMO_CLUSTER}/backup/snapshots"


def test_the_same_day_makes_the_same_world():
    """Two fakes of one day answer with the same fields and bodies."""
    for target in (
        FLEX,
        f"serverless/{DEMO_CLUSTER}/backup/restoreJobs",
        f"clusters/{DEMO_DEDICATED}/backup/snapshots",
        "serverless",
    ):
        assert Asker(FakeAtlas(today=DAY))(target) == Asker(FakeAtlas(today=DAY))(target)


def test_a_set_date_stands_still():
    """A date is its 00:00 UTC, another zone is converted, a bare datetime is UTC; without one the clock is the time."""
    seconds = iter(range(100))
    fake = FakeAtlas(today=date(2026, 1, 22), clock=lambda: next(seconds))
    assert fake.today == fake.today == datetime(2026, 1, 22, tzinfo=UTC)
    fake.today = datetime(2026, 1, 22, 1, tzinfo=timezone(timedelta(hours=2)))
    assert fake.today == datetime(2026, 1, 21, 23, tzinfo=UTC)
    fake.today = datetime(2026, 1, 22)  # noqa: DTZ001 - a naive one is what is tested
    assert fake.today == datetime(2026, 1, 22, tzinfo=UTC)
    assert FakeAtlas(clock=lambda: 86400.0).today == datetime(1970, 1, 2, tzinfo=UTC)


def test_every_arrival_is_counted(fake, ask):
    """Reads, writes and refused requests are listed in order, with all that was sent and no credential in a repr."""
    ask(FLEX)
    ask(f"{FLEX}?pageNum=x")
    ask(FLEX, "POST", {"a": 1})
    fake.handle("GET", "/nowhere")
    assert [each.method for each in fake.arrivals] == ["GET", "GET", "POST", "GET"]
    assert [each.target for each in fake.trips("GET", "snapshots")] == [FLEX, f"{FLEX}?pageNum=x"]
    (write,) = fake.trips("POST")
    assert (write.path, write.body, write.header("content-type")) == (FLEX, b'{"a": 1}', "application/json")
    assert DEMO_TOKEN not in repr(fake.arrivals) + repr(fake) + repr(vars(fake))


FAKE = FakeAtlas(today=FakeAtlas().today)
# A loaded machine is slow, and that is not a defect.
PATIENT = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
WIRE = st.text(st.characters(max_codepoint=255, exclude_characters="\r\n\0"))
PREFIXES = ["", "/", "/api/oauth/token", ROOT, f"{ROOT}/serverless/", FLEX, f"{FLEX}/", f"{FLEX}?pageNum="]


@PATIENT
@given(
    method=st.sampled_from(["GET", "POST", "HEAD", "OPTIONS", "get"]),
    prefix=st.sampled_from(PREFIXES),
    rest=WIRE,
    credentials=st.one_of(WIRE, WIRE.map("Digest ".__add__), st.just(f"Bearer {DEMO_TOKEN}")),
    accept=WIRE | st.just(FLEX_VERSION),
    body=st.binary(),
)
def test_any_request_gets_an_answer(method, prefix, rest, credentials, accept, body):
    """The reply has a status, and content that is JSON or empty."""
    fields = [("Authorization", credentials), ("Accept", accept), ("Content-Type", "application/json")]
    reply = FAKE.handle(method, prefix + rest, fields, body)
    assert reply.status in {200, 400, 401, 404, 405, 406, 410, 415}
    assert not reply.body or json.loads(reply.body)


def test_importing_the_fake_loads_nothing_else_of_shim():
    """In a fresh process, shim itself with its version and hints, and shim.fake are all that is loaded."""
    script = (
        "import sys, shim.fake.server; print(*(name for name in sys.modules if '.' not in name or name[:5] == 'shim.'))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("shim.") and not name.startswith("shim.fake")] == [
        "shim._version",
        "shim.extras",
    ]
    assert not {"aiohttp", "httpx", "requests", "attrs"} & set(loaded)


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
