"""What isn't a retired call crosses the gateway untouched: asserted on the bytes that arrive."""

import pytest

from tests.peers.raw import reply, replying
from tests.peers.served import ask, calling, gateway, get, lines_of, status_of, value_of

TARGETS = [
    "/",
    "/api/atlas/v2/groups",
    "/x?",
    "/x?a=1&a=%20+;b=%C3%A9?c",
    "/%41%62c/~user/a;b=c/@me:1",
    "/a//b/",
    "/x?next=//evil/../%2e%2e%2f%00\\",
    "/api/atlas/v2/groups/g/databaseUsers/admin/CN%3Da%2Fb",
]


@pytest.mark.parametrize("target", TARGETS)
def test_target_arrives_as_it_was_sent(target):
    """The raw target reaches upstream byte for byte, odd query and encoded octets included."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        assert status_of(ask(served, get(target))[0]) == 200
        assert upstream.heads[0].split(b" ")[1] == target.encode()


@pytest.mark.parametrize("method", ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PURGE"])
def test_any_method_passes(method):
    """Whatever the method, it is upstream's to judge."""
    answer = reply(b"" if method == "HEAD" else b"hi")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        assert status_of(ask(served, get("/x", method=method))[0]) == 200
        assert upstream.heads[0].startswith(f"{method} /x HTTP/1.1\r\n".encode())


def test_request_fields_arrive_in_order_without_additions():
    """End-to-end fields arrive in order, duplicates kept; Host is upstream's; only Via is added."""
    sent = ["X-B: 2", "X-A: 1", "x-b: 3", "Authorization: Bearer t", "Accept: a/b", "Cookie: k=v"]
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, get("/x", *sent))
        authority = upstream.origin.removeprefix("http://")
        wanted = [("host", authority)]
        wanted += [(line.split(": ")[0].lower(), line.split(": ")[1]) for line in sent]
        assert lines_of(upstream.heads[0]) == [*wanted, ("via", "1.1 atlas-shim")]


def test_connection_fields_stay_on_their_connection():
    """Hop-by-hop fields, and those that Connection names, end at the gateway (RFC 9110, 7.6.1)."""
    request = get(
        "/x",
        "Connection: keep-alive, X-Hop",
        "X-Hop: 1",
        "Keep-Alive: timeout=5",
        "Proxy-Connection: keep-alive",
        "Proxy-Authorization: Basic eDp5",
        "TE: trailers",
        "Trailer: X-T",
        "Upgrade: h2c",
    )
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, request)
        assert {name for name, _ in lines_of(upstream.heads[0])} == {"host", "via"}


def test_connection_cannot_delete_what_the_gateway_adds():
    """A caller that names the gateway's own fields in Connection doesn't get rid of them."""
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, get("/x", "Connection: Via, Host, close"))
        assert value_of(upstream.heads[0], "Via") == "1.1 atlas-shim"
        assert value_of(upstream.heads[0], "Host") == upstream.origin.removeprefix("http://")


def test_where_the_caller_comes_from_is_not_told():
    """Forwarded, X-Forwarded-* and X-Real-IP don't leave, in any spelling."""
    request = get(
        "/x", "Forwarded: for=1.2.3.4", "X-Forwarded-For: 1", "x_forwarded_host: e", "X-Real-IP: 1", "X-Real: 1"
    )
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, request)
        assert [name for name, _ in lines_of(upstream.heads[0])] == ["host", "x-real", "via"]


def test_reply_fields_arrive_in_order_with_duplicates():
    """Reply fields keep order, duplicates, spelling and bytes beyond ASCII; Connection's end here."""
    answer = reply(
        b"hi",
        "Set-Cookie: a=1",
        "set-cookie: b=2",
        "X-Latin: caf\xe9",
        "Date: Thu, 22 Jan 2026 00:00:00 GMT",
        "Keep-Alive: timeout=5",
        "Connection: X-Hop",
        "X-Hop: 1",
        "Via: 1.1 envoy",
    )
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, get("/x"))
    lines = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Latin: caf\xe9\r\n"
        b"Date: Thu, 22 Jan 2026 00:00:00 GMT\r\nVia: 1.1 envoy\r\nVia: 1.1 atlas-shim\r\n"
    )
    assert head == lines + f"X-Request-Id: {value_of(head, 'X-Request-Id')}\r\n\r\n".encode()
    assert content == b"hi"


def test_reason_phrase_and_unknown_status_pass():
    """A status nobody registered comes through with the phrase upstream gave it."""
    with replying(reply(b"", status="799 Odd Weather")) as upstream, gateway(upstream.origin) as served:
        assert ask(served, get("/x"))[0].startswith(b"HTTP/1.1 799 Odd Weather\r\n")


