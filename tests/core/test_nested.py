"""Objects in a field: translated each, grouped, keyed by a name, and what is reported of the others."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.vocabulary import Fidelity
from tests.core.driver import answers, drive
from tests.core.reference import unwound
from tests.core.small import EXACT, HEAD, TARGET, WHY, cases, field, made, read, translated


def part(name, kind, rule, more="", of="part"):
    """A field of what stands inside the thing."""
    return field(name, kind, rule, more).replace("[resource.thing.", f"[resource.{of}.")


def parts(kind, way="", source='"parts"'):
    """The field with objects inside."""
    return field("x", kind, f"from = {source}\n{way}\n{EXACT}", 'of = "part"')


NAME = part("name", "string", f'from = "title"\n{EXACT}')
VALUE = part("name", "string", f'from = "value"\n{EXACT}')
SIZE = part("size", "integer", f'from = "size"\n{EXACT}')
COUNT = part("count", "integer", f"count = true\n{EXACT}")
INNER = part("inner", "objects", f'from = "inner"\n{EXACT}', 'of = "deep"')
DEEP = part("name", "string", f'from = "title"\n{EXACT}', of="deep")
GROUPED, KEYED = parts("objects", 'group = "zone"'), parts("object", 'keyed = "region.name"') + SIZE


def levels(fields, source):
    """The level of each field."""
    return {one.name: one.fidelity for one in translated(fields, source).outcome.record.fields}


@pytest.mark.parametrize(
    ("fields", "said", "expected"),
    [
        (parts("object") + NAME, {"title": "a", "more": 1}, {"name": "a"}),
        (parts("objects") + NAME, [{"title": "b"}, {"title": "a"}], [{"name": "b"}, {"name": "a"}]),
        (parts("objects") + NAME, [], []),
        (KEYED, [{"region": {"name": "b"}, "size": 1}, {"region": {"name": "a"}}], {"b": {"size": 1}, "a": {}}),
        (KEYED, [], {}),
        (parts("object", 'keyed = "value"') + VALUE, ["a", "b"], {"a": {"name": "a"}, "b": {"name": "b"}}),
        (
            parts("objects", 'group = "value"') + VALUE + COUNT,
            ["a", "b", "a"],
            [{"name": "a", "count": 2}, {"name": "b", "count": 1}],
        ),
        (
            GROUPED + NAME + COUNT,
            [{"zone": "z", "title": "a"}, {"zone": "y", "title": "b"}, {"zone": "z", "title": "a"}],
            [{"name": "a", "count": 2}, {"name": "b", "count": 1}],
        ),
        (GROUPED + NAME + COUNT, [{"title": "a"}, {"title": "a"}], [{"name": "a", "count": 1}] * 2),
        (GROUPED + COUNT, [{"zone": None}, {"zone": None}], [{"count": 1}] * 2),
        (
            parts("objects", 'group = ["zone.id", "zoneName"]') + COUNT,
            [{"zone": {"id": "1"}}, {"zoneName": "n"}, {"zone": {"id": "1"}, "zoneName": "n"}, {"zoneName": "n"}],
            [{"count": 2}, {"count": 2}],
        ),
    ],
)
def test_objects_are_translated_each(fields, said, expected):
    """By their resource, in upstream's order; with a name to stand under, or in groups at the place of the first.

    A group is made of the first member that is there, and null names none; scalars are read as value.
    """
    assert made(fields, {"parts": said}) == ({"x": expected}, [])


@pytest.mark.parametrize(("kind", "way", "wrong"), [
    ("object", "", [{"title": "a"}]), ("objects", "", {"title": "a"}),
    ("objects", 'group = "title"', {"title": "a"}), ("object", 'keyed = "title"', None),
])  # fmt: skip
def test_what_holds_no_objects_is_reported(kind, way, wrong):
    """The field is left out; a list is no object and no object a list, and keyed wants a list."""
    for said in (None, "text", 5, True, wrong):
        why = "null is not a value" if said is None else f"not of type {kind}"
        assert made(parts(kind, way) + NAME, {"parts": said}) == ({}, [("parts", said, why)])
    one = {"title": "a"}
    keyed = made(parts("object", 'keyed = "title"') + NAME, {"parts": one})
    assert keyed == ({}, [("parts", one, "not a list of one")])


@pytest.mark.parametrize("way", ["", 'group = "title"'])
def test_items_that_are_no_objects_are_left_out(way):
    """And reported, with their places."""
    document, dropped = made(parts("objects", way) + NAME, {"parts": ["a", {"title": "b"}, None, [1]]})
    assert document == {"x": [{"name": "b"}]}
    assert dropped == [(f"parts[{place}]", said, "not an object") for place, said in ((0, "a"), (2, None), (3, [1]))]


def test_what_an_object_inside_does_not_say_is_reported_where_it_stands():
    """However deep that is; a scalar by the name under which it is read."""
    source = {"parts": [{}, {"inner": [{"title": "a"}, {"title": 5}]}]}
    document, dropped = made(parts("objects") + INNER + DEEP, source)
    assert document == {"x": [{}, {"inner": [{"name": "a"}, {}]}]}
    assert dropped == [("parts[1].inner[1].title", 5, "not of type string")]
    assert made(parts("objects") + VALUE, {"parts": ["a", 5, None]}) == (
        {"x": [{"name": "a"}, {}, {}]},
        [("parts[1].value", 5, "not of type string"), ("parts[2].value", None, "null is not a value")],
    )


def test_the_record_has_a_level_for_what_is_inside():
    """By the names of lists and objects; the worst that any of them got. An object with any names is one field."""
    inner = {"x": Fidelity.EXACT, "x[].inner": Fidelity.EXACT}
    assert levels(parts("objects") + INNER + DEEP, {"parts": [{"inner": [{"title": "a"}, {"title": 5}]}]}) == {
        **inner,
        "x[].inner[].name": Fidelity.ABSENT,
    }
    assert list(levels(KEYED, {"parts": []})) == ["x", "x.size"]


def test_a_part_that_some_lack_is_counted_over_all_objects_inside():
    """Not over the objects that they stand in."""
    reports = translated(parts("objects") + NAME, {"parts": [{"title": "a"}, {}, {}]}).outcome.record.fields
    (missing,) = [one for one in reports if one.name == "x[].name"]
    assert missing.fidelity is Fidelity.MISSING
    assert missing.why == "upstream sent no title in 2 of 3; elsewhere it is exact"


@pytest.mark.parametrize(
    ("source", "name", "dropped"),
    [
        ({"kind": "OLD", "old": [{"title": "a"}]}, "a", []),
        ({"kind": "NEW", "parts": [{"title": "b"}]}, "b", []),
        ({"kind": "OLD", "old": 5, "parts": [{"title": "c"}]}, "c", [("old", 5, "not of type objects")]),
    ],
)
def test_objects_inside_may_come_from_several_places(source, name, dropped):
    """The first that is there, by whichever rule applies, and the later ones with a report of what was before."""
    old = f'when = {{ source = "kind", is = ["OLD"] }}\nfrom = ["old", "parts"]\n{EXACT}'
    two = cases("objects", old, f'from = "parts"\n{EXACT}', more='of = "part"')
    assert made(two + NAME, source) == ({"x": [{"name": name}]}, dropped)


def test_values_of_several_types_make_several_groups():
    """True is not 1, and "1" is not either; lists and objects may be what items share."""
    zones = [1, True, "1", 1.5, [1], {"a": 1}, [1], {"a": 1}, True]
    document, dropped = made(GROUPED + COUNT, {"parts": [{"zone": zone} for zone in zones]})
    assert ([one["count"] for one in document["x"]], dropped) == ([1, 2, 1, 1, 2, 2], [])


def test_what_others_of_a_group_have_otherwise_is_reported():
    """Each member that differs, with its place, what it would have been, and what only the first has."""
    said = [{"zone": 1, "title": "a", "size": 1}, {"zone": 1, "title": "b", "size": 1}, {"zone": 1, "size": 2}]
    document, dropped = made(GROUPED + NAME + SIZE, {"parts": said})
    assert document == {"x": [{"name": "a", "size": 1}]}
    others = [("parts[1].name", "b"), ("parts[2].name", None), ("parts[2].size", 2)]
    assert sorted(dropped, key=str) == [(*one, "not as in the first of its group") for one in others]
    document, dropped = made(GROUPED + NAME, {"parts": [{"zone": 1, "title": "a"}, {"zone": 1, "title": 5}]})
    assert document == {"x": [{"name": "a"}]}
    assert ("parts[1].title", 5, "not of type string") in dropped


@pytest.mark.parametrize("item", [{"size": 1}, {"region": {"name": None}}, {"region": {"name": 5}}, {"region": "a"}])
def test_an_item_without_a_name_stands_nowhere(item):
    """It is reported whole, and so is the second of two with one name."""
    assert made(KEYED, {"parts": [item]}) == ({"x": {}}, [("parts[0]", item, "no name to stand under")])
    one, other = {"region": {"name": "a"}, "size": 1}, {"region": {"name": "a"}, "size": 2}
    document, dropped = made(KEYED, {"parts": [one, other]})
    assert document == {"x": {"a": {"size": 1}}}
    assert dropped == [("parts[1]", other, "another item has that name")]


def test_an_absent_field_says_nothing_of_what_would_be_inside():
    """Since there is nothing inside."""
    fields = field("x", "objects", 'absent = true\nwhy = "Unknown."', 'of = "part"') + NAME
    fields += field("y", "string", f'from = "y"\n{EXACT}')
    assert levels(fields, {"parts": [{"title": "a"}]}) == {"x": Fidelity.ABSENT, "y": Fidelity.MISSING}


def test_links_of_objects_inside_lead_to_what_they_name():
    """With parameters of the caller's path, and members of their own."""
    link = part("links", "links", f'link = {{ rel = "self", path = "/things/{{thing}}/{{name}}" }}\n{WHY}')
    driven = translated(parts("objects") + NAME + link, {"parts": [{"title": "a"}, {}]}, base="http://shim")
    links = [{"href": "http://shim/api/atlas/v2/things/t1/a", "rel": "self"}]
    assert driven.document["x"] == [{"name": "a", "links": links}, {}]


