"""Content codings undone: whole, bounded, or not at all."""

import gzip
import zlib
from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.gateway.decode import Undecodable, decoded


def bare(content: bytes) -> bytes:
    """Return deflate without zlib's wrapping, as some senders do."""
    machine = zlib.compressobj(wbits=-15)
    return machine.compress(content) + machine.flush()


CODED: dict[str, Callable[[bytes], bytes]] = {
    "": bytes,
    "identity": bytes,
    "gzip": gzip.compress,
    "x-gzip": gzip.compress,
    "GZIP": gzip.compress,
    "deflate": zlib.compress,
    "deflate, gzip": lambda content: gzip.compress(zlib.compress(content)),
    "gzip, identity": gzip.compress,
}


@pytest.mark.parametrize("coding", CODED)
@given(content=st.binary(max_size=300))
def test_codings_are_undone(coding, content):
    """What was coded comes back, codings undone in the opposite order."""
    raw = CODED[coding](content)
    assert decoded(raw, (("content-encoding", coding),), 1000) == content


@pytest.mark.parametrize("content", [b"", b"abc", bytes(1000)])
def test_bare_deflate(content):
    """Deflate without its wrapping is understood, too."""
    assert decoded(bare(content), (("Content-Encoding", "deflate"),), 1000) == content


def test_several_members_of_gzip():
    """Two gzip members in a row are one content (RFC 1952, 2.2)."""
    assert decoded(gzip.compress(b"a") + gzip.compress(b"b"), (("Content-Encoding", "gzip"),), 9) == b"ab"


@given(content=st.binary(min_size=1, max_size=300), cut=st.integers(min_value=1, max_value=8))
def test_content_that_ends_early(content, cut):
    """Not one byte may be missing."""
    with pytest.raises(Undecodable):
        decoded(gzip.compress(content)[:-cut], (("Content-Encoding", "gzip"),), 1000)


@pytest.mark.parametrize("coding", ["br", "zstd", "gzip, br", "compress"])
def test_other_codings(coding):
    """A coding that isn't known is named."""
    with pytest.raises(Undecodable, match="coded as"):
        decoded(b"x", (("Content-Encoding", coding),), 1000)


@pytest.mark.parametrize(("size", "fits"), [(999, True), (1000, True), (1001, False), (10_000_000, False)])
@pytest.mark.parametrize("coding", ["identity", "gzip", "deflate"])
def test_limit_is_exact(coding, size, fits):
    """The limit's last byte is allowed, and the next is not."""
    raw = CODED[coding](bytes(size))
    if fits:
        assert decoded(raw, (("Content-Encoding", coding),), 1000) == bytes(size)
    else:
        with pytest.raises(Undecodable, match="larger than 1000 bytes"):
            decoded(raw, (("Content-Encoding", coding),), 1000)


def test_coded_nothing_is_not_whole():
    """No bytes at all are no gzip."""
    with pytest.raises(Undecodable, match="empty"):
        decoded(b"", (("Content-Encoding", "gzip"),), 1000)
