"""Calls before a call, successes that stand for errors, lists that are unwound, files: what can't be said of them."""

import pytest

from shim.documents import load_documents
from tests.documents.language.sound import only_problem, problems
from tests.test_mappings_readme import BEFORE, NESTED, REFUSED, WIDGETS

SOUND = f"{WIDGETS}\n{REFUSED}\n{BEFORE}"
RENAME, SET = "operation.renameWidget.flex", "operation.setWheels.flex"
LOOK, FIRST, SECOND, THIRD = f"{RENAME}.before", f"{SET}.before[0]", f"{SET}.before[1]", f"{SET}.before[2]"
NAME, ID = 'query.name = { type = "string", parameter = "name" }', 'gives.id = "results[only].id"'
EACH, BUT = 'each = "wheels"', 'but = "present"'
WHEN, STATUS = 'when = { source = "results[only].frozen", is_not = false }', "status = 404"
NOW, PRESENT = 'gives.now = "results[only]"', 'gives.present = "wheels"'
BODY, REQUIRED = 'body.wheel = { type = "string", from = "value" }', 'request.required = ["wheels"]'
WIDE = 'request.members.wheels = "strings"'
REFUSING, LISTED = "[operation.renameWidget.flex.before.errors.200]", "[operation.listWidgets.flex.errors.200]"


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (ID, 'give.id = "results[only].id"', f"{LOOK}.give: is not a key of this table; did you mean 'gives'?"),
        (ID, 'gives.id = "results[x].id"', f"{LOOK}.gives: 'results[x].id' is not a source"),
        (ID, f'{ID}\ngives.name = "name"', f"{LOOK}.gives.name: 'name' is the name of something else already"),
        (ID, f'{ID}\ngives.title = "name"', f"{LOOK}.gives.title: 'title' is the name of something else already"),
        (ID, f'{ID}\ngives.value = "name"', f"{LOOK}.gives.value: 'value' is the name of something else already"),
        (ID, f'{ID}\ngives."a.b" = "name"', f'{LOOK}.gives."a.b": \'a.b\' is not a name of letters'),
        (ID, f'{ID}\ngives.spare = "name"', f"{LOOK}.gives.spare: 'spare' is used by nothing"),
        (NOW, 'gives.new = "results[only]"', f"{RENAME}.body.label: reads 'now.label', which is not a member"),
        (ID, "", f"{RENAME}.path: {{id}} is not a parameter of the legacy path"),
        (f'path = "/api/atlas/v2/groups/{{groupId}}/gadgets"\n{NAME}', NAME, f"{LOOK}.path: {{id}} is not a parameter"),
        (NAME, 'query.name = { type = "string", parameter = "id" }', f"{LOOK}.query.name.parameter: 'id' is not a"),
        (NAME, 'query.name = { type = "string", from = "now.x" }', f"{LOOK}.query.name: reads 'now.x', which is not"),
        (BODY, BODY.replace("value", "wheel"), f"{SECOND}.body.wheel: reads 'wheel', which is not a member"),
        (NAME, 'query.name = { type = "strings", from = "title" }', f"{LOOK}.query.name: is not a plain value"),
        (NAME, f"{NAME}\nquery.rest = true", f"{LOOK}.query.rest: must be a table"),
        (NAME, f'{NAME}\nbody.a = {{ type = "string", from = "title" }}', f"{LOOK}.body: belongs to writes"),
        (NAME, f'{NAME}\nversion = "soon"', f"{LOOK}.version: 'soon' is not a date"),
        (NAME, f'{NAME}\nmethod = "LOOK"', f"{LOOK}.method: 'LOOK' is not one of GET"),
        (NAME, f'{NAME}\nmethod = "POST"', f"{LOOK}: writes; gives and errors belong to looks"),
        (REFUSING, f"{REFUSING}\ncode = 4", f"{LOOK}.errors.200.code: is not a key"),
        (REFUSING, REFUSING.replace("200", "404"), f"{LOOK}.errors.404: has a when, which belongs to a success"),
        (REFUSING, REFUSING.replace("200", "GONE"), f"{LOOK}.errors.GONE: has a when, which belongs to a success"),
        (WHEN, "", f"{LOOK}.errors.200: is a success: say by when"),
        (WHEN, "when = {}", f"{LOOK}.errors.200.when.source: is missing"),
        (f"{WHEN}   # also true of none, and of several\n{STATUS}", WHEN, f"{LOOK}.errors.200.when: needs errorCode"),
        (LISTED, LISTED.replace("200", "NO"), "operation.listWidgets.flex.errors.NO: has a when, which belongs to a s"),
        (LISTED, LISTED.replace("200", "2000"), "operation.listWidgets.flex.errors.2000: has a when"),
        (f"{PRESENT}", f'{PRESENT}\nmethod = "GET"\n{EACH}', f"{FIRST}.each: belongs to writes"),
        (f"{PRESENT}", 'version = "2026-06-01"', f"{FIRST}: looks in vain"),
        (f"{PRESENT}", PRESENT.replace("present", "seen"), f"{SECOND}.but: 'present' is neither a list of the legacy"),
        (EACH, 'each = "wheel"', f"{SECOND}.each: 'wheel' is neither a list of the legacy body nor given"),
        (EACH, "", f"{SECOND}.but: belongs to each"),
        (EACH, 'each = "present"', f"{SECOND}.but: is the same list as each"),
        (REQUIRED, "", f"{SECOND}.each: 'wheels' may be missing: name it in request.required"),
        (WIDE, 'request.members.wheels = "string"', f"{SECOND}.each: 'wheels' is neither a list"),
        (BODY, "body = {}", f"{SECOND}.body: makes nothing"),
        (NAME, "query = {}", f"{LOOK}.query: makes nothing"),
        (BODY, "body.rest = true", f"{SECOND}.body.rest: must be a table"),
        (BODY, 'body.wheel = { type = "string", parameter = "wheel" }', f"{SECOND}.body.wheel.parameter: 'wheel' is n"),
        ('path = "/api/atlas/v2/groups/{groupId}/gadgets/{name}:addWheel"', 'path = "/x/{id}"', f"{SECOND}.path: {{i"),
        ('method = "PUT"', 'method = "GET"', "operation.setWheels.request: belongs to calls with a body"),
        ('method = "PUT"', 'method = "GET"', f"{SECOND}.method: writes before a read: a read stays a read"),
        (f"[[{SET}.before]]\n{PRESENT}\n", "", f"{SECOND.replace('1', '0')}.but: 'present' is neither"),
        (REQUIRED, f"{REQUIRED}\nrequest.bare = true", "operation.setWheels.request.bare: needs one member, 'value'"),
    ],
)  # fmt: skip
def test_what_cannot_be_said(tmp_path, old, new, said):
    """Each defect is found, and names its key."""
    assert old in SOUND
    lines = problems(tmp_path, own=SOUND.replace(old, new, 1))
    assert any(line.startswith(f"own.toml: {said}") for line in lines), lines


