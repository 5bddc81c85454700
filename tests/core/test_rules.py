"""Each verb, one value at a time."""

import json

import pytest

from shim.core.messages import Dropped
from tests.core.small import field, translated, value

EXACT = 'fidelity = "exact"'
WHY = 'fidelity = "derived"\nwhy = "Because."'


@pytest.mark.parametrize(
    ("kind", "said"),
    [
        ("string", ""),
        ("string", "ä\ud800"),
        ("integer", 0),
        ("integer", 2**80),
        ("number", 1.5),
        ("number", 3),
        ("boolean", False),
        ("time", "2026-01-01T00:00:00+02:00"),
        ("strings", []),
        ("strings", ["a", ""]),
        ("object", {"a": [None, {"b": 1.5}]}),
        ("objects", [{}, {"a": None}]),
    ],
)
def test_a_value_is_handed_over_as_it_is(kind, said):
    """``from`` changes nothing, whatever the type."""
    assert value(kind, f'from = "y"\n{EXACT}', {"y": said}) == (said, ())


@pytest.mark.parametrize(
    ("kind", "said", "why"),
    [
        ("string", None, "null is not a value"),
        ("string", 5, "not of type string"),
        ("integer", 5.0, "not of type integer"),
        ("integer", True, "not of type integer"),
        ("integer", "5", "not of type integer"),
        ("boolean", 0, "not of type boolean"),
        ("time", "yesterday", "not of type time"),
        ("time", 1700000000, "not of type time"),
        ("strings", ["a", 1], "not of type strings"),
        ("object", [], "not of type object"),
        ("objects", {}, "not of type objects"),
    ],
)
def test_a_value_of_another_type_is_left_out_and_told(kind, said, why):
    """Nothing is coerced, and null is never passed on."""
    got, dropped = value(kind, f'from = "y"\n{EXACT}', {"y": said})
    assert got == "nothing"
    assert len(dropped) == 1
    assert (dropped[0].where, dropped[0].said) == ("y", said)
    assert dropped[0].why == why


def test_a_missing_value_is_left_out_in_silence():
    """What upstream does not say is not a defect."""
    assert value("string", f'from = "y"\n{EXACT}', {}) == ("nothing", ())


@pytest.mark.parametrize(
    ("source", "got", "dropped"),
    [
        ({"a": "1", "b": "2"}, "1", 0),
        ({"b": "2"}, "2", 0),
        ({"a": None, "b": "2"}, "2", 1),
        ({"a": 5, "b": "2"}, "2", 1),
        ({"a": 5}, "nothing", 1),
        ({"a": 5, "b": None}, "nothing", 1),
        ({"c": {"d": "3"}}, "3", 0),
        ({"c": "x"}, "nothing", 0),
        ({"c": []}, "nothing", 0),
        ({}, "nothing", 0),
    ],
)
def test_the_first_usable_source_counts(source, got, dropped):
    """Sources are tried in order, nested ones too; an invalid one before the one that counts is reported."""
    rule = f'from = ["a", "b", "c.d"]\n{EXACT}'
    made, left = value("string", rule, source)
    assert (made, len(left)) == (got, dropped)


def test_a_word_outside_the_legacy_ones_is_left_out():
    """A caller never meets a word that the legacy interface did not have."""
    rule, words = f'from = "y"\n{EXACT}', 'words = ["hourly", "daily"]'
    assert value("string", rule, {"y": "daily"}, words) == ("daily", ())
    got, dropped = value("string", rule, {"y": "yearly"}, words)
    assert got == "nothing"
    assert dropped == (Dropped("y", "yearly", "not one of the legacy words"),)


@pytest.mark.parametrize(
    ("drop", "said", "got"),
    [
        ("[0]", 0, "nothing"),
        ("[0]", 1, 1),
        ("[0, -1]", -1, "nothing"),
        ("[false]", 0, 0),
        ("[true]", 1, 1),
        ('[""]', 0, 0),
    ],
)
def test_what_stands_for_not_known_is_left_out(drop, said, got):
    """Zero is not false, and only the declared values are dropped."""
    assert value("integer", f'from = "y"\ndrop = {drop}\n{EXACT}', {"y": said})[0] == got


@pytest.mark.parametrize(
    ("said", "got"), [(5.0, 5), (5, 5), (-0.0, 0), (5.5, "nothing"), ("5", "nothing"), (True, "nothing")]
)
def test_a_whole_number_can_be_an_integer(said, got):
    """``whole`` makes 5 of 5.0, and nothing of 5.5."""
    made = value("integer", f'from = "y"\nwhole = true\n{EXACT}', {"y": said})[0]
    assert made == got
    assert type(made) is type(got)


def test_a_parameter_is_the_text_of_the_path():
    """``parameter`` gives the decoded segment."""
    driven = translated(field("x", "string", f'parameter = "thing"\n{EXACT}'), {}, thing="a%20%C3%A4")
    assert driven.document == {"x": "a ä"}


def test_an_absent_field_is_never_there():
    """``absent`` leaves a field out even when upstream has one of its name, and never makes null of it."""
    driven = translated(field("x", "string", 'absent = true\nwhy = "Unknown."'), {"x": "y"})
    assert driven.content == b"{}"
    assert driven.outcome.record.by_level() == {"absent": ("x",)}


def test_a_deep_value_is_written_again():
    """What could be read can be written, laid out or not."""
    deep: object = 1
    for _ in range(90):
        deep = [deep]
    fields = field("x", "object", f'from = "x"\n{EXACT}')
    driven = translated(fields, {"x": {"y": deep}})
    assert json.loads(driven.content) == {"x": {"y": deep}}
