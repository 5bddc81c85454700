"""Objects in a field: the levels that are reported of what is inside, and lists that become one list."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shim.documents.vocabulary import Fidelity
from tests.core.driver import answers, drive
from tests.core.reference import unwound
from tests.core.small import EXACT, HEAD, TARGET, WHY, field, read, translated


def part(name, kind, rule, more="", of="part"):
    """A field of what stands inside the thing."""
    return field(name, kind, rule, more).replace("[resource.thing.", f"[resource.{of}.")


PARTS = field("x", "objects", f'from = "parts"\n{EXACT}', 'of = "part"')
NAME = part("name", "string", f'from = "title"\n{EXACT}')
SIZE = part("size", "integer", f'from = "size"\n{EXACT}')


def levels(fields, source):
    """The level of each field."""
    return {
        one.name: one.fidelity
        for one in translated(fields, source).outcome.record.fields
    }


def test_the_record_has_a_level_for_what_is_inside():
    """By the names of lists and objects; the worst that any of them got. An object with any names is one field."""
    fields = PARTS + part("inner", "objects", f'from = "inner"\n{EXACT}', 'of = "deep"')
    fields += part("name", "string", f'from = "title"\n{EXACT}', of="deep")
    expected = {
        "x": Fidelity.EXACT,
        "x[].inner": Fidelity.EXACT,
        "x[].inner[].name": Fidelity.ABSENT,
    }
    assert (
        levels(fields, {"parts": [{"inner": [{"title": "a"}, {"title": 5}]}]})
        == expected
    )
    keyed = field(
        "x", "object", f'from = "parts"\nkeyed = "title"\n{EXACT}', 'of = "part"'
    )
    assert list(levels(keyed + SIZE, {"parts": []})) == ["x", "x.size"]


def test_a_part_that_some_lack_is_counted_over_all_objects_inside():
    """Not over the objects that they stand in."""
    reports = translated(
        PARTS + NAME, {"parts": [{"title": "a"}, {}, {}]}
    ).outcome.record.fields
    (missing,) = [one for one in reports if one.name == "x[].name"]
    assert missing.fidelity is Fidelity.MISSING
    assert missing.why == "upstream sent no title in 2 of 3; elsewhere it is exact"


def test_an_absent_field_says_nothing_of_what_would_be_inside():
    """Since there is nothing inside."""
    fields = (
        field("x", "objects", 'absent = true\nwhy = "Unknown."', 'of = "part"') + NAME
    )
    fields += field("y", "string", f'from = "y"\n{EXACT}')
    assert levels(fields, {"parts": [{"title": "a"}]}) == {
        "x": Fidelity.ABSENT,
        "y": Fidelity.MISSING,
    }


def test_an_object_made_of_the_members_beside_it_is_missing_without_its_name():
    """And what it is made of, inside and out, has a level each."""
    fields = (
        field("x", "object", f'itself = true\nkeyed = "title"\n{WHY}', 'of = "part"')
        + SIZE
    )
    assert levels(fields, {"size": 5})["x"] is Fidelity.MISSING
    assert levels(fields, {"title": "a", "size": 5}) == {
        "x": Fidelity.DERIVED,
        "x.size": Fidelity.EXACT,
    }


NAMES = {"x": "x", "y": "a.x", "z": "a.b.x", "item": "a.b.c"}
FOUR = "".join(
    part(name, "any", f'from = "{said}"\n{EXACT}') for name, said in NAMES.items()
)
ENGINE = read(
    HEAD + field("x", "objects", f'unwind = "a.b.c"\n{EXACT}', 'of = "part"') + FOUR
)
TREES: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.integers() | st.lists(st.integers() | st.just({}), max_size=2),
    lambda inner: (
        st.lists(inner, max_size=2) | st.dictionaries(st.sampled_from("abcx"), inner)
    ),
)


@given(
    st.dictionaries(st.sampled_from("abcx"), TREES)
    | st.builds(
        lambda c, b: {"a": [{"b": {"c": c, **b}}]},
        TREES,
        st.dictionaries(st.just("x"), TREES),
    )
)
def test_unwinding_means_what_a_second_implementation_does(source):
    """Whatever the object has, and however lists and objects stand in each other."""
    expected = unwound(source, "a.b.c")
    found = drive(ENGINE, TARGET, [answers(source)]).document.get("x", [])
    assert found == [
        {name: one[said] for name, said in NAMES.items() if one.get(said) is not None}
        for one in expected
    ]
