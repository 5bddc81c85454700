"""Several processes behind one port (``--reuse-port``): each its own, with calls, pages and an end of its own."""

import pytest

from shim.errors import SettingsError
from shim.gateway import Gateway, Options
from shim.gateway.http1.listener import bind
from tests.gateway_life.conftest import Running
from tests.gateway_life.test_drain import Load, slow
from tests.gateway_metrics.conftest import Page
from tests.peers.ports import free_port
from tests.peers.raw import raw_upstream, reply, replying, until
from tests.peers.served import LOOPBACK, At, ask, get

CALLS = 60
"""New connections of which none goes to one of two processes once in 2 ** 59 times."""


@pytest.fixture
def shared(serve, port):
    """Return a function that starts one more process behind a port, and returns it and where its pages are."""

    def start(origin: str) -> tuple[Running, At]:
        admin = f"127.0.0.1:{free_port()}"
        running = serve("--reuse-port", "--listen", f"127.0.0.1:{port}", "--admin", admin, "--upstream", origin)
        running.calls()
        return running, At(f"http://{admin}")

    return start


def test_each_call_is_counted_by_one_of_them(shared, port):
    """The kernel spreads new connections, and the sum over all pages is the number of calls."""
    with replying(reply()) as upstream:
        pages = [shared(upstream.origin)[1] for _ in range(2)]
        for _ in range(CALLS):
            ask(At(f"http://127.0.0.1:{port}"), get("/x", "Connection: close"))

        def counts() -> list[float]:
            texts = [ask(page, get("/metrics", host="localhost"))[1].decode() for page in pages]
            return [Page(text).value("atlas_shim_requests_total") or 0 for text in texts]

        until(lambda: sum(counts()) >= CALLS, "an answer is there before its count")
        assert sum(counts()) == CALLS
        assert min(counts()) > 0


def test_one_ends_while_the_other_serves(shared, port):
    """No call that was taken is lost, and all that come later go to the one that stays."""
    with raw_upstream(slow) as upstream:
        (first, _), (second, _) = shared(upstream.origin), shared(upstream.origin)
        load = Load(At(f"http://127.0.0.1:{port}"), kept=8, new=4)
        load.goes_on()
        assert first.end() == 0
        load.goes_on()
        load.stop()
        assert second.end() == 0
    assert load.lost == []


def test_pages_of_one_process_are_not_shared(serve, port):
    """A second process with the same ``--admin`` does not start, and says what it needs."""
    words = ("--reuse-port", "--listen", f"127.0.0.1:{free_port()}", "--admin", f"127.0.0.1:{port}")
    serve(*words).calls()
    second = serve(*words)
    assert second.logged("a port of this process' own")
    assert second.process.wait(60) == 2


async def test_sockets_of_systemd_are_not_shared_so():
    """They are its to share."""
    bound = bind(Options(listen=LOOPBACK))
    try:
        with pytest.raises(SettingsError, match="reuse_port: the sockets for calls come from systemd"):
            await Gateway(Options(reuse_port=True), environ={}).start(bound)
    finally:
        bound.close()
