"""Objects in a field: translated each, grouped, keyed by a name, and what is reported of the others."""

import pytest

from shim.documents.vocabulary import Fidelity
from shim.errors import DocumentError
from tests.core.small import EXACT, WHY, field, made, translated


def part(name, kind, rule, more="", of="part"):
    """A field of what stands inside the thing."""
    return field(name, kind, rule, more).replace("[resource.thing.", f"[resource.{of}.")


def parts(kind, way="", source='"parts"', of="part"):
    """The field with objects inside."""
    return field("x", kind, f"from = {source}\n{way}\n{EXACT}", f'of = "{of}"')


NAME = part("name", "string", f'from = "title"\n{EXACT}')
SIZE = part("size", "integer", f'from = "size"\n{EXACT}')
COUNT = part("count", "integer", f"count = true\n{EXACT}")


def levels(fields, source):
    """The level of each field."""
    return {one.name: one.fidelity for one in translated(fields, source).outcome.record.fields}


def test_an_object_is_translated_by_its_resource():
    """And has no member that the resource does not name."""
    assert made(parts("object") + NAME, {"parts": {"title": "a", "more": 1}}) == ({"x": {"name": "a"}}, [])


def test_each_object_of_a_list_is_translated():
    """In upstream's order; an empty list stays one."""
    fields = parts("objects") + NAME
    assert made(fields, {"parts": [{"title": "b"}, {"title": "a"}]}) == ({"x": [{"name": "b"}, {"name": "a"}]}, [])
    assert made(fields, {"parts": []}) == ({"x": []}, [])


@pytest.mark.parametrize(
    ("kind", "way"), [("object", ""), ("objects", ""), ("objects", 'group = "title"'), ("object", 'keyed = "title"')]
)
@pytest.mark.parametrize("said", [None, "text", 5, True])
def test_what_holds_no_objects_is_reported(kind, way, said):
    """The field is left out."""
    why = "null is not a value" if said is None else f"not of type {kind}"
    assert made(parts(kind, way) + NAME, {"parts": said}) == ({}, [("parts", said, why)])


@pytest.mark.parametrize(("kind", "said"), [("object", [{"title": "a"}]), ("objects", {"title": "a"})])
def test_a_list_is_no_object_and_no_object_a_list(kind, said):
    """Neither is made of the other."""
    assert made(parts(kind) + NAME, {"parts": said}) == ({}, [("parts", said, f"not of type {kind}")])


def test_a_list_with_keyed_is_a_list():
    """An object is none, even where an object is made."""
    assert made(parts("object", 'keyed = "title"') + NAME, {"parts": {"title": "a"}})[0] == {}


@pytest.mark.parametrize("way", ["", 'group = "title"'])
def test_items_that_are_no_objects_are_left_out(way):
    """And reported, with their places."""
    document, dropped = made(parts("objects", way) + NAME, {"parts": ["a", {"title": "b"}, None, [1]]})
    assert document == {"x": [{"name": "b"}]}
    assert dropped == [
        ("parts[0]", "a", "not an object"),
        ("parts[2]", None, "not an object"),
        ("parts[3]", [1], "not an object"),
    ]


def test_what_an_object_inside_does_not_say_is_reported_where_it_stands():
    """However deep that is."""
    inner = part("inner", "objects", f'from = "inner"\n{EXACT}', 'of = "deep"')
    deep = part("name", "string", f'from = "title"\n{EXACT}', of="deep")
    source = {"parts": [{}, {"inner": [{"title": "a"}, {"title": 5}]}]}
    document, dropped = made(parts("objects") + inner + deep, source)
    assert document == {"x": [{}, {"inner": [{"name": "a"}, {}]}]}
    assert dropped == [("parts[1].inner[1].title", 5, "not of type string")]


def test_the_record_has_a_level_for_what_is_inside():
    """By the names of lists and objects; the worst that any of them got."""
    fields = parts("objects") + NAME + part("inner", "object", f'from = "inner"\n{EXACT}', 'of = "deep"')
    fields += part("size", "integer", f'from = "size"\n{EXACT}', of="deep")
    source = {"parts": [{"title": "a", "inner": {"size": 1}}, {"title": "b", "inner": {"size": "large"}}]}
    assert levels(fields, source) == {
        "x": Fidelity.EXACT,
        "x[].name": Fidelity.EXACT,
        "x[].inner": Fidelity.EXACT,
        "x[].inner.size": Fidelity.ABSENT,
    }


def test_a_part_that_some_lack_is_counted_over_all_objects_inside():
    """Not over the objects that they stand in."""
    reports = translated(parts("objects") + NAME, {"parts": [{"title": "a"}, {}, {}]}).outcome.record.fields
    (missing,) = [one for one in reports if one.name == "x[].name"]
    assert (missing.fidelity, missing.why) == (
        Fidelity.MISSING,
        "upstream sent no title in 2 of 3; elsewhere it is exact",
    )


