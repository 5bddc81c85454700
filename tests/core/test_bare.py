"""Responses that are arrays, and pages cut out of bare arrays."""

import pytest

from shim.core.messages import field as header
from tests.core.driver import answers, drive, pages_of
from tests.core.small import ARRAY, HEAD, NAME, PAGE, TARGET, read


def things(count):
    return [{"id": str(number), "name": f"{number:04}"} for number in range(count)]


def names(document):
    return [one["name"] for one in document]


def ask_list(upstream, query="", text=ARRAY, **more):
    """Call the operation whose response is an array."""
    return drive(read(text + NAME), f"{TARGET}{query}", upstream, **more)


@pytest.mark.parametrize(("count", "calls"), [(0, 1), (500, 1), (501, 2), (1200, 3)])
@pytest.mark.parametrize(
    "query", ["", "?pageNum=2&itemsPerPage=1", "?includeCount=false"]
)
def test_an_array_has_the_items_of_all_pages(count, calls, query):
    """They are in upstream's order, without duplicates. Page parameters are validated and otherwise ignored."""
    driven = ask_list(pages_of(things(count)), query)
    assert driven.document == [{"name": one["name"]} for one in things(count)]
    assert len(driven.sends) == calls
    assert all("itemsPerPage=500" in target for target in driven.targets)


def test_an_array_has_the_layouts_of_the_api():
    """``envelope`` and ``pretty`` work as in Atlas, and HEAD gets the same fields without content."""
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


def test_a_page_is_cut_out_of_a_bare_array():
    """Upstream gets no page parameters and returns the whole array."""
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


def test_a_response_with_conditions_is_not_reused():
    """It might be an error the next time, so each request runs its own exchange."""
    rule = 'when = { source = "sizes[each]", alike = false }\nstatus = 409\nerrorCode = "SIZES_DIFFER"\ndetail = "x"\n'
    text = f"{HEAD}\n[operation.getThing.flex.errors.200]\n{rule}"
    assert (
        ask_list([answers({"name": "a", "sizes": [1, 1]})], text=text).outcome.repeated
        is None
    )
