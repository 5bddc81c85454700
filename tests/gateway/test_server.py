"""The life cycle: free ports, embedding, draining, signals."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shim.errors import SettingsError
from shim.gateway import Gateway, Options
from shim.gateway.options import Address
from tests.gateway.test_translating import EMPTY, V1
from tests.peers.raw import Peer, raw_upstream, reply, replying, until
from tests.peers.served import LOOPBACK, At, ask, calling, gateway, get, status_of, value_of

ROOT = Path(__file__).parent.parent.parent
PROGRAM = """
import sys
from shim.gateway import Options, serve
from shim.gateway.processes import serving
from shim.gateway.options import Address
class Told(serving.Gateway):
    async def start(self, *bound):
        await super().start(*bound)
        print(self.url, self.admin_url, flush=True)
serving.Gateway = Told
loopback = Address("127.0.0.1", 0)
options = Options(listen=loopback, admin=loopback, upstream=sys.argv[1], drain=float(sys.argv[2]))
sys.exit(serve(options))
"""


def _refuses(served: At) -> bool:
    try:
        with calling(served):
            return False
    except ConnectionRefusedError:
        return True


@contextlib.contextmanager
def _program(origin: str, drain: float) -> Iterator[tuple["subprocess.Popen[bytes]", At, At]]:
    """Run a gateway in a process of its own; yields it, where calls are taken, and the admin listener."""
    command = [sys.executable, "-W", "error", "-c", PROGRAM, origin, str(drain)]
    environ = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environ, cwd=ROOT)
    try:
        assert process.stdout is not None
        calls, admin = process.stdout.readline().decode().split()
        yield process, At(calls), At(admin)
    finally:
        process.kill()
        process.communicate()


async def test_it_can_be_embedded():
    """A gateway starts and stops within a loop that is somebody else's."""
    served = Gateway(Options(listen=LOOPBACK, admin=None))
    await served.start()
    assert served.url.startswith("http://127.0.0.1:")
    await served.stop()


async def test_taken_address_is_an_error_and_nothing_stays_open():
    """Starting where somebody else listens raises, and leaves no listener behind."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        served = Gateway(Options(listen=LOOPBACK, admin=address))
        with pytest.raises(OSError, match="in use"):
            await served.start()


def test_thread_raises_what_starting_raised():
    """The thread helper hands on why it could not start."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address = Address("127.0.0.1", taken.getsockname()[1])
        with pytest.raises(OSError, match="in use"), gateway("http://127.0.0.1:1", listen=address):
            pass


def test_sunset_of_no_document_is_refused():
    """A date for a document that isn't there is found at construction."""
    sunset = {"nothing": datetime(2026, 1, 1, tzinfo=UTC)}
    with pytest.raises(SettingsError, match="nothing"):
        Gateway(Options(sunset=sunset))


def test_ipv6_loopback():
    """It listens on IPv6, too, and writes the address as a URL does."""
    with replying(reply()) as upstream:
        try:
            socket.create_server(("::1", 0), family=socket.AF_INET6).close()
        except OSError:
            pytest.skip("this machine has no IPv6 loopback")
        with gateway(upstream.origin, listen=Address("::1", 0)) as served:
            assert served.url.startswith("http://[::1]:")


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
@pytest.mark.parametrize("body", [b"", b"abc"])
def test_signal_lets_calls_in_flight_end(number, body):
    """After a signal: no new connections, readyz 503, the call in flight gets its reply, exit code 0."""
    arrived, answer = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        peer.take(b"\r\n\r\n")
        arrived.set()
        peer.count(len(body))
        answer.wait(10)
        peer.send(reply(b"late"))

    with raw_upstream(script) as upstream, _program(upstream.origin, 10) as (process, served, admin):
        with calling(served) as caller, calling(admin) as probe:
            probe.send(get("/readyz"))
            assert probe.message()[1] == b"ok\n"
            caller.send(get("/x", f"Content-Length: {len(body)}", method="PUT"))
            assert arrived.wait(10)
            process.send_signal(number)
            until(lambda: _refuses(served), "new connections are refused")
            probe.send(get("/readyz"))
            assert status_of(probe.message()[0]) == 503
            caller.send(body)
            answer.set()
            head, content = caller.message()
            assert content == b"late"
            assert value_of(head, "Connection") == "close"
        assert process.wait(10) == 0
        assert b"Traceback" not in (process.stderr.read() if process.stderr else b"")


