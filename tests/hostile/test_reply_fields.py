"""A malformed reply becomes 502; no part of it is repaired or passed on."""

import json

import pytest

from tests.hostile.calls import CALLS
from tests.hostile.crowds import answer_for, asked_by
from tests.hostile.faults import CONTENT, JSON, head
from tests.peers.raw import Peer, raw_upstream, replying
from tests.peers.served import ask, calling, gateway, get, lines_of, status_of, value_of

LENGTH = f"Content-Length: {len(CONTENT)}"
CHUNKS = b"%x\r\n%b\r\n0\r\n\r\n" % (len(CONTENT), CONTENT)


def fields(*lines: str) -> bytes:
    """Return a reply with these lines in its head, and content that matches them."""
    return head(*lines, JSON) + CONTENT


def start(line: str) -> bytes:
    """Return a reply with this first line."""
    return f"{line}\r\n{LENGTH}\r\n{JSON}\r\n\r\n".encode("latin-1") + CONTENT


NAMES = ("X ", "X\0", "X(a)", "X a", "")
VALUES = (
    "a\r\n b",
    "a\r\n\tb",
    "a\0b",
    "a\rb",
    "a\r",
    "a\x01b",
    "a\rContent-Length: 5",
)
LENGTHS = ("5, 6", f"+{len(CONTENT)}", "0x20", "", "-1", "9" * 23)
CODINGS = ("gzip, chunked", "chunked, chunked", "chunked, gzip", "xchunked")
VERSIONS = ("HTTP/2.0", "ICY", "HTTP/1.10")
STATUSES = ("20 OK", "2000 OK", "OK 200", "099 OK", "000 OK", "200 O\rK", "200 O\0K")
MALFORMED = {
    **{f"name {name!r}": fields(LENGTH, f"{name}: a") for name in NAMES},
    **{f"value {value!r}": fields(LENGTH, f"X: {value}") for value in VALUES},
    **{
        f"line {line!r}": fields(LENGTH, line)
        for line in ("Xa", "Content-Length : 5", "Content-Length: 3")
    },
    **{f"length {length!r}": fields(f"Content-Length: {length}") for length in LENGTHS},
    **{
        f"coding {coding!r}": head(f"Transfer-Encoding: {coding}", JSON) + CHUNKS
        for coding in CODINGS
    },
    **{f"version {version!r}": start(f"{version} 200 OK") for version in VERSIONS},
    **{f"status {status!r}": start(f"HTTP/1.1 {status}") for status in STATUSES},
    "Content-Length, space before the colon": fields(
        f"Content-Length : {len(CONTENT)}"
    ),
    "Content-Length, tab before the colon": fields(f"Content-Length\t: {len(CONTENT)}"),
    "Transfer-Encoding, space before the colon": head(
        "Transfer-Encoding : chunked", JSON
    )
    + CHUNKS,
    "Transfer-Encoding, space, beside a length": head(
        "Transfer-Encoding : chunked", LENGTH, JSON
    )
    + CHUNKS,
    "folded Transfer-Encoding": head("Transfer-Encoding:\r\n chunked", JSON) + CHUNKS,
    "folded first line": head(" X: a", LENGTH, JSON) + CONTENT,
    "LF ends a line": head(f"{LENGTH}\nX: a", JSON) + CONTENT,
    "LF ends all lines": head(LENGTH, JSON).replace(b"\r\n", b"\n") + CONTENT,
    "a chunk size with a sign": head("Transfer-Encoding: chunked", JSON)
    + b"+5\r\nhello\r\n0\r\n\r\n",
    "a chunk longer than its size": head("Transfer-Encoding: chunked", JSON)
    + b"1\r\nhello\r\n0\r\n\r\n",
    "HTTP/0.9": CONTENT,
}
STREAMED = {name for name in MALFORMED if name.startswith("a chunk")}
"""If the head is well-formed, a passed call's reply is cut once the caller has received some of it."""


@pytest.fixture(scope="module")
def site():
    """One gateway for all rows, and an upstream that replies as requested; ``X-Who`` marks a good request."""

    def script(peer: Peer) -> None:
        while True:
            start, _ = peer.message()
            row = value_of(start, "X-Row")
            peer.send([*MALFORMED.values()][int(row)] if row else answer_for(start))

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        yield served


@pytest.mark.parametrize("kind", ["GET", "retired GET"])
@pytest.mark.parametrize("name", MALFORMED)
def test_a_malformed_reply_is_502(site, name, kind):
    """The gateway's own reply is framed once, and the next caller gets its reply over a new connection."""
    with calling(site) as peer:
        row = [*MALFORMED].index(name)
        peer.send(CALLS[kind].replace(b"\r\n\r\n", b"\r\nX-Row: %d\r\n\r\n" % row, 1))
        if name in STREAMED and kind == "GET":
            if status_of(peer.take(b"\r\n\r\n")) != 502:
                assert not peer.rest().endswith(b"0\r\n\r\n")
        else:
            reply, content = peer.message()
            assert status_of(reply) == 502
            assert json.loads(content)["errorCode"].startswith("SHIM_")
            framings = [
                field
                for field, _ in lines_of(reply)
                if field in {"content-length", "transfer-encoding"}
            ]
            assert framings == ["content-length"]
            assert not peer.seen
    who = b"a" * 24
    assert who in ask(site, asked_by(who, CALLS["retired GET"]))[1]


@pytest.mark.parametrize(
    "line", ["X: caf\xe9", "X: a\tb", "X:", "X:    a    ", "X: " + "a" * 8000]
)
def test_an_unusual_but_valid_reply_is_passed_on(line):
    """RFC 9110, 5.5, allows such field values."""
    with (
        replying(head(LENGTH, JSON, line) + CONTENT) as upstream,
        gateway(upstream.origin) as served,
    ):
        got, content = ask(served, get("/x"))
        assert status_of(got) == 200
        assert content == CONTENT
        assert value_of(got, "X") == line.partition(":")[2].strip()
