"""From TOML to a document: what is read, and what each defect is called."""

import pytest

from tests.documents.language.sound import SOUND, changed, is_told, load, only_problem, problems, without


def test_the_apis_of_atlas_are_the_default(tmp_path):
    """A document without ``api`` describes calls of Atlas' two interfaces."""
    head, _, rest = SOUND.partition("[api.v1]")
    text = head + rest[rest.index("[operation.listThings]") :]
    text = text.replace("{ v1 = 201, v2 = 200 }", "200").replace('{ v1 = "me", v2 = "self" }', '"self"')
    apis = load(tmp_path, text).apis
    assert {name: (api.base, api.version, api.content_type) for name, api in apis.items()} == {
        "v1.0": ("/api/atlas/v1.0", "2023-01-01", "application/json"),
        "v2": ("/api/atlas/v2", None, None),
    }


WRITTEN = 'versions = ">=2023.1.1,<2024.1.1"'
ORDERED = "status = { v1 = 201, v2 = 200 }"
GOLD = '[operation.orderThing.flex.choose.gold.refuse]\nerrorCode = "SHIM_NO_GOLD"\ndetail = "No gold."\n'
CHOOSE, ORDER, FLEX = "operation.orderThing.flex.choose", "operation.orderThing", "[operation.orderThing.flex]"

DEFECTS = [
    ("format = 1", "format = 2", "format: must be 1"),
    ("format = 1", "format = true", "format: must be 1"),
    ('name = "things"', "", "name: is missing"),
    ('base = "/api/v1"', 'base = "api"', "api.v1.base: must start with a slash"),
    ('base = "/api/v1"', 'base = "/api/{x}"', "api.v1.base: can't have parameters"),
    ('base = "/api/v2"', 'base = "/api/v1"', "api.v2.base: is the base of another api"),
    ('version = "2023-01-01"', 'version = "2023"', "api.v1.version: '2023' is not a date"),
    ('method = "POST"', 'method = "post"', f"{ORDER}.method: 'post' is not one of GET, POST"),
    ('path = "/groups/{groupId}/things"', 'path = "/{x}:stop"', f"{ORDER}.path: segment '{{x}}:stop'"),
    (WRITTEN, "", f"{ORDER}.versions: is missing"),
    (WRITTEN, 'versions = "<2024.1.1"', f"{ORDER}.versions: '<2024.1.1' is not a range of days"),
    ("sunset = 2028-01-01", "", f"{ORDER}.sunset: is missing"),
    ('shape = "page"', 'shape = "pages"', "operation.listThings.shape: 'pages' is not one of one, page"),
    *(
        (ORDERED, f"status = {status}", f"{ORDER}.status: needs a success status such as 200 for each")
        for status in ("true", "404", "[200]", "{ v1 = 200 }", "{ v1 = 200, v2 = 200, v3 = 200 }")
    ),
    ('see = "https://example.com"', "", "operation.dropThing.gone.see: is missing"),
    ('words = ["plain", "gold"]', "", f"{ORDER}.request.words: and choose belong together"),
    ('choose = "kind"', "", f"{ORDER}.request.words: and choose belong together"),
    ('choose = "kind"', 'choose = "colour"', f"{ORDER}.request.choose: 'colour' is not a member of the body"),
    ('required = ["kind"]', 'required = ["x"]', f"{ORDER}.request.required: 'x' is not a member of the body"),
    ('kind = "string"', 'kind = "text"', f"{ORDER}.request.members.kind: 'text' is not one of string"),
    (GOLD, "", f"{CHOOSE}: says nothing of 'gold'"),
    ("choose.gold", "choose.silver", f"{CHOOSE}: "),
    ('errorCode = "SHIM_NO_GOLD"', "", f"{CHOOSE}.gold.refuse.errorCode: is missing"),
    ('detail = "No gold."', 'detail = "No gold."\nx = 1', f"{CHOOSE}.gold.refuse.x: is not a key"),
    ("[operation.orderThing.flex.choose.gold.refuse]", "[operation.orderThing.flex.choose.gold]", ORDER),
    ('after = ["NOT_FLEX"]\nnote = "Elsewhere."', "", "operation.listThings.dedicated.after: is missing"),
    ('note = "Elsewhere."', 'note = ""', "operation.listThings.dedicated.note: must not be empty"),
]


