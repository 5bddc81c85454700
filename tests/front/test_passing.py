"""What reaches Atlas and the gateway through the real proxies, and what comes back."""

import queue
import threading

import pytest

from tests.front.proxies import RETIRED, STRAIGHT, recorded, who
from tests.peers.raw import PATIENCE, reply
from tests.peers.served import ask, calling, get, lines_of, status_of, value_of

pytestmark = pytest.mark.slow  # other people's programs

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


def test_straight_calls_reach_atlas_as_they_are(front):
    """Every field the caller sent and no other, but Host, which is Atlas' own."""
    at, atlas, _ = front
    assert who(at, request(STRAIGHT)) == "atlas"
    assert sorted(lines_of(atlas.heads[-1])) == sorted([("host", atlas.address), *FIELDS])


def test_retired_calls_reach_the_gateway_with_host_and_peer(front, proxy):
    """The gateway learns by which name it was called, and by whom."""
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
    assert fields == {"host": "atlas.example", **{name: value for name, value in FIELDS if name != "x-forwarded-for"}}


def test_haproxy_can_hand_the_peer_on_in_a_field(tmp_path):
    """By ``--peer forwarded-for``, for a gateway behind something that does not speak the PROXY protocol."""
    with recorded(tmp_path, "haproxy", "--peer", "forwarded-for", proxied=False) as (at, _, gateway):
        assert who(at, get(RETIRED, "X-Forwarded-For: 203.0.113.9")) == "gateway"
        assert [value for name, value in lines_of(gateway.heads[-1]) if name == "x-forwarded-for"][-1] == "127.0.0.1"


@WAYS
def test_connections_are_kept(front, target):
    """Ten calls of one caller take few connections, on either side."""
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


@WAYS
@pytest.mark.parametrize("offered", ["h2c", "websocket"])
def test_an_offer_to_change_the_protocol_is_ignored(front, proxy, target, offered):
    """As some clients make it with every call (RFC 9110, 7.8): the request is answered."""
    if (proxy, offered) == ("haproxy", "websocket"):
        pytest.skip("HAProxy passes it on")
    at, _, _ = front
    assert who(
        at, get(target, "Connection: Upgrade, HTTP2-Settings", f"Upgrade: {offered}", "HTTP2-Settings: AAMAAABk")
    )


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
    """Send a POST's content back; a download in two pieces, the second when a test says so; else a 401."""
    if head.startswith(b"POST"):
        return reply(content)
    if b"/download" in head:
        return pieces()
    return reply(b"{}", *(f"{name}: {value}" for name, value in FIELDS_BACK), status="401 Unauthorized")


def pieces():
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\none,"
    assert GO_ON.wait(PATIENCE)
    yield b"two,"


@pytest.fixture(scope="module")
def answering(proxy, tmp_path_factory):
    """A proxy between peers that answer so."""
    with recorded(tmp_path_factory.mktemp(proxy), proxy, atlas=answer, gateway=answer) as (at, _, _):
        yield at


@pytest.mark.parametrize("target", ["/api/atlas/v2/groups/download/serverless", "/api/atlas/v2/download"])
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
    """Four megabytes, which no proxy's default limit may stop."""
    content = bytes(range(256)) * 16384
    request = get(target.replace("snapshots", "restoreJobs"), f"Content-Length: {len(content)}", method="POST")
    head, body = ask(answering, request + content)
    assert (status_of(head), body == content) == (200, True)


@WAYS
def test_replies_come_back_as_they_are(answering, target):
    """Status, fields and content: dates, server, cookies, links, and what would steer a proxy."""
    head, body = ask(answering, get(target))
    found = [line for line in lines_of(head) if line[0] not in {"connection", "keep-alive"}]
    assert (status_of(head), body, sorted(found)) == (401, b"{}", sorted([*FIELDS_BACK, ("content-length", "2")]))


ARRIVED: "queue.Queue[None]" = queue.Queue()


def in_two_pieces(peer):
    """Say when the first piece of a request's content has come."""
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
    """A proxy between peers that read so."""
    with recorded(tmp_path_factory.mktemp(proxy), proxy, script=in_two_pieces) as (at, _, _):
        yield at


@WAYS
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_requests_are_streamed(reading, target, chunked):
    """The other side has the first piece before the caller sends the next one."""
    framing = "Transfer-Encoding: chunked" if chunked else "Content-Length: 8"
    with calling(reading) as caller:
        head = get(target.replace("snapshots", "restoreJobs"), framing, method="POST")
        caller.send(head + (b"4\r\none,\r\n" if chunked else b"one,"))
        ARRIVED.get(timeout=PATIENCE)
        caller.send(b"4\r\ntwo,\r\n0\r\n\r\n" if chunked else b"two,")
        assert caller.message()[1] == b"done"
