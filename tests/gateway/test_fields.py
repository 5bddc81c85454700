"""Which codings upstream is asked for, and the date."""

from email.utils import parsedate_to_datetime

import pytest

from shim.gateway import fields


@pytest.mark.parametrize(
    ("said", "asked"),
    [
        (None, "identity"),
        ("", "identity"),
        ("gzip", "gzip"),
        ("br, GZip ; q=0.1", "gzip"),
        ("gzip;q=0", "identity"),
        ("gzip; q=0.000, *", "identity"),
        ("*;q=0.2", "gzip"),
        ("*;q=0", "identity"),
        ("br, zstd", "identity"),
        ("identity", "identity"),
    ],
)
def test_codings(said, asked):
    """Only gzip, which the gateway undoes, and only if the caller takes it (RFC 9110, 12.5.3)."""
    headers = (("X", "1"), *((("accept-encoding", said),) if said is not None else ()))
    assert fields.codings(headers) == (("X", "1"), ("Accept-Encoding", asked))


def test_now_is_a_date():
    """The date is one that the standard library reads, in GMT."""
    assert parsedate_to_datetime(fields.now()).tzinfo is not None
