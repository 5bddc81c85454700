"""HEAD of a retired read, by every entry point: as GET, without content (RFC 9110, 9.3.2)."""

import gzip
import json

import pytest

from tests.family.doors import playing
from tests.family.replay import GROUP, ID, VERSIONS
from tests.peers.scripted import GONE, NO_CLUSTER, error, ok, wire

SERVERLESS = f"/groups/{GROUP}/serverless"
TENANT = f"/groups/{GROUP}/clusters/shop/backup/tenant"
READS = {
    "snapshots": f"{SERVERLESS}/shop/backup/snapshots",
    "one snapshot": f"{SERVERLESS}/shop/backup/snapshots/{ID}",
    "restore jobs": f"{SERVERLESS}/shop/backup/restoreJobs",
    "one restore job": f"{SERVERLESS}/shop/backup/restoreJobs/{ID}",
    "instances": SERVERLESS,
    "instances with a slash": f"{SERVERLESS}/",
    "one instance": f"{SERVERLESS}/shop",
    "tenant snapshots": f"{TENANT}/snapshots",
    "one tenant snapshot": f"{TENANT}/snapshots/{ID}",
    "tenant restores": f"{TENANT}/restores",
    "one tenant restore": f"{TENANT}/restores/{ID}",
    "auto-indexing": f"{SERVERLESS}/shop/performanceAdvisor/autoIndexing",
}
THING = {
    "id": ID,
    "name": "shop",
    "status": "COMPLETED",
    "startTime": "2026-01-01T00:00:00Z",
}
PAGE = {"results": [THING, {**THING, "name": "söhop"}], "totalCount": 2}
DIFFERS = {"date", "atlas-shim", "x-request-id"}
"""Fields that contain the time of a reply, or of the call behind it."""


def flex(arrival):
    """Reply as a flex side that has the resource; to HEAD without content, as a server must."""
    is_page = arrival.path.endswith(("/snapshots", "/restoreJobs", "/flexClusters"))
    if arrival.side != "legacy":
        answer = ok(PAGE if is_page else THING)
    else:
        answer = GONE
    if arrival.method == "HEAD":
        return answer.partition(b"\r\n\r\n")[0] + b"\r\n\r\n"
    return answer


def fields_of(reply):
    """Return the fields of a reply that must be equal."""
    return {
        name.lower(): value
        for name, value in reply.headers.items()
        if name.lower() not in DIFFERS
    }


def is_like_get(ask, target, **options):
    """Compare HEAD with GET: status and fields are the same, no content remains on the connection; return the GET."""
    got, head, again = (
        ask(method, target, **options) for method in ("GET", "HEAD", "GET")
    )
    assert head.status_code == got.status_code
    assert head.content == b""
    assert again.status_code == got.status_code
    assert again.content == got.content
    assert fields_of(head) == fields_of(got)
    return got


@pytest.mark.parametrize("api", VERSIONS)
@pytest.mark.parametrize("query", ["", "?pretty=true&envelope=true", "?pageNum=0"])
@pytest.mark.parametrize("which", READS)
def test_head_has_the_fields_of_get_and_no_content(door, which, api, query):
    """Content-Length is that of GET's content. The successor gets a GET, and the next call works too."""
    with playing(door, answer=flex) as (atlas, ask):
        got = is_like_get(ask, f"/api/atlas/{api}{READS[which]}{query}")
        assert {arrival.method for arrival in atlas.arrivals} <= {"GET"}
        assert got.status_code == 200 or not atlas.arrivals
    assert int(got.headers["Content-Length"]) == len(got.content)


@pytest.mark.parametrize("coded", [False, True])
def test_head_invents_no_length(door, coded):
    """If upstream sends its error in chunks, HEAD has no length, or that of the chunks."""
    body = json.dumps({"errorCode": "NOT_ALLOWED", "detail": "x" * 50}).encode()
    content = gzip.compress(body) if coded else body
    if coded:
        coding = b"Content-Encoding: gzip\r\n"
    else:
        coding = b""
    chunked = b"HTTP/1.1 403 Forbidden\r\nTransfer-Encoding: chunked\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n"
    answer = chunked % (coding, len(content), content)
    with playing(door, sides={"flex": answer}) as (_, ask):
        for _ in range(2):
            head = ask(
                "HEAD",
                f"/api/atlas/v2{READS['snapshots']}",
                headers={"Accept-Encoding": "gzip"},
            )
            assert head.status_code == 403
            assert head.content == b""
            assert head.headers.get("Content-Length", str(len(content))) == str(
                len(content)
            )


def test_an_error_s_coding_is_shown_too(door):
    """Its length is that of the coded content, so both belong together."""
    content = gzip.compress(
        json.dumps({"errorCode": "NOT_ALLOWED", "detail": "x" * 50}).encode()
    )
    head = (
        b"HTTP/1.1 403 Forbidden\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n"
        % len(content)
    )
    with playing(door, sides={"flex": head + content}) as (_, ask):
        got = is_like_get(
            ask,
            f"/api/atlas/v2{READS['snapshots']}",
            headers={"Accept-Encoding": "gzip"},
        )
    assert got.headers["Content-Length"] == str(len(content))


@pytest.mark.parametrize("which", ["instances", "one instance"])
@pytest.mark.parametrize("knows", [False, True])
def test_head_of_a_blank_read_asks_both_sides(door, which, knows):
    """Both get a GET, and the reply with the resource supplies the fields."""
    one = which == "one instance"
    if knows:
        legacy = ok(THING) if one else ok(PAGE)
    else:
        legacy = error(404, "NOT_FOUND")
    sides = {"flex": NO_CLUSTER if one else ok({"results": []}), "legacy": legacy}
    with playing(door, over=False, sides=sides) as (atlas, ask):
        got = is_like_get(ask, f"/api/atlas/v2{READS[which]}")
        assert atlas.sides == ["flex", "legacy"] * 3
        assert {arrival.method for arrival in atlas.arrivals} == {"GET"}
    assert got.status_code == (404 if one and not knows else 200)


@pytest.mark.parametrize("status", [200, 404])
def test_before_the_sunset_head_is_passed_on_unchanged(door, status):
    """A 404 without content doesn't show retirement."""
    with playing(
        door, sides={"legacy": wire(status, (("X-Odd", "1"),))}, over=False
    ) as (atlas, ask):
        reply = ask("HEAD", f"/api/atlas/v2{READS['snapshots']}?x=%2F")
        assert reply.status_code == status
        assert reply.content == b""
        assert reply.headers["X-Odd"] == "1"
        (arrival,) = atlas.arrivals
        assert arrival.method == "HEAD"
        assert arrival.target == f"/api/atlas/v2{READS['snapshots']}?x=%2F"
