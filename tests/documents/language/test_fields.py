"""Fields and rules: what each defect is called, rules that could never apply, and values that could never be true."""

import pytest

from tests.documents.language.sound import SOUND, changed, defects, is_told, load, only_problem, problems, without

NAME = 'from = ["title", "old.title"]\nfidelity = "renamed"'
MADE = 'from = "made"\nfidelity = "exact"'
STATE = 'values = { UP = "up", DOWN = "down" }'
EQUALS = 'equals = { source = "status", word = "FAILED" }'
GIVEN = 'when = { source = "paused", given = true }'
WHEN = GIVEN + '\nconstant = "down"\nwhy = "It rests."\n'
LAST = '[[resource.thing.state.dedicated]]\nfrom = "state"\nfidelity = "exact"\n'
URLS = '[resource.thing.urls.flex]\nlist = "url"'
LINK = 'link = { rel = { v1 = "me", v2 = "self" }, path = "/groups/{groupId}/things/{name}" }'
BODY = 'amount = { type = "integer", from = "count" }'

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
        ('from = "a"', ".fidelity: is missing"),
        ('from = "a"\nfidelity = "same"', ".fidelity: 'same' is not one of exact"),
        ('from = "a"\nfidelity = "derived"', ".why: is missing"),
        ('from = "a"\nfidelity = "absent"\nwhy = "x"', ".fidelity: 'absent' is not one of"),
        ('constant = "a"\nfidelity = "exact"\nwhy = "x"', ".fidelity: 'exact' is not one of constant, derived"),
        ('absent = false\nwhy = "x"', ".absent: must be true"),
    ),
    (URLS, URLS.replace('"url"', '["a", "b"]'), "resource.thing.urls.flex.list: must be a text"),
    (STATE, "values = {}", "resource.thing.state.flex.values: must be a table of words"),
    *defects(
        EQUALS,
        "resource.thing.failed.flex.equals",
        ('equals = { source = "status" }', ".word: is missing"),
        ('equals = { word = "FAILED" }', ".source: is missing"),
        ('equals = { source = "status", word = "X", words = "Y" }', ".words: is not a key"),
    ),
    *defects(
        GIVEN,
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
    ('type = "time"', 'type = "time"\nwords = ["x"]', "resource.thing.made.words: belong to fields of type string"),
    *defects(
        NAME,
        "resource.thing.name.flex",
        ('list = "x"\nfidelity = "exact"', ": list gives strings or objects, and the field's"),
        (LINK.replace("name", "made") + '\nfidelity = "exact"', ": link gives links"),
        ('constant = 5\nwhy = "x"', ".constant: 5 is not of the field's type, string"),
        ('parameter = "x"\nfidelity = "exact"', ".parameter: 'x' is not a parameter of"),
    ),
    (MADE, 'constant = 2026-01-01T00:00:00Z\nwhy = "x"', "resource.thing.made.flex.constant: datetime"),
    (MADE, 'parameter = "groupId"\nfidelity = "exact"', "resource.thing.made.flex: parameter gives string"),
    (STATE, 'values = { UP = "on", DOWN = "down" }', "resource.thing.state.flex.values.UP: 'on' is not one of"),
    (STATE, 'values = { "a b" = 1 }', 'resource.thing.state.flex.values."a b": 1 is not of the field\'s type'),
    (WHEN, WHEN.replace('"down"', '"gone"'), "resource.thing.state.dedicated[0].constant: 'gone' is not one of"),
    (WHEN, 'constant = "down"\nwhy = "x"\n', "resource.thing.state.dedicated[1]: can never apply"),
    (LAST, "", "resource.thing.state.dedicated[0]: has a when and no rule after it"),
    (LINK, LINK.replace("{name}", "{nothing}"), "resource.thing.links.flex: link {nothing} is neither a parameter"),
    (LINK, 'parameter = "name"', "resource.thing.links.flex: a field of type links is made by link, from or absent"),
    *defects(
        BODY,
        "operation.orderThing.flex.choose.plain.body",
        ('amount = { type = "string", whole = true, from = "count" }', ".amount: whole gives integer"),
        ('amount = { type = "string", parameter = "x" }', ".amount.parameter: 'x' is not a parameter"),
        ('amount = { type = "links", from = "count" }', ".amount: a request body has no links"),
        (f'{BODY}\n"amount.x" = {{ type = "integer", from = "count" }}', '."amount.x": stands inside'),
    ),
]


