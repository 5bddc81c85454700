"""The memory of a process under overload: its peak stays low, and no caller gets part of a reply."""

import contextlib
import json
import socket
import threading
import zlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.gateway.life.conftest import Running, serve  # noqa: F401 - a fixture
from tests.gateway.tls.worlds import certified
from tests.hostile.calls import CALLS, LINES
from tests.hostile.crowds import busy
from tests.hostile.faults import CONTENT, JSON, head, message
from tests.hostile.rows import GROUP
from tests.peers.raw import PATIENCE, Peer, raw_upstream, until
from tests.peers.served import Served, ask, calling, connect, get, status_of

pytestmark = [
    pytest.mark.skipif(
        not Path("/proc/self/status").exists(),
        reason="a process's peak is read from /proc",
    ),
    pytest.mark.slow,
]

MIB = 1 << 20
ITEM = (
    '{"id": "%024x", "startTime": "2026-06-01T00:00:00Z", "status": "COMPLETED",'
    ' "expiration": "2027-01-01T00:00:00Z"}'
)
ITEMS = MIB // len(ITEM % 0)
PAGE = f'{{"results": [{", ".join(ITEM % n for n in range(ITEMS))}], "totalCount": {ITEMS}}}'.encode()
"""About 1 MiB of snapshots."""

LARGE = bytes(8 * MIB)
HELD = threading.Event()
"""Set when the last byte of a delayed page may be sent."""
WAITING = list[int]()
"""One entry for each call that waits for it."""


def zipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    """Yield a gzip file, a piece at a time."""
    machine = zlib.compressobj(9, wbits=31)
    for piece in pieces:
        yield machine.compress(piece)
    yield machine.flush()


def chunked(pieces: Iterator[bytes], *lines: str) -> Iterator[bytes]:
    """Yield a reply in chunks."""
    yield head("Transfer-Encoding: chunked", JSON, *lines)
    for piece in pieces:
        if piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


def zeros() -> Iterator[bytes]:
    """Yield 512 MiB."""
    return (bytes(MIB) for _ in range(512))


def held() -> Iterator[bytes]:
    """Yield a page whose last byte is delayed."""
    reply = message(PAGE, JSON)
    yield reply[:-1]
    HELD.wait(6 * PATIENCE)
    yield reply[-1:]


def waiting() -> Iterator[bytes]:
    """Yield a small reply once all may be sent."""
    WAITING.append(1)
    HELD.wait(6 * PATIENCE)
    yield message(CONTENT, JSON)


ANSWERS = {
    b"users?itemsPerPage=500": lambda: [message(b'{"results": []}', JSON)],
    b":addUser": waiting,
    b"/held": held,
    b"/page": lambda: [message(PAGE, JSON)],
    b"/large": lambda: [message(LARGE)],
    b"/bomb": lambda: chunked(zipped(zeros()), "Content-Encoding: gzip"),
    b"/twice": lambda: chunked(zipped(zipped(zeros())), "Content-Encoding: gzip, gzip"),
    b"/json": lambda: chunked(b'"' + b"a" * MIB for _ in range(256)),
}
"""Upstream's replies by a part of the target; everything else gets a small page."""


def script(peer: Peer) -> None:
    """Serve one upstream connection."""
    while True:
        start, _ = peer.message()
        for piece in next(
            (made() for name, made in ANSWERS.items() if name in start),
            [message(CONTENT, JSON)],
        ):
            peer.send(piece)


def read(name: str) -> bytes:
    """Return a retired read that differs from every other one, so that no two share a reply."""
    return get(
        f"/api/atlas/v2/groups/{GROUP}/serverless/{name}/backup/snapshots", *LINES[:1]
    )


def peak(running: Running) -> int:
    """Return a process's peak resident memory, in bytes."""
    text = Path(f"/proc/{running.process.pid}/status").read_text(encoding="ascii")
    return int(text.partition("VmHWM:")[2].split()[0]) * 1024


@pytest.fixture
def run(serve):  # noqa: F811 - the fixture
    """Return a function that starts a gateway with these options, and returns it and its address."""
    HELD.clear()
    WAITING.clear()

    def run(**options):
        patient = {
            "client_timeout": 600,
            "deadline": 600,
            "upstream_timeout": 600,
            **options,
        }
        words = [
            word
            for name, value in patient.items()
            for word in (f"--{name.replace('_', '-')}", str(value))
        ]
        running = serve("--admin", "off", "--upstream", upstream.origin, *words)
        return running, running.calls()

    with raw_upstream(script) as upstream:
        yield run


