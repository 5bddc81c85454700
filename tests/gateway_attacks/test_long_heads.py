"""Heads that are long and never end: together they hold no more than their part of the memory."""

from typing import Any

from tests.gateway_attacks.crowds import OTHER, ask_from, busy, crowd, ended, holding
from tests.peers.raw import until
from tests.peers.served import gateway, get

LONG = b"GET /x HTTP/1.1\r\nHost: shim.test\r\nX: " + b"a" * 30_000
OPTIONS: dict[str, Any] = {"memory": 1 << 20, "header_timeout": 60.0, "keepalive_timeout": 60.0}


def test_heads_that_never_end_are_bounded():
    """Beyond a quarter of the memory a caller is told to come again; others are served, and later there is room."""
    with holding() as upstream, gateway(upstream.origin, **OPTIONS) as served:
        with crowd(served, 20, OTHER, LONG) as callers:
            until(lambda: sum(ended(peer) for peer in callers) >= 10, "the end of those beyond it")
            told = [peer for peer in callers if peer.seen]
            assert told
            assert all(b" 503 " in peer.seen.partition(b"\r\n")[0] for peer in told)
            assert ask_from("127.0.0.1", served, get("/mine"))[1] == b"/mine"
        until(lambda: not busy(*ask_from("127.0.0.1", served, LONG + b"\r\n\r\n")), "room for a long head")
