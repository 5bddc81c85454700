"""Objects in a field: the levels of members inside them, and lists that are flattened."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from shim.documents.vocabulary import Fidelity
from tests.core.driver import answers, drive
from tests.core.reference import unwound
from tests.core.small import EXACT, HEAD, TARGET, WHY, field, read, translated


def part(name, kind, rule, more="", of="part"):
    """Return a field with rules for the members inside it."""
    return field(name, kind, rule, more).replace("[resource.thing.", f"[resource.{of}.")


PARTS = field("x", "objects", f'from = "parts"\n{EXACT}', 'of = "part"')
NAME = part("name", "string", f'from = "title"\n{EXACT}')
SIZE = part("size", "integer", f'from = "size"\n{EXACT}')


def levels(fields, source):
    """Return the level of each field."""
    return {
        one.name: one.fidelity
        for one in translated(fields, source).outcome.record.fields
    }


def test_the_record_has_a_level_for_members_inside():
    """They have the names of their lists and objects, and the worst level of any item.

    An object with arbitrary names is one field.
    """
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


def test_a_member_that_some_lack_is_counted_over_all_objects_inside():
    """The objects around them don't count."""
    reports = translated(
        PARTS + NAME, {"parts": [{"title": "a"}, {}, {}]}
    ).outcome.record.fields
    (missing,) = [one for one in reports if one.name == "x[].name"]
    assert missing.fidelity is Fidelity.MISSING
    assert missing.why == "upstream sent no title in 2 of 3; elsewhere it is exact"


def test_an_absent_field_reports_nothing_inside():
    """It has no content."""
    fields = (
        field("x", "objects", 'absent = true\nwhy = "Unknown."', 'of = "part"') + NAME
    )
    fields += field("y", "string", f'from = "y"\n{EXACT}')
    assert levels(fields, {"parts": [{"title": "a"}]}) == {
        "x": Fidelity.ABSENT,
        "y": Fidelity.MISSING,
    }


def test_an_object_without_its_name_is_missing():
    """It is built from the members beside it. Each of these, and each member inside, has its own level."""
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
def test_unwinding_equals_a_second_implementation(source):
    """That holds for any object, and any nesting of lists and objects."""
    expected = unwound(source, "a.b.c")
    found = drive(ENGINE, TARGET, [answers(source)]).document.get("x", [])
    assert found == [
        {name: one[said] for name, said in NAMES.items() if one.get(said) is not None}
        for one in expected
    ]
