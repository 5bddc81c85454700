"""Requests to Atlas and the gateway through the real proxies, their replies, and gateways that fail."""

import contextlib
import queue
import threading

import pytest

from tests.front.proxies import (
    RETIRED,
    STRAIGHT,
    program,
    recorded,
    recorder,
    running,
    who,
)
from tests.peers.ports import free_port
from tests.peers.raw import PATIENCE, reply, until
from tests.peers.served import ask, calling, get, lines_of, status_of, value_of

pytestmark = pytest.mark.slow  # third-party programs

WAYS = pytest.mark.parametrize("target", [RETIRED, STRAIGHT], ids=["gateway", "atlas"])
FIELDS = [
    ("accept", "application/json"),
    ("authorization", 'Digest username="a", uri="/x", response="00"'),
    ("cookie", "a=b; c=d"),
    ("user-agent", "a program"),
    ("x_odd-name", "kept"),
    ("x-forwarded-for", "203.0.113.9"),
    ("x-request-id", "one"),
]


def request(target, **more):
    return get(target, *(f"{name}: {value}" for name, value in FIELDS), **more)


def test_other_calls_reach_atlas_unchanged(front):
    """Every field that the caller sent arrives, and no other one, except that Host is Atlas's own."""
    at, atlas, _ = front
    assert who(at, request(STRAIGHT)) == "atlas"
    assert sorted(lines_of(atlas.heads[-1])) == sorted(
        [("host", atlas.address), *FIELDS]
    )


def test_retired_calls_reach_the_gateway_with_host_and_peer(front, proxy):
    """The gateway learns the name that the caller used and the caller's address."""
    at, _, gateway = front
    with calling(at) as peer:
        peer.send(request(RETIRED, host="atlas.example"))
        assert value_of(peer.message()[0], "who") == "gateway"
        own = peer.socket.getsockname()
    fields = dict(lines_of(gateway.heads[-1]))
    if proxy == "haproxy":
        assert gateway.callers[-1] == own
        assert fields.pop("x-forwarded-for") == "203.0.113.9"
    else:
        assert fields.pop("x-forwarded-for").replace(" ", "") == f"203.0.113.9,{own[0]}"
    fields.pop("x-forwarded-proto", None)
    assert fields == {
        "host": "atlas.example",
        **{name: value for name, value in FIELDS if name != "x-forwarded-for"},
    }


@WAYS
def test_connections_are_kept(front, target):
    """Ten calls of one caller need few connections on either side."""
    at, atlas, gateway = front
    peer = gateway if target == RETIRED else atlas
    with calling(at) as caller:
        caller.send(get(target))
        caller.message()
        before = peer.arrivals.connections
        for _ in range(10):
            caller.send(get(target))
            assert status_of(caller.message()[0]) == 200
    assert peer.arrivals.connections - before <= 2


GO_ON = threading.Event()
FIELDS_BACK = [
    ("date", "Tue, 24 Nov 2026 10:00:00 GMT"),
    ("server", "mdbws"),
    ("set-cookie", "a=b"),
    ("set-cookie", "c=d"),
    ("location", "http://elsewhere.example/x"),
    ("www-authenticate", 'Digest realm="MMS Public API", nonce="n"'),
    ("x-java-method", "ApiX::get"),
]


def answer(head, content):
    """Return a POST's content; a download in two pieces, the second on the test's signal; else a 401."""
    if head.startswith(b"POST"):
        return reply(content)
    if b"/download" in head:
        return pieces()
    return reply(
        b"{}",
        *(f"{name}: {value}" for name, value in FIELDS_BACK),
        status="401 Unauthorized",
    )


def pieces():
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\none,"
    assert GO_ON.wait(PATIENCE)
    yield b"two,"


@pytest.fixture(scope="module")
def answering(proxy, tmp_path_factory):
    """Run a proxy between peers with these replies."""
    with recorded(
        tmp_path_factory.mktemp(proxy), proxy, atlas=answer, gateway=answer
    ) as (at, _, _):
        yield at


@pytest.mark.parametrize(
    "target", ["/api/atlas/v2/groups/download/serverless", "/api/atlas/v2/download"]
)
def test_replies_are_streamed(answering, target):
    """The caller has the first piece before the other one is sent."""
    GO_ON.clear()
    with calling(answering) as caller:
        caller.send(get(target))
        assert b" 200 " in caller.take(b"\r\n\r\n")
        assert caller.count(4) == b"one,"
        GO_ON.set()
        assert caller.count(4) == b"two,"


@WAYS
def test_large_content_passes_both_ways(answering, target):
    """The test sends four megabytes, which must be below each proxy's default limit."""
    content = bytes(range(256)) * 16384
    request = get(
        target.replace("snapshots", "restoreJobs"),
        f"Content-Length: {len(content)}",
        method="POST",
    )
    head, body = ask(answering, request + content)
    assert status_of(head) == 200
    assert body == content


