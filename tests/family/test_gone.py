"""Operations that nothing took the place of: untouched while Atlas answers, then a 410 that says what to do."""

import json

import pytest

from tests.family.doors import playing
from tests.family.replay import AFTER, CASES, GROUP, KINDS, VERSIONS, caller, gateway
from tests.peers.scripted import GONE, error, ok, upstream, wire

CONTRACT = CASES / "contract" / "legacy-serverless-2025-10.json"
RETIRED = {
    (method.upper(), path.replace("/api/atlas/v2", ""))
    for path, operations in json.loads(CONTRACT.read_text())["paths"].items()
    for method in operations
    if "/backup/" not in path and not (method == "get" and path.endswith(("/serverless", "/{name}")))
}
CALLS = sorted(
    (method, path.replace("{groupId}", GROUP).replace("{", "").replace("}", "").replace("endpointId", "a" * 24))
    for method, path in RETIRED
)
BODY = b'{ "name" : "x", "providerSettings": {} }'
AUTO_INDEXING = ("GET", f"/groups/{GROUP}/serverless/clusterName/performanceAdvisor/autoIndexing")
"""What is always off, and so can still be answered."""
ENDED = [call for call in CALLS if call != AUTO_INDEXING]


def names(calls):
    """Name calls by method and path."""
    return [f"{method} {path.removeprefix(f'/groups/{GROUP}')}" for method, path in calls]


def call(ask, method, path, api="v2"):
    """Make one call with a query that nobody knows, and a body where the method has one."""
    content = BODY if method in {"POST", "PATCH"} else None
    headers = {"Content-Type": "application/json"} if content else {}
    return ask(method, f"/api/atlas/{api}{path}?enable=true&x=%2F", content=content, headers=headers)


def is_as_it_came(arrival, method, path):
    """Tell whether a call reached the upstream as it was made."""
    body = BODY if method in {"POST", "PATCH"} else b""
    expected = (method, f"/api/atlas/v2{path}?enable=true&x=%2F", body)
    return (arrival.method, arrival.target, arrival.body) == expected


def check_gone(reply):
    """Check the 410: Atlas' shape, the shim's code, what took the place, and where that is documented."""
    document = reply.json()
    assert reply.status_code == 410
    assert list(document) == ["detail", "error", "errorCode", "parameters", "reason"]
    assert (document["error"], document["errorCode"], document["reason"]) == (410, "SHIM_NO_SUCCESSOR", "Gone")
    assert "lex cluster" in document["detail"]
    assert "https://" in document["detail"]


def test_the_contract_has_ten_of_them():
    """Create, update and delete of instances, five of private endpoints, two of automatic indexing."""
    assert len(CALLS) == 10
    assert AUTO_INDEXING in CALLS


@pytest.mark.parametrize(("method", "path"), ENDED, ids=names(ENDED))
def test_after_the_sunset_atlas_is_asked_and_its_410_is_explained(door, method, path):
    """In auto the legacy endpoint is asked, with the whole body, since sunset dates moved; then it is remembered."""
    with playing(door, answer=lambda _: GONE) as (atlas, ask):
        check_gone(call(ask, method, path))
        check_gone(call(ask, method, path))
        assert [is_as_it_came(arrival, method, path) for arrival in atlas.arrivals] == [True]
        # Each interface is retired by itself.
        check_gone(call(ask, method, path, api="v1.0"))
        assert len(atlas.arrivals) == 2


@pytest.mark.parametrize(
    "answer", [ok({"id": "1"}), wire(204), error(404, "SERVERLESS_INSTANCE_NOT_FOUND"), error(500, "UNEXPECTED_ERROR")]
)
@pytest.mark.parametrize(("method", "path"), ENDED, ids=names(ENDED))
def test_after_the_sunset_any_other_answer_of_atlas_stands(method, path, answer):
    """A legacy endpoint that outlives its date goes on being used."""
    with upstream(lambda _: answer) as atlas, gateway(atlas.origin, now=AFTER) as served, caller(served) as client:
        reply = call(client.request, method, path)
        assert answer.startswith(f"HTTP/1.1 {reply.status_code} ".encode())
        assert answer.endswith(b"\r\n\r\n" + reply.content)
        assert "Atlas-Shim" not in reply.headers


@pytest.mark.parametrize("route", ["auto", "date", "flex"])
@pytest.mark.parametrize("api", VERSIONS)
def test_auto_indexing_reads_as_off(door, route, api):
    """After the sunset the answer is a bare false, with the legacy content type, and nobody is asked."""
    with playing(door, answer=lambda _: GONE, route=route) as (atlas, ask):
        reply = ask("GET", f"/api/atlas/{api}{AUTO_INDEXING[1]}", headers={"Accept": "*/*"})
        assert (reply.status_code, reply.content, reply.headers["Content-Type"]) == (200, b"false", KINDS[api])
        wrapped = ask("GET", f"/api/atlas/{api}{AUTO_INDEXING[1]}?envelope=true")
        assert wrapped.json() == {"status": 200, "content": False}
        assert atlas.arrivals == []


def test_auto_indexing_reads_as_off_once_atlas_says_that_it_is_gone(door):
    """Before its date Atlas is asked, and its 410 believed."""
    with playing(door, answer=lambda _: GONE, over=False) as (atlas, ask):
        assert [ask("GET", f"/api/atlas/v2{AUTO_INDEXING[1]}").content for _ in range(2)] == [b"false"] * 2
        assert len(atlas.arrivals) == 1


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize("enable", ["true", "false"])
def test_auto_indexing_can_be_set_where_writes_are_on(door, api, enable):
    """Atlas answered 200 to the end; nobody is asked, and the strict switch refuses it as without one."""
    target = f"/api/atlas/{api}{AUTO_INDEXING[1]}?enable={enable}"
    with playing(door, answer=lambda _: GONE, writes="instances") as (atlas, ask):
        reply = ask("POST", target, headers={"Accept": "*/*"})
        assert (reply.status_code, reply.content, reply.headers["Content-Type"]) == (200, b"{}", KINDS[api])
        assert atlas.arrivals == []
    with playing(door, answer=lambda _: GONE, writes="instances-strict") as (atlas, ask):
        check_gone(ask("POST", target))
        assert len(atlas.arrivals) == 1


def test_the_upgrade_to_serverless_has_ended(door):
    """Its path is not taken for a cluster's name."""
    with playing(door, answer=lambda _: GONE) as (atlas, ask):
        check_gone(ask("POST", f"/api/atlas/v2/groups/{GROUP}/clusters/tenantUpgradeToServerless", content=b"{}"))
        assert len(atlas.arrivals) == 1