@pytest.mark.parametrize(
    ("old", "new", "told"), DEFECTS, ids=[f"{number}-{told[:40]}" for number, (*_, told) in enumerate(DEFECTS)]
)
def test_a_defect_is_told_with_file_and_key(tmp_path, old, new, told):
    """Every line names the file, the key and what is wrong; one says this."""
    is_told(tmp_path, changed((old, new)), told)


@pytest.mark.parametrize(
    ("cut", "told"),
    [
        (("[operation.dropThing.gone]", "[resource.thing.name]"), ["operation.dropThing: needs either a successor"]),
        (("[operation.listThings.flex]", "[operation.listThings.d"), ["operation.listThings.dedicated.after: can"]),
        (
            ("[operation.orderThing.request]", FLEX),
            [f"{CHOOSE}: 'plain' is not one of the words", f"{CHOOSE}.plain.body: needs"],
        ),
        (("[operation.orderThing.request.members]", FLEX), ["operation.orderThing.request.members: is missing"]),
        (('resource = "thing"\norder', "order"), ["operation.listThings.resource: is missing"]),
    ],
)
def test_a_part_that_is_missing_is_told(tmp_path, cut, told):
    """An operation needs somewhere to go, an answer fields, and a word that chooses a body with members."""
    is_told(tmp_path, without(*cut), *told)


def test_an_operation_with_both_a_successor_and_none_is_refused(tmp_path):
    """It can't be gone and not gone."""
    text = SOUND + '\n[operation.listThings.gone]\ndetail = "x"\nsee = "y"\n'
    assert only_problem(tmp_path, text).startswith("operation.listThings: needs either a successor")


def test_a_document_without_operations_says_nothing(tmp_path):
    """There must be something to recognise."""
    lines = problems(tmp_path, things='format = 1\nname = "things"\n')
    assert lines == ("things.toml: operation: is missing; a document describes at least one operation",)


def test_a_resource_is_used_and_used_ones_are_there(tmp_path):
    """A name that leads nowhere, and fields that no answer has, are told."""
    text = SOUND.replace('resource = "thing"', 'resource = "think"')
    lines = problems(tmp_path, things=text)
    assert "things.toml: operation.listThings.resource: 'think' is not a resource of this document" in lines
    assert "things.toml: resource: 'thing' is used by no operation" in lines


DROP = 'method = "DELETE"\npath = "/groups/{groupId}/things/{thing}"'
DROPPED = '[operation.dropThing.flex]\npath = "/new/{thing}"\nversion = "2024-01-01"\n\n[resource.thing.name]'


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ("status = 204", ""),
        ("status = { v1 = 204, v2 = 200 }", "operation.dropThing.resource: is missing"),
        ('status = 204\nresource = "thing"', "operation.dropThing.resource: can never apply"),
        ('status = 204\nshape = "page"', "operation.dropThing.status: is of answers without content"),
    ],
)
def test_an_answer_without_content_has_no_fields(tmp_path, more, told):
    """A 204 is not a page and needs no resource; any other answer does."""
    text = without("[operation.dropThing.gone]", "[resource.thing.name]").replace(DROP, f"{DROP}\n{more}", 1)
    text = text.replace("[resource.thing.name]", DROPPED, 1)
    if told:
        is_told(tmp_path, text, told)
    else:
        assert load(tmp_path, text).operations[2].status == {"v1": 204, "v2": 204}


def test_a_choice_that_refuses_everything_is_no_successor(tmp_path):
    """Where every word is refused nothing took the operation's place."""
    plain = SOUND[
        SOUND.index("[operation.orderThing.flex.choose.plain]") : SOUND.index("[operation.orderThing.flex.choose.gold")
    ]
    refuse = '[operation.orderThing.flex.choose.plain.refuse]\nerrorCode = "X"\ndetail = "Y"\n'
    assert "refuses every word" in only_problem(tmp_path, changed((plain, refuse)))


def test_a_probe_without_a_refusal_never_applies(tmp_path):
    """A probe is asked before a word is refused."""
    text = changed((GOLD, '[operation.orderThing.flex.choose.gold]\npath = "/new"\nversion = "2024-01-01"\n'))
    assert only_problem(tmp_path, text).startswith("operation.orderThing.flex.probe: can never apply")