def test_a_look_behind_a_write_is_none(tmp_path):
    """Looks come first, so that nothing is written before all is seen."""
    look = f"[[{SET}.before]]\n{PRESENT}\n"
    text = SOUND.replace(look, "") + look
    assert any("before: has a look behind a write; looks come first" in line for line in problems(tmp_path, own=text))


def test_calls_go_before_no_list_that_is_added(tmp_path):
    """Nor before a successor that a body's words lead to."""
    adds = 'adds = true\nswitch = "x"\npaging = "collected"\nbefore.gives.id = "id"'
    text = SOUND.replace('paging = "collected"', adds, 1)
    assert any("listWidgets.flex.before: can't go before a tier" in line for line in problems(tmp_path, own=text))


NEW = 'successor = { path = "/y", version = "2026-06-01" }\n'
FILE = """
[operation.getFile]
method = "GET"
path = "/groups/{groupId}/files/{name}.gz"
content = "gzip"
flex.path = "/api/atlas/v2/groups/{groupId}/files2/{name}.gz"
flex.version = "2026-06-01"
"""


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (FILE.replace('"gzip"', '"zip"'), "content: 'zip' is not one of json, gzip; did you mean 'gzip'?"),
        (f'{FILE}resource = "widget"', "resource: can never apply"),
        (f'{FILE}shape = "page"', "status: is of answers without content"),
        (FILE.replace('"GET"', '"POST"'), "content: belongs to reads"),
        (FILE + REFUSED.replace("listWidgets", "getFile"), "flex.errors: reads what passes unread"),
    ],
)  # fmt: skip
def test_a_file_has_no_fields(tmp_path, text, said):
    """It passes as it comes."""
    own = f"{WIDGETS}\n{text}"
    assert any(line.startswith(f"own.toml: operation.getFile.{said}") for line in problems(tmp_path, own=own))


