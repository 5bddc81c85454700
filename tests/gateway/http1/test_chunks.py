"""Decoding of chunked content, compared with llhttp, for any division of the bytes."""

import httptools
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.gateway.http1.body import (
    AT_ONCE,
    LINE,
    TRAILERS,
    ChunkDecoder,
    MalformedError,
)

HEAD = b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n"


def decoded(data, cuts=()):
    """Return the content, the bytes after it, and whether the end was found."""
    decoder = ChunkDecoder()
    content = b""
    taken = 0
    for end in [*sorted(min(cut, len(data)) for cut in cuts), len(data)]:
        before = -1
        while taken > before and not decoder.done:
            before = taken
            piece, taken = decoder.feed(data[:end], taken)
            content += piece
    return content, data[taken:], decoder.done


class Judge:
    """The result of llhttp for the same bytes."""

    def __init__(self, data):
        self.content = b""
        self.complete = False
        self.refused = False
        try:
            httptools.HttpRequestParser(self).feed_data(HEAD + data)
        except httptools.HttpParserError:
            self.refused = True

    def on_body(self, body):
        """Record a piece of the content."""
        self.content += body

    def on_message_complete(self):
        """Record the end."""
        self.complete = True


def chunk(content):
    return b"%x\r\n%b\r\n" % (len(content), content)


CONTENT = st.lists(st.binary(min_size=1, max_size=40), max_size=5)
CUTS = st.lists(st.integers(0, 300), max_size=6)


@given(CONTENT, st.binary(max_size=20), CUTS)
def test_valid_content_is_read_to_its_exact_end(contents, behind, cuts):
    """It is complete, and no byte after it is consumed, however the bytes are divided."""
    data = b"".join(map(chunk, contents)) + b"0\r\n\r\n" + behind
    assert decoded(data, cuts) == (b"".join(contents), behind, True)


@given(st.text('0123456789abF;=\r\n x:"', max_size=30), CUTS)
def test_no_more_lenient_than_llhttp(text, cuts):
    """Whatever llhttp refuses is refused; the rest has the same content."""
    data = text.encode()
    judge = Judge(data)
    try:
        content, _, done = decoded(data, cuts)
    except MalformedError:
        return
    assert not (done and not judge.complete)
    if done and not judge.refused:
        assert content == judge.content


@pytest.mark.parametrize("size", [1, 3])
def test_tiny_chunks_are_limited(size):
    """A message may have 32,768 chunks of one byte; larger ones are not limited."""
    data = chunk(b"a" * size) * 33_000
    if size == 1:
        with pytest.raises(MalformedError, match="more chunk sizes"):
            decoded(data)
    else:
        assert decoded(data + chunk(b"")) == (b"a" * size * 33_000, b"", True)


def test_many_chunks_are_decoded_in_parts():
    """The rest waits for the next turn."""
    decoder = ChunkDecoder()
    data = chunk(b"ab") * (AT_ONCE + 1)
    assert decoder.feed(data, 0) == (b"ab" * AT_ONCE, len(data) - len(chunk(b"ab")))


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("framed", [
    lambda more: b"1;" + b"x" * (LINE - 4 + more) + b"\r\na\r\n0\r\n\r\n",
    lambda more: b"0\r\n" + (b"a:" + b"x" * 1020 + b"\r\n") * (TRAILERS // 1024) + b"a:\r\n" * more + b"\r\n",
], ids=["line", "trailers"])  # fmt: skip
def test_extensions_and_trailers_are_limited(framed, more):
    """They may be as long as documented, and not one byte longer."""
    if more:
        with pytest.raises(MalformedError, match="long"):
            decoded(framed(more))
    else:
        assert decoded(framed(0))[2]
