"""Each value that a rule reads is in the response or reported as dropped; for each verb."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents.fields import TYPES
from shim.documents.verbs import VERBS, WAYS
from tests.core.driver import drive, pages_of
from tests.core.small import EXACT, PAGE, WHY, dropped_of, field, made, read

SCALARS = st.sampled_from([
    True, False, 0, 1, -7, 2.5, 5.0, 2**63, 2**70, "", "x", "8.0.4", "OK", "2026-01-01T00:00:00Z", "é",
])  # fmt: skip
VALUES = st.recursive(
    SCALARS | st.none(),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abn"), inner, max_size=3)
    ),
    max_leaves=8,
)
ITEMS = st.lists(
    st.dictionaries(st.sampled_from("bn"), SCALARS, max_size=2) | SCALARS, max_size=4
)
OF = """
[resource.part]
n = { type = "any", flex = { from = "n", fidelity = "exact" } }
b = { type = "any", flex = { from = "b", fidelity = "exact" } }
"""
WHOLE = [
    *((kind, f'from = "a"\n{EXACT}', "from") for kind in TYPES if kind != "links"),
    ("strings", f'list = "a"\n{EXACT}', "list"),
    ("objects", f'list = "a"\n{EXACT}', "list"),
    ("array", f'from = ["z", "a"]\n{EXACT}', "from"),
]
"""Rules that pass a value on: type, rule and verb."""
LISTS = [
    *(
        (kind, f'from = "a[each].n"\n{EXACT}', "", "from")
        for kind in ("strings", "array")
    ),
    ("objects", f'from = "a"\n{EXACT}', OF, "from"),
    ("objects", f'from = "a"\ngroup = "b"\n{WHY}', OF, "group"),
    ("object", f'from = "a"\nkeyed = "b"\n{WHY}', OF, "keyed"),
    (
        "objects",
        f'unwind = "a"\n{WHY}',
        OF.replace('"n"', '"a.n"').replace('"b"', '"a.b"'),
        "unwind",
    ),
]
"""Rules that take the items of a list, with the items' resource."""
TURNED = [
    ("string", 'from = "a"\nvalues = { OK = "ready" }\nfidelity = "renamed"', "values"),
    ("string", f'from = "a"\nparts = 2\n{WHY}', "parts"),
    ("integer", f'count = "a"\n{WHY}', "count"),
    ("boolean", f'from = "a"\nvalues = {{ OK = true, x = false }}\n{WHY}', "values"),
    ("boolean", f'passed = "a"\n{WHY}', "passed"),
]
"""Rules that compute something else from the value."""
NOT_READ = {"parameter", "constant", "link", "absent", "itself"}
"""Verbs that read no upstream value, or everything beside the field."""


def leaves(value: Any) -> list[Any]:
    """Return every scalar in a value except nulls."""
    inner = (
        value.values()
        if isinstance(value, dict)
        else value
        if isinstance(value, list)
        else None
    )
    if inner is None:
        return [] if value is None else [value]
    found = []
    for one in inner:
        found.extend(leaves(one))
    return found


def lost(source: Any, document: Any, dropped: list[tuple[str, Any, str]]) -> list[Any]:
    """Return the source's scalars that are neither in a document nor among the dropped values."""
    kept = [
        named(leaf)
        for leaf in [
            *leaves(document),
            *(leaf for _, said, _ in dropped for leaf in leaves(said)),
        ]
    ]
    return [leaf for leaf in leaves(source) if named(leaf) not in kept]


def named(leaf: Any) -> str:
    """Return a scalar in a comparable form: True is not a number, and 5.0 equals the integer 5."""
    return repr(int(leaf) if isinstance(leaf, float) and leaf.is_integer() else leaf)


@pytest.mark.parametrize(("kind", "rule", "verb"), WHOLE)
@given(source=VALUES)
def test_a_value_is_kept_or_dropped(kind, rule, verb, source):
    """That holds for each scalar at any depth."""
    document, dropped = made(field("x", kind, rule), {"a": source})
    assert lost(source, document, dropped) == [], verb


@pytest.mark.parametrize(("kind", "rule", "of", "verb"), LISTS)
@given(source=ITEMS)
def test_an_item_is_kept_or_dropped(kind, rule, of, verb, source):
    """Each scalar of each item counts. Of items with the member that ``[each]`` takes, only that member counts."""
    if verb == "unwind":  # whose rules read below the item
        source = [one for one in source if isinstance(one, dict)]
    document, dropped = made(
        field("x", kind, rule, 'of = "part"' if of else "") + of, {"a": source}
    )
    taken = [
        one["n"] if "[each]" in rule and isinstance(one, dict) and "n" in one else one
        for one in source
    ]
    assert lost(taken, document, dropped) == [], verb


@pytest.mark.parametrize(("kind", "rule", "verb"), TURNED)
@given(source=VALUES)
def test_an_unusable_value_is_dropped(kind, rule, verb, source):
    """The record names it with its place."""
    document, dropped = made(field("x", kind, rule), {"a": source})
    assert "x" in document or [where for where, *_ in dropped] == ["a"], verb


def test_each_verb_is_covered():
    """A new verb must be added to the tables above."""
    known = {verb for *_, verb in (*WHOLE, *LISTS, *TURNED)} | NOT_READ
    assert {*VERBS, *(way.key for way in WAYS)} == known


def test_an_item_that_moved_to_a_later_page_is_named():
    """Its first version counts once; the record has the later one."""
    text = PAGE.replace(
        "[operation.getThing.flex]", '[operation.getThing.flex]\npaging = "collected"'
    )
    text += field("n", "any", f'from = "n"\n{EXACT}') + field(
        "id", "string", f'from = "id"\n{EXACT}'
    )
    items = [{"id": f"{number}", "n": number} for number in range(500)]
    moved = {"id": "7", "n": "later"}
    driven = drive(
        read(text),
        "/api/atlas/v2/things/t",
        pages_of([*items, moved, {"id": "500", "n": 500}]),
    )
    assert driven.document["totalCount"] == 501
    assert dropped_of(driven) == [
        ("results[500]", moved, "it is also in an earlier page")
    ]