def itself(kind, more=""):
    """The field that is made of the members beside it."""
    return field("x", kind, f"itself = true\n{more}\n{WHY}", 'of = "part"')


ITSELF = part("y", "objects", f"itself = true\n{WHY}", 'of = "inner"')
ITSELF += part("z", "integer", f'from = "size"\n{EXACT}', of="inner")
UNDER_TITLE = itself("object", 'keyed = "title"') + SIZE


@pytest.mark.parametrize(
    ("fields", "source", "expected", "dropped"),
    [
        (itself("object") + NAME, {"title": "a", "size": 5}, {"x": {"name": "a"}}, []),
        (itself("objects") + NAME + SIZE, {"title": "a", "size": 5}, {"x": [{"name": "a", "size": 5}]}, []),
        (UNDER_TITLE, {"title": "a", "size": 5}, {"x": {"a": {"size": 5}}}, []),
        (itself("objects") + ITSELF, {"size": 5}, {"x": [{"y": [{"z": 5}]}]}, []),
        (itself("objects") + SIZE, {"size": "a"}, {"x": [{}]}, [("size", "a", "not of type integer")]),
        (UNDER_TITLE, {"title": 5, "size": 5}, {}, [("title", 5, "no name to stand under")]),
    ],
)
def test_an_object_is_made_of_the_members_beside_it(fields, source, expected, dropped):
    """As itself, as the one item of a list, or under a name; at any depth. What is wrong in it has its own place."""
    assert made(fields, source) == (expected, dropped)
    assert levels(UNDER_TITLE, {"size": 5})["x"] is Fidelity.MISSING
    assert levels(UNDER_TITLE, {"title": "a", "size": 5}) == {"x": Fidelity.DERIVED, "x.size": Fidelity.EXACT}


