"""The one look at a time agrees with the thorough one."""

from hypothesis import given
from hypothesis import strategies as st

from shim.documents.value_types import instant, is_usual_time

PARTS = st.tuples(*(st.integers(0, most) for most in (9999, 13, 32, 25, 61, 61)))


@given(PARTS)
def test_what_looks_like_a_time_is_one(parts):
    """A text that passes the first look is a time, and one that does not is left to the second."""
    text = "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*parts)
    assert not is_usual_time(text) or instant(text) is not None


@given(st.text("0123456789-:TZtz.+ ", max_size=24))
def test_no_odd_text_passes(text):
    """The same holds for texts of any form."""
    assert not is_usual_time(text) or instant(text) is not None


@given(st.lists(st.datetimes(), max_size=8))
def test_texts_are_in_the_order_of_their_times(times):
    """Sorted by text, they are sorted by time."""
    texts = [time.strftime("%Y-%m-%dT%H:%M:%SZ").rjust(20, "0") for time in times]
    usual = [text for text in texts if is_usual_time(text)]
    assert sorted(usual) == sorted(usual, key=lambda text: instant(text) or text)
