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
    """Return the content, the bytes behind it, and whether the end was seen."""
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
    """What llhttp says of the same bytes."""

    def __init__(self, data):
        self.content = b""
        self.complete = False
        self.refused = False
        try:
            httptools.HttpRequestParser(self).feed_data(HEAD + data)
        except httptools.HttpParserError:
            self.refused = True

    def on_body(self, body):
        """Take a piece of the content."""
        self.content += body

    def on_message_complete(self):
        """Take note of the end."""
        self.complete = True


def chunk(content):
    return b"%x\r\n%b\r\n" % (len(content), content)


CONTENT = st.lists(st.binary(min_size=1, max_size=40), max_size=5)
CUTS = st.lists(st.integers(0, 300), max_size=6)


@given(CONTENT, st.binary(max_size=20), CUTS)
def test_what_is_well_formed_is_content_to_its_very_end(contents, behind, cuts):
    """The content is whole, and not one byte behind its end is taken, wherever the pieces are cut."""
    data = b"".join(map(chunk, contents)) + b"0\r\n\r\n" + behind
    assert decoded(data, cuts) == (b"".join(contents), behind, True)


@given(st.text('0123456789abF;=\r\n x:"', max_size=30), CUTS)
def test_never_more_lenient_than_llhttp(text, cuts):
    """What llhttp refuses is refused, and of what it takes the content is the same."""
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
def test_very_small_chunks_have_their_bound(size):
    """A message may have 32,768 of one byte; three bytes and more are worth their size line."""
    data = chunk(b"a" * size) * 33_000
    if size == 1:
        with pytest.raises(MalformedError, match="more sizes"):
            decoded(data)
    else:
        assert decoded(data + chunk(b"")) == (b"a" * size * 33_000, b"", True)


def test_many_chunks_are_taken_apart_a_part_at_a_time():
    """What is behind so many is left for the next turn."""
    decoder = ChunkDecoder()
    data = chunk(b"ab") * (AT_ONCE + 1)
    assert decoder.feed(data, 0) == (b"ab" * AT_ONCE, len(data) - len(chunk(b"ab")))


@pytest.mark.parametrize("more", [0, 1])
@pytest.mark.parametrize("framed", [
    lambda more: b"1;" + b"x" * (LINE - 4 + more) + b"\r\na\r\n0\r\n\r\n",
    lambda more: b"0\r\n" + (b"a:" + b"x" * 1020 + b"\r\n") * (TRAILERS // 1024) + b"a:\r\n" * more + b"\r\n",
], ids=["line", "trailers"])  # fmt: skip
def test_what_stands_beside_content_is_taken_to_its_bound_and_no_further(framed, more):
    """An extension and trailers may be as long as is said, and not one byte longer."""
    if more:
        with pytest.raises(MalformedError, match="long"):
            decoded(framed(more))
    else:
        assert decoded(framed(0))[2]
