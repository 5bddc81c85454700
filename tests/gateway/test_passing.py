"""A call that isn't retired passes the gateway unchanged, byte for byte."""

from tests.peers.raw import reply, replying
from tests.peers.served import calling, cross, gateway, get, lines_of, value_of


def test_request_fields_pass_in_order():
    """End-to-end fields keep order and duplicates; Host is upstream's; only Via is added."""
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


def test_response_fields_pass_in_order():
    """They keep order, duplicates, spelling and non-ASCII bytes; connection fields are removed."""
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


def test_a_reason_phrase_and_an_unknown_status_pass():
    """An unregistered status keeps upstream's phrase."""
    assert cross(get("/x"), reply(b"", status="799 Odd Weather")).head.startswith(
        b"HTTP/1.1 799 Odd Weather\r\n"
    )


def test_encoded_content_is_not_decoded():
    """Its bytes and Content-Encoding pass unchanged."""
    answer = reply(b"\x1f\x8bnot really", "Content-Encoding: gzip")
    crossed = cross(get("/x", "Accept-Encoding: br, gzip"), answer)
    assert crossed.value("Content-Encoding") == "gzip"
    assert crossed.content == b"\x1f\x8bnot really"
    assert value_of(crossed.sent, "Accept-Encoding") == "br, gzip"


def test_chunks_are_framed_again():
    """A chunked response arrives chunked, in other chunks, without trailers."""
    answer = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n"
        b"2\r\nab\r\n3;e=1\r\ncde\r\n0\r\nX-T: 1\r\n\r\n"
    )
    crossed = cross(get("/x"), answer)
    assert crossed.content == b"abcde"
    assert crossed.value("Transfer-Encoding") == "chunked"
    assert crossed.value("Trailer") is None


def test_http_1_0_callers_get_no_chunks():
    """The end of the connection ends the content."""
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
