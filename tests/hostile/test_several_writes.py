"""One call with several writes: its memory, its log line, and a caller that disconnects."""

import json
import logging
import threading
from typing import Any

import pytest

from shim.core.settings import RouteWord
from tests.hostile.faults import JSON, message
from tests.peers.raw import PATIENCE, Peer, raw_upstream, reply, replying, until
from tests.peers.served import ask, calling, gateway, get, status_of

TEAM = (
    "/api/atlas/v2/orgs/64a0b1c2d3e4f50617283940/teams/64a0b1c2d3e4f50617283941/users"
)
ON: dict[str, Any] = {"route": RouteWord.SUCCESSOR, "writes": frozenset({"people"})}
NOBODY = b'{"results": []}'
DONE = "done: {} x POST /api/atlas/v2/orgs/{{}}/teams/{{}}:addUser"


def adding(count: int) -> bytes:
    """Return a call that adds this many users to a team, each with its own write."""
    body = json.dumps([{"id": f"{number:024x}"} for number in range(count)]).encode()
    lines = (
        "Accept: application/vnd.atlas.2023-01-01+json",
        f"Content-Length: {len(body)}",
    )
    return get(TEAM, *lines, method="POST") + body


def counts(served):
    """Return the counted calls by route and status."""
    until(lambda: not served.limits.count, "the last count")
    return {
        (route, status): count
        for (_, route, status), count in served.ledger.calls().items()
    }


@pytest.mark.parametrize("size", [51_000, 151_000])
def test_replies_to_writes_are_released(size):
    """Four hundred replies are never in memory together. Before, the call failed with 502 after eighty of 51 KB."""
    large = message(json.dumps({"id": "a", "text": "x" * size}).encode(), JSON)
    page = message(b'{"results": [], "totalCount": 0}', JSON)
    most = 0

    def script(peer: Peer) -> None:
        nonlocal most
        while True:
            head, _ = peer.message()
            most = max(most, served.limits.held)
            peer.send(large if head.startswith(b"POST") else page)

    with (
        raw_upstream(script) as upstream,
        gateway(upstream.origin, memory=16 << 20, **ON) as served,
    ):
        assert status_of(ask(served, adding(400))[0]) == 200
        until(lambda: served.limits.held == 0, "all is given back")
    assert most < 400_000


def test_the_bodies_of_later_writes_count():
    """They count as far as they exceed the memory that each call reserves."""
    held = threading.Event()
    seen = list[int]()

    def script(peer: Peer) -> None:
        while True:
            head, _ = peer.message()
            if head.startswith(b"POST"):
                seen.append(served.limits.held)
                held.wait(PATIENCE)
            peer.send(message(b'{"results": []}', JSON))

    body = json.dumps(
        [{"id": f"{number}{'a' * 1000}"} for number in range(300)]
    ).encode()
    request = get(TEAM, f"Content-Length: {len(body)}", method="POST") + body
    with (
        raw_upstream(script) as upstream,
        gateway(upstream.origin, **ON) as served,
        calling(served) as peer,
    ):
        peer.send(request)
        until(lambda: seen, "the first write")
        assert seen[0] > 2 * 300_000  # as it came, and as it will be sent
        held.set()
        assert status_of(peer.message()[0]) == 200
        until(lambda: served.limits.held == 0, "all is given back")


@pytest.mark.parametrize("way", ["close", "reset"])
@pytest.mark.parametrize("stops", [2, 4])
def test_writes_that_have_begun_are_finished_without_their_caller(caplog, way, stops):
    """Half of them would leave an unrequested state. The log and the counters show the result."""
    reached = threading.Event()
    goes_on = threading.Event()
    sent = list[bytes]()

    def script(peer: Peer) -> None:
        while True:
            head, _ = peer.message()
            sent.append(head.split(b" ")[0])
            if len(sent) == stops:
                reached.set()
                goes_on.wait(PATIENCE)
            peer.send(message(b'{"results": [], "totalCount": 0}', JSON))

    caplog.set_level(logging.INFO, "shim.gateway.calls")
    with raw_upstream(script) as upstream, gateway(upstream.origin, **ON) as served:
        with calling(served) as peer:
            peer.send(adding(5))
            assert reached.wait(PATIENCE)
            getattr(peer, way)()
        until(lambda: not served.metrics.server.connections, "the caller is gone")
        assert served.limits.count == 1
        goes_on.set()
        assert counts(served) == {("successor", 0): 1}
    assert sent == [b"GET", *[b"POST"] * 5, b"GET"]
    (line,) = [
        one.getMessage() for one in caplog.records if one.name == "shim.gateway.calls"
    ]
    assert " successor | unanswered in " in line
    assert line.endswith(DONE.format(5))


def test_a_failure_after_the_caller_left_is_logged(caplog):
    """The line has the error that the caller couldn't read, and the writes before it."""
    reached = threading.Event()
    goes_on = threading.Event()

    def script(peer: Peer) -> None:
        for content in (NOBODY, b"{}"):
            peer.message()
            peer.send(message(content, JSON))
        peer.message()
        reached.set()
        goes_on.wait(PATIENCE)

    caplog.set_level(logging.INFO, "shim.gateway.calls")
    with raw_upstream(script) as upstream, gateway(upstream.origin, **ON) as served:
        with calling(served) as peer:
            peer.send(adding(5))
            assert reached.wait(PATIENCE)
        until(lambda: not served.metrics.server.connections, "the caller is gone")
        goes_on.set()
        assert counts(served) == {("successor", 0): 1}
    (line,) = [
        one.getMessage() for one in caplog.records if one.name == "shim.gateway.calls"
    ]
    assert "SHIM_UPSTREAM_UNREADABLE" in line
    assert line.endswith(DONE.format(1))


def test_a_call_that_fails_between_its_writes_is_not_a_refused_one(caplog):
    """It counts by its route, and its line lists the writes that were done, without their ids."""
    script = (
        message(NOBODY, JSON),
        message(b"{}", JSON),
        message(b"{}", JSON),
        reply(b"<html>", status="503 Service Unavailable"),
    )
    caplog.set_level(logging.INFO, "shim.gateway.calls")
    with replying(*script) as upstream, gateway(upstream.origin, **ON) as served:
        assert status_of(ask(served, adding(5))[0]) == 503
        assert counts(served) == {("successor", 503): 1}
    (line,) = [
        one.getMessage() for one in caplog.records if one.name == "shim.gateway.calls"
    ]
    assert DONE.format(2) in line
    assert "64a0b1c2" not in line


@pytest.mark.parametrize(("request_bytes", "replies", "found"), [
    (adding(501), [reply()], {("none", 413): 1}),
    (adding(2), [message(NOBODY, JSON), message(b"{}", JSON), b""], {("successor", 502): 1}),
    (get("/a/../b"), [reply()], {("refused", 400): 1}),
    (get("/api/atlas/v2/groups"), [reply()], {("pass", 200): 1}),
    (get("/api/atlas/v2/groups"), [b""], {("pass", 502): 1}),
], ids=["too many", "cut", "not sent", "passed", "passed and cut"])  # fmt: skip
def test_a_call_counts_as_refused_until_something_is_sent(
    request_bytes, replies, found
):
    """After that it counts by its route, whatever the result."""
    with replying(*replies) as upstream, gateway(upstream.origin, **ON) as served:
        ask(served, request_bytes)
        assert counts(served) == found
