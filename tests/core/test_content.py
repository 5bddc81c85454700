"""The decoding of content: content codings and JSON, within limits."""

import gzip
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.content import (
    ContentFault,
    JsonReader,
    acceptable,
    decode,
    dumps,
    loads,
    with_content,
)
from shim.core.messages import Reply


@pytest.mark.parametrize(
    ("content", "written"),
    [
        ('{ "a": ["\\u00e4", 1] }', '{"a":["ä",1]}'),
        (r'{"a":"\ud800"}', r'{"a":"\ud800"}'),
        ('\ufeff{"a":1}', '{"a":1}'),
        ("[123456789012345678901234567890]", "[123456789012345678901234567890]"),
    ],
    ids=[
        "no escape that is not needed",
        "a lone surrogate",
        "a byte order mark",
        "a big integer",
    ],
)
def test_json_is_written_on_one_line_in_utf8(content, written):
    """Text without a UTF-8 form stays escaped, a byte order mark is ignored (RFC 8259), and no digit is lost."""
    assert dumps(loads(content.encode())) == written.encode()


@pytest.mark.parametrize(
    "content",
    [
        *(b"", b"{", b"{}{}", b"<html>", b"\xff", b"\xfe\xff\x00{", b"1" * 5000),
        *(b"NaN", b"[Infinity]", b"[-Infinity]", b"[1e999]", b"[-1e999]"),
    ],
)
def test_invalid_json_is_a_value_error(content):
    """Broken content, NaN and numbers without a JSON form are refused."""
    with pytest.raises(ValueError):  # noqa: PT011 - three kinds of message, one kind of error
        loads(content)


@pytest.mark.parametrize("sign", ["", "-"])
def test_the_number_of_digits_of_an_integer_is_limited(sign):
    """Decoding takes quadratic time. 320 digits are more than any double has, and 321 are refused."""
    assert loads(f"[{sign}{'1' * (320 - len(sign))}]".encode()) == [
        int(sign + "1" * (320 - len(sign)))
    ]
    with pytest.raises(ValueError, match="an integer of 321 digits"):
        loads(f"[{sign}{'1' * (321 - len(sign))}]".encode())


ENCODERS = {
    "gzip": gzip.compress,
    "X-GZIP": gzip.compress,
    "deflate": zlib.compress,
    "identity": bytes,
}


@given(st.binary(max_size=200), st.lists(st.sampled_from(sorted(ENCODERS)), max_size=3))
def test_a_series_of_codings_is_decoded(data, codings):
    """The last one comes off first (RFC 9110, 8.4)."""
    wire = data
    for coding in codings:
        wire = ENCODERS[coding](wire)  # type: ignore[operator]  # mypy joins the encoders to object
    assert decode(wire, ", ".join(codings), 10_000) == data


@given(st.binary(min_size=1, max_size=200))
def test_deflate_without_its_zlib_header_is_decoded(data):
    """Every browser accepts it (RFC 9110, 8.4.1.2, note)."""
    compressor = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    assert (
        decode(compressor.compress(data) + compressor.flush(), "deflate", 10_000)
        == data
    )


def test_several_gzip_members_are_decoded():
    """Padding may follow the last one (RFC 1952, 2.2). Each copies the rest, so their number is limited."""
    assert (
        decode(gzip.compress(b"one") + gzip.compress(b"two") + b"\0" * 8, "gzip", 100)
        == b"onetwo"
    )
    with pytest.raises(ContentFault, match="more than 16 gzip members"):
        decode(gzip.compress(b"") * 17, "gzip", 100)


def test_a_long_series_of_codings_is_a_fault():
    """Each may cost as much as the whole content; two hundred took two seconds."""
    wire = b"x"
    for _ in range(5):
        wire = gzip.compress(wire)
    with pytest.raises(ContentFault, match="more than 4 codings"):
        decode(wire, ",".join(["gzip"] * 5), 100)
    assert decode(gzip.decompress(wire), ",".join(["gzip"] * 4), 100) == b"x"


@pytest.mark.parametrize(
    "wire",
    [
        gzip.compress(b"x" * 101),
        gzip.compress(b"x" * 60) * 2,
        gzip.compress(b"x" * 10**7),
    ],
    ids=["one", "two", "bomb"],
)
def test_decoding_stops_at_the_limit(wire):
    """That also holds for a decompression bomb that arrives in pieces."""
    with pytest.raises(ContentFault, match="larger than 100 bytes"):
        decode(wire, "gzip", 100)


@pytest.mark.parametrize("size", range(1, 30))
def test_a_truncated_reply_is_a_fault(size):
    """It is one at every byte of its last part; httpx's own decoder accepts such content as complete."""
    wire = gzip.compress(b"some content of a reply")
    with pytest.raises(ContentFault, match="is truncated"):
        decode(wire[:-size], "gzip", 100)


@pytest.mark.parametrize(
    ("wire", "coding", "said"),
    [
        *(
            (b"x", coding, "was not requested")
            for coding in ("br", "zstd", "compress", "nonsense")
        ),
        *(
            (b"\x1f\x8bnonsense", coding, "not match its coding")
            for coding in ("gzip", "deflate")
        ),
    ],
)
def test_other_codings_and_broken_content_are_a_fault(wire, coding, said):
    """The message has zlib's reason. A reply without content may still name a coding."""
    with pytest.raises(ContentFault, match=said):
        decode(wire, coding, 100)
    assert decode(b"", "gzip", 100) == decode(b"", "deflate", 100) == b""


@pytest.mark.parametrize(("asked", "sent"), [
    ("gzip, deflate", "gzip, deflate"), ("gzip, deflate, br, zstd", "gzip, deflate"),
    ("br;q=1.0, gzip;q=0.8, *;q=0.1", "gzip;q=0.8"), ("identity", "identity"), ("br", "identity"), ("", "identity"),
])  # fmt: skip
def test_only_codings_that_can_be_limited_are_requested(asked, sent):
    """Within these the caller's own preference holds."""
    assert acceptable(asked) == sent


@pytest.mark.parametrize(
    ("size", "fits"), [(999, True), (1000, True), (1001, False), (10_000_000, False)]
)
@pytest.mark.parametrize("coding", sorted(ENCODERS))
def test_the_limit_is_exact(coding, size, fits):
    """Content of exactly the limit is allowed, and one byte more isn't."""
    reply = Reply(200, (("Content-Encoding", coding),))
    read = with_content(reply, [ENCODERS[coding](bytes(size))], 1000)  # type: ignore[operator]  # as above
    assert (read.body, read.fault) == (
        (bytes(size), None) if fits else (None, "the content is larger than 1000 bytes")
    )


def test_content_that_was_not_read_to_its_end_is_a_fault():
    """The door that stops at the limit reports it."""
    assert (
        with_content(Reply(200), [b"x"], 1, complete=False).fault
        == "the content is larger than 1 bytes"
    )


@pytest.mark.parametrize(
    ("depth", "is_read"), [(1, True), (99, True), (100, False), (300, False)]
)
def test_only_nesting_counts_as_depth(depth, is_read):
    """Many brackets in a row are not deep."""
    content = b"[" + b"[]," * 200 + b"[" * depth + b"]" * depth + b"]"
    assert (JsonReader(loads).read(Reply(200, (), content)) is not None) is is_read
