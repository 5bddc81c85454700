"""Operations whose answer is a bare JSON list, of pages or of a bare list upstream."""

import json
from urllib.parse import parse_qs

import pytest

from shim.core.messages import field as header
from shim.core.settings import Settings
from tests.core.driver import answers, drive
from tests.core.small import ARRAY, HEAD, NAME, TARGET, read

NESTED = f'{ARRAY}items = "data.peers"\n'


def things(count):
    return [{"id": str(number), "name": f"{number:04}"} for number in range(count)]


def pages(items, size=500):
    """An upstream that has a list in pages."""

    def upstream(call):
        query = parse_qs(call.query)
        assert query["itemsPerPage"] == ["500"]
        number = int(query["pageNum"][0])
        page = {"results": items[(number - 1) * size : number * size], "totalCount": len(items)}
        page["links"] = [{"rel": "next", "href": "…"}] if number * size < len(items) else [{"rel": "self", "href": "…"}]
        return answers(page)

    return upstream


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (1, 1), (500, 1), (501, 2), (1200, 3)])
def test_an_array_has_all_items_of_all_pages(count, calls):
    """In upstream's order, and none of them twice."""
    driven = drive(read(ARRAY + NAME), TARGET, pages(things(count)))
    assert driven.document == [{"name": one["name"]} for one in things(count)]
    assert len(driven.sends) == calls


def test_an_item_that_moved_between_pages_is_there_once():
    """By its id, where it has one."""
    moved = [{"id": "1", "name": "a"}, {"name": "b"}, {"id": "1", "name": "a"}, {"name": "b"}, {"id": "2", "name": "c"}]
    driven = drive(read(ARRAY + NAME), TARGET, pages(moved, 2))
    assert [one["name"] for one in driven.document] == ["a", "b", "b", "c"]


def test_an_array_is_sorted_by_its_order():
    """All items together."""
    text = ARRAY.replace("shape =", 'order = ["-name"]\nshape =') + NAME
    driven = drive(read(text), TARGET, pages(things(3), 2))
    assert [one["name"] for one in driven.document] == ["0002", "0001", "0000"]


@pytest.mark.parametrize("query", ["?pageNum=2&itemsPerPage=1", "?includeCount=false"])
def test_an_array_has_no_pages(query):
    """Parameters of pages are read, and change nothing."""
    assert drive(read(ARRAY + NAME), f"{TARGET}{query}", pages(things(3))).document == [
        {"name": one["name"]} for one in things(3)
    ]


def test_a_parameter_of_pages_without_meaning_is_refused():
    """As it is where there are pages."""
    driven = drive(read(ARRAY + NAME), f"{TARGET}?pageNum=0", [])
    assert (driven.reply.status, driven.document["parameters"]) == (400, ["pageNum"])


def test_an_array_in_an_envelope():
    """It stands inside."""
    driven = drive(read(ARRAY + NAME), f"{TARGET}?envelope=true", pages(things(1)))
    assert driven.document == {"status": 200, "content": [{"name": "0000"}]}


def test_a_pretty_array():
    """As Atlas lays out what it answers."""
    driven = drive(read(ARRAY + NAME), f"{TARGET}?pretty=true", pages(things(1)))
    assert driven.content == b'[\n  {\n    "name" : "0000"\n  }\n]'


def test_an_array_by_head():
    """The fields of a GET, and no content."""
    driven = drive(read(ARRAY + NAME), TARGET, pages(things(501)), method="HEAD")
    got = drive(read(ARRAY + NAME), TARGET, pages(things(501)))
    assert [send.call.method for send in driven.sends] == ["GET", "GET"]
    assert (driven.content, header(driven.reply.headers, "content-length")) == (b"", str(len(got.content)))


def test_an_array_of_too_many_pages_is_an_error():
    """It says what to do, and nothing is cut off."""
    driven = drive(read(ARRAY + NAME), TARGET, pages(things(9), 2), settings=Settings(page_cap=2))
    assert (driven.reply.status, driven.document["errorCode"]) == (502, "SHIM_TOO_MANY_PAGES")


def test_the_list_may_be_nested_in_upstreams_answer():
    """By a name with dots; what is reported of an item names it too."""
    driven = drive(read(NESTED + NAME), TARGET, [answers({"data": {"peers": [{"name": "a"}, {"name": 5}, 7]}})])
    assert driven.document == [{"name": "a"}, {}]
    assert [one.where for one in driven.outcome.record.dropped] == ["data.peers[1].name", "data.peers[2]"]


@pytest.mark.parametrize("said", [{"data": []}, {"data": {"peers": {}}}, {"peers": []}, [], {"data": {"peers": None}}])
def test_an_answer_without_the_list_cannot_be_translated(said):
    """The error names the member."""
    driven = drive(read(NESTED + NAME), TARGET, [answers(said)])
    assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
    assert "it is not an object with a list 'data.peers' of 10000 items at most" in driven.document["detail"]


def test_a_page_has_its_list_where_the_legacy_one_had_it():
    """Under the operation's own name."""
    text = HEAD.replace("resource =", 'shape = "page"\nitems = "clusters"\nresource =') + 'items = "data.peers"\n'
    driven = drive(read(text + NAME), TARGET, [answers({"data": {"peers": [{"name": "a"}]}, "totalCount": 1})])
    assert driven.document["clusters"] == [{"name": "a"}]
    assert set(driven.document) == {"clusters", "links", "totalCount"}


def test_a_page_of_a_bare_list_is_cut_out_of_it():
    """All of it comes at once, without parameters of pages."""
    text = HEAD.replace("resource =", 'shape = "page"\nresource =') + "bare = true\n"
    driven = drive(read(text + NAME), f"{TARGET}?itemsPerPage=2&pageNum=2", [answers(things(5))])
    assert driven.targets == ("/new/t",)
    assert [one["name"] for one in driven.document["results"]] == ["0002", "0003"]
    assert driven.document["totalCount"] == 5
    assert [link["rel"] for link in driven.document["links"]] == ["self", "previous", "next"]


def test_a_translation_of_a_bare_list_is_kept_by_its_bytes():
    """The same bytes are the same answer; others are another."""
    engine, content = read(f"{ARRAY}bare = true\n{NAME}"), json.dumps(things(2)).encode()
    for said, names in ((content, ["0000", "0001"]), (content, ["0000", "0001"]), (b'[{"name":"z"}]', ["z"])):
        assert [one["name"] for one in drive(engine, TARGET, [(200, (), said)]).document] == names
