"""The JSON codec and the surroundings of an exchange."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.content import dumps, loads
from shim.core.context import Context
from shim.core.memory import Memory
from shim.core.settings import Settings

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=10,
)


@given(JSON)
def test_what_was_written_is_read_again(value):
    """The codec loses nothing that JSON can say."""
    assert loads(dumps(value)) == value == json.loads(dumps(value))


def test_json_is_written_on_one_line_in_utf8():
    """No space, no escape that is not needed."""
    assert dumps({"a": ["ä", 1]}) == '{"a":["ä",1]}'.encode()


def test_a_lone_surrogate_stays_the_escape_it_was():
    """What UTF-8 has no bytes for is written as it came."""
    assert dumps(loads(rb'{"a":"\ud800"}')) == rb'{"a":"\ud800"}'


def test_a_byte_order_mark_is_ignored():
    """Some servers send one, and RFC 8259 lets a reader ignore it."""
    assert loads(b'\xef\xbb\xbf{"a":1}') == {"a": 1}


def test_big_integers_keep_every_digit():
    """An integer beyond 64 bits is not rounded."""
    assert dumps(loads(b"[123456789012345678901234567890]")) == b"[123456789012345678901234567890]"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"{",
        b"NaN",
        b"[Infinity]",
        b"[-Infinity]",
        b"[1e999]",
        b"[-1e999]",
        b"\xff",
        b"{}{}",
        b"<html>",
        b"\xfe\xff\x00{",
    ],
)
def test_what_is_no_json_is_a_value_error(content):
    """Broken content, NaN and numbers that have no JSON form are refused."""
    with pytest.raises(ValueError):  # noqa: PT011 - three kinds of message, one kind of error
        loads(content)


@pytest.mark.parametrize("sign", ["", "-"])
def test_an_integer_has_no_more_digits_than_are_decoded_quickly(sign):
    """Its decoding takes time by their square; 320 are more than any double has, and 321 are refused."""
    assert loads(f"[{sign}{'1' * (320 - len(sign))}]".encode()) == [int(sign + "1" * (320 - len(sign)))]
    with pytest.raises(ValueError, match="an integer of 321 digits"):
        loads(f"[{sign}{'1' * (321 - len(sign))}]".encode())


@given(st.binary())
def test_no_content_breaks_the_codec(content):
    """Any bytes are JSON or a ValueError."""
    try:
        value = loads(content)
    except ValueError:
        return
    assert json.loads(dumps(value)) == value


@pytest.mark.parametrize("base", ["http://h", "http://h/", "http://h//"])
def test_a_base_has_no_slash_at_its_end(base):
    """Links are the base and a path that begins with a slash, whatever was configured."""
    assert Context(Settings(), Memory(), lambda: 0.0, base).base == "http://h"


def test_who_has_one_clock_has_it_for_both():
    """Dates and spans of time are told by the same one, unless another is given."""
    given = Context(Settings(), Memory(), lambda: 1.0, "http://h")
    assert given.monotonic() == 1.0
    assert Context(Settings(), Memory(), lambda: 1.0, "http://h", monotonic=lambda: 2.0).monotonic() == 2.0
