"""Where rules read: names inside lists, and what is reported of lists that have nothing to take."""

import pytest

from shim.documents.sources import NoValue, look_up, parse_source
from tests.core.small import EXACT, field, translated


def made(kind, source, said, more=""):
    """What a field is made of what a source finds, and (where, said, why) of what was dropped."""
    driven = translated(field("x", kind, f'from = "{source}"\n{more}{EXACT}'), said)
    dropped = [(one.where, one.said, one.why) for one in driven.outcome.record.dropped]
    return driven.document.get("x", "nothing"), dropped


@pytest.mark.parametrize(
    ("kind", "source", "said", "got"),
    [
        ("string", "a[first]", {"a": ["u", "v"]}, "u"),
        ("string", "a[first].b", {"a": [{"b": "u"}, {"b": "v"}]}, "u"),
        ("string", "a.b[first].c[first].d", {"a": {"b": [{"c": [{"d": "u"}]}]}}, "u"),
        ("string", "a[only]", {"a": ["u"]}, "u"),
        ("string", "a[only].b.c", {"a": [{"b": {"c": "u"}}]}, "u"),
        ("strings", "a[each]", {"a": ["u", "v"]}, ["u", "v"]),
        ("strings", "a[each].b", {"a": [{"b": "u"}, {"b": "v"}]}, ["u", "v"]),
        ("strings", "a[each].b", {"a": [{"b": "u"}, {}, "text"]}, ["u"]),
        ("strings", "a[each].b", {"a": []}, []),
        ("strings", "a[each].b[first]", {"a": [{"b": ["u", "v"]}, {"b": []}]}, ["u"]),
        ("strings", "a[each].b[each].c", {"a": [{"b": [{"c": "u"}]}, {"b": [{"c": "w"}]}]}, ["u", "w"]),
        ("strings", "a[each].b[each]", {"a": [{"b": ["u"]}, {"b": "text"}, {}]}, ["u"]),
        ("strings", "a[first].b[each].c", {"a": [{"b": [{"c": "u"}]}, {"b": [{"c": "v"}]}]}, ["u"]),
        ("strings", "a[only].b[each]", {"a": [{"b": ["u"]}]}, ["u"]),
        ("array", "a[each].b", {"a": [{"b": 1}, {"b": None}, {"b": [2]}]}, [1, None, [2]]),
        ("objects", "a[each].b[each]", {"a": [{"b": [{"c": 1}]}, {"b": [{"c": 2}]}]}, [{"c": 1}, {"c": 2}]),
    ],
)  # fmt: skip
def test_a_source_goes_through_lists(kind, source, said, got):
    """To the first item, to the only one, or to each of them, however deep they are."""
    assert made(kind, source, said) == (got, [])


@pytest.mark.parametrize(
    ("kind", "source"),
    [("string", "a[first].b"), ("string", "a[only].b"), ("strings", "a[each].b"), ("strings", "c[first].a[each].b")],
)
@pytest.mark.parametrize("said", [{}, {"a": []}, {"a": {"b": "u"}}, {"a": "text"}, {"a": None}, {"a": ["text"]}])
def test_where_there_is_no_such_list_nothing_is_made_up(kind, source, said):
    """The field is left out, and its source reported as missing; a list of nothing is a list all the same."""
    expected = [] if type(said.get("a")) is list and source == "a[each].b" else "nothing"
    assert made(kind, source, said) == (expected, [])


def test_of_several_items_only_takes_none():
    """What the list had is reported."""
    several = [{"b": "u"}, {"b": "v"}]
    assert made("string", "a[only].b", {"a": several}) == ("nothing", [("a[only].b", several, "not of type string")])
    assert made("array", "a[only].b", {"a": several}) == ("nothing", [("a[only].b", several, "not a list of one")])


@pytest.mark.parametrize(("kind", "source"), [("array", "a[each].b[only].c"), ("objects", "a[each].b[only].c[each]")])
def test_only_inside_each_takes_none_of_several_either(kind, source):
    """The list that it can't choose from stands in no answer."""
    value, dropped = made(kind, source, {"a": [{"b": [{"c": [{"d": 1}]}]}, {"b": [{"c": [{}]}, {"c": [{}]}]}]})
    assert value == "nothing"
    assert dropped == [(source, [{"c": [{}]}, {"c": [{}]}], "not a list of one")]


