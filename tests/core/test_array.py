"""Operations whose answer is a bare JSON list, of pages or of a bare list upstream."""

import pytest

from shim.core.messages import field as header
from tests.core.driver import answers, drive, pages_of
from tests.core.small import ARRAY, HEAD, NAME, TARGET, dropped_of, read

NESTED = f'{ARRAY}items = "data.peers"\n'
PAGE = HEAD.replace("resource =", 'shape = "page"\nresource =')


def things(count):
    return [{"id": str(number), "name": f"{number:04}"} for number in range(count)]


def names(document):
    return [one["name"] for one in document]


def ask(upstream, query="", text=ARRAY, **more):
    """Ask for the array of a document."""
    return drive(read(text + NAME), f"{TARGET}{query}", upstream, **more)


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (500, 1), (501, 2), (1200, 3)])
@pytest.mark.parametrize("query", ["", "?pageNum=2&itemsPerPage=1", "?includeCount=false"])
def test_an_array_has_all_items_of_all_pages(count, calls, query):
    """In upstream's order, and none of them twice; parameters of pages are read, and change nothing."""
    driven = ask(pages_of(things(count)), query)
    assert driven.document == [{"name": one["name"]} for one in things(count)]
    assert len(driven.sends) == calls
    assert all("itemsPerPage=500" in target for target in driven.targets)


def test_an_item_that_moved_between_pages_is_there_once():
    """By its id, where it has one."""
    moved = [{"id": "1", "name": "a"}, {"name": "b"}, {"id": "1", "name": "a"}, {"name": "b"}, {"id": "2", "name": "c"}]
    assert names(ask(pages_of(moved, most=2)).document) == ["a", "b", "b", "c"]


def test_an_array_is_sorted_by_its_order():
    """All items together."""
    text = ARRAY.replace("shape =", 'order = ["-name"]\nshape =')
    assert names(ask(pages_of(things(3), most=2), text=text).document) == ["0002", "0001", "0000"]


def test_an_array_in_the_layouts_of_the_api():
    """It stands inside an envelope, is laid out as Atlas lays out its answers, and HEAD has its fields alone."""
    upstream = pages_of(things(1))
    assert ask(upstream, "?envelope=true").document == {"status": 200, "content": [{"name": "0000"}]}
    assert ask(upstream, "?pretty=true").content == b'[\n  {\n    "name" : "0000"\n  }\n]'
    head = ask(upstream, method="HEAD")
    assert (head.content, header(head.reply.headers, "content-length")) == (b"", str(len(ask(upstream).content)))


def test_the_list_may_be_nested_in_upstreams_answer():
    """By a name with dots; what is reported of an item names it too."""
    driven = ask([answers({"data": {"peers": [{"name": "a"}, {"name": 5}, 7]}})], text=NESTED)
    assert driven.document == [{"name": "a"}, {}]
    assert [where for where, _, _ in dropped_of(driven)] == ["data.peers[1].name", "data.peers[2]"]


@pytest.mark.parametrize("said", [{"data": []}, {"data": {"peers": {}}}, {"peers": []}, [], {"data": {"peers": None}}])
def test_an_answer_without_the_list_cannot_be_translated(said):
    """The error names the member."""
    driven = ask([answers(said)], text=NESTED)
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert "it is not an object with a list 'data.peers' of 10000 items at most" in driven.document["detail"]


def test_a_page_has_its_list_where_the_legacy_one_had_it():
    """Under the operation's own name."""
    text = PAGE.replace("shape =", 'items = "clusters"\nshape =') + 'items = "data.peers"\n'
    document = ask([answers({"data": {"peers": [{"name": "a"}]}, "totalCount": 1})], text=text).document
    assert (document.pop("clusters"), set(document)) == ([{"name": "a"}], {"links", "totalCount"})


def test_a_page_of_a_bare_list_is_cut_out_of_it():
    """All of it comes at once, without parameters of pages."""
    driven = ask([answers(things(5))], "?itemsPerPage=2&pageNum=2", f"{PAGE}bare = true\n")
    assert driven.targets == ("/new/t",)
    assert (names(driven.document["results"]), driven.document["totalCount"]) == (["0002", "0003"], 5)
    assert [link["rel"] for link in driven.document["links"]] == ["self", "previous", "next"]
