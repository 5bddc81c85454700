"""Shutdown: no call is lost under load, its length, and its signals."""

import contextlib
import signal

from tests.gateway.life.load import Load, slow
from tests.peers.raw import PATIENCE, Held, raw_upstream, reply, replying, until
from tests.peers.served import At, ask, calling, gateway, get, status_of


def test_a_signal_under_load_loses_no_call(serve):
    """Each call on busy persistent and new connections gets its response, and the exit code is 0."""
    with raw_upstream(slow) as upstream:
        running = serve("--admin", "off", "--upstream", upstream.origin)
        load = Load(running.calls(), kept=16, new=8)
        until(lambda: load.answered > 200, "the load is on")
        running.process.send_signal(signal.SIGTERM)
        load.join()
        assert running.process.wait(PATIENCE) == 0
        assert load.lost == []


def test_connections_are_accepted_until_the_balancer_has_noticed(serve, port):
    """If readiness is probed, it fails at once, and calls are accepted for a while."""
    with replying(reply(b"hi")) as upstream:
        admin = At(f"http://127.0.0.1:{port}")
        words = (
            "--admin",
            f"127.0.0.1:{port}",
            "--upstream",
            upstream.origin,
            "--drain",
            "600",
        )
        running = serve(*words)
        served = running.calls()
        assert status_of(ask(admin, get("/readyz"))[0]) == 200
        running.process.send_signal(signal.SIGTERM)
        until(lambda: status_of(ask(admin, get("/readyz"))[0]) == 503, "it says so")
        head, content = ask(served, get("/x"))
        assert content == b"hi"
        assert b"connection: close" not in head.lower()
        assert status_of(ask(admin, get("/livez"))[0]) == 200
        assert running.end() == 0


def test_a_second_signal_ends_at_once(serve):
    """A call of several minutes is cut off, and the exit code is 0; both signals work."""
    held = Held()
    with raw_upstream(held) as upstream:
        running = serve(
            "--admin", "off", "--upstream", upstream.origin, "--drain", "600"
        )
        with calling(running.calls()) as caller:
            caller.send(get("/x"))
            assert held.arrived.wait(PATIENCE)
            running.process.send_signal(signal.SIGINT)
            running.logged("drains after")
            assert running.end() == 0
            assert b"200 OK" not in caller.rest()
        held.answer.set()


def test_connections_in_the_backlog_are_served():
    """A caller that connected just before the listener closes is not reset."""
    with replying(reply(b"hi")) as upstream, contextlib.ExitStack() as stack:
        with gateway(upstream.origin) as served:
            callers = [stack.enter_context(calling(served)) for _ in range(20)]
            for caller in callers:
                caller.send(get("/x", "Connection: close"))
            # The gateway's thread has to end exactly here.
        assert [caller.message()[1] for caller in callers] == [b"hi"] * 20


def test_an_end_without_standard_error_works(serve, port):
    """A supervisor may close it; no socket gets its number, to which the interpreter writes its last lines."""
    without = ("sh", "-c", 'exec "$@" 2>&-', "sh")
    running = serve("--admin", f"127.0.0.1:{port}", before=without)

    def is_ready():
        with contextlib.suppress(OSError):
            return (
                status_of(ask(At(f"http://127.0.0.1:{port}"), get("/readyz"))[0]) == 200
            )

    until(is_ready, "it is ready")
    assert running.end() == 0