def test_objects_inside_may_come_from_several_places():
    """The first that is there, by whichever rule applies, and the later ones with a report of what was before."""
    two = f"""
[resource.thing.x]
type = "objects"
of = "part"
[[resource.thing.x.flex]]
when = {{ source = "kind", is = ["OLD"] }}
from = ["old", "parts"]
{EXACT}
[[resource.thing.x.flex]]
from = "parts"
{EXACT}
"""
    assert made(two + NAME, {"kind": "OLD", "old": [{"title": "a"}]}) == ({"x": [{"name": "a"}]}, [])
    assert made(two + NAME, {"kind": "NEW", "parts": [{"title": "b"}]}) == ({"x": [{"name": "b"}]}, [])
    assert made(two + NAME, {"kind": "OLD", "old": 5, "parts": [{"title": "c"}]}) == (
        {"x": [{"name": "c"}]},
        [("old", 5, "not of type objects")],
    )


def test_objects_may_lie_in_the_items_of_a_list():
    """What ``[each]`` finds is a list of objects."""
    source = {"groups": [{"parts": [{"title": "a"}]}, {"parts": [{"title": "b"}]}]}
    fields = parts("objects", source='"groups[each].parts[each]"') + NAME
    assert made(fields, source) == ({"x": [{"name": "a"}, {"name": "b"}]}, [])


def test_scalars_are_read_as_value():
    """By a resource whose rules read that, in a list and in a group."""
    fields = parts("objects") + part("name", "string", f'from = "value"\n{EXACT}')
    assert made(fields, {"parts": ["a", 5, None]}) == (
        {"x": [{"name": "a"}, {}, {}]},
        [("parts[1].value", 5, "not of type string"), ("parts[2].value", None, "null is not a value")],
    )
    grouped = parts("objects", 'group = "value"') + part("name", "string", f'from = "value"\n{EXACT}') + COUNT
    assert made(grouped, {"parts": ["a", "b", "a"]}) == (
        {"x": [{"name": "a", "count": 2}, {"name": "b", "count": 1}]},
        [],
    )


def test_scalars_are_wrapped_one_by_one_with_keyed():
    """A text stands under itself."""
    fields = parts("object", 'keyed = "value"') + part("name", "string", f'from = "value"\n{EXACT}')
    assert made(fields, {"parts": ["a", "b"]}) == ({"x": {"a": {"name": "a"}, "b": {"name": "b"}}}, [])


GROUPED = parts("objects", 'group = "zone"') + NAME + COUNT


def test_items_with_one_value_become_one():
    """At the place of the first, with how many they were."""
    source = {"parts": [{"zone": "z", "title": "a"}, {"zone": "y", "title": "b"}, {"zone": "z", "title": "a"}]}
    assert made(GROUPED, source) == ({"x": [{"name": "a", "count": 2}, {"name": "b", "count": 1}]}, [])


def test_items_without_that_member_stay_alone():
    """Null names no group, nor does a member that is not there."""
    source = {"parts": [{"title": "a"}, {"title": "a"}, {"zone": None, "title": "a"}, {"zone": None, "title": "a"}]}
    assert made(GROUPED, source) == ({"x": [{"name": "a", "count": 1}] * 4}, [])


def test_values_of_several_types_make_several_groups():
    """True is not 1, and "1" is not either; lists and objects may be what items share."""
    zones = [1, True, "1", 1.5, [1], {"a": 1}, [1], {"a": 1}, True]
    document, dropped = made(GROUPED, {"parts": [{"zone": zone, "title": "a"} for zone in zones]})
    assert [one["count"] for one in document["x"]] == [1, 2, 1, 1, 2, 2]
    assert dropped == []


def test_the_first_member_that_is_there_makes_the_group():
    """Of a list of names, nested ones too."""
    fields = parts("objects", 'group = ["zone.id", "zoneName"]') + COUNT
    source = [{"zone": {"id": "1"}}, {"zoneName": "n"}, {"zone": {"id": "1"}, "zoneName": "n"}, {"zoneName": "n"}]
    assert [one["count"] for one in made(fields, {"parts": source})[0]["x"]] == [2, 2]


def test_what_others_of_a_group_have_otherwise_is_reported():
    """Each member that differs, with its place, what it would have been, and what only the first has."""
    fields = parts("objects", 'group = "zone"') + NAME + SIZE
    source = {
        "parts": [{"zone": 1, "title": "a", "size": 1}, {"zone": 1, "title": "b", "size": 1}, {"zone": 1, "size": 2}]
    }
    why = "not as in the first of its group"
    document, dropped = made(fields, source)
    assert document == {"x": [{"name": "a", "size": 1}]}
    assert sorted(dropped, key=str) == [
        ("parts[1].name", "b", why),
        ("parts[2].name", None, why),
        ("parts[2].size", 2, why),
    ]


