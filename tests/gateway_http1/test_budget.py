"""What is held in memory counts for as long as it is held, and no longer."""

import json
import socket
from typing import Any

import pytest

from shim.gateway import Gateway
from shim.gateway.allow.lists import parse_allow
from tests.gateway_hostile.faults import JSON, message
from tests.gateway_hostile.rows import GROUP
from tests.peers.raw import reply, replying, until
from tests.peers.served import ask, calling, gateway, get, status_of

V2 = "Accept: application/vnd.atlas.2023-01-01+json"
CALL = get(f"/api/atlas/v2/groups/{GROUP}/serverless/orders/backup/snapshots", V2)
LONG = 8_000_000
"""Bytes of a reply, more than the buffers of a connection take."""
ITEM = {"id": "a" * (LONG // 100), "startTime": "2026-06-01T00:00:00Z", "status": "COMPLETED"}
PAGE = json.dumps({"results": [ITEM] * 100, "totalCount": 100}).encode()


def used(served: Gateway) -> int:
    budget = served._handler.budget
    return budget.reserved + budget.held


@pytest.mark.parametrize("coalesce", [None, 0.05])
def test_reply_that_is_not_taken_counts(coalesce):
    """A translated reply is held until its caller has taken it, whatever upstream's own bytes were."""
    with replying(message(PAGE, JSON)) as upstream, gateway(upstream.origin, coalesce=coalesce) as served:
        with calling(served) as peer:
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.send(CALL)
            assert status_of(peer.take(b"\r\n\r\n")) == 200
            assert used(served) >= LONG
        until(lambda: used(served) == 0, "all is given back")


def test_content_that_is_kept_for_a_second_attempt_counts(monkeypatch):
    """Content that is held until it is whole is held in memory, for each caller that sends it slowly."""
    monkeypatch.setenv("MONGODB_ATLAS_PUBLIC_API_KEY", "public")
    monkeypatch.setenv("MONGODB_ATLAS_PRIVATE_API_KEY", "private")
    options: dict[str, Any] = {"credentials": "own", "sign_all": True, "allow": parse_allow("all", "allow")}
    with replying(reply()) as upstream, gateway(upstream.origin, **options) as served:
        with calling(served) as peer:
            peer.send(get("/x", "Content-Length: 900001", method="POST", host=served.url.partition("//")[2]))
            peer.send(b"x" * 900_000)
            until(lambda: used(served) >= 900_000, "the content counts")
            peer.send(b"x")
            assert status_of(peer.message()[0]) == 200
        until(lambda: used(served) == 0, "all is given back")


def test_reply_too_large_to_be_shared_is_no_page_that_is_held():
    """A reply that is asked for again because it can't be shared isn't counted as one of many."""
    content = b'{"error":404,"detail":"' + b"y" * 300_000 + b'"}'
    options: dict[str, Any] = {"coalesce": 0.05, "body_limit": 200_000, "memory": 1_500_000}
    with (
        replying(reply(content, "Content-Type: application/json", status="404 Not Found")) as upstream,
        gateway(upstream.origin, **options) as served,
    ):
        head, got = ask(served, CALL)
        assert (status_of(head), got) == (404, content)
        assert used(served) == 0