@pytest.mark.parametrize(
    ("old", "new", "told"), DEFECTS, ids=[f"{number}-{told[:50]}" for number, (*_, told) in enumerate(DEFECTS)]
)
def test_one_defect_is_told(tmp_path, old, new, told):
    """One change that could never be true is told with file, key and reason."""
    is_told(tmp_path, changed((old, new)), told)


ABSENT = '{ absent = true, why = "x" }'


def with_field(kind, rule, name="extra"):
    field = f'\n[resource.thing.{name}]\ntype = "{kind}"\ndedicated = {ABSENT}\n'
    return f"{SOUND}{field}[resource.thing.{name}.flex]\n{rule}\n"


NO_JSON = {"number": ["nan", "inf"], "object": ["{ a = 2026-01-01 }", "{ a = [{ b = nan }] }"]}
OF_OTHERS = {"objects": ["[{ a = 12:30:00 }]"], "integer": ["1.0", "true"], "boolean": ["1"]}


@pytest.mark.parametrize(
    ("kind", "constant"), [(kind, one) for kind, some in (NO_JSON | OF_OTHERS).items() for one in some]
)
def test_a_constant_can_be_said_in_json(tmp_path, kind, constant):
    """TOML has dates and infinities, JSON has not, however deep they stand."""
    told = only_problem(tmp_path, with_field(kind, f'constant = {constant}\nwhy = "x"'))
    assert told.startswith("resource.thing.extra.flex.constant: ")


@pytest.mark.parametrize(
    ("kind", "constant"),
    [
        ("object", '{ a = [1, 2.5, true, { b = "x" }] }'),
        ("objects", "[]"),
        ("number", "1.5"),
        ("time", '"2026-01-01T00:00:00Z"'),
    ],
)
def test_any_json_can_be_a_constant(tmp_path, kind, constant):
    """Objects and lists can be declared too."""
    load(tmp_path, with_field(kind, f'constant = {constant}\nwhy = "x"'))


def test_every_tier_says_how(tmp_path):
    """A field without a rule for a tier that has a successor is told."""
    told = only_problem(tmp_path, without("[resource.thing.made.dedicated]", "[resource.thing.state]"))
    assert told == "resource.thing.made.dedicated: is missing; say how the field gets its value there, or absent"


def test_a_rule_for_a_tier_without_successor_never_applies(tmp_path):
    """Rules for a tier that nobody asks are dead."""
    text = SOUND
    for start, end in (
        ("[operation.orderThing.dedicated]", "[operation.dropThing]"),
        ("[operation.listThings.dedicated]", "[operation.orderThing]"),
    ):
        text = text[: text.index(start)] + text[text.index(end) :]
    lines = problems(tmp_path, things=text)
    told = "can never apply: no operation of this resource has a dedicated successor"
    assert f"things.toml: resource.thing.made.dedicated: {told}" in lines


@pytest.mark.parametrize(
    ("words", "dead"), [('"A"', True), ('["B", "A"]', True), ('["A", "C"]', False), ('"C"', False)]
)
def test_a_condition_that_rules_before_it_take_never_applies(tmp_path, words, dead):
    """Words that are all taken already leave nothing."""
    rule = '[[resource.thing.state.dedicated]]\nwhen = { source = "k", is = %s }\nfrom = "state"\nfidelity = "exact"\n'
    rules = "".join(rule % taken for taken in ('["A", "B"]', words))
    text = changed(("[[resource.thing.state.dedicated]]\n" + WHEN, rules))
    if dead:
        told = only_problem(tmp_path, text)
        assert told == "resource.thing.state.dedicated[1]: can never apply: rules before it take all its words"
    else:
        load(tmp_path, text)


@pytest.mark.parametrize("name", ["name.first", '."x"', "a..b", "made.x.y"])
def test_a_name_stands_beside_others_not_inside(tmp_path, name):
    """A nested name with an empty part, or inside a field that is a value, is told."""
    quoted = name.replace('"', "")
    told = only_problem(tmp_path, with_field("string", 'absent = true\nwhy = "x"', f'"{quoted}"'))
    assert "stands inside" in told or "empty part" in told


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
