"""Pages, their links, and the parameters that change how a body is written."""

from __future__ import annotations

import json

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, FakeAtlas

ROOT = f"/api/atlas/v2/groups/{DEMO_GROUP}"
FLEX = f"{ROOT}/flexClusters/many/backup/snapshots"
LEGACY = f"{ROOT}/serverless/many/backup/snapshots"


@pytest.fixture
def many(fake: FakeAtlas) -> FakeAtlas:
    """The demo world with a cluster of 37 snapshots."""
    fake.add_flex_cluster(DEMO_GROUP, "many", snapshots=37)
    return fake


def _page(reply):
    assert reply.status == 200
    return json.loads(reply.body)


def _rels(page):
    return {link["rel"]: link["href"] for link in page["links"]}


@pytest.mark.parametrize("path", [FLEX, LEGACY])
def test_following_next_visits_everything_once(many, ask, path):
    """The links lead through all pages, in the order of one large page."""
    whole = _page(ask(many, path))["results"]
    assert len(whole) == 37
    found, target = [], f"{path}?itemsPerPage=10"
    while target:
        page = _page(ask(many, target))
        assert page["totalCount"] == 37
        found += page["results"]
        target = _rels(page).get("next", "").removeprefix("http://localhost:8080")
    assert found == whole


def test_flex_is_oldest_first_and_legacy_newest_first(many, ask):
    """The two sides list the same snapshots in opposite order."""
    flex = [each["id"] for each in _page(ask(many, FLEX))["results"]]
    legacy = [each["id"] for each in _page(ask(many, LEGACY))["results"]]
    assert legacy == list(reversed(flex))


def test_only_a_page_in_the_middle_links_both_ways(many, ask):
    """The first page has no previous, the last no next."""
    words = [list(_rels(_page(ask(many, f"{FLEX}?itemsPerPage=15&pageNum={page}")))) for page in (1, 2, 3)]
    assert words == [["self", "next"], ["self", "previous", "next"], ["self", "previous"]]


def test_links_keep_what_the_caller_added(many, ask):
    """Parameters other than the two of paging stay, raw, in front."""
    links = _rels(_page(ask(many, f"{FLEX}?pageNum=1&x=a%20b&itemsPerPage=30")))
    assert links["self"] == f"http://localhost:8080{FLEX}?x=a%20b&pageNum=1&itemsPerPage=30"
    assert links["next"] == f"http://localhost:8080{FLEX}?x=a%20b&itemsPerPage=30&pageNum=2"


def test_links_use_the_host_the_caller_used(fake, ask):
    """Links to Atlas' own hosts are https, links to others http."""
    path = f"{ROOT}/flexClusters"
    assert _rels(_page(ask(fake, path, host="cloud.mongodb.com")))["self"].startswith("https://cloud.mongodb.com/api")
    assert _rels(_page(ask(fake, path, host="[::1]:9")))["self"].startswith("http://[::1]:9/api")


def test_a_page_past_the_end_is_empty(many, ask):
    """Its status is 200 and its totalCount that of the list."""
    page = _page(ask(many, f"{FLEX}?pageNum=9"))
    assert (page["results"], page["totalCount"]) == ([], 37)


def test_without_count_the_total_is_zero_and_nothing_is_next(many, ask):
    """As recorded, against the documentation, totalCount is 0 and the only link is self."""
    page = _page(ask(many, f"{FLEX}?includeCount=false&itemsPerPage=10"))
    assert (page["totalCount"], list(_rels(page)), len(page["results"])) == (0, ["self"], 10)


@pytest.mark.parametrize(
    ("query", "name"),
    [
        ("pageNum=0", "pageNum"),
        ("pageNum=-1", "pageNum"),
        ("pageNum=two", "pageNum"),
        ("pageNum=", "pageNum"),
        ("pageNum=%C2%B2", "pageNum"),
        ("pageNum=99999999999999999999", "pageNum"),
        ("itemsPerPage=0", "itemsPerPage"),
        ("itemsPerPage=501", "itemsPerPage"),
        ("includeCount=maybe", "includeCount"),
        ("envelope=1", "envelope"),
        ("pretty=no", "pretty"),
    ],
)
def test_a_bad_parameter_is_refused_by_name(fake, ask, query, name):
    """What Atlas does is not recorded; the strict reading is 400 INVALID_QUERY_PARAMETER."""
    reply = ask(fake, f"{ROOT}/flexClusters?{query}")
    body = json.loads(reply.body)
    assert (reply.status, body["errorCode"], body["parameters"]) == (400, "INVALID_QUERY_PARAMETER", [name])


def test_an_enveloped_page_gains_its_status(fake, ask):
    """All other members stay as they are."""
    path = f"{ROOT}/serverless/{DEMO_CLUSTER}/backup/snapshots"
    page = _page(ask(fake, f"{path}?envelope=true"))
    assert page.pop("status") == 200
    assert page["results"] == _page(ask(fake, path))["results"]


def test_one_enveloped_resource_becomes_content(fake, ask):
    """The body has the members status and content."""
    path = f"{ROOT}/serverless/{DEMO_CLUSTER}"
    assert _page(ask(fake, f"{path}?envelope=true")) == {"status": 200, "content": _page(ask(fake, path))}


def test_an_enveloped_error_keeps_its_http_status(fake, ask):
    """The body repeats the status of the reply."""
    path = f"{ROOT}/serverless/nobody"
    reply = ask(fake, f"{path}?envelope=true")
    assert reply.status == 404
    assert json.loads(reply.body) == {"status": 404, "content": json.loads(ask(fake, path).body)}


def test_pretty_changes_white_space_alone(fake, ask):
    """Lines are indented by two spaces, with a space on each side of a colon, as in the recorded 401."""
    path = f"{ROOT}/serverless/{DEMO_CLUSTER}"
    pretty = ask(fake, f"{path}?pretty=true").body
    assert json.loads(pretty) == _page(ask(fake, path))
    assert b'\n  "name" : "orders"' in pretty
