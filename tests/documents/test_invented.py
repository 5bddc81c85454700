"""Three invented APIs, described by documents alone, are served through every door."""

import json

import pytest

from tests.peers.scripted import GONE, error, ok, upstream, wire

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
        # TASTE is no word of the document, -1 stands for no limit: both are left out.
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


def test_a_deletion_that_failed_is_intact(door):
    """An error is handed on as it is."""
    with upstream(lambda _: error(409, "BUSY")) as atlas, door(atlas.origin) as ask:
        got = ask("DELETE", f"{V2}{WATCHERS}/3")
        assert (got.status, said(got)["errorCode"]) == (409, "BUSY")


NET = "/regions/eu west/clusters/shop/tunnels".replace(" ", "%20")
BIG = error(400, "TUNNEL_IS_BIG")


def network(big):
    """Answer as the two tiers do for a cluster that lives on one of them."""

    def answer(arrival):
        if arrival.path.startswith("/net/"):
            if big:
                return BIG
            found = {"id": "t1", "metres": 1.5, "raw": {"a": [1, None]}}
            return wire(204) if arrival.path.endswith(":close") else ok(found)
        if not big:
            return error(400, "TUNNEL_IS_SMALL")
        return wire(204) if arrival.method == "DELETE" else ok({"key": "t2", "extent": {"metres": 3}})

    return answer


@pytest.mark.parametrize(("base", "kind"), [("v1", "application/hal+json"), ("v2", None)])
@pytest.mark.parametrize(("big", "tunnel"), [(True, {"id": "t2", "size": {"length": 3}}), (False, None)])
def test_an_api_of_its_own_with_two_tiers(door, base, kind, big, tunnel):
    """Its bases, versions, content type, tiers and methods are the document's."""
    wide = json.dumps({"mode": "wide", "length": 1.5}).encode()
    tunnel = tunnel or {"id": "t1", "size": {"length": 1.5}, "raw": {"a": [1, None]}}
    with upstream(network(big)) as atlas, door(atlas.origin) as ask:
        got = ask("PUT", f"/api/network/{base}{NET}/t1", content=wide)
        assert (got.status, said(got)) == ({"v1": 200, "v2": 201}[base], tunnel)
        assert got.headers["content-type"] == (kind or "application/vnd.atlas.2024-01-01+json;charset=utf-8")
        small = ("POST", "/net/shop/in/eu%20west/links/t1", b'{"metres":1.5}')
        large = [("PATCH", "/big/eu%20west/shop/links/t1", wide)] if big else []
        assert [(a.method, a.target, a.body) for a in atlas.arrivals] == [small, *large]
        closed = ask("DELETE", f"/api/network/{base}{NET}/t1")
        assert (closed.status, closed.content) == ((202, b"{}") if base == "v1" else (204, b""))
        last = atlas.arrivals[-1]
        assert (last.method, last.path.rpartition("/")[2]) == (("DELETE", "t1") if big else ("POST", "t1:close"))


@pytest.mark.parametrize("big", [True, False])
def test_a_refused_word_is_tried_on_the_other_tier(door, big):
    """A GET tells the tier; on the big one the call is forwarded, on the small one refused."""
    deep = json.dumps({"mode": "deep"}).encode()
    with upstream(network(big)) as atlas, door(atlas.origin) as ask:
        got = ask("PUT", f"/api/network/v2{NET}/t1", content=deep)
        sent = [(arrival.method, arrival.path) for arrival in atlas.arrivals]
    probe = ("GET", "/net/shop/in/eu%20west")
    if big:
        assert got.status == 201
        assert sent == [probe, ("PATCH", "/big/eu%20west/shop/links/t1")]
    else:
        assert (got.status, said(got)["errorCode"]) == (400, "SHIM_NOT_DEEP")
        assert sent == [probe]


def test_a_list_under_another_name_per_tier(door):
    """The member that holds the list is the tier's own; upstream's pages and order are kept."""
    page = ok({"links_found": [{"id": "b"}, {"id": "a"}, "?"]})
    with upstream(lambda _: page) as atlas, door(atlas.origin) as ask:
        document = said(ask("GET", f"/api/network/v2{NET}?itemsPerPage=3&color=red"))
        assert document["results"] == [{"id": "b"}, {"id": "a"}]
        # Nothing is said of a count or another page, and so nothing is made up.
        assert "totalCount" not in document
        assert [link["rel"] for link in document["links"]] == ["self"]
        assert "color=red" in atlas.arrivals[0].target
        atlas.answer = lambda _: ok({"results": []})
        assert said(ask("GET", f"/api/network/v2{NET}"))["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"


def test_pages_are_kept_and_a_count_tells_how_many(door):
    """Without links upstream's count tells whether another page follows."""
    vaults = [{"title": "a b", "part": {"n": 1}, "share": 0.5, "tags": ["x"]}, {"title": "c", "tags": [1]}]
    with upstream(lambda _: ok({"vaults": vaults, "totalCount": 5})) as atlas, door(atlas.origin) as ask:
        document = said(ask("GET", f"{V2}/orgs/o1/archives?itemsPerPage=2&pageNum=2"))
        assert "itemsPerPage=2&pageNum=2" in atlas.arrivals[0].target
    first, second = document["results"]
    assert (first["name"], first["parts"], first["share"], first["tags"]) == ("a b", [{"n": 1}], 0.5, ["x"])
    assert second["parts"] == []
    assert "tags" not in second
    assert first["links"][0]["href"].endswith("/orgs/o1/archives/a%20b")
    assert [link["rel"] for link in document["links"]] == ["self", "previous", "next"]
    assert document["totalCount"] == 5


def test_what_has_gone_says_where_to_read_on(door):
    """An operation without successor is asked of the legacy side, whose 410 is explained."""
    with upstream(lambda _: GONE) as atlas, door(atlas.origin) as ask:
        got = ask("POST", f"{V2}/orgs/o1/archives/a/thaw", content=b"{}")
        assert (got.status, said(got)["errorCode"]) == (410, "SHIM_NO_SUCCESSOR")
        assert said(got)["detail"] == (
            "Vaults are never frozen. See https://example.org/vaults "
            "and https://atlas-shim.github.io/atlas-shim/reference/errors/#shim_no_successor"
        )
        assert [arrival.body for arrival in atlas.arrivals] == [b"{}"]


def test_the_shipped_operations_stay(door):
    """Documents of one's own come beside the shipped ones."""
    with upstream(lambda _: ok({"results": []})) as atlas, door(atlas.origin) as ask:
        assert said(ask("GET", f"{V2}/groups/g1/serverless/shop/backup/snapshots"))["results"] == []
        assert "/flexClusters/shop/" in atlas.arrivals[0].target
