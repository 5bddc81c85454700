"""Pages, their links, and the parameters that change a body's format."""

import pytest

from shim.fake import DEMO_CLUSTER, DEMO_GROUP, FakeAtlas
from tests.fake.asking import ROOT

FLEX, LEGACY = (
    f"{ROOT}/{kind}/many/backup/snapshots" for kind in ("flexClusters", "serverless")
)
ONE = f"serverless/{DEMO_CLUSTER}"


@pytest.fixture(autouse=True)
def many(fake: FakeAtlas) -> None:
    """The demo world has a cluster of 37 snapshots."""
    fake.add_cluster(DEMO_GROUP, "many", snapshots=37)


def _rels(page):
    return {link["rel"]: link["href"] for link in page["links"]}


@pytest.mark.parametrize("path", [FLEX, LEGACY])
def test_following_next_visits_everything_once(ask, path):
    """The links lead through all pages in the order of one large page; a page past the end has only the count."""
    whole = ask(path).json["results"]
    assert len(whole) == 37
    found = []
    target = f"{path}?itemsPerPage=10"
    while target:
        page = ask(target).json
        assert page["totalCount"] == 37
        found += page["results"]
        target = _rels(page).get("next", "").removeprefix("http://localhost:8080")
    assert found == whole
    beyond = ask(f"{path}?pageNum=9").json
    assert beyond["results"] == []
    assert beyond["totalCount"] == 37
    assert list(_rels(beyond)) == ["self"]


def test_links_keep_the_caller_s_parameters(ask):
    """Parameters other than the two of paging come first, unchanged."""
    links = _rels(ask(f"{FLEX}?pageNum=1&x=a%20b&itemsPerPage=30").json)
    assert (
        links["self"]
        == f"http://localhost:8080{FLEX}?x=a%20b&pageNum=1&itemsPerPage=30"
    )
    assert (
        links["next"]
        == f"http://localhost:8080{FLEX}?x=a%20b&itemsPerPage=30&pageNum=2"
    )


@pytest.mark.parametrize(
    ("host", "origin"), [("cloud.mongodb.com", "https"), ("[::1]:9", "http")]
)
def test_links_use_the_caller_s_host(ask, host, origin):
    """Links to Atlas's own hosts are https, links to others http."""
    assert _rels(ask("flexClusters", host=host).json)["self"].startswith(
        f"{origin}://{host}/api"
    )


def test_without_count_the_total_is_zero_and_there_is_no_next(ask):
    """As recorded, against the documentation, totalCount is 0 and the only link is self."""
    page = ask(f"{FLEX}?includeCount=false&itemsPerPage=10").json
    assert page["totalCount"] == 0
    assert list(_rels(page)) == ["self"]
    assert len(page["results"]) == 10


BAD = """
pageNum=0 pageNum=-1 pageNum= pageNum=%C2%B2 pageNum=99999999999999999999 itemsPerPage=0 itemsPerPage=501
includeCount=maybe envelope=1 pretty=no
"""


@pytest.mark.parametrize("parameter", BAD.split())
def test_an_invalid_parameter_is_refused_by_name(ask, parameter):
    """What Atlas does is not recorded; the strict reading is 400 INVALID_QUERY_PARAMETER."""
    reply = ask(f"flexClusters?{parameter}")
    assert reply.code == "400 INVALID_QUERY_PARAMETER"
    assert reply.json["parameters"] == [parameter.partition("=")[0]]


@pytest.mark.parametrize(("target", "status"), [(ONE, 200), ("serverless/nobody", 404)])
def test_one_enveloped_resource_becomes_content(ask, target, status):
    """The body has the members status and content, an error's too; a page gains its status."""
    reply = ask(f"{target}?envelope=true")
    assert reply.status == status
    assert reply.json == {"status": status, "content": ask(target).json}
    page = ask(f"{LEGACY}?envelope=true").json
    assert page == {**ask(LEGACY).json, "status": 200, "links": page["links"]}


def test_pretty_changes_only_white_space(ask):
    """Lines are indented by two spaces, with a space on each side of a colon, as in the recorded 401."""
    pretty = ask(f"{ONE}?pretty=true")
    assert pretty.json == ask(ONE).json
    assert b'\n  "name" : "orders"' in pretty.body
