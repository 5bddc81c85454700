"""A call that isn't retired passes the gateway unchanged, byte for byte."""

from tests.peers.raw import reply, replying
from tests.peers.served import calling, cross, gateway, get, lines_of, value_of


def test_request_fields_arrive_in_order_without_additions():
    """End-to-end fields arrive in order, duplicates kept; Host is upstream's; only Via is added."""
    sent = [
        "X-B: 2",
        "X-A: 1",
        "x-b: 3",
        "Authorization: Bearer t",
        "Accept: a/b",
        "Cookie: k=v",
    ]
    crossed = cross(get("/x", *sent))
    fields = [
        (name.lower(), value)
        for name, _, value in (line.partition(": ") for line in sent)
    ]
    host = crossed.upstream.origin.removeprefix("http://")
    *lines, (name, via) = lines_of(crossed.sent)
    assert lines == [("host", host), *fields]
    assert name == "via"
    assert via.partition("-shim-")[0] == "1.1 atlas"


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
    crossed = cross(get("/x"), answer)
    lines = (
        b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nSet-Cookie: a=1\r\nset-cookie: b=2\r\nX-Latin: caf\xe9\r\n"
        b"Date: Thu, 22 Jan 2026 00:00:00 GMT\r\nVia: 1.1 envoy\r\nVia: 1.1 atlas-shim\r\n"
    )
    assert (
        crossed.head
        == lines + f"X-Request-Id: {crossed.value('X-Request-Id')}\r\n\r\n".encode()
    )
    assert crossed.content == b"hi"


def test_reason_phrase_and_unknown_status_pass():
    """A status nobody registered comes through with the phrase upstream gave it."""
    assert cross(get("/x"), reply(b"", status="799 Odd Weather")).head.startswith(
        b"HTTP/1.1 799 Odd Weather\r\n"
    )


def test_coded_content_is_not_decoded():
    """The gateway passes its bytes and Content-Encoding as they are."""
    answer = reply(b"\x1f\x8bnot really", "Content-Encoding: gzip")
    crossed = cross(get("/x", "Accept-Encoding: br, gzip"), answer)
    assert crossed.value("Content-Encoding") == "gzip"
    assert crossed.content == b"\x1f\x8bnot really"
    assert value_of(crossed.sent, "Accept-Encoding") == "br, gzip"


def test_chunks_are_framed_anew():
    """A chunked reply arrives chunked, whatever its chunks were, and trailers are dropped."""
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
        b"2\r\nab\r\n3;e=1\r\ncde\r\n0\r\nX-T: 1\r\n\r\n"
    )
    crossed = cross(get("/x"), answer)
    assert crossed.content == b"abcde"
    assert crossed.value("Transfer-Encoding") == "chunked"
    assert crossed.value("Trailer") is None


def test_old_callers_are_not_sent_chunks():
    """HTTP/1.0 has no chunks: the connection's end is the content's."""
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nab\r\n0\r\n\r\n"
    )
    with (
        replying(answer) as upstream,
        gateway(upstream.origin) as served,
        calling(served) as peer,
    ):
        peer.send(b"GET /x HTTP/1.0\r\nHost: a\r\nConnection: keep-alive\r\n\r\n")
        head, _, content = peer.rest().partition(b"\r\n\r\n")
    assert content == b"ab"
    assert b"transfer-encoding" not in head.lower()