def test_a_group_says_what_its_items_do_not_say_well():
    """Of the others too."""
    document, dropped = made(GROUPED, {"parts": [{"zone": 1, "title": "a"}, {"zone": 1, "title": 5}]})
    assert document == {"x": [{"name": "a", "count": 2}]}
    assert ("parts[1].title", 5, "not of type string") in dropped


KEYED = parts("object", 'keyed = "region.name"') + SIZE


def test_a_list_becomes_an_object_by_name():
    """In upstream's order; an empty list becomes an empty object."""
    source = {"parts": [{"region": {"name": "b"}, "size": 1}, {"region": {"name": "a"}, "size": 2}]}
    assert made(KEYED, source) == ({"x": {"b": {"size": 1}, "a": {"size": 2}}}, [])
    assert made(KEYED, {"parts": []}) == ({"x": {}}, [])


def test_of_two_items_with_one_name_the_first_stands():
    """The other is reported whole."""
    one, other = {"region": {"name": "a"}, "size": 1}, {"region": {"name": "a"}, "size": 2}
    document, dropped = made(KEYED, {"parts": [one, other]})
    assert document == {"x": {"a": {"size": 1}}}
    assert dropped == [("parts[1]", other, "another item has that name")]


@pytest.mark.parametrize("item", [{"size": 1}, {"region": {"name": None}}, {"region": {"name": 5}}, {"region": "a"}])
def test_an_item_without_a_name_stands_nowhere(item):
    """And is reported whole."""
    assert made(KEYED, {"parts": [item]}) == ({"x": {}}, [("parts[0]", item, "no name to stand under")])


def test_the_members_of_a_keyed_object_have_levels_by_its_name():
    """An object with any names is one field."""
    assert list(levels(KEYED, {"parts": []})) == ["x", "x.size"]


def test_an_absent_field_says_nothing_of_what_would_be_inside():
    """Since there is nothing inside."""
    fields = field("x", "objects", 'absent = true\nwhy = "Unknown."', 'of = "part"') + NAME
    assert levels(fields, {"parts": [{"title": "a"}]}) == {"x": Fidelity.ABSENT}
    some = fields + field("y", "string", f'from = "y"\n{EXACT}')
    assert levels(some, {"parts": []}) == {"x": Fidelity.ABSENT, "y": Fidelity.MISSING}


def test_links_of_objects_inside_lead_to_what_they_name():
    """With parameters of the caller's path, and members of their own."""
    link = part("links", "links", f'link = {{ rel = "self", path = "/things/{{thing}}/{{name}}" }}\n{WHY}')
    driven = translated(parts("objects") + NAME + link, {"parts": [{"title": "a"}, {}]}, base="http://shim")
    assert driven.document["x"] == [
        {"name": "a", "links": [{"href": "http://shim/api/atlas/v2/things/t1/a", "rel": "self"}]},
        {},
    ]


def itself(kind, more="", of="part"):
    """The field that is made of the members beside it."""
    return field("x", kind, f"itself = true\n{more}\n{WHY}", f'of = "{of}"')


def test_an_object_is_made_of_the_members_beside_it():
    """As itself, as the one item of a list, or under a name; at any depth."""
    source = {"title": "a", "size": 5}
    assert made(itself("object") + NAME, source) == ({"x": {"name": "a"}}, [])
    assert made(itself("objects") + NAME + SIZE, source) == ({"x": [{"name": "a", "size": 5}]}, [])
    assert made(itself("object", 'keyed = "title"') + SIZE, source) == ({"x": {"a": {"size": 5}}}, [])
    inner = part("y", "objects", f"itself = true\n{WHY}", 'of = "inner"') + part(
        "z", "integer", f'from = "size"\n{EXACT}', of="inner"
    )
    assert made(itself("objects") + inner, source) == ({"x": [{"y": [{"z": 5}]}]}, [])


def test_what_is_wrong_in_it_has_its_own_place():
    """The members are those of the object around it; without a name to stand under there is none."""
    assert made(itself("objects") + SIZE, {"size": "a"}) == ({"x": [{}]}, [("size", "a", "not of type integer")])
    fields = itself("object", 'keyed = "title"') + SIZE
    assert made(fields, {"title": 5, "size": 5}) == ({}, [("title", 5, "no name to stand under")])
    assert levels(fields, {"size": 5})["x"] is Fidelity.MISSING
    assert levels(fields, {"title": "a", "size": 5}) == {"x": Fidelity.DERIVED, "x.size": Fidelity.EXACT}


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        (field("x", "object", f"itself = true\n{WHY}"), "needs of, the resource that the object is"),
        (itself("objects", 'keyed = "title"') + NAME, "belongs to fields of type object"),
        (field("x", "string", f"itself = true\n{WHY}"), "itself gives object or objects, and the field's type"),
    ],
)
def test_what_it_cannot_be_is_a_defect(fields, said):
    """Found when the document is read."""
    with pytest.raises(DocumentError, match=said):
        made(fields, {})
