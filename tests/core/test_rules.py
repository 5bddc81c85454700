"""Each verb and way by examples, one value at a time; times and links.

Whatever rules there may be besides, ``test_translator`` holds them against ``reference``.
"""

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.vocabulary import are_in_order, instant, is_usual_time
from tests.core.driver import BASE
from tests.core.small import EXACT, WHY, cases, field, made, translated, value

NULL = "null is not a value"


ON = 'values = { true = "on", other = "else" }'


@pytest.mark.parametrize(("kind", "way", "said", "got"), [
    ("integer", "", -0.0, 0), ("string", "parts = 2", "8.3.0-rc.1", "8.3"), ("string", ON, "true", "on"),
    ("string", ON, "other", "else"), ("integer", "drop = [false]", 0, 0),
])  # fmt: skip
def test_a_way_makes_another_value(kind, way, said, got):
    """Floats become whole, texts shorter, and words stand for others."""
    made, dropped = value(kind, f'from = "y"\n{way}', {"y": said})
    assert (made, type(made), dropped) == (got, type(got), [])


@pytest.mark.parametrize("said", ["8", "8..4", 8])
def test_what_a_way_cannot_take_is_reported(said):
    """What says nothing of the kind is left out, and nothing is guessed; null is no value for any way."""
    way = 'from = "y"\nparts = 2'
    assert value("string", way, {"y": said}) == ("nothing", [("y", said, "can't be made string")])
    assert value("string", way, {"y": None}) == ("nothing", [("y", None, NULL)])


@pytest.mark.parametrize(
    ("kind", "rule", "said", "why"),
    [
        ("string", ON, 1, "an unknown word"),
        ("string", ON, True, "an unknown word"),
        ("string", ON, ["true"], "an unknown word"),
        ("time", "", "2026-01-01T00:00:00Z\n2026-01-02T00:00:00Z", "not of type time"),
        ("integer", "drop = [0, -1]", -1, "it stands for not known"),
        ("integer", "", 5.5, "not of type integer"),
    ],
)
def test_a_value_that_no_word_stands_for_is_left_out(kind, rule, said, why):
    """True is not its word, zero is not false; two times are none."""
    assert value(kind, f'from = "y"\n{rule}', {"y": said}) == ("nothing", [("y", said, why)])


@pytest.mark.parametrize(("said", "got"), [(True, "yes"), (1, "no"), (1.0, "no"), ("true", "no"), (None, "no")])
def test_a_condition_keeps_what_is_equal_to_python_apart(said, got):
    """True is no 1, whichever of them it met first."""
    fields = cases(
        "string", f"when = {{ source = 'y', is = true }}\nconstant = 'yes'\n{WHY}", f"constant = 'no'\n{WHY}"
    )
    assert made(fields, {"y": said}) == ({"x": got}, [])


TIME_PARTS = st.tuples(*(st.integers(0, most) for most in (9999, 13, 32, 25, 61, 61)))


@given(TIME_PARTS.map(lambda parts: "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}Z".format(*parts)) | st.text("0129-:TZtz.+ "))
def test_what_looks_like_a_time_is_one(text):
    """A text that passes the first look is a time, and one that does not is left to the second."""
    assert not is_usual_time(text) or instant(text) is not None


FORMS = st.sampled_from(
    ["%Y-%m-%dT%H:%M:%SZ"] * 9 + ["%Y-%m-%dt%H:%M:%SZ", "%Y-%m-%dT%H:%M:%Sz", "%Y-%m-%dT%H:%M:%S.5Z"]
)
TIMES = st.builds(lambda time, form: time.strftime(form).zfill(len(form) + 2), st.datetimes(), FORMS)


@given(st.lists(TIMES, max_size=4))
def test_texts_are_in_the_order_of_their_times(texts):
    """Sorted by text, they are sorted by time, where their forms allow it."""
    if are_in_order(texts):
        assert sorted(texts) == sorted(texts, key=lambda text: instant(text) or text)
    assert are_in_order(texts) is all(map(re.compile("[0-9-]+T[0-9:]+Z").fullmatch, texts))


@pytest.mark.parametrize(("said", "got"), [
    ("2026-08-01T11:59:59Z", True), ("2026-08-01T12:00:00Z", False), ("2026-08-01T13:59:59+02:00", True),
    ("9999-12-31T23:59:59-14:00", False), ("soon", "nothing"), (None, "nothing"),
])  # fmt: skip
def test_passed_is_true_when_a_time_is_over(said, got):
    """``passed`` compares with the clock it was given, to the second and in any offset."""
    now = datetime(2026, 8, 1, 12, tzinfo=UTC).timestamp()
    made, dropped = value("boolean", f'passed = "y"\n{WHY}', {"y": said}, clock=now)
    assert (made, bool(dropped)) == (got, got == "nothing")


def test_parameters_and_what_is_absent_come_from_no_value():
    """``parameter`` gives the decoded segment; ``absent`` leaves a field out even if upstream has one of its name."""
    assert value("string", 'parameter = "thing"', {}, thing="a%20%C3%A4") == ("a ä", [])
    driven = translated(field("x", "string", 'absent = true\nwhy = "Unknown."'), {"x": "y"})
    assert (driven.content, driven.outcome.record.by_level()) == (b"{}", {"absent": ("x",)})


LINK = 'link = { rel = "self", path = "/things/{thing}/parts/{id}" }\n' + WHY
PARTS = field("links", "links", LINK) + field("id", "string", f'from = "id"\n{EXACT}')


@pytest.mark.parametrize(
    ("ident", "segment"),
    [
        ("abc", "abc"),
        ("ä b", "%C3%A4%20b"),
        ("a?b#c", "a%3Fb%23c"),
        ("{thing}", "%7Bthing%7D"),
        *[(ident, None) for ident in ("", ".", "..", "a/b", "a\\b", "\0", "%2e", "\ud800")],
    ],
)
def test_a_link_is_made_of_the_path_and_the_answer(ident, segment):
    """Parameters stand as the caller wrote them, members are encoded; a link that would lead elsewhere is not made.

    Links come last, though the field that they name stands after them in the document.
    """
    made = translated(PARTS, {"id": ident}, thing="T%2d1").document
    link = {"href": f"{BASE}/api/atlas/v2/things/T%2d1/parts/{segment}", "rel": "self"}
    assert [*made.items()] == [("id", ident), *([("links", [link])] if segment else [])]
    assert translated(PARTS, {}).document == {}, "without its member there is no link, and no empty list of links"