def test_coded_content_is_not_decoded():
    """Content-Encoding and its bytes are nobody's business but the two ends'."""
    answer = reply(b"\x1f\x8bnot really", "Content-Encoding: gzip")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, get("/x", "Accept-Encoding: br, gzip"))
        assert (value_of(head, "Content-Encoding"), content) == ("gzip", b"\x1f\x8bnot really")
        assert value_of(upstream.heads[0], "Accept-Encoding") == "br, gzip"


def test_chunks_are_framed_anew():
    """A chunked reply arrives chunked, whatever its chunks were, and trailers are dropped."""
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
        b"2\r\nab\r\n3;e=1\r\ncde\r\n0\r\nX-T: 1\r\n\r\n"
    )
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, get("/x"))
    assert content == b"abcde"
    assert value_of(head, "Transfer-Encoding") == "chunked"
    assert value_of(head, "Trailer") is None


def test_reply_that_ends_with_its_connection_is_chunked_for_the_caller():
    """A reply without length has an end the caller can see."""
    answer = b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\nall of it"
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, get("/x"))
    assert (value_of(head, "Transfer-Encoding"), content) == ("chunked", b"all of it")


def test_old_callers_are_not_sent_chunks():
    """HTTP/1.0 has no chunks: the connection's end is the content's."""
    answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    with replying(answer) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(b"GET /x HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
        head, _, content = peer.rest().partition(b"\r\n\r\n")
    assert content == b"ab"
    assert b"transfer-encoding" not in head.lower()


def test_head_keeps_the_length_and_the_connection():
    """A HEAD's reply says how long the content would be and has none; the next call still works."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
    with replying(answer, reply()) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get("/x", method="HEAD"))
        head = peer.take(b"\r\n\r\n")
        assert value_of(head, "Content-Length") == "1000"
        peer.send(get("/y"))
        assert peer.message()[1] == b"hi"
        assert upstream.connections == 1


@pytest.mark.parametrize("status", ["204 No Content", "304 Not Modified"])
def test_statuses_without_content(status):
    """204 and 304 have no content and no chunks, and the connection goes on."""
    answer = f"HTTP/1.1 {status}\r\nETag: W/x\r\n\r\n".encode()
    with replying(answer, reply()) as upstream, gateway(upstream.origin) as served, calling(served) as peer:
        peer.send(get("/x"))
        head = peer.take(b"\r\n\r\n")
        assert head.startswith(f"HTTP/1.1 {status}\r\n".encode())
        assert value_of(head, "ETag") == "W/x"
        assert value_of(head, "Transfer-Encoding") is None
        peer.send(get("/y"))
        assert peer.message()[1] == b"hi"


def test_interim_replies_are_skipped():
    """A 103 before the reply doesn't become the reply (RFC 9110, 15.2)."""
    answer = b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" + reply(b"last")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        assert ask(served, get("/x"))[1] == b"last"


def test_redirects_are_the_callers_to_follow():
    """A redirect is handed back, and not followed."""
    answer = reply(b"", "Location: http://127.0.0.1:1/away", status="307 Temporary Redirect")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        head, _ = ask(served, get("/x"))
        assert (status_of(head), len(upstream.heads)) == (307, 1)


def test_cookies_of_one_caller_are_not_sent_for_another():
    """A Set-Cookie goes to its caller and is kept by nobody else."""
    with replying(reply(b"", "Set-Cookie: s=1")) as upstream, gateway(upstream.origin) as served:
        ask(served, get("/x"))
        ask(served, get("/x"))
        assert value_of(upstream.heads[1], "Cookie") is None


def test_digest_crosses_an_untouched_path():
    """Challenge and signature of HTTP Digest pass, since the path is the caller's own."""
    challenge = 'WWW-Authenticate: Digest realm="MMS Public API", nonce="n", qop="auth"'
    signature = 'Authorization: Digest username="u", uri="/x", response="r"'
    with (
        replying(reply(b"", challenge, status="401 Unauthorized")) as upstream,
        gateway(upstream.origin) as served,
    ):
        head, _ = ask(served, get("/x", signature))
        assert f"WWW-Authenticate: {value_of(head, 'WWW-Authenticate')}" == challenge
        assert f"Authorization: {value_of(upstream.heads[0], 'Authorization')}" == signature


def test_netrc_is_not_read(tmp_path, monkeypatch):
    """A login that lies in the gateway's home directory is not used for a caller's call."""
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
    with replying(reply()) as upstream, gateway(upstream.origin) as served:
        ask(served, get("/x"))
        assert value_of(upstream.heads[0], "Authorization") is None


def test_switched_off_passes_retired_calls():
    """With the route word off even a retired call arrives as it was sent."""
    target = "/api/atlas/v1.0/groups/6510aa1b2c3d4e5f60718293/serverless/orders/backup/snapshots"
    with replying(reply()) as upstream, gateway(upstream.origin, route="off") as served:
        ask(served, get(target))
        assert upstream.heads[0].startswith(f"GET {target} HTTP/1.1".encode())
