"""The fast codec agrees with the core's, which is the reference."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core import content as core
from shim.gateway import exchange

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters()),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(VALUES)
def test_what_is_written_reads_back_the_same(value):
    """Both codecs read what either wrote, whatever the size of an integer or the sort of a character."""
    assert core.loads(exchange.dumps(value)) == core.loads(core.dumps(value)) == value


@pytest.mark.parametrize(
    "content", [b'"\\ud800"', b"[" * 500 + b"]" * 500, b'{"a":1,"a":2}', b" 1 ", b"1.10", b"\xef\xbb\xbf1"]
)
def test_readers_agree(content):
    """What one reads the other does, to the same value."""
    assert exchange.loads(content) == core.loads(content)


@pytest.mark.parametrize("content", [b"NaN", b"[Infinity]", b"", b"\xff", b"1e999", b"1 2", b"{'a':1}", b"01"])
def test_readers_refuse_the_same(content):
    """What one refuses the other does."""
    for loads in (exchange.loads, core.loads):
        with pytest.raises(ValueError):  # noqa: PT011 - both codecs' own messages
            loads(content)


def test_integers_beyond_64_bits_are_the_known_difference():
    """They read as a float; only fields of declared types leave the core, and a float is none of those."""
    assert math.isclose(exchange.loads(b"123456789012345678901234567890"), 1.2345678901234568e29)
    assert exchange.loads(str(2**64 - 1).encode()) == 2**64 - 1


def test_lone_surrogates_are_written_as_they_came():
    """A lone surrogate leaves as its escape."""
    assert json.loads(exchange.dumps("\ud800")) == "\ud800"
