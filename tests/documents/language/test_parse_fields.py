"""Fields and rules, from TOML."""

import pytest

from tests.documents.language.sound import SOUND, changed, defects, is_told, problems

NAME = 'from = ["title", "old.title"]\nfidelity = "renamed"'
STATE = 'values = { UP = "up", DOWN = "down" }'
EQUALS = 'equals = { source = "status", word = "FAILED" }'
WHEN = 'when = { source = "paused", given = true }'
LINK = 'link = { rel = { v1 = "me", v2 = "self" }, path = "/groups/{groupId}/things/{name}" }'
BODY = 'amount = { type = "integer", from = "count" }'
WIDTH = "drop = [0]\nwhole = true"

DEFECTS = [
    ('type = "time"', "", "resource.thing.made.type: is missing"),
    ('type = "time"', 'type = "date"', "resource.thing.made.type: 'date' is not one of string"),
    ('words = ["up", "down"]', 'words = ["up", "up", "down"]', "resource.thing.state.words: names something twice"),
    *defects(
        NAME,
        "resource.thing.name.flex",
        ("", ": needs exactly one of from, parameter"),
        ('from = "a"\nlist = "b"\nfidelity = "exact"', ": needs exactly one of"),
        ('from = "$.title"', ".from: '$.title' is not a source: names begin at the object"),
        ("from = 'a\\.b'", ".from: 'a\\\\.b' is not a source: a name with a dot in it"),
        ('from = "a"', ".fidelity: is missing"),
        ('from = "a"\nfidelity = "same"', ".fidelity: 'same' is not one of exact"),
        ('from = "a"\nfidelity = "derived"', ".why: is missing"),
        ('from = "a"\nfidelity = "absent"\nwhy = "x"', ".fidelity: 'absent' is not one of"),
        ('constant = "a"\nfidelity = "exact"\nwhy = "x"', ".fidelity: 'exact' is not one of constant, derived"),
        ('absent = false\nwhy = "x"', ".absent: must be true"),
    ),
    (
        'list = "url"\nfidelity = "renamed"\n\n[resource.thing.urls.d',
        'list = ["a", "b"]\nfidelity = "renamed"\n\n[resource.thing.urls.d',
        "resource.thing.urls.flex.list: must be a text",
    ),
    (STATE, "values = {}", "resource.thing.state.flex.values: must be a table of words"),
    (EQUALS, 'equals = { source = "status" }', "resource.thing.failed.flex.equals.word: is missing"),
    (EQUALS, 'equals = { word = "FAILED" }', "resource.thing.failed.flex.equals.source: is missing"),
    (
        EQUALS,
        'equals = { source = "status", word = "X", words = "Y" }',
        "resource.thing.failed.flex.equals.words: is not a key",
    ),
    *defects(
        WHEN,
        "resource.thing.state.dedicated[0].when",
        ('when = { source = "x" }', ": needs exactly one of is, is_not and given"),
        ('when = { is = "a" }', ".source: is missing"),
        ('when = { source = "x", is = [] }', ".is: must be a text or a list"),
    ),
    *defects(
        LINK,
        "resource.thing.links.flex.link",
        ('link = { rel = "self" }', ".path: is missing"),
        ('link = { rel = { v1 = "a" }, path = "/x" }', ".rel: must be a text, or a table with one for each of"),
        ('link = { rel = "self", path = "x" }', ".path: must start with a slash"),
    ),
    *defects(
        BODY,
        "operation.orderThing.flex.choose.plain",
        ('amount = { from = "count" }', ".body.amount.type: is missing"),
        ('amount = { type = "integer" }', ".body.amount: needs exactly one of"),
        ('amount = { type = "integer", from = "x" }', ".body.amount: reads 'x'"),
        ('amount = { type = "links", link = { rel = "x", path = "/y" } }', ".body"),
        ('amount = { type = "integer", from = "count", fidelity = "exact" }', ".body"),
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "told"), DEFECTS, ids=[f"{number}-{told[:50]}" for number, (*_, told) in enumerate(DEFECTS)]
)
def test_a_defect_is_told_with_file_and_key(tmp_path, old, new, told):
    """Every line names the file, the key and what is wrong; one says this."""
    is_told(tmp_path, changed((old, new)), told)


def test_a_field_has_a_rule(tmp_path):
    """A field that says nothing for any tier is told."""
    told = "resource.thing.idle: has no rule; give one for a tier: flex, dedicated or tier.NAME"
    is_told(tmp_path, SOUND + '\n[resource.thing.idle]\ntype = "string"\n', told)


@pytest.mark.parametrize("value", ["5", '"x"', "[]", "[1]"])
def test_a_field_is_a_table_and_so_is_a_rule(tmp_path, value):
    """A value where a field or a rule should be is told."""
    is_told(tmp_path, f"{SOUND}\n[resource.thing]\nodd = {value}\n", "resource.thing.odd: must be a table")
    text = changed(('type = "time"', f'type = "time"\nflex2 = {value}'))
    is_told(tmp_path, text, "resource.thing.made.flex2: is not a key")


@pytest.mark.parametrize(
    "name", ['"a.b.c"', '"with \\" quote"', "'with \\ back'", '"ä ö"', '"["', '"a#b"', '"line\\nbreak"']
)
def test_odd_names_are_told_as_toml_writes_them(tmp_path, name):
    """Dots and quotes in a name don't make another path of it."""
    text = f'{SOUND}\n[resource.thing.{name}]\ntype = "nonsense"\n'
    assert any("resource.thing." in line and "nonsense" in line for line in problems(tmp_path, things=text))
