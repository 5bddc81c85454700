"""An invented API, described by a document alone, is served through every door."""

import json

import pytest

from tests.peers.scripted import ok, upstream

WATCHERS = "/groups/g1/watchers"
V1, V2 = "/api/atlas/v1.0", "/api/atlas/v2"
KIND = {V1: "application/json", V2: "application/vnd.atlas.2023-01-01+json;charset=utf-8"}
RULES = [
    {"id": 7, "rule": {"title": "old", "limit": 5.0, "unit": "SECONDS"}, "times": {"created": "2024-01-01T00:00:00Z"}},
    {"id": 8, "rule": {"fallback": "b", "limit": 9, "kind": "EVENT"}, "times": {"created": "2025-01-01T00:00:00Z"}},
    {"id": 9, "rule": {"title": "a", "limit": 2, "kind": "METRIC_V2"}, "times": {"created": "2025-01-01T00:00:00Z"}},
    {"id": 10, "rule": {"title": "new", "limit": -1, "kind": "TASTE"}, "severity": "HIGH", "receiver": "m@x"},
]


def two_pages(arrival):
    """Answer a list of rules on two pages, the second reached by a link."""
    number = int(arrival.target.partition("pageNum=")[2].partition("&")[0])
    rules = RULES[:2] if number == 1 else RULES[2:]
    links = [{"rel": "self", "href": "…"}, *([{"rel": "next", "href": "…"}] if number == 1 else [])]
    return ok({"links": links, "rules": rules, "totalCount": 4})


def said(got):
    """Return the document that a caller got."""
    return json.loads(got.content)


@pytest.mark.parametrize("base", [V1, V2])
def test_a_list_is_collected_sorted_and_cut_anew(door, base):
    """Two upstream pages become one in the legacy order, with nested, wrapped and computed fields."""
    with upstream(two_pages) as atlas, door(atlas.origin) as ask:
        got = ask("GET", base + WATCHERS)
        assert (got.status_code, got.headers["content-type"]) == (200, KIND[base])
        results = said(got)["results"]
        # The one without a time counts as the newest; equal times are sorted by the nested limit.
        assert [item["number"] for item in results] == [10, 9, 8, 7]
        assert [arrival.path for arrival in atlas.arrivals] == ["/api/atlas/v2/groups/g1/alertRules"] * 2
        assert {arrival.fields["accept"] for arrival in atlas.arrivals} == {"application/vnd.atlas.2025-03-12+json"}
        second = said(ask("GET", f"{base}{WATCHERS}?itemsPerPage=3&pageNum=2"))
    assert [item["number"] for item in second["results"]] == [7]
    assert [link["rel"] for link in second["links"]] == ["self", "previous"]
    assert second["totalCount"] == 4
    newest, _, event, oldest = results
    href = newest["links"][0]["href"]
    assert newest == {
        "number": 10,
        "name": "new",
        "group": "g1",
        # TASTE is not a word of the document, -1 stands for no limit: both are left out.
        "mails": ["m@x"],
        "loud": True,
        "links": [{"rel": "self" if base == V2 else "http://cloud.mongodb.com/watcher", "href": href}],
    }
    assert href.endswith(f"{base}{WATCHERS}/10")
    assert (event["kind"], event["name"], event["mails"]) == ("event", "b", [])
    assert oldest["threshold"] == {"limit": 5, "unit": "seconds"}
    assert oldest["kind"] == "metric"


BODY = {"kind": "metric", "name": "n", "mail": "m@x", "threshold": {"limit": 3, "unit": "bytes"}, "number": 1}
RULE = ok({"id": 3, "rule": {"title": "n"}}, 201)


@pytest.mark.parametrize(("base", "status"), [(V1, 201), (V2, 202)])
def test_a_body_is_renamed_and_a_word_of_it_chooses_the_call(door, base, status):
    """Each word leads to its own method and path; the success status is the version's own."""
    with upstream(lambda _: RULE) as atlas, door(atlas.origin) as ask:
        got = ask("POST", base + WATCHERS, content=json.dumps(BODY).encode())
        assert (got.status_code, said(got)["name"]) == (status, "n")
        event = json.dumps({"kind": "event", "threshold": {}, "mail": None}).encode()
        assert ask("POST", base + WATCHERS, content=event).status_code == status
        first, second = atlas.arrivals
    assert (first.method, first.target) == ("POST", "/api/atlas/v2/groups/g1/alertRules")
    assert json.loads(first.body) == {
        "rule": {"title": "n", "limit": 3, "unit": "BYTES"},
        "receivers": ["m@x"],
        "project": "g1",
        "enabled": True,
    }
    assert (second.method, second.target) == ("PUT", "/api/atlas/v2/groups/g1/eventRules")
    # Without rules for a body the caller's own is sent, byte for byte.
    assert second.body == event


def test_the_shipped_operations_stay(door):
    """Documents of one's own come beside the shipped ones."""
    with upstream(lambda _: ok({"results": []})) as atlas, door(atlas.origin) as ask:
        assert said(ask("GET", f"{V2}/groups/g1/serverless/shop/backup/snapshots"))["results"] == []
        assert "/flexClusters/shop/" in atlas.arrivals[0].target
