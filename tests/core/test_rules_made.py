"""Verbs that make a value: lists, tests of words and times, links, nesting and conditions."""

from datetime import UTC, datetime

import pytest

from shim.documents.vocabulary import Fidelity
from tests.core.driver import BASE, answers, drive
from tests.core.small import HEAD, field, read, translated

EXACT = 'fidelity = "exact"'
WHY = 'fidelity = "derived"\nwhy = "Because."'


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
