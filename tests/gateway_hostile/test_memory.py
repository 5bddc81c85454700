"""What is buffered is bounded, in bytes and in memory: measured on a process of its own."""

import contextlib
import os
import subprocess
import sys
import threading
import zlib
from collections.abc import Iterator
from pathlib import Path

import attrs
import pytest

from tests.gateway_hostile.calls import BACKUP, CALLS, LINES
from tests.gateway_hostile.faults import CONTENT, JSON, head, message
from tests.gateway_hostile.rows import post
from tests.peers.raw import PATIENCE, Peer, raw_upstream
from tests.peers.served import At, ask, calling, status_of

ROOT = Path(__file__).resolve().parents[2]
MIB = 1 << 20
LIMIT = 4 * MIB
"""The body limit of the gateway under test."""

PROGRAM = """
import asyncio, sys
from shim.gateway import Gateway, Options
from shim.gateway.options import Address

async def main():
    listen, limit = Address("127.0.0.1", 0), int(sys.argv[2])
    served = Gateway(Options(listen=listen, admin=None, upstream=sys.argv[1], body_limit=limit))
    await served.start()
    print(served.url, flush=True)
    await asyncio.Event().wait()

asyncio.run(main())
"""

pytestmark = pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="a process's peak is read from /proc")


@attrs.frozen
class Process:
    """A gateway in a process of its own."""

    pid: int
    url: str

    def peak(self) -> int:
        """Return the most memory it ever had resident, in bytes."""
        text = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        return int(text.partition("VmHWM:")[2].split()[0]) * 1024


@contextlib.contextmanager
def process(origin: str) -> Iterator[Process]:
    """Run a gateway, warmed up by one call of each kind."""
    command = [sys.executable, "-c", PROGRAM, origin, str(LIMIT)]
    running = subprocess.Popen(command, stdout=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(ROOT)}, text=True)
    try:
        assert running.stdout is not None
        yield Process(running.pid, running.stdout.readline().strip())
    finally:
        running.kill()
        running.communicate()


def bomb(size: int) -> Iterator[bytes]:
    """Yield a gzip file of zeros, a piece at a time."""
    machine = zlib.compressobj(9, wbits=31)
    piece = bytes(MIB)
    for _ in range(size // MIB):
        yield machine.compress(piece)
    yield machine.flush()


def chunked(pieces: Iterator[bytes], *lines: str) -> Iterator[bytes]:
    """Yield a reply in chunks."""
    yield head("Transfer-Encoding: chunked", JSON, *lines)
    for piece in pieces:
        if piece:
            yield b"%x\r\n%b\r\n" % (len(piece), piece)
    yield b"0\r\n\r\n"


GZIP = "Content-Encoding: gzip"
HUGE = {
    "bomb of 512 MiB": lambda: chunked(bomb(512 * MIB), GZIP),
    "256 MiB of JSON": lambda: chunked((b'"' + b"a" * MIB for _ in range(256)), "X: a"),
    "bomb within a bomb": lambda: iter([message(b"".join(twice()), "Content-Encoding: gzip, gzip", JSON)]),
}


def twice() -> Iterator[bytes]:
    machine = zlib.compressobj(9, wbits=31)
    for piece in bomb(512 * MIB):
        yield machine.compress(piece)
    yield machine.flush()


@pytest.mark.parametrize("kind", HUGE)
def test_translated_replies_are_bounded(kind):
    """Whatever a reply grows to, a few limits' worth of it is held at most: three copies, and the parser's own."""
    state = {"healthy": True}

    def script(peer: Peer) -> None:
        while True:
            peer.message()
            pieces = iter([message(CONTENT, JSON)]) if state["healthy"] else HUGE[kind]()
            for piece in pieces:
                peer.send(piece)

    with raw_upstream(script) as upstream, process(upstream.origin) as served:
        assert status_of(ask(served, CALLS["retired GET"])[0]) == 200
        before = served.peak()
        state["healthy"] = False
        for _ in range(3):
            assert status_of(ask(served, CALLS["retired GET"])[0]) == 502
        assert served.peak() - before < 6 * LIMIT


def test_request_content_is_bounded():
    """A restore's content beyond the limit is 413, told by its length or found out, and not held."""
    with raw_upstream(lambda peer: None) as upstream, process(upstream.origin) as served:
        before = served.peak()
        for framing in (f"Content-Length: {256 * MIB}", "Transfer-Encoding: chunked"):
            with calling(At(served.url)) as peer:
                peer.send(post(*LINES, framing, target=f"{BACKUP}/restoreJobs"))
                sender = threading.Thread(target=flood, args=(peer, "chunked" in framing))
                sender.start()
                assert status_of(peer.take(b"\r\n\r\n")) == 413
            sender.join(PATIENCE)
        assert served.peak() - before < 3 * LIMIT


def flood(peer: Peer, framed: bool) -> None:  # noqa: FBT001 - a thread's argument
    piece = b"a" * MIB
    with contextlib.suppress(OSError):
        for _ in range(256):
            peer.send(b"%x\r\n%b\r\n" % (MIB, piece) if framed else piece)
