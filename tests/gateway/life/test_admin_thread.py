"""The admin listener answers independently of calls."""

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
    """A clock that blocks its reader, so that the event loop of calls hangs."""

    def __init__(self):
        self.reached = threading.Event()
        self.go = threading.Event()

    def __call__(self) -> float:
        """Return the time, once it is released."""
        self.reached.set()
        assert self.go.wait(30)
        return time.time()


@contextlib.contextmanager
def hanging():
    """Yield the URL of the pages of a gateway whose loop hangs."""
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
def test_pages_answer_while_the_loop_of_calls_hangs(path):
    """They have their own thread and loop."""
    with hanging() as pages:
        assert status_of(ask(pages, get(path, host="localhost"))[0]) == 200


def test_a_hanging_loop_is_reported(monkeypatch):
    """A supervisor sees it at /livez."""
    with hanging() as pages:
        monkeypatch.setattr(server_module, "STUCK", 0.0)
        head, content = ask(pages, get("/livez"))
        assert status_of(head) == 503
        assert content == b"stuck\n"
        assert status_of(ask(pages, get("/readyz"))[0]) == 200


def test_pages_answer_while_all_callers_connections_are_in_use():
    """The limits for calls do not apply to the operator."""
    with (
        gateway("http://127.0.0.1:1", max_connections=1) as served,
        contextlib.ExitStack() as stack,
    ):
        for _ in range(3):
            # Dropped before it was accepted.
            with contextlib.suppress(ConnectionResetError):
                stack.enter_context(calling(served))
        assert ask(admin(served), get("/livez"))[1] == b"ok\n"


def test_idle_connections_do_not_block_a_probe():
    """Each new connection replaces the oldest idle one."""
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
"""A program that uses asyncio's own loop."""


@pytest.mark.parametrize(
    "program", [("-m", "shim", "serve"), pytest.param(PLAIN, marks=pytest.mark.slow)]
)
@pytest.mark.parametrize(
    "sending", [b"", pytest.param(b"GET /x HTTP/1.1\r\nHos", marks=pytest.mark.slow)]
)
def test_pages_answer_without_free_descriptors(serve, port, program, sending):
    """One descriptor is reserved, callers' idle connections are closed, and the log stays short."""

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
        # This connection may be closed too, as long as the gateway frees descriptors.
        with contextlib.suppress(OSError, EndedError):
            return status_of(ask(served, get("/x"))[0]) == 502

    until(taken, "calls are taken again")
    assert running.end() == 0


def test_a_name_listens_on_all_its_addresses():
    """Localhost may have two. A port in use is an error with the address."""
    bound = bind(Address("localhost", 0))
    try:
        found = {one.getsockname()[0] for one in bound.sockets}
        assert found <= {"127.0.0.1", "::1"}
        where = bound.sockets[0].getsockname()
        with pytest.raises(SettingsError, match=where[0]):
            bind(Address(where[0], where[1]))
    finally:
        bound.close()


def test_a_name_is_listened_on_completely_or_not_at_all():
    """If one of two addresses is in use, the other is released."""
    with (
        socket.create_server(("127.0.0.1", 0)) as taken,
        pytest.raises(SettingsError, match="in use"),
    ):
        bind(Address("localhost", taken.getsockname()[1]))
