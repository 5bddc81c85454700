"""The memory budget: held content counts, and calls beyond the budget get 503."""

import contextlib
import gc
import gzip
import json
import socket
import tracemalloc
from typing import Any
from unittest import mock

import pytest

from shim.core.settings import RouteWord
from shim.gateway.allow import parse_allow
from shim.gateway.errors import Refusal
from shim.gateway.exchange import UpstreamCall
from shim.gateway.http1.body import BUFFERED, Body
from shim.gateway.http1.connection import Connection
from shim.gateway.http1.response import Request
from shim.gateway.limits import Entry, Limits
from shim.gateway.option_values import RESERVED
from shim.gateway.options import Options
from shim.gateway.server import Gateway
from tests.hostile.calls import CALLS
from tests.hostile.faults import JSON, message
from tests.hostile.rows import GROUP
from tests.peers.raw import reply, replying, until
from tests.peers.served import ask, calling, gateway, get, status_of

V2 = "Accept: application/vnd.atlas.2023-01-01+json"
CALL = get(f"/api/atlas/v2/groups/{GROUP}/serverless/orders/backup/snapshots", V2)
LONG = 8_000_000
"""Bytes of a response, more than the buffers of a connection hold."""
ITEM = {
    "id": "a" * (LONG // 100),
    "startTime": "2026-06-01T00:00:00Z",
    "status": "COMPLETED",
}
PAGE = json.dumps({"results": [ITEM] * 100, "totalCount": 100}).encode()


@pytest.fixture
def uncollected():
    """Disable garbage collection during the test."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture
def signed(monkeypatch) -> dict[str, Any]:
    """Return options of a gateway that signs all calls with a key."""
    monkeypatch.setenv("MONGODB_ATLAS_PUBLIC_API_KEY", "public")
    monkeypatch.setenv("MONGODB_ATLAS_PRIVATE_API_KEY", "private")
    return {"credentials": "own", "allow": parse_allow("all", "allow")}


def used(served: Gateway) -> int:
    return served.limits.reserved + served.limits.held


def test_long_contents_get_half_of_the_budget():
    """The rest stays available for small calls. Refused content does not count."""
    limits = Limits(Options(memory=10 * RESERVED))
    with contextlib.ExitStack() as calls:
        long = calls.enter_context(Entry(limits, "peer"))
        long.take(4 * RESERVED)
        with pytest.raises(Refusal):
            long.take(RESERVED + 1)
        long.take(RESERVED)
        assert not any(
            calls.enter_context(Entry(limits, "peer")).excess for _ in range(4)
        )
        long.give(4 * RESERVED)
        assert limits.held == RESERVED
        assert not any(
            calls.enter_context(Entry(limits, "peer")).excess for _ in range(4)
        )
        with pytest.raises(Refusal):
            long.take(1)
        assert limits.reserved == 9 * RESERVED
        assert limits.held == RESERVED
        assert "memory" in calls.enter_context(Entry(limits, "peer")).excess
    assert limits.count == 0
    assert limits.reserved == 0
    assert limits.held == 0
    assert limits.of_peer == {}


@pytest.mark.parametrize(
    ("kind", "status"), [("retired POST", 502), ("retired GET", 503)]
)
def test_an_executed_write_is_not_to_be_repeated(kind, status):
    """If its response finds no room, the error says that it was executed; a read may be repeated."""
    large = message(b'{"id": "' + b"a" * 300_000 + b'"}', JSON)
    with (
        replying(large) as upstream,
        gateway(upstream.origin, memory=300_000) as served,
    ):
        reply, content = ask(served, CALLS[kind])
        until(lambda: used(served) == 0, "all is given back")
    assert status_of(reply) == status
    assert (b"Retry-After" in reply) == (status == 503)
    assert (b"was executed" in content) == (status == 502)


def test_content_in_the_core_counts():
    """A cluster that was read is held until its second read; content within the reservation does not count."""
    limits = Limits(Options())
    run = mock.Mock(of_core=0)
    with Entry(limits, "peer") as run.entry:
        held = []
        for size in (500_000, 400_000, BUFFERED):
            UpstreamCall._hold_for_core(run, size)
            held.append(limits.held)
    assert held == [500_000, 400_000, 0]


def test_upstream_content_is_released_before_the_response():
    """The budget has room for only one of the two."""
    large = message(b'{"results": [{"id": "' + b"a" * 300_000 + b'"}]}', JSON)
    with (
        replying(large) as upstream,
        gateway(upstream.origin, memory=1_500_000) as served,
    ):
        assert status_of(ask(served, CALLS["retired GET"])[0]) == 200


@pytest.mark.parametrize(("method", "path", "body", "status"), [
    ("DELETE", "/groups/g/invites/u", b"", 503), ("PATCH", "/groups/g/invites/u", b'{"roles": []}', 503),
    ("POST", "/orgs/o/teams/t/users", b'[{"id": "a"}]', 502),
])  # fmt: skip
def test_a_lookup_without_room_executed_nothing(method, path, body, status):
    """It may be repeated. After writes, the error says what was executed."""
    large = message(b'{"id": "' + b"a" * 300_000 + b'"}', JSON)
    done = message(b"{}", JSON)
    switched: dict[str, Any] = {
        "route": RouteWord.SUCCESSOR,
        "writes": frozenset({"people"}),
        "memory": 300_000,
    }
    if status == 502:
        before = [message(b'{"results": []}', JSON), done]
    else:
        before = []
    with (
        replying(*before, large) as upstream,
        gateway(upstream.origin, **switched) as served,
    ):
        request = (
            get(f"/api/atlas/v2{path}", f"Content-Length: {len(body)}", method=method)
            + body
        )
        reply, content = ask(served, request)
    assert status_of(reply) == status
    error = json.loads(content)
    told = (
        'was executed. Done before: POST /api/atlas/v2/orgs/o/teams/t:addUser {"id":"a"}.'
        in error["detail"]
    )
    assert told == (status == 502)


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize(("request_bytes", "status"), [
    (CALL, 503), (get("/x", "Content-Length: 90000", method="POST") + b"x" * 50_000, 408),
], ids=["reply", "request"])  # fmt: skip
def test_released_content_does_not_wait_for_the_garbage_collector(
    signed, request_bytes, status
):
    """No error may hold it by a traceback, because collections are minutes apart."""
    large = message(b'{"id": "' + b"a" * 900_000 + b'"}', JSON)
    options = {**signed, "client_timeout": 0.3, "memory": 300_000}
    with replying(large) as upstream, gateway(upstream.origin, **options) as served:
        own = request_bytes.replace(
            b"shim.test", served.url.partition("//")[2].encode()
        )
        assert status_of(ask(served, own)[0]) == status
        until(lambda: served.limits.count == 0, "the call ends")
        until(
            lambda: (
                not any(
                    isinstance(one, Body) and one.chunks for one in gc.get_objects()
                )
            ),
            "it is let go of",
        )


@pytest.mark.parametrize(
    ("item", "sent"), [({"id": "a" * 9000}, 3), ({"id": "a", "x": [{"": {}}] * 300}, 1)]
)
def test_pages_that_wait_for_others_count(item, sent):
    """A list larger than the budget is abandoned early, and all of it released.

    A page counts by its decoded size, which may be much more than its bytes.
    """
    page = {
        "results": [item] * 20,
        "links": [{"rel": "next", "href": "x"}],
        "totalCount": 999,
    }
    with (
        replying(message(json.dumps(page).encode(), JSON)) as upstream,
        gateway(upstream.origin, memory=4 << 20) as served,
    ):
        head, _ = ask(served, CALL)
        assert status_of(head) == 503
        assert len(upstream.heads) == sent
        until(lambda: used(served) == 0, "all is given back")


def test_pages_count_by_their_decoded_size():
    """A list with small encoded and large decoded pages is abandoned in time."""
    page = {
        "results": [{"id": "a" * 100_000}] * 20,
        "links": [{"rel": "next", "href": "x"}],
        "totalCount": 999,
    }
    coded = gzip.compress(json.dumps(page).encode())
    assert len(coded) < RESERVED // 8
    with (
        replying(
            reply(coded, "Content-Type: application/json", "Content-Encoding: gzip")
        ) as upstream,
        gateway(upstream.origin, memory=16 << 20) as served,
    ):
        head, _ = ask(
            served, CALL.replace(b"\r\n\r\n", b"\r\nAccept-Encoding: gzip\r\n\r\n")
        )
        assert status_of(head) == 503
        assert len(upstream.heads) == 1
        until(lambda: used(served) == 0, "all is given back")


def test_an_unread_response_counts():
    """Until the caller has read it, a translated response counts once, without its sources."""
    with (
        replying(message(PAGE, JSON)) as upstream,
        gateway(upstream.origin, client_timeout=600.0) as served,
    ):
        with calling(served) as peer:
            tracemalloc.start()
            peer.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            peer.send(CALL)
            assert status_of(peer.take(b"\r\n\r\n")) == 200
            assert used(served) >= LONG
            # orjson allocates twice the size that it writes, and never touches the
            # other half.
            until(
                lambda: tracemalloc.get_traced_memory()[0] < 2.2 * LONG,
                "what it was made of is let go of",
            )
            tracemalloc.stop()
        until(lambda: used(served) == 0, "all is given back")


def test_content_stored_for_a_second_attempt_counts(signed):
    """It is held until it is complete, for each slow caller."""
    with replying(reply()) as upstream, gateway(upstream.origin, **signed) as served:
        with calling(served) as peer:
            peer.send(
                get(
                    "/x",
                    "Content-Length: 900001",
                    method="POST",
                    host=served.url.partition("//")[2],
                )
            )
            peer.send(b"x" * 900_000)
            until(lambda: used(served) >= 900_000, "the content counts")
            peer.send(b"x")
            assert status_of(peer.message()[0]) == 200
        until(lambda: used(served) == 0, "all is given back")


ENDED = {
    "kept": get("/x"),
    "kept for another": get("/x") * 2,
    "closed": get("/x", "Connection: close"),
    "refused": get("/a/../b"),
    "translated": CALL,
    "stalled": get("/x", "Content-Length: 9000", method="POST") + b"x" * 5000,
}


@pytest.mark.usefixtures("uncollected")
@pytest.mark.parametrize("request_bytes", ENDED.values(), ids=ENDED)
def test_a_closed_connection_does_not_wait_for_the_garbage_collector(
    request_bytes,
):
    """Its task, request and responses don't hold each other."""
    with (
        replying(message(b"{}", JSON)) as upstream,
        gateway(upstream.origin, client_timeout=0.3) as served,
    ):
        assert ask(served, request_bytes)[0]
        until(
            lambda: (
                not [
                    one
                    for one in gc.get_objects()
                    if isinstance(one, (Connection, Request))
                ]
            ),
            "all are gone",
        )
