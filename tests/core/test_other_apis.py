"""Successors of another API: its media type, and pages that it links."""

import pytest

from tests.core.driver import answers, drive
from tests.core.small import HEAD, NAME, START, asked, dropped_of, field, operation, read

MEDIA_TYPE = 'media_type = "application/json;v=2"'
OTHER = HEAD.replace('version = "2024-01-01"', MEDIA_TYPE)


def at_top(table, text=OTHER):
    """Return a document with a table before its operations."""
    return text.replace("[operation", f"{table}[operation", 1)


THINGS = "/api/atlas/v2/things"


def listed(more, *pages, shape="array", query=""):
    """Ask for a list whose pages lead on as ``more`` says; return what was asked, and the names that came back."""
    text = START + operation("listThings", "GET", "/things", f'resource = "thing"\nshape = "{shape}"')
    text += f'\n[operation.listThings.flex]\npath = "/new"\n{MEDIA_TYPE}\n{more}\n' + NAME
    driven = drive(read(text), THINGS + query, [one if isinstance(one, tuple) else answers(one) for one in pages])
    return driven, [*driven.targets]


def page(*names, **more):
    """Return a page of things."""
    return {"results": [{"name": name} for name in names], **more}


BY_CURSOR = 'next = "n"\ncursor = "n"'


@pytest.mark.parametrize(
    "link", ["/elsewhere?t=%2B1&x[]=2", "https://evil.example/new?t=%2B1&x[]=2#end", "?t=%2B1&x[]=2"]
)
def test_a_link_is_followed_by_its_query_alone(link):
    """On the successor's own path, wherever the link leads."""
    driven, targets = listed('next = "@odata.nextLink"', page("a", **{"@odata.nextLink": link}), page("b"))
    assert (driven.document, targets) == ([{"name": "a"}, {"name": "b"}], ["/new", "/new?t=%2B1&x[]=2"])


@pytest.mark.parametrize("last", [None, "", False, "/new", "/new?", "/new?a b", 1.5, [], {}])
def test_pages_end_where_nothing_leads_on(last):
    """A null, no text, or a link without a query that can be sent."""
    assert listed('next = "next"', page("a", next=last))[1] == ["/new"]


def test_the_last_of_several_values_is_the_cursor():
    """Until a page has no items; the caller's own parameters are sent with each."""
    _, targets = listed('next = "results[each].name"\ncursor = "starting after"', page("a", "b&"), page(), query="?x=1")
    assert targets == ["/new?x=1", "/new?x=1&starting+after=b%26"]


@pytest.mark.parametrize(
    ("more", "pages", "results", "targets"),
    [
        (BY_CURSOR, [page("a", "b", n=0), page("c")], [{"name": "c"}], ["/new", "/new?n=0"]),
        ("", [page("a", totalCount=5, links=[{"rel": "next"}])], [], ["/new"]),
    ],
)
def test_a_page_of_the_legacy_api_is_cut_from_all_of_them(more, pages, results, targets):
    """With its own number and size, and no parameters of Atlas; where nothing leads on there is no second page."""
    driven, sent = listed(more, *pages, shape="page", query="?itemsPerPage=2&pageNum=2")
    assert (driven.document["results"], sent) == (results, targets)


LINKS = [
    ('<https://x.test/new?page=2&a=,>; rel="next", <https://x.test/new?page=9>; rel="last"', "/new?page=2&a=,"),
    ('</new?page=1>; rel=prev, </new?page=2>; title="a"; rel="nofollow next"', "/new?page=2"),
    ("</new?page=2>; rel=next", "/new?page=2"),
    ('</new?page=2>; rel="nextpage"', None),
    ('</new?page=2>; title="; rel=next"; rel="x"', None),
    ("</new>; rel=next", None),
    ("next", None),
]


@pytest.mark.parametrize(("field_value", "following"), LINKS)
def test_a_bare_list_is_followed_by_its_link_field(field_value, following):
    """That of the relation next, as RFC 8288 writes it."""
    pages = [
        answers([{"name": "a"}], 200, (("Link", field_value),)),
        *([answers([{"name": "b"}])] if following else []),
    ]
    driven, targets = listed('bare = true\nnext = "Link"', *pages)
    assert targets == ["/new", *([following] if following else [])]
    assert [one["name"] for one in driven.document] == (["a", "b"] if following else ["a"])


