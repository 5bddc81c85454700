"""Probes and metrics, on a listener of their own."""

import pytest

from shim.gateway import Gateway
from tests.peers.raw import raw_upstream
from tests.peers.served import At, ask, gateway, get, status_of


def admin(served: Gateway) -> At:
    """Return a gateway's admin listener."""
    return At(served.admin_url or "")


@pytest.mark.parametrize("path", ["/livez", "/readyz", "/readyz?verbose"])
def test_probes_do_not_ask_upstream(path):
    """An upstream that is down doesn't take the gateway out of service."""

    def script(_: object) -> None:
        return

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        assert ask(admin(served), get(path))[1] == b"ok\n"
        assert upstream.connections == 0


def test_only_reading():
    """The admin listener takes no other method and has no other page."""
    with gateway("http://127.0.0.1:1") as served:
        assert status_of(ask(admin(served), get("/livez", method="POST"))[0]) == 405
        assert status_of(ask(admin(served), get("/api/atlas/v2/groups", host="localhost"))[0]) == 404


def test_it_can_be_left_out():
    """Without an admin address there is no such listener."""
    with gateway("http://127.0.0.1:1", admin=None) as served:
        assert served.admin_url is None
