"""Where rules read: names inside lists, and what is reported of lists that have nothing to take."""

from typing import Any

import pytest

from tests.core.small import EXACT, cases, field, made, value

SEVERAL: list[Any] = [{"b": "u"}, {"b": "v"}]
ODD: list[Any] = [{"c": [{}]}, {"c": [{}]}]
NO_LISTS: list[Any] = [None, {}, "text", 3]


@pytest.mark.parametrize(
    ("kind", "source", "said", "got", "lacking"),
    [
        ("string", "a[first].b", {"a": SEVERAL}, "u", []),
        ("string", "a.b[first].c[first].d", {"a": {"b": [{"c": [{"d": "u"}]}]}}, "u", []),
        ("string", "a[only].b.c", {"a": [{"b": {"c": "u"}}]}, "u", []),
        ("strings", "a[each].b", {"a": [{"b": "u"}, {}, "text"]}, ["u"], ["a[1]", "a[2]"]),
        ("strings", "a[each].b[first]", {"a": [{"b": ["u", "v"]}, {"b": []}]}, ["u"], ["a[1]"]),
        (
            "strings",
            "a[each].b[only].c",
            {"a": [{"b": [{"c": "u"}]}, {"b": [{"c": "v"}]}, {"b": []}]},
            ["u", "v"],
            ["a[2]"],
        ),
        ("strings", "a[each].b[each].c", {"a": [{"b": [{"c": "u"}]}, {"b": [{"c": "w"}]}]}, ["u", "w"], []),
        ("strings", "a[each].b[each]", {"a": [{"b": ["u"]}, {"b": "text"}, {}]}, ["u"], ["a[1]", "a[2]"]),
        ("strings", "a[first].b[each].c", {"a": [{"b": [{"c": "u"}]}, {"b": [{"c": "v"}]}]}, ["u"], []),
        ("array", "a[each].b", {"a": [{"b": 1}, {"b": None}, {"b": [2]}]}, [1, None, [2]], []),
        ("objects", "a[each].b[each]", {"a": [{"b": [{"c": 1}]}, {"b": [{"c": 2}]}]}, [{"c": 1}, {"c": 2}], []),
    ],
)
def test_a_source_goes_through_lists(kind, source, said, got, lacking):
    """To the first item, to the only one, or to each of them, however deep they are; items that lack it are named."""
    found, dropped = value(kind, f'from = "{source}"', said)
    assert (found, [where for where, *_ in dropped]) == (got, lacking)


@pytest.mark.parametrize(
    ("kind", "source"),
    [("string", "a[first].b"), ("string", "a[only].b"), ("strings", "a[each].b"), ("strings", "c[first].a[each].b")],
)
@pytest.mark.parametrize("said", [{}, {"a": []}, {"a": {"b": "u"}}, {"a": "text"}, {"a": None}, {"a": ["text"]}])
def test_where_there_is_no_such_list_nothing_is_made_up(kind, source, said):
    """The field is left out, and its source reported as missing; a list of nothing is a list all the same."""
    is_list = type(said.get("a")) is list and source == "a[each].b"
    found, dropped = value(kind, f'from = "{source}"', said)
    assert found == ([] if is_list else "nothing")
    assert [one for _, one, _ in dropped] == (said["a"] if is_list else [])


@pytest.mark.parametrize(
    ("kind", "source", "items", "dropped", "why"),
    [
        ("string", "a[only].b", SEVERAL, SEVERAL, "not of type string"),
        ("array", "a[only].b", SEVERAL, SEVERAL, "not a list of one"),
        ("array", "a[each].b[only].c", [{"b": [{"c": [{"d": 1}]}]}, {"b": ODD}], ODD, "not a list of one"),
        ("objects", "a[each].b[only].c[each]", [{"b": [{"c": [{"d": 1}]}]}, {"b": ODD}], ODD, "not a list of one"),
        ("strings", "a[each].b", [{"b": "u"}, {"b": 5}], ["u", 5], "not of type strings"),
    ],
)
def test_no_part_of_a_list_stands_for_the_whole(kind, source, items, dropped, why):
    """Of several items ``only`` takes none, and one bad item of ``each`` spoils all; what the list had is reported."""
    assert value(kind, f'from = "{source}"', {"a": items}) == ("nothing", [(source, dropped, why)])


def test_the_first_source_that_is_there_counts():
    """A list without items is as good as none."""
    for said, got in (
        ({"a": [{"b": "u"}], "d": "w"}, "u"),
        ({"a": [], "c": ["v"], "d": "w"}, "v"),
        ({"a": [], "c": [], "d": "w"}, "w"),
    ):
        assert value("string", 'from = ["a[first].b", "c[only]", "d"]', said) == (got, [])


@pytest.mark.parametrize(
    ("items", "got"), [([{"kind": "A", "b": "u"}], "u"), ([{"kind": "B", "b": "u"}], None), ([], None)]
)
def test_a_condition_may_look_into_a_list(items, got):
    """At the item that a step takes."""
    first = f'when = {{ source = "a[first].kind", is = ["A"] }}\nfrom = "a[first].b"\n{EXACT}'
    fields = cases("string", first, 'absent = true\nwhy = "Unknown."')
    assert made(fields, {"a": items}) == ({"x": got} if got else {}, [])


def test_other_verbs_go_through_lists_too():
    """Whatever reads a source, and whatever is made of what it finds."""
    fields = field("n", "integer", f'count = "a[first].b"\n{EXACT}')
    fields += field("l", "strings", f'list = "a[first].b[first]"\n{EXACT}')
    assert made(fields, {"a": [{"b": ["u"]}]}) == ({"n": 1, "l": ["u"]}, [])


@pytest.mark.parametrize("source", ["a[first]", "a[only]", "b.a[first]"])
def test_a_list_of_one_item_reports_what_is_no_item(source):
    """It is empty where a list has nothing, and not where it has something else."""
    for said, got, count in (([], [], 0), (["u"], ["u"], 0), ([5], "nothing", 1), ([None], "nothing", 1)):
        found, dropped = value("strings", f'list = "{source}"', {"a": said, "b": {"a": said}})
        assert (found, len(dropped)) == (got, count)


@pytest.mark.parametrize(
    ("source", "said", "got"),
    [("a[each].b", [{"b": 1}, {}, {"b": 2}], 2), ("a", [], 0), *[("a", said, None) for said in NO_LISTS]],
)
def test_what_is_counted_is_a_list(source, said, got):
    """Of what ``each`` finds, too; anything else is reported, and a list that is not there has no zero."""
    expected = ("nothing", [("a", said, "not a list")]) if got is None else (got, [])
    assert value("integer", f'count = "{source}"', {"a": said}) == expected
    assert value("integer", 'count = "a"', {}) == ("nothing", [])
