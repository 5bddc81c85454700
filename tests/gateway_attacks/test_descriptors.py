"""Out of descriptors the operator is answered, the log stays short, and the gateway recovers."""

import contextlib
from typing import Any

import pytest

from tests.gateway_attacks.apart import apart
from tests.gateway_attacks.crowds import OTHER, crowd
from tests.peers.raw import EndedError, reply, replying, until
from tests.peers.served import ask, get, status_of

pytestmark = pytest.mark.slow

PATIENT: dict[str, Any] = {"client_timeout": 60.0, "keepalive_timeout": 60.0}
LINES = 50
ASKED = 200
"""Probes while there are no descriptors left; the log of an accept loop that spins grows meanwhile."""


@pytest.mark.parametrize("sending", [b"", b"GET /x HTTP/1.1\r\nHos"], ids=["silent", "within a head"])
@pytest.mark.parametrize("connections", [1000, 20], ids=["limit out of reach", "limit within reach"])
@pytest.mark.parametrize("uvloop", [True, False], ids=["uvloop", "asyncio"])
def test_out_of_descriptors(sending, connections, uvloop):
    """A hundred and twenty sockets at a limit of 64 files: probes and metrics answer, and calls do again afterwards."""
    options: dict[str, Any] = {**PATIENT, "uvloop": uvloop, "max_connections": connections}
    with replying(reply()) as upstream, apart(upstream.origin, files=64, **options) as served:
        for _ in range(3):
            assert status_of(ask(served, get("/x"))[0]) == 200
            with crowd(served, 120, sending=sending):
                for _ in range(ASKED):
                    assert status_of(ask(served.admin, get("/livez"))[0]) == 200
                assert status_of(ask(served.admin, get("/metrics", host="localhost"))[0]) == 200
                assert status_of(ask(served.admin, get("/readyz"))[0]) in {200, 503}
            until(lambda: _is_served(served), "a call that is served again")
        assert len(served.said().splitlines()) < LINES
        assert "Traceback" not in served.said()


def _is_served(served: Any) -> bool:
    """Return whether a call is answered by upstream; while the crowd leaves it may be dropped."""
    with contextlib.suppress(OSError, EndedError):
        return status_of(ask(served, get("/x"))[0]) == 200
    return False


def test_one_peer_does_not_take_all_descriptors():
    """With a limit within reach somebody else is served while one peer has all that it may have."""
    options: dict[str, Any] = {**PATIENT, "max_connections": 20}
    with replying(reply()) as upstream, apart(upstream.origin, files=64, **options) as served:
        with crowd(served, 120, OTHER):
            for _ in range(20):
                assert status_of(ask(served, get("/x"), "127.0.0.3")[0]) == 200
        assert len(served.said().splitlines()) < LINES
