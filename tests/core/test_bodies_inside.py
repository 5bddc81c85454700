"""Request bodies with objects inside, and with members that are not declared."""

import json

import pytest

from tests.core.driver import answers, drive
from tests.core.small import START, operation, read, successor

CALL = (
    START
    + operation("orderThing", "POST", "/things")
    + """
[operation.orderThing.request]
rest = {rest}
ignored = ["id"]
members = {{ name = "string", parts = "objects", box = "object", "size.width" = "integer" }}

[operation.orderThing.flex]
path = "/new"
version = "2024-01-01"

[operation.orderThing.flex.body]
{body}

[resource.thing.id]
type = "string"
[resource.thing.id.flex]
from = "id"
fidelity = "exact"

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
factor = "3048/10000"
"""
)
PARTS = 'items = { type = "objects", of = "part", from = "parts" }'
BOX = 'item = { type = "object", of = "part", from = "box" }'


def order(body, legacy, upstream=(), *, rest=False):
    """Order a thing by a document with some members in the successor's body."""
    text = CALL.format(rest=str(rest).lower(), body=body)
    if 'of = "part"' not in body:
        text = text.partition("\n[resource.part]")[0]
    return drive(read(text), "/api/atlas/v2/things", list(upstream), method="POST", body=json.dumps(legacy).encode())


def sent(body, legacy, *, rest=False):
    """What the successor is sent."""
    driven = order(body, legacy, [answers({"id": "1"})], rest=rest)
    assert driven.document == {"id": "1"}
    return json.loads(driven.sends[0].call.body or b"null")


def refused(body, legacy, *, rest=False):
    """The member that a 400 names, before anything is sent."""
    driven = order(body, legacy, rest=rest)
    assert (driven.sends, driven.reply.status, driven.document["errorCode"]) == ((), 400, "INVALID_ATTRIBUTE")
    return driven.document["parameters"]


def test_objects_of_a_body_are_translated():
    """Each by the resource that it is of, as deep as they come."""
    legacy = {"parts": [{"name": "a", "inner": {"feet": 10}}, {"name": "b"}, {}]}
    assert sent(PARTS, legacy) == {"items": [{"title": "A", "inner": {"metres": 3.048}}, {"title": "B"}, {}]}
    assert sent(BOX, {"box": {"name": "a"}}) == {"item": {"title": "A"}}


def test_objects_that_the_caller_did_not_give_are_not_sent():
    """An empty list that they gave is."""
    assert sent(PARTS, {}) == {}
    assert sent(PARTS, {"parts": None}) == {}
    assert sent(PARTS, {"parts": []}) == {"items": []}


@pytest.mark.parametrize(
    ("body", "legacy", "name"),
    [
        (PARTS, {"parts": [{"name": "a"}, {"name": "c"}]}, "parts[1].name"),
        (PARTS, {"parts": [{"inner": {"feet": "ten"}}]}, "parts[0].inner.feet"),
        (PARTS, {"parts": [{"inner": []}]}, "parts[0].inner"),
        (BOX, {"box": {"name": None}}, "box.name"),
        (PARTS, {"parts": ["a"]}, "parts"),
        (PARTS, {"parts": {}}, "parts"),
        (BOX, {"box": []}, "box"),
        (BOX, {"new": 1}, "new"),
    ],
)
def test_a_value_inside_that_the_successor_has_no_word_for_is_refused(body, legacy, name):
    """By the place where the caller wrote it."""
    assert refused(body, legacy) == [name]


def test_items_of_a_body_that_differ_in_a_group_are_refused():
    """No part of an order is lost in silence."""
    grouped = PARTS.replace("from =", 'group = "zone", from =')
    assert sent(grouped, {"parts": [{"zone": 1, "name": "a"}, {"zone": 1, "name": "a"}]}) == {"items": [{"title": "A"}]}
    assert refused(grouped, {"parts": [{"zone": 1, "name": "a"}, {"zone": 1, "name": "b"}]}) == ["parts[1].title"]


def test_two_items_of_a_body_with_one_name_are_refused():
    """Only one could be sent."""
    keyed = 'items = { type = "object", of = "part", from = "parts", keyed = "name" }'
    assert sent(keyed, {"parts": [{"name": "a"}]}) == {"items": {"a": {"title": "A"}}}
    assert refused(keyed, {"parts": [{"name": "a"}, {"name": "a"}]}) == ["parts[1]"]


REST = 'rest = true\nwithout = ["secret", "owner.key"]\ntitle = { type = "string", from = "name" }'


def test_members_that_are_not_declared_are_sent_as_they_are():
    """With rest on both sides, but for those that must not pass and those that are ignored."""
    legacy = {"name": "a", "new": [1, {"x": None}], "secret": 1, "owner": {"key": 1, "name": "n"}, "id": "1"}
    assert sent(REST, legacy, rest=True) == {"title": "a", "new": [1, {"x": None}], "owner": {"name": "n"}}


def test_members_that_are_not_declared_are_accepted_and_not_sent():
    """Where the successor's body has no rest."""
    assert sent('title = { type = "string", from = "name" }', {"name": "a", "new": 1}, rest=True) == {"title": "a"}


def test_a_declared_member_that_no_rule_reads_passes_too():
    """With rest in the successor's body, all members that no rule reads do."""
    assert sent(REST, {"parts": [{"x": 1}]}) == {"parts": [{"x": 1}]}


def test_declared_members_keep_their_types_beside_the_rest():
    """A declared part of an object is looked at, and what stands beside it is not."""
    assert sent(REST, {"size": {"width": 1, "new": "x"}}, rest=True) == {"size": {"width": 1, "new": "x"}}
    assert refused(REST, {"size": {"width": "1"}}, rest=True) == ["size.width"]
    assert refused(REST, {"size": {"width": 1, "new": "x"}}) == ["size.new"]


def test_objects_inside_pass_the_rest_of_their_own():
    """In a list too."""
    assert sent(PARTS, {"parts": [{"name": "a", "new": 1}]}, rest=True) == {"items": [{"title": "A", "new": 1}]}


def test_a_member_of_which_no_part_can_be_taken_is_refused():
    """What the caller gave is sent or refused, and never lost."""
    assert refused(REST, {"owner": "me"}, rest=True) == ["owner"]


NESTED_CHOICE = (
    START
    + operation("orderThing", "POST", "/things", "status = 204")
    + """
[operation.orderThing.request]
choose = "size.kind"
words = ["plain", "gold"]
members = { "size.kind" = "string" }
"""
)
for metal in ("plain", "gold"):
    NESTED_CHOICE += successor("orderThing", f"/{metal}", f"flex.choose.{metal}")


@pytest.mark.parametrize("word", ["plain", "gold"])
def test_a_nested_member_chooses_the_call(word):
    """Names of members are nested with dots, this one's too."""
    body = json.dumps({"size": {"kind": word}}).encode()
    driven = drive(read(NESTED_CHOICE), "/api/atlas/v2/things", [(200, (), b"")], method="POST", body=body)
    assert driven.targets == (f"/{word}",)


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"size": {"kind": "tin"}}, ("INVALID_ENUM_VALUE", ["tin"])),
        ({}, ("MISSING_ATTRIBUTE", ["size.kind"])),
        ({"size": {}}, ("MISSING_ATTRIBUTE", ["size.kind"])),
    ],
)
def test_a_word_that_chooses_nothing_is_refused(body, told):
    """One that is not there, too, though it is not named as required."""
    driven = drive(read(NESTED_CHOICE), "/api/atlas/v2/things", [], method="POST", body=json.dumps(body).encode())
    assert (driven.document["errorCode"], driven.document["parameters"]) == told