def test_a_resource_of_all_operations_is_of_those_that_have_content(tmp_path):
    """A deletion or a file beside them has none; its own is told."""
    cut = f'[operation.cut]\nmethod = "DELETE"\npath = "/x"\nstatus = 204\n{NEW.replace("successor", "flex")}'
    text = WIDGETS.replace("[all]", '[all]\nresource = "widget"') + FILE + cut
    (tmp_path / "things.toml").write_text(text)
    (document,) = load_documents([tmp_path])
    assert [bool(one.fields) for one in document.operations] == [True, False, False]
    assert only_problem(tmp_path, f'{text}resource = "widget"\n').startswith("operation.cut.resource: can never apply")


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ('["left.fingers", "others.fingers"]   #', '["left[first].fingers"]   #', ": 'left[first].fingers' has a step"),
        ('why = "Those', 'times = 5\nwhy = "Those', ".times: must be a text"),
        ('why = "Those', 'times = "a.b"\nwhy = "Those', ".times: 'a.b' is not on the"),
    ],
)  # fmt: skip
def test_what_cannot_be_unwound(tmp_path, old, new, said):
    """All items of a list are, so often as a number in it says."""
    assert old in NESTED
    get = f'[operation.getMachine]\nmethod = "GET"\npath = "/machine"\nresource = "machine"\ntier.{NEW}'
    lines = problems(tmp_path, own=WIDGETS + get + NESTED.replace(old, new))
    assert any(line.startswith(f"own.toml: resource.machine.fingers.tier.successor{said}") for line in lines), lines


GONE = """
format = 1
name = "gone"

[all]
versions = ">=2023.1.1"
deprecated = 2026-01-01
sunset = 2026-01-01
{all}

[operation.getIt]
method = "GET"
path = "/it"
resource = "it"
{own}

[resource.it]
"""
NONE = 'gone = { detail = "It is no more.", see = "https://example.com" }'
OWN = 'format = 1\noverrides = "gone"\n[operation.getIt]\ntier.own = { path = "/new", version = "2026-06-01" }\n'


@pytest.mark.parametrize("places", [{"all": NONE, "own": ""}, {"all": "", "own": NONE}])
def test_an_operators_successor_takes_the_place_of_none(tmp_path, places):
    """Wherever the document says that there is none; what else the operator says of it is told."""
    (tmp_path / "gone.toml").write_text(GONE.format(**places))
    (tmp_path / "own.toml").write_text(OWN)
    (document,) = load_documents([tmp_path])
    assert [*document.operations[0].successors] == ["own"]
    assert document.operations[0].gone is None
    lines = problems(tmp_path, gone=GONE.format(**places), own=OWN + NONE.replace("more", "longer"))
    assert any("operation.getIt: needs either a successor" in line for line in lines), lines