@WAYS
def test_replies_are_passed_through_unchanged(answering, target):
    """This covers status, content and fields: dates, server, cookies, links, and fields that control a proxy."""
    head, body = ask(answering, get(target))
    found = [
        line for line in lines_of(head) if line[0] not in {"connection", "keep-alive"}
    ]
    assert status_of(head) == 401
    assert body == b"{}"
    assert sorted(found) == sorted([*FIELDS_BACK, ("content-length", "2")])


ARRIVED: "queue.Queue[None]" = queue.Queue()


def in_two_pieces(peer):
    """Signal that the first piece of a request's content has arrived."""
    head = peer.take(b"\r\n\r\n")
    if head.startswith(b"POST"):
        peer.take(b"one,")
        ARRIVED.put(None)
        peer.take(b"two,")
        if b"chunked" in head.lower():
            peer.take(b"\r\n0\r\n\r\n")
    peer.send(reply(b"done", "Connection: close"))


@pytest.fixture(scope="module")
def reading(proxy, tmp_path_factory):
    """Run a proxy between peers that read pieces."""
    with recorded(tmp_path_factory.mktemp(proxy), proxy, script=in_two_pieces) as (
        at,
        _,
        _,
    ):
        yield at


@WAYS
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_requests_are_streamed(reading, target, chunked):
    """The other side has the first piece before the caller sends the next one."""
    if chunked:
        framing = "Transfer-Encoding: chunked"
    else:
        framing = "Content-Length: 8"
    with calling(reading) as caller:
        head = get(target.replace("snapshots", "restoreJobs"), framing, method="POST")
        caller.send(head + (b"4\r\none,\r\n" if chunked else b"one,"))
        ARRIVED.get(timeout=PATIENCE)
        caller.send(b"4\r\ntwo,\r\n0\r\n\r\n" if chunked else b"two,")
        assert caller.message()[1] == b"done"


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
    """Run a proxy before two gateways and Atlas, which all close a write's connection without a reply."""
    program(proxy)

    def answer(name):
        def answered(head, content):
            if head.startswith(b"GET"):
                return reply(b"", f"Who: {name}")
            return None

        return answered

    with contextlib.ExitStack() as stack:
        peers = [
            stack.enter_context(
                recorder(
                    name, answer(name), proxied=proxy == "haproxy" and name != "atlas"
                )
            )
            for name in ("atlas", "first", "second")
        ]
        admin = [
            stack.enter_context(recorder("admin", admins.get(name))).address
            for name in ("first_admin", "second_admin")
        ]
        words = ["--upstream", peers[0].url]
        for address, where in zip(
            (first or peers[1].address, second or peers[2].address), admin, strict=True
        ):
            words += ["--gateway", address, "--admin", where]
        yield stack.enter_context(running(folder, proxy, *words)), peers


@pytest.fixture
def breaking(proxy, tmp_path):
    with two_gateways(tmp_path, proxy, None, None) as found:
        yield found


@pytest.mark.parametrize(("method", "target"), WRITES)
def test_a_write_is_sent_once(breaking, method, target):
    """Its connection, new or kept, closes without a reply.

    No proxy sends it again, even if the caller's fields permit that.
    """
    at, peers = breaking
    for expected in (1, 2):
        for warm in (RETIRED, STRAIGHT):
            assert status_of(ask(at, get(warm))[0]) == 200
        body = b"{}"
        lines = (
            f"Content-Length: {len(body)}",
            "X-Envoy-Retry-On: 5xx,reset",
            "X-Envoy-Max-Retries: 3",
        )
        head, _ = ask(at, get(target, *lines, method=method) + body)
        assert status_of(head) in {502, 503}
        line = f"{method} {target} ".encode()
        assert (
            sum(head.startswith(line) for peer in peers for head in peer.heads)
            == expected
        )


def test_a_stopped_gateway_costs_no_read(proxy, tmp_path):
    """Nothing listens at the first gateway's address, so the other one replies to every read."""
    with two_gateways(tmp_path, proxy, f"127.0.0.1:{free_port()}", None) as (at, _):
        assert [who(at, get(RETIRED)) for _ in range(12)] == ["second"] * 12


def test_a_gateway_that_is_not_ready_gets_no_calls(proxy, tmp_path):
    """It still takes calls, but its admin listener reports not ready, as when a shutdown begins."""
    if proxy == "nginx":
        pytest.skip("nginx has no active health checks")
    drains: list[bool] = []

    def ready(head, content):
        assert head.startswith(b"GET /readyz ")
        return reply(b"", status="503 Service Unavailable" if drains else "200 OK")

    with two_gateways(tmp_path, proxy, None, None, first_admin=ready) as (at, _):
        until(lambda: who(at, get(RETIRED)) == "first", "the first one is asked")
        drains.append(True)
        until(
            lambda: {who(at, get(RETIRED)) for _ in range(8)} == {"second"},
            "it is asked no more",
        )


def test_without_a_gateway_only_retired_calls_fail(proxy, tmp_path):
    """They are not sent to Atlas, which since 2026-01-15 answers some as if there were no instances."""
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