@contextlib.contextmanager
def growing(running: Running, served: Served, most: int) -> Iterator[None]:
    """Check that the gateway's memory grows by this many bytes at most, and that it serves calls afterwards."""
    serves(served)
    before = peak(running)
    yield
    serves(served)
    assert peak(running) - before < most


def serves(served: Served) -> None:
    """Check that each kind of call is served."""
    for request in (get("/small"), CALLS["retired GET"], CALLS["retired POST"]):
        until(lambda: status_of(ask(served, request)[0]) in {200, 202}, "an answer")  # noqa: B023 - asked here


def outcome(peer: Peer, size: int) -> str:
    """Return a call's outcome: a complete reply of at least this many bytes, or 503 with Retry-After."""
    peer.socket.settimeout(6 * PATIENCE)
    try:
        reply, content = peer.message()
    except (OSError, AssertionError, ValueError) as error:
        return repr(error)[:200]
    if status_of(reply) in {200, 202} and len(content) >= size:
        return "whole"
    if busy(reply, content):
        return "refused"
    return f"{reply!r}: {len(content)} bytes"


def at_once(served: Served, requests: list[bytes], size: int) -> list[str]:
    """Make all calls at once, and return the outcome of each."""

    def call(request: bytes) -> str:
        with calling(served) as peer:
            # The reply may come before the request has been sent completely.
            with contextlib.suppress(OSError):
                peer.send(request)
            found = outcome(peer, size)
            if found != "whole":
                HELD.set()
            return found

    with ThreadPoolExecutor(len(requests)) as pool:
        return list(pool.map(call, requests))


def test_many_delayed_replies_share_the_memory(run):
    """Of forty pages of 1 MiB that are nearly complete some fit; the other callers get 503 and retry."""
    running, served = run(memory=4 * MIB)
    with growing(running, served, 64 * MIB):
        found = at_once(served, [read(f"held{number}") for number in range(40)], 10_000)
        assert set(found) == {"whole", "refused"}
        assert found.count("refused") >= 20
        # The memory is released each time.
        assert all(
            at_once(served, [read(f"page{n}")], 10_000) == ["whole"] for n in range(10)
        )


def test_waiting_calls_with_many_writes_are_small(run):
    """While 190 calls wait, they need little more than their content. Before, each took 2.4 MiB."""
    body = json.dumps([{"id": f"{number:024x}"} for number in range(490)]).encode()
    target = "/api/atlas/v2/orgs/64a0b1c2d3e4f50617283940/teams/64a0b1c2d3e4f50617283941/users"
    request = get(target, f"Content-Length: {len(body)}", method="POST") + body
    running, served = run(writes="people", route="successor")
    with growing(running, served, 24 * MIB), contextlib.ExitStack() as stack:
        peers = [stack.enter_context(calling(served)) for _ in range(190)]
        for peer in peers:
            peer.send(request)
        until(
            lambda: len(WAITING) == len(peers),
            "all wait for the answer to their first write",
        )
        HELD.set()
        assert {outcome(peer, 0) for peer in peers} == {"whole"}


@pytest.mark.parametrize(("count", "request_bytes", "each"), [
    (300, get("/small", "Content-Length: 300000", method="POST") + bytes(300_000), 96 << 10),
    (150, get("/large"), 256 << 10),
], ids=["idle", "slow"])  # fmt: skip
def test_tls_connections_are_small(run, tmp_path, count, request_bytes, each):
    """An idle one after an upload needs only OpenSSL's memory; a slow reader needs little more than one without TLS."""
    caller = certified(tmp_path)
    running, served = run(**caller.options)
    with contextlib.ExitStack() as stack:
        before = peak(running)
        for _ in range(count):
            peer = connect(served)
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer = caller.wrapped(peer)
            stack.enter_context(contextlib.closing(peer))
            peer.send(request_bytes)
            assert peer.take(b"\r\n\r\n").startswith(b"HTTP/1.1 200")
        assert peak(running) - before < count * each


@pytest.mark.parametrize("kind", ["bomb", "twice", "json"])
def test_endless_replies_are_limited(run, kind):
    """The peak is six times the limit of one reply: three copies and the parser's memory."""
    running, served = run(body_limit=4 * MIB)
    with growing(running, served, 24 * MIB), calling(served) as peer:
        for _ in range(3):
            peer.send(read(kind))
            peer.socket.settimeout(6 * PATIENCE)
            assert status_of(peer.message()[0]) == 502
