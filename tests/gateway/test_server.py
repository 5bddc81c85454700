"""The life cycle: free ports, embedding, draining. ``life/`` has the program and its signals."""

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from shim.errors import SettingsError
from shim.gateway.option_values import Address
from shim.gateway.options import Options
from shim.gateway.server import Gateway
from tests.gateway.test_translating import EMPTY, V1
from tests.peers.raw import PATIENCE, Held, raw_upstream, reply, replying, until
from tests.peers.served import (
    LOOPBACK,
    At,
    admin,
    ask,
    calling,
    gateway,
    get,
    status_of,
    value_of,
)


def _refuses(served: Gateway) -> bool:
    try:
        with calling(served):
            return False
    # A reset, if the listener closes during a handshake.
    except (
        ConnectionRefusedError,
        ConnectionResetError,
    ):
        return True


@contextlib.contextmanager
def ending(
    origin: str, drain: float = 60.0
) -> Iterator[tuple[Gateway, Callable[[], None]]]:
    """Run a gateway, and yield it with a function that begins its end. At the end of the block it has ended."""
    with contextlib.ExitStack() as stack:
        served = stack.enter_context(gateway(origin, drain=drain))
        closing = threading.Thread(target=stack.pop_all().close)

    def end() -> None:
        closing.start()
        until(lambda: _refuses(served), "new connections are refused")

    try:
        yield served, end
    finally:
        if closing.ident is None:
            closing.start()
        closing.join(PATIENCE)
        assert not closing.is_alive()


async def test_it_can_be_embedded():
    """A gateway starts and stops in a running event loop."""
    served = Gateway(Options(listen=LOOPBACK, admin=None))
    await served.start()
    assert served.url.startswith("http://127.0.0.1:")
    await served.stop()


@pytest.mark.parametrize("name", ["listen", "admin"])
def test_an_address_in_use_is_an_error(name):
    """Also with the thread helper."""
    with socket.create_server(("127.0.0.1", 0)) as taken:
        address: Any = {name: Address("127.0.0.1", taken.getsockname()[1])}
        with (
            pytest.raises(SettingsError, match="in use"),
            gateway("http://127.0.0.1:1", **address),
        ):
            pass


def test_ipv6_loopback_works():
    """The URL has the address in brackets."""
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        pytest.skip("this machine has no IPv6 loopback")
    with gateway("http://127.0.0.1:1", listen=Address("::1", 0)) as served:
        assert served.url.startswith("http://[::1]:")


def test_all_addresses_include_ipv4():
    """A gateway on ``[::]`` also accepts IPv4 callers."""
    if not socket.has_dualstack_ipv6():
        pytest.skip("this machine has no socket of both families")
    with gateway("http://127.0.0.1:1", listen=Address("::", 0)) as served:
        at = At(f"http://127.0.0.1:{served.url.rpartition(':')[2]}")
        assert status_of(ask(at, get("/x"))[0]) == 502


@pytest.mark.parametrize(("target", "body"), [("/x", b""), ("/x", b"abc"), (V1, b"")])
def test_a_call_in_progress_is_answered_while_draining(target, body):
    """Its response is the connection's last one, and /readyz answers 503."""
    held = Held(reply(EMPTY))
    request = get(
        target,
        *([f"Content-Length: {len(body)}"] if body else []),
        method="PUT" if body else "GET",
    )
    with raw_upstream(held) as upstream, ending(upstream.origin) as (served, end):
        with calling(served) as caller, calling(admin(served)) as probe:
            probe.send(get("/readyz"))
            assert probe.message()[1] == b"ok\n"
            caller.send(request)
            until(lambda: served.limits.count, "the call is in flight")
            end()
            probe.send(get("/readyz"))
            assert status_of(probe.message()[0]) == 503
            caller.send(body)
            assert held.arrived.wait(PATIENCE)
            held.answer.set()
            head, _ = caller.message()
        assert status_of(head) == 200
        assert value_of(head, "Connection") == "close"


def test_draining_is_bounded():
    """An endless call doesn't keep the gateway running."""
    held = Held()
    with (
        raw_upstream(held) as upstream,
        ending(upstream.origin, drain=0.2) as (served, end),
        calling(served) as caller,
    ):
        caller.send(get("/x"))
        assert held.arrived.wait(PATIENCE)
        end()
        assert caller.rest() == b""
        held.answer.set()


def test_idle_connections_do_not_delay_the_end():
    """The gateway does not wait for a connection without a call."""
    with (
        replying(reply()) as upstream,
        ending(upstream.origin, drain=60) as (served, end),
        calling(served) as caller,
    ):
        caller.send(get("/x"))
        caller.message()
        end()
        assert not caller.rest()


def test_a_response_is_written_completely_before_the_end():
    """A slow reader gets all of it, even if only flushing was left."""
    content = bytes(range(256)) * 32768
    with (
        replying(reply(content)) as upstream,
        ending(upstream.origin) as (served, end),
        calling(served) as caller,
    ):
        caller.send(get("/x"))
        caller.take(b"\r\n\r\n")
        end()
        got = b""
        while len(got) < len(content) and served.limits.count:
            got += caller.count(min(65536, len(content) - len(got)))
        # No call is in progress; the rest is in the kernel's or in the gateway's
        # buffers.
        assert got + caller.count(len(content) - len(got)) == content
