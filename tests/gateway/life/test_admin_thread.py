"""The admin listener answers whatever happens to calls."""

import contextlib
import resource
import socket
import threading
import time

import pytest

from shim.errors import SettingsError
from shim.gateway import server as server_module
from shim.gateway.admin import MAX_CONNECTIONS
from shim.gateway.http1.listener import bind
from shim.gateway.option_values import Address
from tests.gateway.test_signing import PATH
from tests.hostile.crowds import crowd
from tests.peers.raw import EndedError, reply, replying, until
from tests.peers.served import At, admin, ask, calling, gateway, get, status_of


class Held:
    """A clock that stops whoever looks at it, so that the calls' loop hangs."""

    def __init__(self):
        self.reached = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> float:
        """Return the time, when it may."""
        self.reached.set()
        assert self.go.wait(30)
        return time.time()


@contextlib.contextmanager
def hanging():
    """Yield where the pages of a gateway are whose loop hangs."""
    held = Held()
    with (
        replying(reply(b'{"results":[]}')) as upstream,
        gateway(upstream.origin, now=held) as served,
        calling(served) as caller,
    ):
        try:
            caller.send(get(PATH))
            assert held.reached.wait(30)
            yield admin(served)
        finally:
            held.go.set()
        assert status_of(caller.message()[0]) == 200


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/metrics"])
def test_pages_answer_while_the_loop_of_the_calls_hangs(path):
    """They have a thread and a loop of their own."""
    with hanging() as pages:
        assert status_of(ask(pages, get(path, host="localhost"))[0]) == 200


def test_a_loop_that_does_not_come_back_is_told(monkeypatch):
    """Whoever watches the process has to know of it, and /livez is where it looks."""
    with hanging() as pages:
        monkeypatch.setattr(server_module, "STUCK", 0.0)
        head, content = ask(pages, get("/livez"))
        assert status_of(head) == 503
        assert content == b"stuck\n"
        assert status_of(ask(pages, get("/readyz"))[0]) == 200


def test_pages_answer_while_the_callers_connections_are_all_taken():
    """Limits of the calls are not those of the operator."""
    with (
        gateway("http://127.0.0.1:1", max_connections=1) as served,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(3):
            # Dropped before it was made.
            with contextlib.suppress(ConnectionResetError):
                stack.enter_context(calling(served))
        assert ask(admin(served), get("/livez"))[1] == b"ok\n"


def test_idle_connections_do_not_keep_a_probe_out():
    """Those that say nothing go first: the oldest of them for each new one."""
    with gateway("http://127.0.0.1:1") as served, contextlib.ExitStack() as stack:
        idle = [
            stack.enter_context(calling(admin(served)))
            for _ in range(3 * MAX_CONNECTIONS)
        ]
        for _ in range(5):
            assert ask(admin(served), get("/livez"))[1] == b"ok\n"
        assert idle[0].rest() == b""


PLAIN = (
    "-c",
    "import sys; sys.modules['uvloop'] = None; from shim.cli import main; main()",
    "serve",
)
"""A program whose loop is asyncio's own."""


@pytest.mark.parametrize(
    "program", [("-m", "shim", "serve"), pytest.param(PLAIN, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    "sending", [b"", pytest.param(b"GET /x HTTP/1.1\r\nHos", marks=pytest.mark.slow)]
)
def test_pages_answer_when_there_are_no_descriptors_left(serve, port, program, sending):
    """One is kept for the operator, callers make room, and the log stays short."""

    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (48, 48))

    words = (
        "--admin",
        f"127.0.0.1:{port}",
        "--upstream",
        "http://127.0.0.1:1",
        "--client-timeout",
        "60",
    )
    running = serve(*words, program=program, preexec_fn=few)
    served = running.calls()
    pages = At(f"http://127.0.0.1:{port}")
    with crowd(served, 60, sending=sending):
        for path in ("/livez", "/readyz", "/metrics"):
            assert status_of(ask(pages, get(path, host="localhost"))[0]) == 200
    assert running.lines.qsize() < 50

    def taken():
        # It may be among those that make room, as long as room is made.
        with contextlib.suppress(OSError, EndedError):
            return status_of(ask(served, get("/x"))[0]) == 502

    until(taken, "calls are taken again")
    assert running.end() == 0


def test_a_name_has_all_its_addresses():
    """Localhost may be one address or two; a port that is taken is an error that names the address."""
    bound = bind(Address("localhost", 0))
    try:
        found = {one.getsockname()[0] for one in bound.sockets}
        assert found <= {"127.0.0.1", "::1"}
        where = bound.sockets[0].getsockname()
        with pytest.raises(SettingsError, match=where[0]):
            bind(Address(where[0], where[1]))
    finally:
        bound.close()


def test_half_of_a_name_is_not_listened_on():
    """Where one of two addresses is taken, the other is let go."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(SettingsError, match="in use"),
    ):
        bind(Address("localhost", taken.getsockname()[1]))