def held(*pages):
    """Ask for one resource whose list has pages."""
    text = f'{OTHER}\nitems = "all.of"\nnext = "next"\ncursor = "after"\n\n[resource.thing]\nrest = true\n'
    return asked(text, [answers(one) for one in pages], "?after=0&x=1")


def test_the_list_in_one_resource_is_read_to_its_end():
    """The last page has the items of all; a cursor of the caller's own is where reading begins."""
    first, last = {"all": {"of": [1, {"id": "a"}]}, "next": 7}, {"all": {"of": [{"id": "a"}, 2], "n": 3}, "next": None}
    driven = held(first, last)
    assert driven.document == {"all": {"of": [1, {"id": "a"}, 2], "n": 3}, "next": None}
    assert driven.targets == ("/new/t?after=0&x=1", "/new/t?x=1&after=7")


def test_a_resource_without_its_list_is_whole_and_a_later_page_without_it_an_error():
    """No part of a list stands for the whole."""
    assert held({"error": "no"}).document == {"error": "no"}
    assert held({"all": {"of": [1]}, "next": 7}, {"error": "no"}).reply.status == 502


def test_an_api_may_begin_at_the_root():
    """Its links lead to many places, and stay as they are."""
    text = at_top('[api.a]\nbase = "/"\nversion = "2023-01-01"\n')
    links = [{"rel": "x", "href": "https://elsewhere.example/things"}]
    text += NAME + field("links", "links", 'from = "links"\nfidelity = "exact"')
    assert drive(read(text), "/things/t", [answers({"name": "a", "links": links})]).document["links"] == links


def test_names_with_dots_stand_in_quotes():
    """In sources, in conditions, in names of fields, and of what does not pass."""
    fields = field("'a.b'.c", "string", "from = \"'x.y'.z\"\nfidelity = 'exact'")
    fields += field("d", "strings", "list = \"e.'f.g'\"\nfidelity = 'derived'\nwhy = 'x'")
    fields += "\n[resource.thing]\nrest = true\nwithout = [\"'h.i'\"]\n"
    driven = asked(OTHER + fields, [answers({"x.y": {"z": "1"}, "h.i": 2, "j.k": 3})])
    assert driven.document == {"a.b": {"c": "1"}, "d": [], "j.k": 3}


NEXT = field("next", "string", 'next = "more"\nfidelity = "derived"\nwhy = "x"')


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"more": "https://new.example/x?page=2"}, "http://127.0.0.1:8480/api/atlas/v2/things/t?page=2"),
        ({"more": "/x?page=2"}, "/api/atlas/v2/things/t?page=2"),
        ({"more": None}, None),
        ({"more": "/x"}, "absent"),
        ({"more": 5}, "absent"),
        ({}, "absent"),
    ],
)
def test_a_link_to_the_next_page_is_the_legacy_call_with_its_query(more, expected):
    """Whole or as a path, as upstream's is; a null stays null, and what is no such link is left out."""
    driven = asked(OTHER + NEXT, [answers(more)], "?x=1")
    assert driven.document.get("next", "absent") == expected
    assert len(dropped_of(driven)) == (bool(more) and expected == "absent")


ERROR = 'errorCode = "NO_OLD"\ndetail = "Nothing is old."\n'
REFUSED = f"\n[operation.getThing.flex.query.old.refuse]\n{ERROR}"


@pytest.mark.parametrize(
    ("rule", "refused", "sent"),
    [(REFUSED, "?new=1&ol%64=2", "?new=1"), (f"query.old.values = {{ 0 = '0' }}\n{REFUSED}", "?old=1", "?old=0")],
)
def test_a_parameter_is_refused_before_anything_is_sent(rule, refused, sent):
    """With the error that the document gives it: whatever its value, or only what the successor has no word for."""
    driven = asked(HEAD + rule + NAME, [], refused)
    assert (driven.sends, driven.reply.status) == ((), 400)
    assert (driven.document["errorCode"], driven.document["detail"]) == ("NO_OLD", "Nothing is old.")
    assert asked(HEAD + rule + NAME, [answers({})], sent).targets == (f"/new/t{sent}",)
