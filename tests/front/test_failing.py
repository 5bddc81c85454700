"""Gateways that fail, through the real proxies: what is sent again, what never is, and who is left out."""

import contextlib

import pytest

from tests.front.proxies import RETIRED, STRAIGHT, program, recorder, running, who
from tests.peers.ports import free_port
from tests.peers.raw import reply, until
from tests.peers.served import ask, get, status_of

pytestmark = pytest.mark.slow  # other people's programs

WRITES = [
    ("POST", "/api/atlas/v2/groups/a/serverless"),
    ("PATCH", "/api/atlas/v2/groups/a/serverless/b"),
    ("DELETE", "/api/atlas/v2/groups/a/serverless/b"),
    ("POST", "/api/atlas/v2/groups/a/clusters"),
    ("PUT", "/api/atlas/v2/groups/a/clusters"),
    ("DELETE", "/api/atlas/v2/groups/a/clusters/b"),
]


@contextlib.contextmanager
def two_gateways(folder, proxy, first, second, **admins):
    """Run a proxy before two gateways and Atlas, all of which end a write's connection unanswered."""
    program(proxy)

    def answer(name):
        def answered(head, content):
            return reply(b"", f"Who: {name}") if head.startswith(b"GET") else None

        return answered

    with contextlib.ExitStack() as stack:
        peers = [
            stack.enter_context(recorder(name, answer(name), proxied=proxy == "haproxy" and name != "atlas"))
            for name in ("atlas", "first", "second")
        ]
        admin = [
            stack.enter_context(recorder("admin", admins.get(name))).address for name in ("first_admin", "second_admin")
        ]
        words = ["--upstream", peers[0].url]
        for address, where in zip((first or peers[1].address, second or peers[2].address), admin, strict=True):
            words += ["--gateway", address, "--admin", where]
        yield stack.enter_context(running(folder, proxy, *words)), peers


@pytest.fixture
def breaking(proxy, tmp_path):
    with two_gateways(tmp_path, proxy, None, None) as found:
        yield found


@pytest.mark.parametrize(("method", "target"), WRITES)
def test_a_write_is_sent_once(breaking, method, target):
    """Its connection ends unanswered, a new one and a kept one: nobody sends it again, even when the caller asks."""
    at, peers = breaking
    for expected in (1, 2):
        for warm in (RETIRED, STRAIGHT):
            assert status_of(ask(at, get(warm))[0]) == 200
        body = b"{}"
        lines = (f"Content-Length: {len(body)}", "X-Envoy-Retry-On: 5xx,reset", "X-Envoy-Max-Retries: 3")
        head, _ = ask(at, get(target, *lines, method=method) + body)
        assert status_of(head) in {502, 503}
        line = f"{method} {target} ".encode()
        assert sum(head.startswith(line) for peer in peers for head in peer.heads) == expected


def test_a_dead_gateway_costs_no_read(proxy, tmp_path):
    """Nobody listens where the first one should: every read is answered by the other."""
    with two_gateways(tmp_path, proxy, f"127.0.0.1:{free_port()}", None) as (at, _):
        assert [who(at, get(RETIRED)) for _ in range(12)] == ["second"] * 12


def test_a_gateway_that_is_not_ready_gets_no_calls(proxy, tmp_path):
    """It takes calls, but says on its admin listener that it wants none: as in the beginning of its end."""
    if proxy == "nginx":
        pytest.skip("nginx has no active health checks")
    drains: list[bool] = []

    def ready(head, content):
        assert head.startswith(b"GET /readyz ")
        return reply(b"", status="503 Service Unavailable" if drains else "200 OK")

    with two_gateways(tmp_path, proxy, None, None, first_admin=ready) as (at, _):
        until(lambda: who(at, get(RETIRED)) == "first", "the first one is asked")
        drains.append(True)
        until(lambda: {who(at, get(RETIRED)) for _ in range(8)} == {"second"}, "it is asked no more")


def test_without_a_gateway_retired_calls_fail_and_others_do_not(proxy, tmp_path):
    """They are not sent straight on: since 2026-01-15 Atlas answers some as if there were no instances."""
    program(proxy)
    dead = f"127.0.0.1:{free_port()}"
    with recorder("atlas") as atlas:
        words = ("--upstream", atlas.url, "--gateway", dead, "--admin", "off")
        with running(tmp_path, proxy, *words, waits=False) as at:

            def begun():
                with contextlib.suppress(OSError, AssertionError):
                    return who(at, get(STRAIGHT)) == "atlas"

            until(begun, "it answers")
            assert status_of(ask(at, get(RETIRED))[0]) in {502, 503}
            assert RETIRED.encode() not in b"".join(atlas.heads)