def test_only_inside_each_takes_the_one_item():
    """Of each item's list."""
    said = {"a": [{"b": [{"c": "u"}]}, {"b": [{"c": "v"}]}, {"b": []}]}
    assert made("strings", "a[each].b[only].c", said) == (["u", "v"], [])


def test_what_each_finds_may_be_joined():
    """Texts of all items in one."""
    assert made("string", "a[each].b", {"a": [{"b": "u"}, {"b": "v"}]}, 'join = "+"\n') == ("u+v", [])


def test_a_value_of_one_item_that_does_not_fit_is_reported_with_all_of_them():
    """No part of a list stands for the whole."""
    assert made("strings", "a[each].b", {"a": [{"b": "u"}, {"b": 5}]}) == (
        "nothing",
        [("a[each].b", ["u", 5], "not of type strings")],
    )


def test_the_first_source_that_is_there_counts():
    """A list without items is as good as none."""
    rule = f'from = ["a[first].b", "c[only]", "d"]\n{EXACT}'
    for said, got in (
        ({"a": [{"b": "u"}], "d": "w"}, {"x": "u"}),
        ({"a": [], "c": ["v"], "d": "w"}, {"x": "v"}),
        ({"a": [], "c": [], "d": "w"}, {"x": "w"}),
    ):
        driven = translated(field("x", "string", rule), said)
        assert (driven.document, driven.outcome.record.dropped) == (got, ())


def test_a_condition_may_look_into_a_list():
    """At the item that a step takes."""
    fields = f"""
[resource.thing.x]
type = "string"
[[resource.thing.x.flex]]
when = {{ source = "a[first].kind", is = ["PLAIN"] }}
from = "a[first].b"
{EXACT}
[[resource.thing.x.flex]]
absent = true
why = "Unknown."
"""
    assert translated(fields, {"a": [{"kind": "PLAIN", "b": "u"}]}).document == {"x": "u"}
    assert translated(fields, {"a": [{"kind": "GOLD", "b": "u"}]}).document == {}
    assert translated(fields, {"a": []}).document == {}


def test_other_verbs_go_through_lists_too():
    """Whatever reads a source."""
    fields = field("n", "integer", f'count = "a[first].b"\n{EXACT}')
    fields += field("l", "strings", f'list = "a[first].b[first]"\n{EXACT}')
    assert translated(fields, {"a": [{"b": ["u"]}]}).document == {"n": 1, "l": ["u"]}


@pytest.mark.parametrize("source", ["a[first]", "a[only]", "b.a[first]"])
def test_a_list_of_one_item_reports_what_is_no_item(source):
    """It is empty where a list has nothing, and not where it has something else."""
    rule = field("x", "strings", f'list = "{source}"\n{EXACT}')
    for said, got, count in (([], {"x": []}, 0), (["u"], {"x": ["u"]}, 0), ([5], {}, 1), ([None], {}, 1)):
        driven = translated(rule, {"a": said, "b": {"a": said}})
        assert (driven.document, len(driven.outcome.record.dropped)) == (got, count)


def test_all_items_are_counted_with_each():
    """A count takes the length of what each finds."""
    assert translated(
        field("n", "integer", f'count = "a[each].b"\n{EXACT}'), {"a": [{"b": 1}, {}, {"b": 2}]}
    ).document == {"n": 2}


COUNT = field("n", "integer", f'count = "a"\n{EXACT}')


def test_where_nothing_can_be_counted_there_is_no_zero():
    """An empty list has no item, and a list that is not there has no number of them."""
    assert translated(COUNT, {"a": []}).document == {"n": 0}
    assert translated(COUNT, {}).document == {}


@pytest.mark.parametrize("said", [None, {}, "text", 3])
def test_what_is_counted_is_a_list(said):
    """Anything else is reported, null and objects too."""
    driven = translated(COUNT, {"a": said})
    (dropped,) = driven.outcome.record.dropped
    assert (driven.document, dropped.said, dropped.why) == ({}, said, "not a list")


@pytest.mark.parametrize("source", ["a", "a.b", "a[first]", "a[only].b", "a[each].b"])
@pytest.mark.parametrize("value", [None, True, 5, "text", [], {}])
def test_a_look_up_survives_anything(source, value):
    """A missing value is not null."""
    found = look_up(value, parse_source(source))
    assert found is NoValue.MISSING
