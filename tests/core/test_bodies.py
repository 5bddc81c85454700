"""Request bodies: read strictly, and made in the successor's terms; with objects inside, and members not declared."""

import json

import pytest

from tests.core.driver import answers, drive
from tests.core.small import START, operation, read, successor

MEMBERS = """
[operation.orderThing.request]
rest = {rest}
{more}
[operation.orderThing.request.members]
name = "string"
count = "integer"
until = "time"
state = "string"
parts = "objects"
box = "object"
"size.width" = "integer"
"""
THING = '\n[resource.thing.id]\ntype = "string"\n[resource.thing.id.flex]\nfrom = "id"\nfidelity = "exact"\n'
PART = """
[resource.part]
rest = {rest}
[resource.part.title]
type = "string"
[resource.part.title.body]
from = "name"
values = {{ a = "A", b = "B" }}
[resource.part.inner]
type = "object"
of = "deep"
[resource.part.inner.body]
from = "inner"

[resource.deep.metres]
type = "number"
[resource.deep.metres.body]
from = "feet"
"""


def document(body="", *, rest=False, more=""):
    """Return a document that orders a thing: ``body`` makes the successor's, which is else the caller's own.

    With ``rest`` members that are not declared are taken; ``more`` are keys of the request.
    """
    known = {"rest": str(rest).lower(), "more": more}
    text = (
        START + operation("orderThing", "POST", "/things") + MEMBERS.format(**known) + successor("orderThing", "/new")
    )
    text += f"[operation.orderThing.flex.body]\n{body}\n" if body else ""
    return text + THING + (PART.format(**known) if 'of = "part"' in body else "")


def order(text, body, upstream=()):
    return drive(read(text), "/api/atlas/v2/things", list(upstream), method="POST", body=body)


def sent(body, legacy, **more):
    """What the successor is sent."""
    driven = order(document(body, **more), legacy, [answers({"id": "1"})])
    assert driven.document == {"id": "1"}
    return json.loads(driven.sends[0].call.body or b"null")


def refused(body, legacy, code="INVALID_ATTRIBUTE", **more):
    """The members that a 400 with a code names, before anything is sent."""
    driven = order(document(body, **more), legacy)
    assert (driven.sends, driven.reply.status, driven.document["errorCode"]) == ((), 400, code)
    return driven.document["parameters"]


TITLE = 'title = { type = "string", from = "name" }'
ON = 'on = { type = "string", from = "state", values = { UP = "yes" } }'
NAMES = 'names = { type = "strings", list = "name" }'
WIDTH = 'width = { type = "integer", from = "size.width" }'
PARTS = 'items = { type = "objects", of = "part", from = "parts" }'
BOX = 'item = { type = "object", of = "part", from = "box" }'
GROUPED, KEYED = (
    PARTS.replace("from =", 'group = "zone", from ='),
    BOX.replace('from = "box"', 'from = "parts", keyed = "name"'),
)


@pytest.mark.parametrize(
    ("body", "legacy", "made"),
    [
        (TITLE, {"name": "n"}, {"title": "n"}),
        (TITLE, {"name": None}, {}),
        ('"a.b" = { type = "integer", from = "count" }', {"count": 3}, {"a": {"b": 3}}),
        ('mode = { type = "string", constant = "new" }', {}, {"mode": "new"}),
        (NAMES, {"name": "n"}, {"names": ["n"]}),
        (NAMES, {}, {}),
        ('on = { type = "boolean", from = "state", values = { UP = true } }', {"state": "UP"}, {"on": True}),
        (ON, {"state": "UP"}, {"on": "yes"}),
        ('over = { type = "boolean", passed = "until" }', {"until": "2020-01-01T00:00:00Z"}, {"over": True}),
        (WIDTH, {"size": {"width": 2}}, {"width": 2}),
        (WIDTH, {"size": {}}, {}),
        (
            PARTS,
            {"parts": [{"name": "a", "inner": {"feet": 10}}, {"name": "b"}, {}]},
            {"items": [{"title": "A", "inner": {"metres": 10}}, {"title": "B"}, {}]},
        ),
        (BOX, {"box": {"name": "a"}}, {"item": {"title": "A"}}),
        (PARTS, {"parts": None}, {}),
        (PARTS, {"parts": []}, {"items": []}),
        (GROUPED, {"parts": [{"zone": 1, "name": "a"}, {"zone": 1, "name": "a"}]}, {"items": [{"title": "A"}]}),
        (KEYED, {"parts": [{"name": "a"}]}, {"item": {"a": {"title": "A"}}}),
    ],
)
def test_a_body_is_made_of_the_legacy_one(body, legacy, made):
    """The same verbs, the other way, as deep as objects come; what the caller did not say is not said."""
    assert sent(body, legacy) == made


