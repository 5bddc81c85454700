"""Named tiers, objects inside objects, queries, errors and bare answers: what is told of a defect."""

# ruff: noqa: E501 - a row has a defect and what is told of it

import pytest

from tests.core.small import START, operation, successor
from tests.documents.language.sound import is_told, only_problem

HEAD = START + operation("getThing", "GET", "/things/{thing}")
CALL = successor("getThing", "/new/{thing}", "tier.newer")
PART = """
[resource.part.name]
type = "string"

[resource.part.name.tier.newer]
from = "name"
fidelity = "exact"
"""


def of(name, kind, rule, more=""):
    """Return a field of the thing, with one rule."""
    return f'\n[resource.thing."{name}"]\ntype = "{kind}"\n{more}\n[resource.thing."{name}".tier.newer]\n{rule}\n'


def reads(source, kind="string", more="", field=""):
    return of("x", kind, f'from = "{source}"\nfidelity = "exact"\n{more}', field)


PARTS = 'of = "part"'
X = "resource.thing.x.tier.newer"
LIST = HEAD.replace("resource =", 'shape = "page"\nresource =')


@pytest.mark.parametrize(
    ("fields", "told"),
    [
        (reads("a[].b"), f"{X}.from: 'a[].b' is not a source: 'a[]' is neither a name nor a name with one of [first], [only], [each]"),
        (reads("a.0"), f"{X}.from: 'a.0' is not a source: an item of a list is named [first] or [only], not 0"),
        (reads("a..b"), f"{X}.from: 'a..b' is not a source: '' is neither a name nor a name with one of [first], [only], [each]"),
        (reads("a[each].b"), f"{X}: 'a[each].b' is a list; [first] or [only] take one item of it"),
        (reads("a", "string", "parts = 0"), f"{X}.parts: must be how many parts, 1 or more, not 0"),
        (reads("a", "string", "parts = 1\nwhole = true"), f"{X}: whole and parts can't stand together"),
        (reads("a", "string", "whole = true"), f"{X}: whole gives integer"),
        (reads("a", "boolean", "values = { A = true }"), f"{X}: values gives string, and the field's type is boolean"),
        (of("x", "integer", 'count = false\nfidelity = "exact"'), f"{X}.count: must be a text, or true"),
        (of("x", "integer", 'count = true\nfidelity = "exact"'), f"{X}: can never apply: no field that has this resource groups a list"),
        (of("x", "string", 'count = "a"\nfidelity = "exact"'), f"{X}: count gives integer, and the field's type is string"),
        (reads("a", "string", "", 'of = "thing"'), "resource.thing.x.of: belongs to fields of type object or objects"),
        (reads("a", "object", "", 'of = "thing"'), "resource.thing.x.of: 'thing' stands inside itself: thing in thing"),
        (reads("a", "object", "", 'of = "none"'), "resource.thing.x.of: 'none' is not a resource of this document"),
        (of("x", "object", 'constant = {}\nwhy = "x"', PARTS) + PART, f"{X}: a field with of is made by from"),
        (reads("a", "object", 'drop = ["x"]', PARTS) + PART, f"{X}: values, parts and drop can't apply to links"),
        (reads("a", "objects", 'group = "a"'), f"{X}: group needs of"),
        (reads("a", "objects", 'keyed = "a"', PARTS) + PART, f"{X}: keyed gives object"),
        (reads("a", "objects", 'group = "b[]"', PARTS) + PART, f"{X}.group: 'b[]' is not a source: 'b[]' is neither"),
        (reads("a", "object", 'keyed = "b[each].c"', PARTS) + PART, f"{X}.keyed: 'b[each].c' is a list, and can't tell one item from another"),
        ('\n[resource.thing]\nwithout = ["a"]\n' + reads("a"), "resource.thing.without: can never apply: without rest = true"),
        ('\n[resource.thing]\nrest = true\nwithout = ["x"]\n' + reads("a"), "resource.thing.without: 'x' is a field of its own"),
        ('\n[resource.thing]\nrest = true\nwithout = ["a..b"]\n' + reads("a"), "resource.thing.without: 'a..b' is not a name; nest names with dots"),
        (reads("a", "links", "drop = [1]"), f"{X}: values, parts and drop can't apply to links"),
        (reads("a").replace("tier.newer", "tier.other"), "resource.thing.x.tier.other: can never apply: no operation of this resource has a other successor"),
        (reads("a").replace("tier.newer", "tier.NEWER"), "resource.thing.x.tier.NEWER: is not a name of a tier; give one of small letters and digits"),
        (reads("a") + '\n[resource.thing.x.body]\nfrom = "a"\n', "resource.thing.x.body: can never apply: no operation of this resource is in a request body"),
    ],
)  # fmt: skip
def test_a_defect_of_a_field_is_told(tmp_path, fields, told):
    """With the key, and where there is one the way out."""
    is_told(tmp_path, HEAD + CALL + fields, told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (CALL.replace("newer", "body"), "operation.getThing.tier.body: is not a name of a tier"),
        (CALL.replace("tier.newer", "flex") + CALL.replace("newer", "flex"), "operation.getThing.tier.flex: is there already, without tier"),
        (CALL + "[operation.getThing.tier.newer.errors]\nA = {}\n", "operation.getThing.tier.newer.errors.A: says nothing"),
        (CALL + "[operation.getThing.tier.newer.errors.A]\nstatus = 200\n", "operation.getThing.tier.newer.errors.A.status: must be that of an error"),
        (CALL + '[operation.getThing.tier.newer.errors.A]\ndetail = "No {x}."\n', "operation.getThing.tier.newer.errors.A.detail: {x} is not a parameter"),
        (CALL + "[operation.getThing.tier.newer.query.a]\n", "operation.getThing.tier.newer.query.a: says nothing"),
        (CALL + '[operation.getThing.tier.newer.query.pretty]\ndefault = "b"\n', "operation.getThing.tier.newer.query.pretty: is not the name of a parameter"),
        (CALL + "[operation.getThing.tier.newer.query.a]\ndrop = true\n", "operation.getThing.tier.newer.query.a.why: is missing"),
        (CALL + '[operation.getThing.tier.newer.query.a]\ndrop = true\ndefault = "b"\nwhy = "x"\n', "operation.getThing.tier.newer.query.a.drop: can't stand beside"),
        (CALL + "[operation.getThing.tier.newer.query.a]\nvalues = {}\n", "operation.getThing.tier.newer.query.a.values: must be a table of words"),
        (CALL + '[operation.getThing.tier.newer.query.a]\nvalues = {a = "b"}\ndefault = "c"\n', "operation.getThing.tier.newer.query.a.default: 'c' is not one of the words"),
        (CALL + '[operation.getThing.tier.newer.alike]\nsource = "a[each]"\nstatus = 500\nerrorCode = "A"\ndetail = "x"\n', "operation.getThing.tier.newer.alike.status: must be that of an error, 400 to 499"),
        (CALL + '[operation.getThing.tier.newer.alike]\nsource = "a"\nstatus = 400\nerrorCode = "A"\ndetail = "x"\n', "operation.getThing.tier.newer.alike.source: needs [each]"),
    ],
)  # fmt: skip
def test_a_defect_of_a_call_is_told(tmp_path, text, told):
    """Once for each, with the key."""
    is_told(tmp_path, HEAD + text + reads("a"), told)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (LIST + CALL + 'bare = true\npaging = "kept"\n' + reads("a"), "operation.getThing.tier.newer.paging: can only be collected"),
        (LIST + CALL + '[operation.getThing.tier.newer.alike]\nsource = "a[each]"\nstatus = 400\nerrorCode = "A"\ndetail = "x"\n' + reads("a"), "operation.getThing.tier.newer.alike: belongs to reads of one resource"),
    ],
)  # fmt: skip
def test_a_defect_of_a_list_is_told(tmp_path, text, told):
    """Also where the answer is bare."""
    assert only_problem(tmp_path, text).startswith(told)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ('x = { type = "objects", of = "none", from = "x" }', "x.of: 'none' is not a resource of this document"),
        ('without = ["a"]\nx = { type = "objects", from = "x" }', "without: can never apply: without rest = true"),
        (
            'x = [{ type = "objects", of = "thing", from = "x", when = { source = "x", given = true } }, { type = "objects", constant = [] }]',
            "x: has more than one of",
        ),
    ],
)
def test_a_defect_of_a_body_is_told(tmp_path, body, told):
    """A member may be of a resource, and members that are not declared may pass."""
    order = HEAD.replace('"GET"', '"POST"') + '[operation.getThing.request]\nmembers = { x = "objects" }\n'
    text = f"{order}{CALL}[operation.getThing.tier.newer.body]\n{body}\n{reads('a')}"
    is_told(tmp_path, text, f"operation.getThing.tier.newer.body.{told}")
