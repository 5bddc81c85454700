"""Defects that show only in the whole document, or in several together."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents import load_documents
from shim.documents.check import lost_members
from shim.documents.tables import key_path
from tests.core.driver import SHIPPED
from tests.core.small import text_of
from tests.documents.language.sound import SOUND, load, problems, write

ORDER = SOUND[
    SOUND.index("[operation.orderThing]") : SOUND.index("[operation.dropThing]")
]


@pytest.mark.parametrize(("versions", "ties"), [
    (">=2023.1.1", True), (">=2023.6.1", True), (">=2024.1.1", False), (">=2023.12.31", True),
    (">=2022.1.1,<2023.1.2", True), (">=2022.1.1,<2023.1.1", False),
])  # fmt: skip
def test_two_operations_for_one_call_are_a_tie(tmp_path, versions, ties):
    """Same method, same path, a common date: it would be ambiguous. Parameter names don't matter."""
    again = (
        ORDER.replace("orderThing", "orderAgain")
        .replace("groupId", "g")
        .replace('"thing"', '"other"')
    )
    rule = '{ from = "id", fidelity = "exact" }'
    other = (
        f'\n[resource.other.id]\ntype = "string"\nflex = {rule}\ndedicated = {rule}\n'
    )
    text = SOUND + again.replace(">=2023.1.1,<2024.1.1", versions) + other
    if ties:
        error = "operation.orderAgain: has the same method, path and versions as orderThing (things.toml)"
        assert problems(tmp_path, things=text) == (f"things.toml: {error}",)
    else:
        load(tmp_path, text)


def test_two_documents_may_not_share_a_name(tmp_path):
    """Settings refer to documents by name."""
    other = SOUND.replace("Thing", "Other").replace("/groups/", "/others/")
    lines = problems(tmp_path, a=SOUND, b=other.replace('"allOthers"', '"x"'))
    assert lines == (
        "b.toml: name: 'things' is also the name of a.toml; use overrides to change its rules",
    )


def test_a_tie_between_documents_has_both_places(tmp_path):
    """The error for one call in two files is in the later one, and refers to the earlier one."""
    other = SOUND.replace('name = "things"', 'name = "others"').replace(
        "Thing", "Other"
    )
    lines = problems(tmp_path, a=SOUND, b=other)
    assert lines == tuple(
        f"b.toml: operation.{verb}Other{s}: has the same method, path and versions as {verb}Thing{s} (a.toml)"
        for verb, s in (("list", "s"), ("order", ""), ("drop", ""))
    )


def test_members_that_rest_does_not_copy_are_reported(tmp_path):
    """If a rule reads a member for another field's name, it is lost unless a field or ``without`` lists it."""
    lost = [
        *lost_members(
            load(
                tmp_path, f"{SOUND}\n[resource.thing]\nrest = true\nwithout = ['old']\n"
            )
        )
    ]
    assert (
        "things.toml: resource.thing: 'title' becomes 'name', and is not kept under its own name"
        in lost
    )
    assert not [line for line in lost if "'old.title'" in line]
    assert [*lost_members(load(tmp_path, SOUND))] == []


def test_resources_may_be_those_of_another_document(tmp_path):
    """The order of the two documents doesn't matter."""
    more = SOUND[: SOUND.index("[operation.orderThing]")].replace(
        '"things"', '"more"\nresources_of = "things"', 1
    )
    more = (
        more.replace("listThings", "listMore")
        .replace("allThings", "allMore")
        .replace("/things", "/m")
    )
    borrowed, own = load_documents([write(tmp_path, a_more=more, things=SOUND)])
    assert borrowed.operations[0].fields == own.operations[0].fields
    assert borrowed.resources == {}
    (tmp_path / "things.toml").unlink()
    lines = problems(tmp_path, a_more=more)
    assert any(
        "resources_of: no document with resources of its own is named 'things'" in line
        for line in lines
    ), lines


def test_an_operation_s_own_rules_override_common_ones(tmp_path):
    """Tables are merged key by key, and the operation's value has priority."""
    operations = load(tmp_path, text_of("all")).operations
    assert {one.method for one in operations} == {"DELETE"}
    thing, other = (one.successors["successor"] for one in operations)
    assert thing.only is not None
    assert other.only is not None
    assert thing.only.path.text == "/new/{thing}"
    assert thing.only.version == "2024-05-30"
    assert thing.note == "All."
    assert {code: rule.code for code, rule in thing.errors.items()} == {
        "A": "B",
        "C": "D",
    }
    assert other.only.version == "2025-01-01"
    assert other.note == "Own."
    assert [*other.errors] == ["A"]


def test_a_resource_of_all_operations_needs_content(tmp_path):
    """A deletion or a file ignores it, and its own is an error. A version alone may change on the same path."""
    document = load(tmp_path, text_of("mixed"))
    assert [bool(one.fields) for one in document.operations] == [True, False, False]
    (line,) = problems(
        tmp_path,
        things=text_of("mixed").replace(
            "status = 204", 'status = 204\nresource = "thing"'
        ),
    )
    assert line.startswith("things.toml: operation.cut.resource: has no effect")


NONE = '\ngone = { detail = "It is no more.", see = "https://example.com" }'
OWN = 'format = 1\noverrides = "gone"\n[operation.getIt]\ntier.own = { path = "/new", version = "2026-06-01" }'


@pytest.mark.parametrize("place", ["[all]", "[operation.getIt]"])
def test_an_operators_successor_replaces_a_missing_one(tmp_path, place):
    """It is allowed wherever the document declares that there is none; any other change there is an error."""
    gone = text_of("gone").replace(place, place + NONE)
    (document,) = load_documents([write(tmp_path, gone=gone, own=OWN)])
    assert [*document.operations[0].successors] == ["own"]
    assert document.operations[0].gone is None
    lines = problems(tmp_path, gone=gone, own=OWN + NONE.replace("more", "longer"))
    assert any(
        "operation.getIt: needs exactly one of a successor" in line for line in lines
    ), lines


def test_the_apis_of_atlas_are_the_default(tmp_path):
    """A document without ``api`` describes calls of Atlas's two interfaces."""
    apis = load(tmp_path, text_of("all")).apis
    assert {
        name: (api.base, api.version, api.content_type) for name, api in apis.items()
    } == {
        "v1.0": ("/api/atlas/v1.0", "2023-01-01", "application/json"),
        "v2": ("/api/atlas/v2", None, None),
    }


def test_the_shipped_documents_are_valid():
    """All of them pass an operator's checks, which programs skip if there are no others."""
    assert load_documents(sorted(SHIPPED.rglob("*.toml")))


@given(st.text(), st.text())
def test_a_key_path_is_valid_toml(outer, inner):
    """A key of any characters can be parsed from its path as a dotted key."""
    path = key_path(key_path("", outer), inner)
    if all(character.isprintable() for character in outer + inner):
        assert tomllib.loads(f"{path} = 1") == {outer: {inner: 1}}
