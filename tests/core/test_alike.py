"""Answers that a legacy answer could not tell, since it has one value for what differs."""

import pytest

from tests.core.driver import answers
from tests.core.small import HEAD, NAME, asked

ALIKE = """
[operation.getThing.flex.alike]
source = "{}"
status = 409
errorCode = "SIZES_DIFFER"
detail = "Its shards are of several sizes."
"""


def ask(said, query="", source="shards[each].size", **more):
    """Ask for a thing whose shards have to be alike."""
    return asked(HEAD + ALIKE.format(source) + NAME, [answers({"name": "a", **said})], query, **more)


def of(*sizes):
    return {"shards": [{"size": size} for size in sizes]}


@pytest.mark.parametrize("said", [of(1), of(1, 1, 1), of(), {}, {"shards": None}, {"shards": [{}, {"size": 1}]}])
def test_what_is_alike_is_answered(said):
    """So is what has no such value, or one."""
    assert ask(said).document == {"name": "a"}


@pytest.mark.parametrize(
    "said", [of(1, 1, 2), of("a", "b"), of(1, None), of({"a": 1}, {"a": 2}), of([1], [2]), of(1, *[True])]
)
def test_what_differs_is_an_error(said):
    """The one that the document says; nothing else is answered for it, and HEAD has its fields alone."""
    driven = ask(said)
    detail = "Its shards are of several sizes."
    expected = {"detail": detail, "error": 409, "errorCode": "SIZES_DIFFER", "parameters": [], "reason": "Conflict"}
    assert (driven.reply.status, driven.document) == (409, expected)
    assert ask(said, "?envelope=true").document["content"] == expected
    head = ask(said, method="HEAD")
    assert (head.reply.status, head.content) == (409, b"")


@pytest.mark.parametrize(("size", "status"), [(1, 200), (2, 409)])
def test_lists_in_lists_are_looked_through(size, status):
    """All that they lead to has to be the same."""
    said = {"specs": [{"regions": [{"size": 1}, {"size": 1}]}, {"regions": [{"size": size}]}]}
    assert ask(said, source="specs[each].regions[each].size").reply.status == status
