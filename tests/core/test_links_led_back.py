"""Upstream's links, led back through the shim."""

import pytest

from tests.core.driver import answers, drive
from tests.core.small import HEAD, field, read, translated

LINKS = field("links", "links", 'from = "links"\nfidelity = "exact"')
BASE = "http://shim:8480/prefix"


def led(*links, base=BASE):
    """What becomes of some links."""
    return translated(LINKS, {"links": list(links)}, base=base).document["links"]


@pytest.mark.parametrize(
    ("href", "path"),
    [
        ("https://cloud.mongodb.com/api/atlas/v2/groups/g", "/api/atlas/v2/groups/g"),
        ("http://cloud.mongodb.com/api/atlas/v2/groups/g", "/api/atlas/v2/groups/g"),
        ("HTTPS://cloud.mongodb.com/api/atlas/v2/groups", "/api/atlas/v2/groups"),
        ("https://cloud.mongodb.com:443/api/atlas/v2/groups", "/api/atlas/v2/groups"),
        ("https://[::1]:8080/api/atlas/v2/groups", "/api/atlas/v2/groups"),
        ("https://h/api/atlas/v2/groups?pageNum=2&itemsPerPage=1#x", "/api/atlas/v2/groups?pageNum=2&itemsPerPage=1#x"),
        ("https://h/api/atlas/v2/groups/%2F?a=https://h/", "/api/atlas/v2/groups/%2F?a=https://h/"),
    ],
)
def test_a_link_into_the_api_leads_through_the_shim(href, path):
    """By the base that the caller used; path and query stay as they came."""
    assert led({"href": href, "rel": "self"}) == [{"href": f"{BASE}{path}", "rel": "self"}]


@pytest.mark.parametrize(
    "href",
    [
        "https://cloud.mongodb.com/restoreJobs",
        "https://cloud.mongodb.com/api/other/v2/groups",
        "https://cloud.mongodb.com/api/atlas/v2beta/groups",
        "https://cloud.mongodb.com/x/api/atlas/v2/groups",
        "https://cloud.mongodb.com",
        "https://cloud.mongodb.com?to=/api/atlas/v2/groups",
        "https://cloud.mongodb.com#/api/atlas/v2/groups",
        "https:///api/atlas/v2/groups",
        "https://",
        "ftp://cloud.mongodb.com/api/atlas/v2/groups",
        "/api/atlas/v2/groups",
        "//cloud.mongodb.com/api/atlas/v2/groups",
        "",
        None,
        5,
        ["https://cloud.mongodb.com/api/atlas/v2/groups"],
    ],
)
def test_any_other_link_stays_as_it_came(href):
    """One that leads elsewhere, is relative, or is no link at all."""
    assert led({"href": href, "rel": "self"}) == [{"href": href, "rel": "self"}]


@pytest.mark.parametrize("link", [{}, {"rel": "self"}, None, "https://h/api/atlas/v2/groups", 5, []])
def test_an_entry_without_a_link_stays_as_it_came(link):
    """Whatever it is."""
    assert led(link) == [link]


def test_other_members_of_a_link_stay():
    """The order of members, too."""
    link = {"rel": "self", "href": "https://h/api/atlas/v2/groups", "title": "x"}
    (one,) = led(link)
    assert list(one.items()) == [("rel", "self"), ("href", f"{BASE}/api/atlas/v2/groups"), ("title", "x")]


def test_an_empty_list_of_links_stays_one():
    """As upstream has it."""
    assert led() == []


@pytest.mark.parametrize(
    ("source", "why"), [({"links": None}, "null is no value"), ({"links": {}}, "not of type links")]
)
def test_what_is_no_list_is_no_links(source, why):
    """The field is left out, and reported."""
    driven = translated(LINKS, source)
    assert (driven.document, [one.why for one in driven.outcome.record.dropped]) == ({}, [why])
    assert translated(LINKS, {}).document == {}


def test_links_of_both_interfaces_are_led_back():
    """A caller of the oldest one meets links of either, as upstream has them."""
    hrefs = ["/api/atlas/v1.0/groups", "/api/atlas/v2/groups"]
    said = answers({"links": [{"href": f"https://h{href}"} for href in hrefs]})
    driven = drive(read(HEAD + LINKS), "/api/atlas/v1.0/things/t", [said], base=BASE)
    assert [one["href"] for one in driven.document["links"]] == [f"{BASE}{href}" for href in hrefs]
