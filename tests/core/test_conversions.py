"""Casts, units, joined and split texts, words of other types, and times as texts."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.vocabulary import instant, is_usual_time
from tests.core.driver import answers, drive
from tests.core.small import EXACT, HEAD, START, field, operation, read, successor, translated


def made(kind, way, said, more=""):
    """What one field becomes of a value, ``nothing`` where it is left out, and why it was.

    The document is read as a program's own codec may: integers of any length are no error there.
    """
    driven = translated(field("x", kind, f'from = "y"\n{way}\n{EXACT}', more), {"y": said}, codec={"loads": json.loads})
    return driven.document.get("x", "nothing"), [dropped.why for dropped in driven.outcome.record.dropped]


@pytest.mark.parametrize(
    ("kind", "said", "got"),
    [
        ("integer", "5", 5),
        ("integer", "-5", -5),
        ("integer", "0", 0),
        ("integer", "9223372036854775807", 2**63 - 1),
        ("integer", "-9223372036854775808", -(2**63)),
        ("integer", 5, 5),
        ("integer", 5.0, 5),
        ("number", "1.5", 1.5),
        ("number", "-0.25", -0.25),
        ("number", "12", 12),
        ("number", "1e-7", 1e-07),
        ("number", "1E+3", 1000.0),
        ("number", repr(0.00012345678901234567), 0.00012345678901234567),
        ("number", 1.5, 1.5),
        ("boolean", "true", True),
        ("boolean", "false", False),
        ("boolean", False, False),
        ("string", 5, "5"),
        ("string", -(2**63), "-9223372036854775808"),
        ("string", 1.5, "1.5"),
        ("string", True, "true"),
        ("string", False, "false"),
        ("string", "as it is", "as it is"),
    ],
)
def test_a_cast_makes_what_the_text_says(kind, said, got):
    """Text becomes the integer, number or boolean that it says, and those become text."""
    value, why = made(kind, "cast = true", said)
    assert (value, type(value), why) == (got, type(got), [])


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("integer", "5.5"),
        ("integer", "007"),
        ("integer", " 5"),
        ("integer", "+5"),
        ("integer", "\u0665"),
        ("integer", "1_000"),
        ("integer", ""),
        ("integer", "9" * 5000),
        ("integer", True),
        ("integer", 5.5),
        ("integer", [5]),
        ("number", "1."),
        ("number", "NaN"),
        ("number", "Infinity"),
        ("number", "1e999"),
        ("number", False),
        ("boolean", "True"),
        ("boolean", "1"),
        ("boolean", 1),
        ("boolean", ["true"]),
        ("string", {"a": 1}),
        ("string", ["a"]),
    ],
)
def test_what_cannot_be_cast_is_reported(kind, said):
    """What says nothing of the kind is left out, and nothing is guessed."""
    assert made(kind, "cast = true", said) == ("nothing", [f"can't be made {kind}"])


@pytest.mark.parametrize("way", ["cast = true", "factor = 2"])
def test_null_is_no_value_for_a_cast_either(way):
    """It becomes neither a text nor a number."""
    assert made("integer", way, None) == ("nothing", ["null is not a value"])


def test_a_number_that_python_alone_can_read_is_no_text():
    """A decoder that lets infinities in changes nothing: JSON has no word for them."""
    engine = read(HEAD + field("x", "string", f'from = "y"\ncast = true\n{EXACT}'))
    answer = (200, (), b'{"y": Infinity}')
    driven = drive(engine, "/api/atlas/v2/things/t", [answer], codec={"loads": json.loads})
    assert driven.document == {}


@pytest.mark.parametrize(
    ("kind", "factor", "said", "got"),
    [
        ("integer", "1024", 3, 3072),
        ("integer", "'1/1024'", 3072, 3),
        ("integer", "-1", 3, -3),
        ("integer", "'-2/3'", 9, -6),
        ("integer", "1000", 2**63, 2**63 * 1000),
        ("integer", "1000", 1.5, 1500),
        ("integer", "0.001", 5000, 5),
        ("integer", "1e22", 2, 2 * 10**22),
        ("integer", "100", 19.99, 1999),
        ("number", "3", 0.1, 0.3),
        ("number", "'1/1024'", 512, 0.5),
        ("number", "0.001", 5, 0.005),
        ("number", "1000", 0.5, 500.0),
        ("number", "'1/3'", 9.0, 3.0),
        ("number", "'1/3'", 9, 3),
    ],
)
def test_a_factor_makes_other_units(kind, factor, said, got):
    """Numbers are multiplied as they are written, without a loss, however large they are."""
    assert made(kind, f"factor = {factor}", said) == (got, [])


@pytest.mark.parametrize(
    ("kind", "factor", "said"),
    [
        ("integer", "'1/1024'", 3),
        ("integer", "1000", 0.0005),
        ("integer", "1000", 1e308),
        ("number", "1000", 1e308),
        ("number", "'1/7'", 10**400),
        ("integer", "1000", 10**4298),
        ("number", "1000", "5"),
        ("number", "1000", True),
        ("number", "1000", [5]),
    ],
)
def test_what_a_factor_cannot_take_is_reported(kind, factor, said):
    """No whole result for an integer, no finite one for a number, or no number at all."""
    assert made(kind, f"factor = {factor}", said) == ("nothing", [f"can't be made {kind}"])


@pytest.mark.parametrize(
    ("count", "said", "got"),
    [(2, "8.0.4", "8.0"), (2, "8.3.0-rc.1", "8.3"), (1, "8", "8"), (2, "8", None), (2, "8..4", None), (1, 8, None)],
)
def test_the_first_parts_of_a_text_are_taken(count, said, got):
    """Between dots, as of a version; a text with fewer parts gives no value."""
    found = (got, []) if got else ("nothing", ["can't be made string"])
    assert made("string", f"parts = {count}", said) == found


@pytest.mark.parametrize(
    ("kind", "values", "said", "got"),
    [
        ("string", '{ true = "on", false = "off" }', True, "on"),
        ("string", '{ true = "on", false = "off" }', False, "off"),
        ("string", '{ true = "on" }', "true", "on"),
        ("boolean", "{ on = true, off = false }", "off", False),
        ("boolean", "{ 1 = true, 0 = false }", 0, False),
        ("string", '{ 1 = "one", -2 = "less" }', -2, "less"),
        ("string", '{ 1 = "one" }', "1", "one"),
        ("string", '{ true = "on", other = "else" }', "other", "else"),
        ("integer", "{ true = 1, false = 0 }", False, 0),
    ],
)
def test_words_may_be_booleans_and_integers(kind, values, said, got):
    """On both sides; a key matches the text too."""
    value, why = made(kind, f"values = {values}", said)
    assert (value, type(value), why) == (got, type(got), [])


@pytest.mark.parametrize("said", [1, 1.0, "yes", [True], {}])
def test_a_value_that_no_word_stands_for_is_reported(said):
    """True is not 1, and 1.0 neither."""
    assert made("string", 'values = { true = "on", 2 = "two" }', said) == ("nothing", ["an unknown word"])


def test_a_value_is_cast_in_each_item_of_a_list():
    """As in one resource."""
    text = START + operation("listThings", "GET", "/things", 'resource = "thing"\nshape = "array"')
    text += successor("listThings", "/new") + field("n", "integer", 'from = "n"\ncast = true\nfidelity = "renamed"')
    driven = drive(read(text), "/api/atlas/v2/things", [answers({"results": [{"n": "5"}, {"n": "06"}]})])
    assert driven.document == [{"n": 5}, {}]


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
