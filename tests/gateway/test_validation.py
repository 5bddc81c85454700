"""Requests that are refused before anything is sent, and those that are odd and fine."""

import json

import pytest

from tests.peers.raw import reply, replying
from tests.peers.served import ask, calling, gateway, get, status_of, value_of

ODD_TARGETS = [
    "//evil/x",
    "/a/../b",
    "/a/./b",
    "/a/..",
    "/a/%2e%2e/b",
    "/a/.%2E/b",
    "/a/..;x=1/b",
    "/a/%2e%2e;x/b",
    "/a\\b",
    "/a%5cb",
    "/a%00b",
    "/a#fragment",
    "/a?q#fragment",
    "http://elsewhere.test/x",
    "https://127.0.0.1/x",
    "ftp://127.0.0.1/x",
    "/api/atlas/v1.0/groups/6510aa1b2c3d4e5f60718293%2Fserverless/orders/backup/snapshots",
    "/api/atlas/v1.0/groups/6510aa1b2c3d4e5f60718293/serverless/orders%2Fbackup%2fsnapshots",
]


@pytest.mark.parametrize("target", ODD_TARGETS)
def test_target_with_two_readings_is_refused(target):
    """What upstream might read in another way is 400, in Atlas' shape, and the connection ends."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get(target))
        head, content = peer.message()
        assert status_of(head) == 400
        assert json.loads(content)["errorCode"] == "SHIM_BAD_REQUEST"
        assert value_of(head, "Connection") == "close"
        assert not peer.rest()
        assert not upstream.heads


def test_a_base_url_with_a_slash_at_its_end_is_told():
    """A caller that joins it with a path gets two slashes, and an answer that names the cause."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get("//api/atlas/v2/groups"))
        assert "give the base URL without a slash at its end" in json.loads(peer.message()[1])["detail"]


@pytest.mark.parametrize("target", ["/...", "/a..b/.c/d.", "/a/%2e%2ex", "/%2fa", "/a%2Fb", "/.well-known/x"])
def test_target_with_one_reading_passes(target):
    """Dots that are no dot segments, and encoded slashes in anything but a retired path, are fine."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        assert status_of(ask(served, get(target))[0]) == 200
        assert upstream.heads[0].split(b" ")[1] == target.encode()


def test_absolute_target_of_its_own_is_a_path():
    """The absolute form is allowed where it names the gateway itself (RFC 9112, 3.2.2)."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        assert status_of(ask(served, get(f"{served.url}/x?y"))[0]) == 200
        assert status_of(ask(served, get(served.url))[0]) == 200
        assert [head.split(b" ")[1] for head in upstream.heads] == [b"/x?y", b"/"]


@pytest.mark.parametrize("method", ["CONNECT", "TRACE"])
def test_methods_of_proxies_are_refused(method):
    """A gateway neither tunnels nor echoes."""
    target = "evil.test:443" if method == "CONNECT" else "/x"
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, get(target, method=method))
        assert status_of(head) == 405
        assert "GET" in (value_of(head, "Allow") or "")
        assert json.loads(content)["errorCode"] == "SHIM_METHOD_NOT_ALLOWED"
        assert not upstream.heads


@pytest.mark.parametrize("via", ["1.1 atlas-shim", "1.0 fred, 1.1 Atlas-Shim (x)", "HTTP/1.1 atlas-shim"])
def test_loop_is_broken(via):
    """A call that has been here before is answered with 508."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        head, _ = ask(served, get("/x", f"Via: {via}"))
        assert status_of(head) == 508
        assert "proxy_loop_detected" in (value_of(head, "Proxy-Status") or "")
        assert not upstream.heads


def test_gateway_that_is_its_own_upstream_finds_out():
    """Two gateways that call each other end in 508 and not in a flood."""
    with gateway("http://127.0.0.1:1") as last, gateway(last.url) as first:
        head, _ = ask(first, get("/x"))
        assert status_of(head) == 508


def test_via_of_others_is_kept():
    """Other intermediaries' names stay, and the gateway's comes last."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, get("/x", "Via: 1.0 atlas-shimmer, 1.1 b"))
        assert b"Via: 1.0 atlas-shimmer, 1.1 b\r\nVia: 1.1 atlas-shim\r\n" in upstream.heads[0]


@pytest.mark.parametrize("host", ["a b", "a,b", "me@evil", "a/b", "a:b", "[::1", 'a"b'])
def test_host_that_is_none_is_refused(host):
    """Links in replies lead to Host, so it must be one."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        assert status_of(ask(served, get("/x", host=host))[0]) == 400
        assert not upstream.heads


def test_field_bytes_that_are_no_text_are_refused():
    """Bytes that would be lost on the way are refused, UTF-8 passes."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        assert status_of(ask(served, get("/x", "X-A: caf\xe9"))[0]) == 400
        assert status_of(ask(served, get("/x", "X-A: caf\xc3\xa9"))[0]) == 200
        assert b"X-A: caf\xc3\xa9\r\n" in upstream.heads[0]
