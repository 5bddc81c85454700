"""Row 21: a final answer with content unread ends the connection, and nothing behind it is taken for content."""

import json
import threading

import pytest

from tests.gateway_attacks.crowds import holding
from tests.gateway_credentials.worlds import ALL, FLEX, OLD, RETIRED, UNTOUCHED, Signature, line, nonce_of, world
from tests.gateway_hostile.faults import message
from tests.gateway_hostile.rows import post
from tests.peers.raw import PATIENCE, EndedError, Peer, raw_upstream, until
from tests.peers.served import calling, gateway, get, status_of, value_of

TARGETS = {"untouched": UNTOUCHED, "v2": RETIRED, "v1.0": OLD.replace("snapshots", "restoreJobs")}
FRAMINGS = {"length": ("Content-Length: 100000",), "chunks": ("Transfer-Encoding: chunked",)}
framings = pytest.mark.parametrize("framing", FRAMINGS)
expectations = pytest.mark.parametrize("expect", [(), ("Expect: 100-continue",)], ids=["", "expectation"])


@pytest.fixture(scope="module")
def seen():
    with world("verify", allow=ALL) as found:
        yield found


def request(target: str, *lines: str, host: str) -> bytes:
    return get(target, *lines, method="POST", host=host)


def is_last(peer: Peer, status: int) -> bytes:
    """See that the answer comes at once, without 100, says that it closes, and closes; return its content."""
    head, content = peer.message()
    assert (status_of(head), value_of(head, "Connection")) == (status, "close")
    assert not peer.rest()
    return content


@pytest.mark.parametrize("credentials", [(), ("Authorization: Basic eDp4",)], ids=["none", "a login"])
@framings
@expectations
@pytest.mark.parametrize("target", TARGETS)
def test_challenge_while_content_is_missing(seen, target, expect, framing, credentials):
    """It is 401 and the end; a bearer token, and its content, would be upstream's to check."""
    before = len(seen.fake.arrivals)
    with calling(seen.gateway) as peer:
        peer.send(request(TARGETS[target], *expect, *FRAMINGS[framing], *credentials, host=seen.authority))
        is_last(peer, 401)
    assert len(seen.fake.arrivals) == before


@expectations
def test_request_in_place_of_content(seen, expect):
    """A caller that sends its next request, since 401 was final, has no answer that belongs to something else."""
    before = len(seen.fake.arrivals)
    following = get(UNTOUCHED, host=seen.authority)
    with calling(seen.gateway) as peer:
        peer.send(request(UNTOUCHED, *expect, f"Content-Length: {len(following)}", host=seen.authority))
        assert status_of(peer.message()[0]) == 401
        try:
            peer.send(following)
        except OSError:
            return
        assert not peer.rest()
    assert len(seen.fake.arrivals) == before


def test_expectation_of_a_caller_that_proves_its_key(seen):
    """The whole way of a careful client: 401 and the end, then signed on a new connection, 100, and its answer."""
    signature = Signature(nonce_of(seen), uri=UNTOUCHED, method="POST")
    lines = (line(signature.parts), f"Accept: {FLEX}", "Expect: 100-continue", "Content-Length: 2")
    with calling(seen.gateway) as peer:
        peer.send(request(UNTOUCHED, *lines, "Content-Type: application/json", host=seen.authority))
        assert status_of(peer.take(b"\r\n\r\n")) == 100
        peer.send(b"{}")
        assert status_of(peer.message()[0]) not in {401, 502}


@framings
@expectations
def test_refusal_while_content_is_missing(expect, framing):
    """Every refusal of the gateway's is like that: of a path, and 503, which callers come back from with the same."""
    with holding() as upstream, gateway(upstream.origin, max_requests=1) as served:
        with calling(served) as peer:
            peer.send(post(*expect, *FRAMINGS[framing], target="/x/../y"))
            is_last(peer, 400)
        with calling(served) as first, calling(served) as peer:
            first.send(get("/hold"))
            until(lambda: upstream.held, "a call in flight")
            peer.send(post(*expect, *FRAMINGS[framing]))
            assert json.loads(is_last(peer, 503))["errorCode"] == "SHIM_BUSY"


@framings
@pytest.mark.parametrize("status", ["401 Unauthorized", "413 Content Too Large", "200 OK", "500 Internal Server Error"])
def test_upstream_that_answers_before_the_content(status, framing):
    """Upstream's early answer is handed on; both connections end, and the next call has new ones."""
    left = threading.Event()

    def script(peer: Peer) -> None:
        start = peer.take(b"\r\n\r\n")
        if start.startswith(b"POST"):
            peer.send(message(b"early", status=status))
            try:
                while True:
                    peer.take(b"never")
            except (EndedError, OSError):
                left.set()
            return
        while True:
            peer.send(message(b"mine"))
            peer.take(b"\r\n\r\n")

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(post(*FRAMINGS[framing]))
            assert is_last(peer, int(status[:3])) == b"early"
        assert left.wait(PATIENCE)
        with calling(served) as peer:
            peer.send(get("/x"))
            assert peer.message()[1] == b"mine"


def test_answer_reaches_a_caller_that_is_still_sending():
    """A caller that sends all of its content before it reads finds the refusal, and no reset that swallows it."""
    size = 1 << 20
    with holding() as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(post(f"Content-Length: {size}", target="/x/../y") + bytes(size))
        assert status_of(peer.message()[0]) == 400