@pytest.mark.parametrize(
    ("body", "legacy", "name"),
    [
        (ON, {"state": "DOWN"}, "state"),
        (WIDTH, {"size": {"width": "2"}}, "size.width"),
        (PARTS, {"parts": [{"name": "a"}, {"name": "c"}]}, "parts[1].name"),
        (PARTS, {"parts": [{"inner": {"feet": "ten"}}]}, "parts[0].inner.feet"),
        (PARTS, {"parts": [{"inner": []}]}, "parts[0].inner"),
        (BOX, {"box": {"name": None}}, "box.name"),
        (PARTS, {"parts": ["a"]}, "parts"),
        (PARTS, {"parts": {}}, "parts"),
        (BOX, {"box": []}, "box"),
        (GROUPED, {"parts": [{"zone": 1, "name": "a"}, {"zone": 1, "name": "b"}]}, "parts[1].title"),
        (KEYED, {"parts": [{"name": "a"}, {"name": "a"}]}, "parts[1]"),
        *[("", {name: said}, name) for name, said in (("name", 5), ("count", "1"), ("count", 1.0), ("count", True))],
        *[("", {name: said}, name) for name, said in (("name", ["x"]), ("until", "soon"), ("x", 1))],
        ("", {"size": {"width": 1, "new": "x"}}, "size.new"),
    ],
)
def test_a_value_that_the_successor_has_no_word_for_is_refused(body, legacy, name):
    """By the place where the caller wrote it, with Atlas' own code; no part of an order is lost in silence."""
    assert refused(body, legacy) == [name]


def test_a_body_without_rules_goes_on_as_it_is():
    """Where the successor takes the same body it gets the same bytes."""
    content = b' {"name" : "x", "count":1 } '
    assert order(document(), content, [answers({"id": "1"})]).sends[0].call.body == content


@pytest.mark.parametrize("body", [b"", b"null", b"[]", b"5", b"{", b"\xff", b'{"count":NaN}', b"[" * 5000])
def test_what_is_no_object_is_malformed(body):
    """A body is a JSON object."""
    assert refused("", body, "MALFORMED_JSON") == []


@pytest.mark.parametrize(
    ("more", "name", "bad", "code", "good"),
    [
        ('refuse.count = { but = 0, errorCode = "NO", detail = "x" }', "count", [1], "NO", {"count": 0, "name": None}),
        ('required = ["count"]', "count", [None], "MISSING_ATTRIBUTE", {"count": 1}),
        ('ignored = ["id"]', "id", [], "", {"id": [1, {}], "name": "n"}),
    ],
)
def test_a_request_may_say_more_of_its_members(more, name, bad, code, good):
    """What is refused but for one value, what is required, and what a program may send back; null is not a value."""
    for said in bad:
        assert refused("", {name: said}, code, more=more) == [name]
    assert sent("", good, more=more) == good


REST = 'rest = true\nwithout = ["secret", "owner.key"]\n' + TITLE


@pytest.mark.parametrize(
    ("body", "legacy", "made"),
    [
        (
            REST,
            {"name": "a", "new": [1, {"x": None}], "secret": 1, "owner": {"key": 1, "name": "n"}, "id": "1"},
            {"title": "a", "new": [1, {"x": None}], "owner": {"name": "n"}},
        ),
        (TITLE, {"name": "a", "new": 1}, {"title": "a"}),
        (REST, {"size": {"width": 1, "new": "x"}}, {"size": {"width": 1, "new": "x"}}),
        (PARTS, {"parts": [{"name": "a", "new": 1}]}, {"items": [{"title": "A", "new": 1}]}),
    ],
)
def test_members_that_are_not_declared_are_sent_as_they_are(body, legacy, made):
    """With rest on both sides, inside objects too, but for those that must not pass and those that are ignored."""
    assert sent(body, legacy, rest=True, more='ignored = ["id"]') == made


def test_declared_members_pass_with_the_rest_too():
    """If no rule reads them; they keep their types, and a member of which no part can be taken is refused."""
    assert sent(REST, {"parts": [{"x": 1}]}) == {"parts": [{"x": 1}]}
    assert refused(REST, {"size": {"width": "1"}}, rest=True) == ["size.width"]
    assert refused(REST, {"owner": "me"}, rest=True) == ["owner"]


CHOICE = START + operation("orderThing", "POST", "/things", "status = 204")
CHOICE += '[operation.orderThing.request]\nchoose = "size.kind"\nwords = ["plain", "gold"]\n'
CHOICE += 'members = { "size.kind" = "string" }\n'
CHOICE += "".join(successor("orderThing", f"/{metal}", f"flex.choose.{metal}") for metal in ("plain", "gold"))


@pytest.mark.parametrize("word", ["plain", "gold"])
def test_a_nested_member_chooses_the_call(word):
    """Names of members are nested with dots, this one's too."""
    assert order(CHOICE, {"size": {"kind": word}}, [(200, (), b"")]).targets == (f"/{word}",)


@pytest.mark.parametrize(("count", "status"), [(3_000, 400), (6_000, 413)])
def test_a_body_that_would_take_long_to_decode_is_refused(count, status):
    """A legacy body has a few dozen brackets, commas and colons, and may have ten thousand; a long text is a text."""
    driven = order(document(), [[]] * count)
    assert (driven.reply.status, driven.sends) == (status, ())
    if status == 413:
        assert driven.document["errorCode"] == "SHIM_REQUEST_TOO_LARGE"
        assert "more than 10000 brackets, commas and colons" in driven.document["detail"]
    assert sent("", {"name": "n" * 20_000}) == {"name": "n" * 20_000}
