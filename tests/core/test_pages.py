"""Pages: collected and divided again, or kept as upstream sent them."""

import json
import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.messages import Call
from shim.core.recognize import shared_engine
from shim.core.route import Memory
from shim.core.settings import Settings
from tests.core.driver import (
    JOBS,
    LIST,
    SNAPSHOT,
    answers,
    drive,
    linked,
    pages_of,
    refuses,
    snapshots,
)

V1 = f"/api/atlas/v1.0{LIST}"
V2 = f"/api/atlas/v2{LIST}"


def test_links_use_the_callers_base_url(engine):
    """They have its path before the API's, and the legacy path with the caller's own query.

    The members are in the order of recorded pages.
    """
    upstream = pages_of(snapshots(5))
    driven = drive(
        engine,
        f"{V1}?x=1&itemsPerPage=2&pageNum=2&pretty=false",
        upstream,
        base="https://proxy/atlas",
    )
    assert [*driven.document] == ["links", "results", "totalCount"]
    hrefs = {link["rel"]: link["href"] for link in driven.document["links"]}
    start = f"https://proxy/atlas{V1}?x=1&pretty=false"
    assert hrefs == {
        "self": f"{start}&pageNum=2&itemsPerPage=2",
        "previous": f"{start}&itemsPerPage=2&pageNum=1",
        "next": f"{start}&itemsPerPage=2&pageNum=3",
    }
    href = driven.document["results"][0]["links"][0]["href"]
    assert href == f"https://proxy/atlas{V1}/{driven.document['results'][0]['id']}"


