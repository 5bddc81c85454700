"""Answers that are lists, and answers made of bare lists and values, or with one value for what may differ."""

from typing import Any

import pytest

from shim.core.messages import field as header
from tests.core.driver import answers, drive, pages_of
from tests.core.small import ARRAY, EXACT, HEAD, NAME, PAGE, TARGET, asked, dropped_of, field, read


def things(count):
    return [{"id": str(number), "name": f"{number:04}"} for number in range(count)]


def names(document):
    return [one["name"] for one in document]


def ask_list(upstream, query="", text=ARRAY, **more):
    """Ask for the array of a document."""
    return drive(read(text + NAME), f"{TARGET}{query}", upstream, **more)


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (500, 1), (501, 2), (1200, 3)])
@pytest.mark.parametrize("query", ["", "?pageNum=2&itemsPerPage=1", "?includeCount=false"])
def test_an_array_has_all_items_of_all_pages(count, calls, query):
    """In upstream's order, and none of them twice; parameters of pages are read, and change nothing."""
    driven = ask_list(pages_of(things(count)), query)
    assert driven.document == [{"name": one["name"]} for one in things(count)]
    assert len(driven.sends) == calls
    assert all("itemsPerPage=500" in target for target in driven.targets)


def test_an_array_in_the_layouts_of_the_api():
    """It stands inside an envelope, is laid out as Atlas lays out its answers, and HEAD has its fields alone."""
    upstream = pages_of(things(1))
    assert ask_list(upstream, "?envelope=true").document == {"status": 200, "content": [{"name": "0000"}]}
    assert ask_list(upstream, "?pretty=true").content == b'[\n  {\n    "name" : "0000"\n  }\n]'
    head = ask_list(upstream, method="HEAD")
    assert (head.content, header(head.reply.headers, "content-length")) == (b"", str(len(ask_list(upstream).content)))


@pytest.mark.parametrize("said", [{"data": []}, {"results": {}}, {"results": None}, []])
def test_an_answer_without_the_list_cannot_be_translated(said):
    """The error names the member."""
    driven = ask_list([answers(said)])
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert "it is not an object with a list 'results' of 10000 items at most" in driven.document["detail"]


def test_a_page_of_a_bare_list_is_cut_out_of_it():
    """All of it comes at once, without parameters of pages."""
    driven = ask_list([answers(things(5))], "?itemsPerPage=2&pageNum=2", f"{PAGE}bare = true\n")
    assert driven.targets == ("/new/t",)
    assert (names(driven.document["results"]), driven.document["totalCount"]) == (["0002", "0003"], 5)
    assert [link["rel"] for link in driven.document["links"]] == ["self", "previous", "next"]


UPSTREAM = "bare = true\n"
"""What says that the successor answers with a bare value, or a bare list."""


def ask(text, said, query=""):
    """Ask for the thing or the things of a document."""
    return asked(text, [said if isinstance(said, tuple) else answers(said)], query)


VALUE = field("value", "string", f'from = "value"\n{EXACT}')


NO_LISTS: list[Any] = [{"results": []}, "text", None]


@pytest.mark.parametrize(
    ("text", "said", "why"),
    [
        (HEAD, "u", "it is not a JSON object"),
        *[(HEAD + UPSTREAM, said, "it is not a JSON value") for said in (None, (200, (), b""))],
        *[(ARRAY + UPSTREAM, said, "it is not a list of 10000 items at most") for said in NO_LISTS],
    ],
)
def test_an_answer_without_the_value_cannot_be_made(text, said, why):
    """The error says what the answer is not: an object or a scalar is no list, and a value no object."""
    driven = ask(text + VALUE, said)
    assert (driven.reply.status, driven.document["errorCode"]) == (502, "SHIM_UPSTREAM_UNREADABLE")
    assert why in driven.document["detail"]


@pytest.mark.parametrize(("said", "expected"), [("u", {"value": "u"}), (["u"], {}), ({"value": "u"}, {"value": "u"})])
def test_a_bare_answer_may_become_an_object(said, expected):
    """Rules read it as value, and an object's own member of that name too."""
    assert ask(f"{HEAD}{UPSTREAM}{VALUE}", said).document == expected


@pytest.mark.parametrize(
    ("text", "said", "made", "dropped"),
    [
        (
            UPSTREAM + VALUE,
            ["a", 5, None, {"value": "b"}, {}],
            [{"value": "a"}, {}, {}, {"value": "b"}, {}],
            [5, None],
        ),
        (UPSTREAM + NAME, ["a", {"name": "b"}], [{"name": "b"}], ["a"]),
    ],
    ids=["read as value", "not read as value"],
)
def test_items_that_are_no_objects(text, said, made, dropped):
    """Where a rule reads them as value they are made; all others are reported with what they were."""
    driven = ask(ARRAY + text, said)
    assert (driven.document, [one for _, one, _ in dropped_of(driven)]) == (made, dropped)


ALIKE = """
[operation.getThing.flex.errors.200]
when = {{ source = "{}", alike = false }}
status = 409
errorCode = "SIZES_DIFFER"
detail = "Its shards are of several sizes."
"""


def ask_alike(said, query="", source="shards[each].size", **more):
    """Ask for a thing whose shards have to be alike."""
    return asked(HEAD + ALIKE.format(source) + NAME, [answers({"name": "a", **said})], query, **more)


def of(*sizes):
    return {"shards": [{"size": size} for size in sizes]}


@pytest.mark.parametrize("said", [of(1), of(1, 1, 1), of(), {}, {"shards": None}, {"shards": [{}, {"size": 1}]}])
def test_what_is_alike_is_answered(said):
    """Also where no shard has the value, or one alone."""
    assert ask_alike(said).document == {"name": "a"}


@pytest.mark.parametrize(
    "said", [of(1, 1, 2), of("a", "b"), of(1, None), of({"a": 1}, {"a": 2}), of([1], [2]), of(1, *[True])]
)
def test_what_differs_is_an_error(said):
    """It is the error that the document names, and all that is answered."""
    driven = ask_alike(said)
    detail = "Its shards are of several sizes."
    expected = {"detail": detail, "error": 409, "errorCode": "SIZES_DIFFER", "parameters": [], "reason": "Conflict"}
    assert (driven.reply.status, driven.document) == (409, expected)


def test_what_differs_later_takes_an_exchange_of_its_own():
    """An answer that may be an error next time is not made again without one."""
    assert ask_alike(of(1, 1)).outcome.repeated is None
