"""What reaches Atlas and the gateway through the real proxies, and what comes back."""

import threading

import pytest

from tests.front.proxies import RETIRED, STRAIGHT, recorded, who
from tests.peers.raw import PATIENCE, reply
from tests.peers.served import ask, calling, get, lines_of, status_of, value_of

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


@pytest.fixture(scope="module")
def streaming(proxy, tmp_path_factory):
    """A proxy between peers that send one piece, and the other when they are told to."""
    told = threading.Event()

    def answer(head, content):
        if b"/download" not in head:
            return reply(b"", "Who: me")
        return pieces()

    def pieces():
        yield b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\nConnection: close\r\n\r\none,"
        assert told.wait(PATIENCE)
        yield b"two,"

    with recorded(tmp_path_factory.mktemp(proxy), proxy, atlas=answer, gateway=answer) as (at, _, _):
        yield at, told


STREAMED = pytest.mark.parametrize("target", ["/api/atlas/v2/groups/download/serverless", "/api/atlas/v2/download"])


@STREAMED
def test_replies_are_streamed(streaming, target):
    """The caller has the first piece before the other one is sent."""
    at, told = streaming
    told.clear()
    with calling(at) as caller:
        caller.send(get(target))
        assert b" 200 " in caller.take(b"\r\n\r\n")
        assert caller.count(4) == b"one,"
        told.set()
        assert caller.count(4) == b"two,"


@WAYS
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_requests_are_streamed(proxy, tmp_path, target, chunked):
    """The other side has the first piece before the caller sends the next one."""
    arrived = threading.Event()

    def begun(peer):
        head = peer.take(b"\r\n\r\n")
        if head.startswith(b"POST"):
            peer.take(b"one,")
            arrived.set()
            peer.take(b"two,")
            if b"chunked" in head.lower():
                peer.take(b"\r\n0\r\n\r\n")
        peer.send(reply(b"done", "Connection: close"))

    target = target.replace("snapshots", "restoreJobs")
    with recorded(tmp_path, proxy, script=begun) as (at, _, _), calling(at) as caller:
        framing = "Transfer-Encoding: chunked" if chunked else "Content-Length: 8"
        caller.send(get(target, framing, method="POST") + (b"4\r\none,\r\n" if chunked else b"one,"))
        assert arrived.wait(PATIENCE)
        caller.send(b"4\r\ntwo,\r\n0\r\n\r\n" if chunked else b"two,")
        assert caller.message()[1] == b"done"


@WAYS
def test_large_content_passes_both_ways(proxy, tmp_path, target):
    """Four megabytes, which no proxy's default limit may stop."""
    content = bytes(range(256)) * 16384
    target = target.replace("snapshots", "restoreJobs")

    def echo(head, body):
        return reply(body)

    with recorded(tmp_path, proxy, atlas=echo, gateway=echo) as (at, _, _):
        head, body = ask(at, get(target, f"Content-Length: {len(content)}", method="POST") + content)
    assert (status_of(head), body == content) == (200, True)


def test_replies_come_back_as_they_are(proxy, tmp_path):
    """Status, fields and content: dates, server, cookies, links, and what would steer a proxy."""
    fields = [
        ("date", "Tue, 24 Nov 2026 10:00:00 GMT"),
        ("server", "mdbws"),
        ("set-cookie", "a=b"),
        ("set-cookie", "c=d"),
        ("location", "http://elsewhere.example/x"),
        ("www-authenticate", 'Digest realm="MMS Public API", nonce="n"'),
        ("x-java-method", "ApiX::get"),
    ]

    def answer(head, content):
        return reply(b"{}", *(f"{name}: {value}" for name, value in fields), status="401 Unauthorized")

    with recorded(tmp_path, proxy, atlas=answer, gateway=answer) as (at, _, _):
        for target in (RETIRED, STRAIGHT):
            head, body = ask(at, get(target))
            found = [line for line in lines_of(head) if line[0] not in {"connection", "keep-alive"}]
            assert (status_of(head), body, sorted(found)) == (401, b"{}", sorted([*fields, ("content-length", "2")]))