UNWOUND = """
[resource.thing.x]
type = "objects"
of = "one"

[resource.thing.x.flex]
unwind = ["a", "b.c.d"]
times = "b.c.n"
fidelity = "derived"
why = "x"

[resource.one]
v = { type = "string", flex = { from = ["a", "b.c.d"], fidelity = "exact" } }
n = { type = "integer", flex = { from = "b.c.n", fidelity = "exact" } }
w = { type = "integer", flex = { from = ["b.w", "w"], fidelity = "exact" } }
"""


@pytest.mark.parametrize(
    ("source", "made_of_it", "dropped"),
    [
        ({"a": ["u"], "b": {"w": 1, "c": [{"d": ["v", "z"], "n": 2}, {"d": ["y"]}]}, "w": 3},
         [{"v": "u", "w": 3}, *[{"v": one, "n": 2, "w": 1} for one in "vvzz"], {"v": "y", "w": 1}], []),
        ({"a": []}, [], []),
        ({"b": {"c": []}}, [], []),
        ({}, None, []),
        ({"b": {}}, [], []),
        ({"a": None, "b": {"c": None}}, None, ["a"]),
        ({"a": "u"}, None, ["a"]),
        ({"a": "u", "b": {"c": []}}, [], ["a"]),
        ({"a": [5]}, [{}], ["a[0].a"]),
        *[({"b": {"c": [{"d": ["v"], "n": times}]}}, [], ["b.c.n"]) for times in (0, -1, 101, "2", True, 2.0)],
    ],
)  # fmt: skip
def test_lists_become_one_list_of_objects(source, made_of_it, dropped):
    """Each item with the plain values around it, so often as a number says; what can't be one is reported."""
    document, left_out = made(UNWOUND, source)
    assert document.get("x") == made_of_it
    assert [where for where, _, _ in left_out] == dropped


def test_what_lists_were_made_of_does_not_pass_beside_them():
    """Where all other members pass."""
    rest = "[resource.thing]\nrest = true\n"
    assert made(rest + UNWOUND, {"b": {"c": [{"d": ["v"]}], "w": 1}, "w": 2}) == (
        {"x": [{"v": "v", "w": 1}], "w": 2},
        [],
    )


NAMES = {"x": "x", "y": "a.x", "z": "a.b.x", "item": "a.b.c"}
FOUR = "".join(part(name, "any", f'from = "{said}"\n{EXACT}') for name, said in NAMES.items())
ENGINE = read(HEAD + field("x", "objects", f'unwind = "a.b.c"\n{EXACT}', 'of = "part"') + FOUR)
TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.lists(st.integers() | st.just({}), max_size=2),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abcx"), inner),
)


@given(
    st.dictionaries(st.sampled_from("abcx"), TREES)
    | st.builds(lambda c, b: {"a": [{"b": {"c": c, **b}}]}, TREES, st.dictionaries(st.just("x"), TREES))
)
def test_unwinding_means_what_a_second_implementation_does(source):
    """Whatever the object has, and however lists and objects stand in each other."""
    expected = unwound(source, "a.b.c")
    found = drive(ENGINE, TARGET, [answers(source)]).document.get("x", [])
    assert found == [{name: one[said] for name, said in NAMES.items() if one.get(said) is not None} for one in expected]
