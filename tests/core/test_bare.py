"""Answers that are lists, and pages that are cut out of bare ones."""

import pytest

from shim.core.messages import field as header
from tests.core.driver import answers, drive, pages_of
from tests.core.small import ARRAY, HEAD, NAME, PAGE, TARGET, read


def things(count):
    return [{"id": str(number), "name": f"{number:04}"} for number in range(count)]


def names(document):
    return [one["name"] for one in document]


def ask_list(upstream, query="", text=ARRAY, **more):
    """Ask for the array of a document."""
    return drive(read(text + NAME), f"{TARGET}{query}", upstream, **more)


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (500, 1), (501, 2), (1200, 3)])
@pytest.mark.parametrize(
    "query", ["", "?pageNum=2&itemsPerPage=1", "?includeCount=false"]
)
def test_an_array_has_all_items_of_all_pages(count, calls, query):
    """In upstream's order, and none of them twice; parameters of pages are read, and change nothing."""
    driven = ask_list(pages_of(things(count)), query)
    assert driven.document == [{"name": one["name"]} for one in things(count)]
    assert len(driven.sends) == calls
    assert all("itemsPerPage=500" in target for target in driven.targets)


def test_an_array_in_the_layouts_of_the_api():
    """It stands inside an envelope, is laid out as Atlas lays out its answers, and HEAD has its fields alone."""
    upstream = pages_of(things(1))
    assert ask_list(upstream, "?envelope=true").document == {
        "status": 200,
        "content": [{"name": "0000"}],
    }
    assert (
        ask_list(upstream, "?pretty=true").content
        == b'[\n  {\n    "name" : "0000"\n  }\n]'
    )
    head = ask_list(upstream, method="HEAD")
    assert head.content == b""
    assert header(head.reply.headers, "content-length") == str(
        len(ask_list(upstream).content)
    )


def test_a_page_of_a_bare_list_is_cut_out_of_it():
    """All of it comes at once, without parameters of pages."""
    driven = ask_list(
        [answers(things(5))], "?itemsPerPage=2&pageNum=2", f"{PAGE}bare = true\n"
    )
    assert driven.targets == ("/new/t",)
    assert names(driven.document["results"]) == ["0002", "0003"]
    assert driven.document["totalCount"] == 5
    assert [link["rel"] for link in driven.document["links"]] == [
        "self",
        "previous",
        "next",
    ]


def test_what_may_differ_later_takes_an_exchange_of_its_own():
    """An answer that may be an error next time is not made again without one."""
    rule = 'when = { source = "sizes[each]", alike = false }\nstatus = 409\nerrorCode = "SIZES_DIFFER"\ndetail = "x"\n'
    text = f"{HEAD}\n[operation.getThing.flex.errors.200]\n{rule}"
    assert (
        ask_list([answers({"name": "a", "sizes": [1, 1]})], text=text).outcome.repeated
        is None
    )
