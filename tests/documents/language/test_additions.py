"""What is told of blank reads, switches, constants and request bodies; borrowed resources, and keys of all."""

import pytest

from shim.documents import load_documents
from tests.documents.language.sound import SOUND, changed, is_told, only_problem, problems

DROP = """
[operation.dropThing.gone]
detail = "Keep them."
see = "https://example.com"
"""
READ = """
[operation.readThing]
method = "GET"
path = "/groups/{groupId}/things/{thing}/again"
versions = ">=2023.1.1"
deprecated = 2026-01-01
blank = 2026-06-01
sunset = 2027-01-01
resource = "thing"
"""
NEVER_BLANK = READ.replace("blank = 2026-06-01", "")
SWITCHED = READ.replace("blank = 2026-06-01", 'switch = "x"')
CONSTANT = "[operation.readThing.constant]\n"
TO_FLEX = '\n[operation.readThing.flex]\npath = "/new/{groupId}"\nversion = "2024-01-01"\n'


def documents(tmp_path, **texts):
    for name, text in texts.items():
        (tmp_path / f"{name}.toml").write_text(text, encoding="utf-8")
    return {document.name: document for document in load_documents([tmp_path])}


def operation(tmp_path, name, text):
    found = documents(tmp_path, things=text)["things"].operations
    return next(one for one in found if one.id == name)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (READ.replace("2026-06-01", "2027-06-01") + TO_FLEX, "operation.readThing.blank: can never apply"),
        (READ + DROP.replace("dropThing", "readThing"), "operation.readThing.blank: belongs to reads that have a"),
        (SWITCHED, "operation.readThing.switch: needs either a successor"),
        (SWITCHED + TO_FLEX, "operation.readThing.switch: belongs to writes"),
        (NEVER_BLANK + TO_FLEX.replace("flex]", "constant]"), "operation.readThing.constant"),
        (NEVER_BLANK + CONSTANT + "value = 1\n", "operation.readThing.constant.why: is missing"),
        (NEVER_BLANK + CONSTANT + 'why = "x"\n', "operation.readThing.constant.value: None is not a JSON value"),
    ],
)
def test_a_defect_of_a_read_is_told(tmp_path, text, told):
    """With file and key."""
    is_told(tmp_path, SOUND + text, told)


def test_resources_may_be_those_of_another_document(tmp_path):
    """Whoever borrows them need not be read after the one that lends."""
    start = SOUND.index("[operation.listThings]")
    end = SOUND.index("[operation.orderThing]")
    borrowing = SOUND[:start].replace('name = "things"', 'name = "more"\nresources_of = "things"')
    borrowing += (
        SOUND[start:end].replace("listThings", "listMore").replace("allThings", "allMore").replace("/things", "/m")
    )
    found = documents(tmp_path, a_more=borrowing, things=SOUND)
    assert found["more"].operations[0].fields == found["things"].operations[0].fields
    assert found["more"].resources == {}
    (tmp_path / "things.toml").unlink()
    lines = problems(tmp_path, a_more=borrowing)
    assert any("resources_of: no document with resources of its own is named 'things'" in line for line in lines), lines


REFUSE = "\n[operation.orderThing.request.refuse.count]\nvalue = 0\nerrorCode = 'SHIM_X'\ndetail = 'x'\n"


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("value = 0\n", "", "operation.orderThing.request.refuse.count.value: is missing"),
        ("errorCode = 'SHIM_X'\n", "", "operation.orderThing.request.refuse.count.errorCode: is missing"),
        ("refuse.count", "refuse.colour", "operation.orderThing.request.refuse: 'colour' is not a member of the body"),
    ],
)
def test_a_defect_of_a_refused_value_is_told(tmp_path, old, new, told):
    """With file and key."""
    assert only_problem(tmp_path, SOUND + REFUSE.replace(old, new)).startswith(told)


AMOUNT = 'amount = { type = "integer", from = "count" }'


@pytest.mark.parametrize(
    ("rules", "told"),
    [
        ('INTEGER }, { type = "integer", constant = 1 }', "[1]: can never apply"),
        ('INTEGER, when = { source = "kind", is = "gold" } }', ""),
        ('INTEGER, when = { source = "kind", given = true } }, { type = "string", constant = "x" }', ": has more"),
    ],
)
def test_a_defect_of_a_body_with_several_rules_is_told(tmp_path, rules, told):
    """As of a field with several."""
    text = changed((AMOUNT, f"amount = [{rules}]".replace("INTEGER", '{ type = "integer", from = "count"')))
    is_told(tmp_path, text, f"operation.orderThing.flex.choose.plain.body.amount{told}")


def test_equals_does_not_call_a_word_true_and_false(tmp_path):
    """A word that makes it true is none of the others."""
    text = changed(('word = "FAILED" }', 'word = "A", others = ["A", "B"] }'))
    is_told(tmp_path, text, "resource.thing.failed.flex.equals.others: has words that make it true: A")


def test_what_all_operations_have_stands_once(tmp_path):
    """A key of an operation's own takes its place."""
    one = operation(tmp_path, "dropThing", f'{SOUND}\n[all]\nnote = "All."\nmethod = "PUT"\n')
    assert (one.note, one.method) == ("All.", "DELETE")


def test_what_all_have_is_a_table(tmp_path):
    """Anything else is a defect of its own."""
    assert problems(tmp_path, things=f"all = 5\n{SOUND}") == ("things.toml: all: must be a table, not 5",)


def test_the_version_alone_may_change(tmp_path):
    """A named tier without a path is the legacy path in another version; flex is another path always."""
    named = NEVER_BLANK + '\n[operation.readThing.tier.successor]\nversion = "2024-01-01"\n'
    named = named.replace('">=2023.1.1"', '">=2023.1.1,<2024.1.1"')
    text = SOUND + named + '\n[resource.thing.name.tier.successor]\nfrom = "name"\nfidelity = "exact"\n'
    assert not [line for line in problems(tmp_path, things=text) if ".path" in line]
    flex = SOUND + NEVER_BLANK + TO_FLEX.replace('path = "/new/{groupId}"\n', "")
    is_told(tmp_path, flex, "operation.readThing.flex.path: is missing")