@given(
    count=st.integers(0, 40),
    size=st.integers(1, 45),
    most=st.sampled_from([1, 3, 7, 500]),
    links=st.booleans(),
    api=st.sampled_from([V1, V2]),
)
def test_following_the_links_visits_each_item_once(count, size, most, links, api):
    """``next`` from the first page and ``previous`` from the last return each snapshot once, newest first."""
    engine = shared_engine(os.environ)
    items = snapshots(count)
    upstream = pages_of(items, most=most, links=links)
    limits = Settings(page_cap=100)
    expected = [item["id"] for item in reversed(items)]
    target = f"{api}?itemsPerPage={size}"
    visited = []
    pages = []
    while target is not None:
        document = drive(engine, target, upstream, settings=limits).document
        assert document["totalCount"] == count
        assert 0 <= len(document["results"]) <= size
        visited += [item["id"] for item in document["results"]]
        pages.append(target)
        target = linked(document, "next")
    assert visited == expected
    assert len(pages) == max(1, -(-count // size))
    target = pages[-1]
    back = []
    while target is not None:
        document = drive(engine, target, upstream, settings=limits).document
        back = [item["id"] for item in document["results"]] + back
        target = linked(document, "previous")
    assert back == expected


def test_fetching_stops_without_a_sign_of_more_pages(engine):
    """Without links and count the first page is the only one.

    An upstream that promises more and sends nothing is called only a few times.
    """
    assert (
        len(drive(engine, V2, pages_of(snapshots(501), links=False, count=False)).sends)
        == 1
    )
    endless = answers({"results": [], "links": [{"rel": "next"}], "totalCount": 10**9})
    assert len(drive(engine, V2, [endless]).sends) == 1


def test_a_snapshot_that_moves_meanwhile_counts_once(engine):
    """A list may shift by one between two pages. Items that can't be distinguished are all kept."""
    more = {"links": [{"rel": "self"}, {"rel": "next"}]}
    pages = [
        answers({"results": snapshots(3)} | more),
        answers({"results": snapshots(5)[2:]}),
    ]
    document = drive(engine, V2, pages).document
    assert [item["id"][-1] for item in document["results"]] == ["4", "3", "2", "1", "0"]
    assert document["totalCount"] == 5
    pages = [
        answers({"results": [{}, {"id": None}]} | more),
        answers({"results": [{}, {"id": 5}, {}]}),
    ]
    assert drive(engine, V2, pages).document["totalCount"] == 5


def test_the_number_of_pages_is_limited(engine):
    """The error for more pages includes the fix."""
    driven = drive(
        engine, V2, pages_of(snapshots(30), most=1), settings=Settings(page_cap=3)
    )
    assert len(driven.sends) == 3
    assert driven.reply.status == 502
    assert driven.document["errorCode"] == "SHIM_TOO_MANY_PAGES"
    assert (
        len(
            drive(
                engine,
                V2,
                pages_of(snapshots(3), most=1),
                settings=Settings(page_cap=3),
            ).sends
        )
        == 3
    )


def test_all_pages_together_are_limited_to_one_body(engine):
    """Twenty large pages took gigabytes."""
    upstream = pages_of(snapshots(4), most=1)
    size = len(upstream(Call("GET", "", "?itemsPerPage=500&pageNum=1"))[2])
    fits = drive(engine, V2, upstream, settings=Settings(body_limit=5 * size))
    assert len(fits.document["results"]) == 4
    driven = drive(engine, V2, upstream, settings=Settings(body_limit=2 * size))
    assert len(driven.sends) == 3
    assert driven.reply.status == 502
    assert driven.document["errorCode"] == "SHIM_TOO_MANY_PAGES"
    assert f"together are larger than {2 * size} bytes" in driven.document["detail"]


@pytest.mark.parametrize("large", [True, False])
def test_a_page_that_takes_long_to_decode_is_refused(engine, large):
    """It has 400,000 brackets, commas and colons, more than any real page. The length alone doesn't matter."""
    decoded = []

    def loads(content):
        decoded.append(len(content))
        return json.loads(content)

    filler = ([[]] * 200_000) if large else ("[" + "x" * 500_000)
    driven = drive(
        engine, V2, [answers({"results": [], "filler": filler})], codec={"loads": loads}
    )
    if large:
        assert driven.document["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"
        assert decoded == []
        assert (
            "it has more than 400000 brackets, commas and colons"
            in driven.document["detail"]
        )
    else:
        assert driven.document["results"] == []
        assert len(decoded) == 1


@pytest.mark.parametrize("depth", [90, 97, 98, 99, 200])
def test_the_depth_of_ignored_members_counts(engine, depth):
    """A list with such a member is refused, independent of its number of items."""
    deep = json.loads("[" * depth + "]" * depth)
    for count in (1, 200):
        items = [*[SNAPSHOT] * (count - 1), SNAPSHOT | {"deep": deep}]
        assert drive(engine, V2, [answers({"results": items})]).reply.status == (
            200 if depth < 98 else 502
        )


def test_all_pages_together_have_a_limited_number_of_values(engine):
    """Each page may be within its limits, yet all of them together take a gigabyte when decoded."""
    page = answers(
        {"results": [{"id": "1"}], "links": [{"rel": "next"}], "filler": [[]] * 101_000}
    )
    driven = drive(engine, V2, lambda call: page)
    assert len(driven.sends) == 5
    assert (
        "the content read for one response has more than 1000000 brackets"
        in driven.document["detail"]
    )


@pytest.mark.parametrize("status", [400, 404, 429, 500, 304])
def test_an_error_of_a_later_page_is_the_response(engine, status):
    """A part of the list is not returned as the whole."""
    first = answers({"results": snapshots(1), "links": [{"rel": "next"}]})
    driven = drive(engine, V2, [first, refuses(status, "ANY")])
    assert driven.passed
    assert [sent.status for sent in driven.outcome.record.sent] == [200, status]


CLAMPED = "itemsPerPage=2000 is more than a page may have; 500 was used"


@pytest.mark.parametrize(
    ("query", "ids", "count", "more", "note"),
    [
        ("pageNum=999&itemsPerPage=2", [], 501, None, None),
        (
            "includeCount=false&itemsPerPage=2",
            [500, 499],
            None,
            "includeCount=false&itemsPerPage=2&pageNum=2",
            None,
        ),
        (
            "itemsPerPage=2000",
            range(500, 0, -1),
            501,
            "itemsPerPage=500&pageNum=2",
            CLAMPED,
        ),
    ],
    ids=["past the end", "without a count", "a size that is too large"],
)
def test_pages_are_cut_as_requested(engine, query, ids, count, more, note):
    """A page past the end is empty and links back, and the record notes a size of more than 500."""
    driven = drive(engine, f"{V2}?{query}", pages_of(snapshots(501)))
    assert [int(one["id"], 16) for one in driven.document["results"]] == [*ids]
    assert driven.document.get("totalCount") == count
    assert linked(driven.document, "next") == (more and f"{V2}?{more}")
    assert (linked(driven.document, "previous") is None) is bool(ids)
    assert note is None or note in driven.outcome.record.notes


@pytest.mark.parametrize(("said", "total", "more"), [
    ({"totalCount": 5, "links": [{"rel": "next"}]}, 5, True),
    ({"totalCount": 5, "links": [{"rel": "self"}]}, 5, False), ({"totalCount": 5}, 5, True),
    ({"totalCount": 4}, 4, False), ({"totalCount": 5, "links": []}, 5, True),
    ({"totalCount": "5", "links": "x"}, None, False), ({"totalCount": -1}, None, False),
    ({"totalCount": True}, None, False), ({"totalCount": 5.0}, None, False),
    ({"links": ["next", None, {"rel": "next"}]}, None, True), ({}, None, False),
])  # fmt: skip
def test_kept_pages_have_upstreams_count_and_next(engine, said, total, more):
    """Values that upstream doesn't send are left out."""
    job = {"id": "1", "status": "COMPLETED"}
    page = answers({"results": [job, job]} | said)
    document = drive(
        engine, f"/api/atlas/v2{JOBS}?pageNum=2&itemsPerPage=2", [page]
    ).document
    assert document.get("totalCount") == total
    assert (linked(document, "next") is not None) is more
    assert linked(document, "previous") is not None


WHOLE = {"whole": True}


def test_a_list_and_a_page_of_equal_content_differ(engine):
    """The same call and upstream bytes become a page for one caller and a list for another."""
    upstream = pages_of(snapshots(8))
    memory = Memory()
    counts = [
        len(
            drive(
                engine, f"{V2}?itemsPerPage=3", upstream, memory=memory, codec=wish
            ).document["results"]
        )
        for wish in ({}, WHOLE, {}, WHOLE)
    ]
    assert counts == [3, 8, 3, 8]


def test_a_page_with_far_too_many_items_is_refused(engine):
    """They fit into the bytes of a body, but translation would take minutes."""
    for count, status in ((10_000, 200), (10_001, 502)):
        page = {"results": [{}] * count, "totalCount": count}
        assert (
            drive(engine, f"/api/atlas/v2{JOBS}", [answers(page)]).reply.status
            == status
        )
