"""What can only be seen from the whole document, or from several."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.documents import load_documents
from shim.documents.check import lost_members
from shim.documents.tables import key_path
from tests.core.driver import SHIPPED
from tests.documents.language.sound import SOUND, changed, load, only_problem, problems

TARGET = 'path = "/new/{groupId}"\nversion = "2024-01-01"\n\n[operation.orderThing.flex.choose.plain.body]'
PATH = 'path = "/groups/{groupId}/things"'
CHOOSE, ORDER, LIST = "operation.orderThing.flex.choose", "operation.orderThing", "operation.listThings"

DEFECTS = [
    (PATH, PATH.replace("/groups", "/api/v1/groups"), f"{ORDER}.path: is below the base"),
    ("sunset = 2028-01-01", "sunset = 2025-01-01", f"{ORDER}.sunset: is earlier than deprecated"),
    ('cluster = ["groupId"]', 'cluster = ["name"]', f"{ORDER}.cluster: {{name}} is not a parameter of the legacy path"),
    ('cluster = ["groupId"]', "", f"{ORDER}.cluster: is missing"),
    ('order = ["-made", "name"]', 'order = ["-x"]', f"{LIST}.order: '-x' is not a field of the resource"),
    ('order = ["-made", "name"]', 'order = ["links"]', f"{LIST}.order: 'links' can't be sorted by"),
    ('order = ["-made", "name"]', 'order = ["size.width"]', ""),
    ('paging = "collected"\n\n', 'paging = "kept"\n\n', f"{LIST}.order: can never apply: flex keeps"),
    ('path = "/new/{groupId}/{thing}"', 'path = "/new/{id}"', f"{LIST}.flex.path: {{id}} is not a parameter"),
    (TARGET, TARGET.replace("{groupId}", "{x}"), f"{CHOOSE}.plain.path: {{x}} is not a parameter"),
    (TARGET, TARGET.replace("\n\n", '\npaging = "collected"\n\n'), f"{CHOOSE}.plain.paging: belongs to lists"),
    ('probe = "/new/{groupId}"', 'probe = "/new/{x}"', f"{ORDER}.flex.probe: {{x}} is not a parameter"),
    ('probe = "/new/{groupId}"', 'after = ["X"]', ""),
    ('method = "POST"', 'method = "GET"', f"{ORDER}.request: belongs to calls with a body, and GET has none"),
    ('aliases = ["allThings"]', 'aliases = ["listThings"]', f"{LIST}: 'listThings' is already an operation"),
    ('aliases = ["allThings"]', 'aliases = ["dropThing"]', "operation.dropThing: 'dropThing' is already"),
]


@pytest.mark.parametrize(
    ("old", "new", "told"), DEFECTS, ids=[f"{number}-{told[:50]}" for number, (*_, told) in enumerate(DEFECTS)]
)
def test_one_defect_is_told_once(tmp_path, old, new, told):
    """One change that means nothing is one line with file, key and reason."""
    if told:
        assert only_problem(tmp_path, changed((old, new))).startswith(told)
    else:
        load(tmp_path, changed((old, new)))


def test_an_only_tier_needs_no_code_that_leads_to_it(tmp_path):
    """Without another tier nothing can lead to this one."""
    start, end = SOUND.index("[operation.orderThing.dedicated]"), SOUND.index("[operation.dropThing]")
    text = (SOUND[:start] + SOUND[end:]).replace('probe = "/new/{groupId}"', 'after = ["X"]')
    assert only_problem(tmp_path, text) == "operation.orderThing.flex.after: can never apply: there is no other tier"


@pytest.mark.parametrize(
    ("versions", "ties"),
    [
        (">=2023.1.1", True),
        (">=2023.6.1", True),
        (">=2024.1.1", False),
        (">=2023.12.31", True),
        (">=2022.1.1,<2023.1.2", True),
        (">=2022.1.1,<2023.1.1", False),
    ],
)
def test_two_operations_for_one_call_are_a_tie(tmp_path, versions, ties):
    """Same method, same path, a common date: which one is meant could not be told. Parameter names don't matter."""
    start, end = SOUND.index("[operation.orderThing]"), SOUND.index("[operation.dropThing]")
    again = (
        SOUND[start:end]
        .replace("orderThing", "orderAgain")
        .replace("groupId", "g")
        .replace(">=2023.1.1,<2024.1.1", versions)
    )
    again = again.replace('resource = "thing"', 'resource = "other"')
    rule = '{ from = "id", fidelity = "exact" }'
    other = f'\n[resource.other.id]\ntype = "string"\nflex = {rule}\ndedicated = {rule}\n'
    text = SOUND + again + other
    if ties:
        told = only_problem(tmp_path, text)
        assert told == "operation.orderAgain: has the same method, path and versions as orderThing (things.toml)"
    else:
        load(tmp_path, text)


def test_two_documents_may_not_share_a_name(tmp_path):
    """The name is what settings refer to."""
    other = SOUND.replace("Thing", "Other").replace("/groups/", "/others/")
    lines = problems(tmp_path, a=SOUND, b=other.replace('"allOthers"', '"x"'))
    assert lines == ("b.toml: name: 'things' is also the name of a.toml; to change rules use overrides",)


def test_ties_between_documents_name_both(tmp_path):
    """The same call in two files is told in the later, with the earlier."""
    other = SOUND.replace('name = "things"', 'name = "others"').replace("Thing", "Other")
    lines = problems(tmp_path, a=SOUND, b=other)
    assert lines == tuple(
        f"b.toml: operation.{verb}Other{s}: has the same method, path and versions as {verb}Thing{s} (a.toml)"
        for verb, s in (("list", "s"), ("order", ""), ("drop", ""))
    )


def test_members_that_rest_does_not_hand_on_are_named(tmp_path):
    """What a rule reads for a field of another name is lost beside it, unless a field or ``without`` says so."""
    text = SOUND.replace(
        "[resource.thing.name]", "[resource.thing]\nrest = true\nwithout = ['old']\n[resource.thing.name]", 1
    )
    lost = list(lost_members(load(tmp_path, text)))
    assert "things.toml: resource.thing: 'title' becomes 'name', and does not stay beside it" in lost
    assert not [line for line in lost if "'old.title'" in line]
    assert list(lost_members(load(tmp_path, SOUND))) == []


def test_the_shipped_documents_are_sound():
    """All of them, checked as an operator's are; programs that have no others do not check them."""
    assert load_documents(sorted(SHIPPED.rglob("*.toml")))


@given(st.text(), st.text())
def test_a_key_path_is_valid_toml(outer, inner):
    """Whatever a key is made of, its path can be read back as a dotted key."""
    path = key_path(key_path("", outer), inner)
    if all(character.isprintable() for character in outer + inner):
        assert tomllib.loads(f"{path} = 1") == {outer: {inner: 1}}
