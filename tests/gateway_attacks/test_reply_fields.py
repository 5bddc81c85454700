"""A reply that isn't well-formed is 502; nothing of it is mended or handed on."""

import json

import pytest

from tests.gateway_attacks.crowds import answer_for, asked_by
from tests.gateway_hostile.calls import CALLS
from tests.gateway_hostile.faults import CONTENT, JSON, head
from tests.peers.raw import Peer, raw_upstream, replying
from tests.peers.served import ask, calling, gateway, get, lines_of, status_of, value_of

LENGTH = f"Content-Length: {len(CONTENT)}"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT)


def fields(*lines: str) -> bytes:
    """Return a reply with these lines in its head, and the content that they may mean."""
    return head(*lines, JSON) + CONTENT


def start(line: str) -> bytes:
    """Return a reply with this first line."""
    return f"{line}\r\n{LENGTH}\r\n{JSON}\r\n\r\n".encode("latin-1") + CONTENT


MALFORMED = {
    "Content-Length, space before the colon": head(f"Content-Length : {len(CONTENT)}", JSON) + CONTENT,
    "Content-Length, tab before the colon": head(f"Content-Length\t: {len(CONTENT)}", JSON) + CONTENT,
    "Content-Length twice, once with a space": fields(LENGTH, "Content-Length : 5"),
    "Transfer-Encoding, space before the colon": head("Transfer-Encoding : chunked", JSON) + CHUNKS,
    "Transfer-Encoding, space, beside a length": head("Transfer-Encoding : chunked", LENGTH, JSON) + CHUNKS,
    "a field, space before the colon": fields(LENGTH, "X : a"),
    "folded line": fields(LENGTH, "X: a\r\n b"),
    "folded line with a tab": fields(LENGTH, "X: a\r\n\tb"),
    "folded Transfer-Encoding": head("Transfer-Encoding:\r\n chunked", JSON) + CHUNKS,
    "folded first line": head(" X: a", LENGTH, JSON) + CONTENT,
    "NUL in a value": fields(LENGTH, "X: a\0b"),
    "NUL in a name": fields(LENGTH, "X\0: a"),
    "CR in a value": fields(LENGTH, "X: a\rb"),
    "CR at the end of a value": fields(LENGTH, "X: a\r"),
    "CR and a field": fields(LENGTH, "X: a\rContent-Length: 5"),
    "LF ends a line": head(f"{LENGTH}\nX: a", JSON) + CONTENT,
    "LF ends all lines": head(LENGTH, JSON).replace(b"\r\n", b"\n") + CONTENT,
    "a control character in a value": fields(LENGTH, "X: a\x01b"),
    "a name that is not a token": fields(LENGTH, "X(a): b"),
    "a name with a space": fields(LENGTH, "X a: b"),
    "no name": fields(LENGTH, ": a"),
    "no colon": fields(LENGTH, "Xa"),
    "Content-Length, two values": fields("Content-Length: 5, 6"),
    "Content-Length, a sign": fields(f"Content-Length: +{len(CONTENT)}"),
    "Content-Length, hexadecimal": fields("Content-Length: 0x20"),
    "Content-Length, empty": fields("Content-Length: "),
    "Content-Length, negative": fields("Content-Length: -1"),
    "Content-Length, beyond counting": fields("Content-Length: 99999999999999999999999"),
    "Content-Length twice, not the same": fields(LENGTH, "Content-Length: 3"),
    "gzip below chunks": head("Transfer-Encoding: gzip, chunked", JSON) + CHUNKS,
    "chunked twice": head("Transfer-Encoding: chunked, chunked", JSON) + CHUNKS,
    "chunked, and another coding behind it": head("Transfer-Encoding: chunked, gzip", JSON) + CHUNKS,
    "a coding that nobody knows": head("Transfer-Encoding: xchunked", JSON) + CHUNKS,
    "a chunk size with a sign": head("Transfer-Encoding: chunked", JSON) + b"+5\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than its size": head("Transfer-Encoding: chunked", JSON) + b"1\r\nhello\r\n0\r\n\r\n",
    "HTTP/2.0": start("HTTP/2.0 200 OK"),
    "HTTP/0.9": CONTENT,
    "another protocol": start("ICY 200 OK"),
    "a version with more digits": start("HTTP/1.10 200 OK"),
    "a status of two digits": start("HTTP/1.1 20 OK"),
    "a status of four digits": start("HTTP/1.1 2000 OK"),
    "a status of letters": start("HTTP/1.1 OK 200"),
    "a status below 100": start("HTTP/1.1 099 OK"),
    "a status of zeros": start("HTTP/1.1 000 OK"),
    "CR in the phrase": start("HTTP/1.1 200 O\rK"),
    "NUL in the phrase": start("HTTP/1.1 200 O\0K"),
}
STREAMED = {name for name in MALFORMED if name.startswith("a chunk")}
"""Where the head is well-formed, a call that only passes has its reply cut if some of it is with the caller already."""


@pytest.fixture(scope="module")
def site():
    """One gateway for all rows, and an upstream that answers as the request asks; ``X-Who`` marks a good request."""

    def script(peer: Peer) -> None:
        while True:
            start, _ = peer.message()
            name = value_of(start, "X-Row")
            peer.send(MALFORMED[name] if name else answer_for(start))

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        yield served


@pytest.mark.parametrize("kind", ["GET", "retired GET"])
@pytest.mark.parametrize("name", MALFORMED)
def test_malformed_reply(site, name, kind):
    """The caller gets 502 of the gateway's, framed once, and the next caller an answer from a new connection."""
    with calling(site) as peer:
        peer.send(CALLS[kind].replace(b"\r\n\r\n", f"\r\nX-Row: {name}\r\n\r\n".encode(), 1))
        if name in STREAMED and kind == "GET":
            if status_of(peer.take(b"\r\n\r\n")) != 502:
                assert not peer.rest().endswith(b"0\r\n\r\n")
        else:
            reply, content = peer.message()
            assert status_of(reply) == 502
            assert json.loads(content)["errorCode"].startswith("SHIM_")
            framings = [field for field, _ in lines_of(reply) if field in {"content-length", "transfer-encoding"}]
            assert framings == ["content-length"]
            assert not peer.seen
    who = b"a" * 24
    assert who in ask(site, asked_by(who, CALLS["retired GET"]))[1]


@pytest.mark.parametrize("line", ["X: caf\xe9", "X: a\tb", "X:", "X:    a    ", "X: " + "a" * 8000])
def test_odd_but_well_formed(line):
    """What RFC 9110, 5.5, allows passes."""
    with replying(head(LENGTH, JSON, line) + CONTENT) as upstream, gateway(upstream.origin) as served:
        got, content = ask(served, get("/x"))
        assert (status_of(got), content) == (200, CONTENT)
        assert value_of(got, "X") == line.partition(":")[2].strip()
