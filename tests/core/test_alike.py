"""Answers that a legacy answer could not tell, since it has one value for what differs."""

import pytest

from tests.core.driver import answers, drive
from tests.core.small import HEAD, NAME, read

ALIKE = """
[operation.getThing.flex.alike]
source = "shards[each].size"
status = 409
errorCode = "SIZES_DIFFER"
detail = "Its shards are of several sizes."
"""


def ask(said, query="", source="shards[each].size", **more):
    """Ask for a thing whose shards have to be alike."""
    text = HEAD + ALIKE.replace("shards[each].size", source) + NAME
    return drive(read(text), f"/api/atlas/v2/things/t{query}", [answers({"name": "a", **said})], **more)


def of(*sizes):
    return {"shards": [{"size": size} for size in sizes]}


@pytest.mark.parametrize(
    "said", [of(1), of(1, 1, 1), of(), {}, {"shards": None}, {"shards": [{}, {"size": 1}]}, of({"a": 1}, {"a": 1})]
)
def test_what_is_alike_is_answered(said):
    """So is what has no such value, or one."""
    assert ask(said).document == {"name": "a"}


@pytest.mark.parametrize(
    "said",
    [
        of(1, 2),
        of(1, 1, 2),
        of("a", "b"),
        of(1, None),
        of({"a": 1}, {"a": 2}),
        of([1], [2]),
        {"shards": [{"size": True}, {"size": 1}]},
    ],
)
def test_what_differs_is_an_error(said):
    """The one that the document says; nothing else is answered for it."""
    driven = ask(said)
    assert driven.reply.status == 409
    assert driven.document == {
        "detail": "Its shards are of several sizes.",
        "error": 409,
        "errorCode": "SIZES_DIFFER",
        "parameters": [],
        "reason": "Conflict",
    }


def test_lists_in_lists_are_looked_through():
    """All that they lead to has to be the same."""
    source = "specs[each].regions[each].size"
    same = {"specs": [{"regions": [{"size": 1}, {"size": 1}]}, {"regions": [{"size": 1}]}]}
    assert ask(same, source=source).reply.status == 200
    same["specs"][1]["regions"][0]["size"] = 2
    assert ask(same, source=source).reply.status == 409


def test_the_error_stands_in_an_envelope_where_one_was_asked_for():
    """As others of the shim's own do, and HEAD has its fields alone."""
    assert ask(of(1, 2), "?envelope=true").document["content"]["errorCode"] == "SIZES_DIFFER"
    head = ask(of(1, 2), method="HEAD")
    assert (head.reply.status, head.content) == (409, b"")
