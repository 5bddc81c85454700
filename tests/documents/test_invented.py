"""Three invented APIs, described by documents alone, are served through every door."""

import json

import pytest

from tests.peers.scripted import ok, upstream, wire

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


def always(reply):
    """Answer everything so."""
    return lambda _: reply


def said(got):
    """Return the document that a caller got."""
    return json.loads(got.content)


@pytest.mark.parametrize("base", [V1, V2])
def test_a_list_is_collected_sorted_and_cut_anew(door, base):
    """Two upstream pages become one in the legacy order, with nested, wrapped and computed fields."""
    with upstream(two_pages) as atlas, door(atlas.origin) as ask:
        got = ask("GET", base + WATCHERS)
        assert (got.status, got.headers["content-type"]) == (200, KIND[base])
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


def test_a_time_that_has_passed_and_a_condition(door):
    """``passed`` looks at the clock, and a critical rule takes the other branch."""
    with upstream(lambda _: ok({})) as atlas, door(atlas.origin) as ask:
        for severity, expires, asleep in (
            ("LOW", "2020-01-01T00:00:00Z", True),
            ("LOW", "2999-01-01T00:00:00+02:00", False),
            ("CRITICAL", "2020-01-01T00:00:00Z", False),
        ):
            atlas.answer = always(ok({"id": 1, "severity": severity, "times": {"expires": expires}}))
            assert said(ask("GET", f"{V2}{WATCHERS}/1"))["asleep"] is asleep


def test_a_later_version_is_another_operation(door):
    """A caller that names a version beyond the document's range is not translated."""
    with upstream(lambda _: ok({"own": True})) as atlas, door(atlas.origin) as ask:
        got = ask("GET", V2 + WATCHERS, headers={"Accept": "application/vnd.atlas.2024-08-05+json"})
        assert said(got) == {"own": True}
        assert atlas.arrivals[0].target == V2 + WATCHERS


BODY = {"kind": "metric", "name": "n", "mail": "m@x", "threshold": {"limit": 3, "unit": "bytes"}, "number": 1}
RULE = ok({"id": 3, "rule": {"title": "n"}}, 201)


@pytest.mark.parametrize(("base", "status"), [(V1, 201), (V2, 202)])
def test_a_body_is_renamed_and_a_word_of_it_chooses_the_call(door, base, status):
    """Each word leads to its own method and path; the success status is the version's own."""
    with upstream(lambda _: RULE) as atlas, door(atlas.origin) as ask:
        got = ask("POST", base + WATCHERS, content=json.dumps(BODY).encode())
        assert (got.status, said(got)["name"]) == (status, "n")
        event = json.dumps({"kind": "event", "threshold": {}, "mail": None}).encode()
        assert ask("POST", base + WATCHERS, content=event).status == status
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


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({**BODY, "kind": "smoke"}, "SHIM_NO_SMOKE"),
        ({**BODY, "kind": "fire"}, "INVALID_ENUM_VALUE"),
        ({**BODY, "extra": 1}, "INVALID_ATTRIBUTE"),
        ({**BODY, "name": 1}, "INVALID_ATTRIBUTE"),
        ({"kind": "metric"}, "MISSING_ATTRIBUTE"),
        ({**BODY, "threshold": {"unit": "ells"}}, "INVALID_ATTRIBUTE"),
        ([], "MALFORMED_JSON"),
    ],
)
def test_what_a_body_may_not_have_is_refused_before_anything_is_sent(door, body, code):
    """The refusal is Atlas-shaped, and nothing reaches upstream."""
    with upstream(lambda _: RULE) as atlas, door(atlas.origin) as ask:
        got = ask("POST", V2 + WATCHERS, content=json.dumps(body).encode())
        assert (got.status, said(got)["errorCode"]) == (400, code)
        assert atlas.arrivals == []


def test_a_change_sends_what_the_caller_gave_and_no_more(door):
    """PATCH: a member that was not given is not sent, not even as an empty list."""
    with upstream(lambda _: ok({"id": 3})) as atlas, door(atlas.origin) as ask:
        for given, sent in (
            ({"name": "x"}, {"title": "x"}),
            ({"mail": "m@x"}, {"receivers": ["m@x"]}),
            ({}, {}),
        ):
            atlas.arrivals.clear()
            got = ask("PATCH", f"{V2}{WATCHERS}/3", content=json.dumps(given).encode())
            assert got.status == 200
            assert [(arrival.method, json.loads(arrival.body)) for arrival in atlas.arrivals] == [("PATCH", sent)]


@pytest.mark.parametrize("reply", [wire(204), wire(200), ok({}), ok({"id": 3}, 202), wire(205)])
def test_a_deletion_has_no_content_whatever_upstream_says(door, reply):
    """With status 204 any success is one, and the answer has neither content nor a type."""
    with upstream(lambda _: reply) as atlas, door(atlas.origin) as ask:
        for _ in range(2):
            got = ask("DELETE", f"{V2}{WATCHERS}/3")
            assert (got.status, got.content) == (204, b"")
            assert "content-type" not in got.headers
        assert [arrival.method for arrival in atlas.arrivals] == ["DELETE"] * 2


def test_the_shipped_operations_stay(door):
    """Documents of one's own come beside the shipped ones."""
    with upstream(lambda _: ok({"results": []})) as atlas, door(atlas.origin) as ask:
        assert said(ask("GET", f"{V2}/groups/g1/serverless/shop/backup/snapshots"))["results"] == []
        assert "/flexClusters/shop/" in atlas.arrivals[0].target
