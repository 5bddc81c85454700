"""Each verb, one value at a time; links, nesting and conditions."""

import json
from datetime import UTC, datetime

import pytest

from shim.core.messages import Dropped
from shim.documents.vocabulary import Fidelity
from tests.core.driver import BASE, answers, drive
from tests.core.small import EXACT, HEAD, WHY, field, read, translated, value


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
def test_a_value_of_another_type_is_left_out_and_reported(kind, said, why):
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


LINK = 'link = { rel = "self", path = "/things/{thing}/parts/{id}" }\n' + WHY
PARTS = field("id", "string", f'from = "id"\n{EXACT}') + field("links", "links", LINK)

WHEN = """
[resource.thing.x]
type = "string"
[[resource.thing.x.flex]]
when = {{ source = "k.w", {} }}
from = "y"
fidelity = "renamed"
[[resource.thing.x.flex]]
parameter = "thing"
fidelity = "derived"
why = "Else."
"""


@pytest.mark.parametrize(
    ("said", "got"),
    [
        ("2026-08-01T11:59:59Z", True),
        ("2026-08-01T12:00:00Z", False),
        ("2026-08-01T12:00:01Z", False),
        ("2026-08-01T13:59:59+02:00", True),
        ("0001-01-01T00:00:00+14:00", True),
        ("9999-12-31T23:59:59-14:00", False),
        ("soon", "nothing"),
        (None, "nothing"),
    ],
)
def test_passed_is_true_when_a_time_is_over(said, got):
    """``passed`` compares with the clock it was given, to the second and in any offset."""
    now = datetime(2026, 8, 1, 12, tzinfo=UTC).timestamp()
    driven = translated(field("x", "boolean", f'passed = "y"\n{WHY}'), {"y": said}, clock=now)
    assert driven.document.get("x", "nothing") == got
    assert bool(driven.outcome.record.dropped) is (got == "nothing")


@pytest.mark.parametrize(
    ("ident", "segment"),
    [("abc", "abc"), ("a b", "a%20b"), ("ä", "%C3%A4"), ("a?b#c", "a%3Fb%23c"), ("{thing}", "%7Bthing%7D")],
)
def test_a_link_is_made_of_the_path_and_the_answer(ident, segment):
    """Parameters stand as the caller wrote them, members are encoded."""
    driven = translated(PARTS, {"id": ident}, thing="T%2d1")
    assert driven.document["links"] == [{"href": f"{BASE}/api/atlas/v2/things/T%2d1/parts/{segment}", "rel": "self"}]


@pytest.mark.parametrize("ident", ["", ".", "..", "a/b", "a\\b", "\0", "%2e", "\ud800"])
def test_a_link_that_no_path_can_carry_is_left_out(ident):
    """A link that would lead elsewhere is not made."""
    driven = translated(PARTS, {"id": ident})
    assert driven.document == {"id": ident}


def test_a_link_without_its_member_is_left_out():
    """Where the answer has no id there is no link, and no empty list of links."""
    assert translated(PARTS, {}).document == {}


def test_links_have_a_relation_for_each_interface():
    """The relation may differ by version of the interface."""
    rule = '\n[[resource.thing.links.flex.link]]\nrel = { "v1.0" = "old", v2 = "new" }\npath = "/things"\n'
    rule += '\n[[resource.thing.links.flex.link]]\nrel = "self"\npath = "/things/{thing}"\n'
    engine = read(HEAD + field("links", "links", WHY) + rule)
    for api, rel in (("v1.0", "old"), ("v2", "new")):
        links = drive(engine, f"/api/atlas/{api}/things/t", [answers({})]).document["links"]
        assert links == [
            {"href": f"{BASE}/api/atlas/{api}/things", "rel": rel},
            {"href": f"{BASE}/api/atlas/{api}/things/t", "rel": "self"},
        ]


def test_links_come_last_and_may_name_any_field():
    """A link can name a field that stands after it in the document."""
    driven = translated(field("links", "links", LINK) + field("id", "string", f'from = "id"\n{EXACT}'), {"id": "1"})
    assert list(driven.document) == ["id", "links"]


def test_dotted_names_are_nested():
    """Fields with dots stand inside objects, which are made once."""
    fields = field("a.b.c", "string", f'from = "x"\n{EXACT}') + field("a.b.d", "string", f'from = "y"\n{EXACT}')
    assert translated(fields, {"x": "1", "y": "2"}).document == {"a": {"b": {"c": "1", "d": "2"}}}
    assert translated(fields, {"y": "2"}).document == {"a": {"b": {"d": "2"}}}
    assert translated(fields, {}).document == {}


def test_an_object_that_upstream_has_stays_one():
    """Recorded: an instance that is being made has empty connectionStrings."""
    fields = field("a.b", "string", f'from = "a.b"\n{EXACT}')
    assert translated(fields, {"a": {}}).document == {"a": {}}
    assert translated(fields, {"a": None}).document == {}
    assert translated(fields, {"a": {"b": 5}}).document == {}
    assert translated(field("c.b", "string", f'from = "a.b"\n{EXACT}'), {"a": {}}).document == {}


@pytest.mark.parametrize(
    ("condition", "word", "holds"),
    [
        ('is = "A"', "A", True),
        ('is = ["A", "B"]', "B", True),
        ('is = "A"', "a", False),
        ('is = "A"', None, False),
        ('is = "A"', "absent", False),
        ('is_not = ["A"]', "A", False),
        ('is_not = ["A"]', "B", True),
        ('is_not = ["A"]', None, True),
        ('is_not = ["A"]', "absent", True),
        ("given = true", "A", True),
        ("given = true", 0, True),
        ("given = true", None, False),
        ("given = true", "absent", False),
        ("given = false", "A", False),
        ("given = false", None, True),
        ("given = false", "absent", True),
    ],
)
def test_a_rule_applies_when_its_condition_holds(condition, word, holds):
    """``is``, ``is_not`` and ``given`` look at another member; the last rule takes all other cases."""
    source = {"y": "yes"} | ({} if word == "absent" else {"k": {"w": word}})
    driven = translated(WHEN.format(condition), source)
    assert driven.document == {"x": "yes" if holds else "t1"}
    assert driven.outcome.record.fields[0].fidelity is (Fidelity.RENAMED if holds else Fidelity.DERIVED)


def test_the_rule_that_applies_is_the_only_one():
    """A rule whose condition holds and whose source is missing leaves the field out."""
    assert translated(WHEN.format('is = "A"'), {"k": {"w": "A"}}).document == {}