@pytest.mark.parametrize("target", ["/x", V1])
def test_reply_to_a_call_in_flight_ends_its_connection(target):
    """Passed on or translated: a call that waits for upstream when the end begins is the last of its connection."""
    arrived, answer = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        peer.message()
        arrived.set()
        answer.wait(10)
        peer.send(reply(EMPTY))

    with raw_upstream(script) as upstream, _program(upstream.origin, 10) as (process, served, _):
        with calling(served) as caller:
            caller.send(get(target))
            assert arrived.wait(10)
            process.send_signal(signal.SIGTERM)
            until(lambda: _refuses(served), "new connections are refused")
            answer.set()
            assert value_of(caller.message()[0], "Connection") == "close"
        assert process.wait(10) == 0


def test_drain_is_bounded():
    """A call that never ends doesn't keep the gateway for ever; the exit code is still 0."""
    arrived = threading.Event()

    def script(peer: Peer) -> None:
        peer.message()
        arrived.set()
        peer.some()

    with (
        raw_upstream(script) as upstream,
        _program(upstream.origin, 0.2) as (process, served, _),
        calling(served) as caller,
    ):
        caller.send(get("/x"))
        assert arrived.wait(10)
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_second_signal_ends_the_drain():
    """Who can't wait sends the signal again."""
    arrived = threading.Event()

    def script(peer: Peer) -> None:
        peer.message()
        arrived.set()
        peer.some()

    with (
        raw_upstream(script) as upstream,
        _program(upstream.origin, 60) as (process, served, _),
        calling(served) as caller,
    ):
        caller.send(get("/x"))
        assert arrived.wait(10)
        process.send_signal(signal.SIGTERM)
        until(lambda: _refuses(served), "new connections are refused")
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 0


def test_idle_connections_do_not_hold_the_end_up():
    """A caller that keeps its connection open without a call is not waited for."""
    with (
        replying(reply()) as upstream,
        _program(upstream.origin, 60) as (process, served, _),
        calling(served) as caller,
    ):
        caller.send(get("/x"))
        caller.message()
        process.send_signal(signal.SIGTERM)
        assert not caller.rest()
        assert process.wait(10) == 0


def test_pipelined_call_after_the_signal_is_not_lost():
    """A keep-alive connection may bring one more call while others are still in flight."""
    arrived, answer = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        while True:
            head, _ = peer.message()
            if b"/slow" in head:
                arrived.set()
                answer.wait(10)
            peer.send(reply())

    with raw_upstream(script) as upstream, _program(upstream.origin, 10) as (process, served, _):
        with calling(served) as slow, calling(served) as kept:
            kept.send(get("/first"))
            kept.message()
            slow.send(get("/slow"))
            assert arrived.wait(10)
            process.send_signal(signal.SIGTERM)
            until(lambda: _refuses(served), "new connections are refused")
            kept.send(get("/second"))
            assert value_of(kept.message()[0], "Connection") == "close"
            answer.set()
            assert slow.message()[1] == b"hi"
        assert process.wait(10) == 0


def test_ask_needs_no_host_of_its_own():
    """Any Host is served; links lead to it."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        assert status_of(ask(served, get("/x", host="anything.test:1"))[0]) == 200


def test_reply_is_written_to_its_end_before_the_end():
    """A caller that reads slowly gets the whole reply, though all that was left to do was to flush it."""
    content = bytes(range(256)) * 65536

    def script(peer: Peer) -> None:
        peer.message()
        peer.send(reply(content))

    with (
        raw_upstream(script) as upstream,
        _program(upstream.origin, 10) as (process, served, admin),
        calling(served) as caller,
        calling(admin) as probe,
    ):
        caller.send(get("/x"))
        head = caller.take(b"\r\n\r\n")
        process.send_signal(signal.SIGTERM)
        until(lambda: _refuses(served), "new connections are refused")
        got = b""
        while len(got) < len(content) and _in_flight(probe):
            got += caller.count(min(65536, len(content) - len(got)))
        # Nothing is in flight any more; what isn't with the kernel yet is with the gateway.
        got += caller.count(int(value_of(head, "Content-Length") or 0) - len(got))
        assert got == content
        assert process.wait(10) == 0


def _in_flight(probe: Peer) -> bool:
    try:
        probe.send(get("/metrics"))
        return b"atlas_shim_in_flight_requests 0.0" not in probe.message()[1]
    except (OSError, AssertionError):
        return False
