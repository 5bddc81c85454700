"""Retired calls through the gateway; tests/family plays all that was recorded."""

import gzip
import json
import subprocess

import pytest

from shim.core.settings import RouteWord
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeAtlas
from shim.fake.server import FakeServer
from tests.peers.raw import reply, replying
from tests.peers.served import ask, cross, gateway, get, value_of

GROUP, NAME = "6510aa1b2c3d4e5f60718293", "orders"
BASE = f"/groups/{GROUP}/serverless/{NAME}/backup/snapshots"
V1, V2 = f"/api/atlas/v1.0{BASE}", f"/api/atlas/v2{BASE}"
FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters/{NAME}/backup/snapshots"
ACCEPT = "Accept: application/vnd.atlas.2023-01-01+json"
EMPTY = b'{"links":[],"results":[],"totalCount":0}'


def test_content_type_is_the_one_of_the_version():
    """v1.0 answers plain JSON, v2 the media type of the version asked for; lengths are exact."""
    old, new = cross(get(V1), reply(EMPTY)), cross(get(V2, ACCEPT), reply(EMPTY))
    assert (old.value("Content-Type") or "").startswith("application/json")
    assert (new.value("Content-Type") or "").startswith("application/vnd.atlas.2023-01-01+json")
    assert new.value("Content-Length") == str(len(new.content))


def test_upstream_is_asked_for_its_own_version_with_the_callers_token():
    """The successor gets its Accept, the caller's Authorization, and the gateway's Host and Via."""
    crossed = cross(get(V1, "Authorization: Bearer t", "Accept: */*", "User-Agent: me/1"), reply(EMPTY))
    expected = {
        "Authorization": "Bearer t",
        "Accept": "application/vnd.atlas.2024-11-13+json",
        "User-Agent": "me/1",
        "Host": crossed.upstream.origin.removeprefix("http://"),
    }
    assert {name: value_of(crossed.sent, name) for name in expected} == expected
    assert (value_of(crossed.sent, "Via") or "").startswith("1.1 atlas-shim-")


def test_reply_says_what_became_of_the_call():
    """A translated reply carries Sunset, Deprecation, Link and Atlas-Shim, beside upstream's fields."""
    answer = reply(EMPTY, "Set-Cookie: a=1", "Set-Cookie: b=2", 'Link: <x>; rel="y"', 'ETag: "e"')
    head = cross(get(V1), answer).head
    assert value_of(head, "Sunset") == "Thu, 22 Jan 2026 00:00:00 GMT"
    assert (value_of(head, "Deprecation") or "").startswith("@")
    assert b'\r\nLink: <x>; rel="y"\r\n' in head
    assert f'\r\nLink: <{FLEX}>; rel="successor-version"\r\n'.encode() in head
    assert (value_of(head, "Atlas-Shim") or "").startswith("route=flex, reason=")
    assert head.count(b"Set-Cookie: ") == 2
    assert value_of(head, "ETag") is None


def test_a_path_that_lives_on_has_no_link_to_itself():
    """A version alone is not another resource; the rest is said all the same."""
    target = f"/api/atlas/v2/groups/{GROUP}/clusters"
    accept = "Accept: application/vnd.atlas.2023-02-01+json"
    with replying(reply(EMPTY)) as upstream, gateway(upstream.origin, route=RouteWord.SUCCESSOR) as served:
        for path in (target, f"{target}/", f"{target}?pageNum=1"):
            head, _ = ask(served, get(path, accept))
            assert value_of(head, "Link") is None
            assert (value_of(head, "Atlas-Shim") or "").startswith("route=successor, reason=")
            assert value_of(head, "Sunset") == "Thu, 01 Jul 2027 00:00:00 GMT"


def test_legacy_replies_are_left_alone():
    """On the legacy route Atlas' own fields and bytes stand; Via and the request's name are added."""
    content = b'{ "results" : [] }\n'
    answer = reply(content, "Date: Thu, 01 Jan 2026 00:00:00 GMT", 'ETag: "e"', "Sunset: soon")
    crossed = cross(get(V1), answer, route=RouteWord.LEGACY)
    assert crossed.sent.startswith(f"GET {V1} HTTP/1.1".encode())
    assert crossed.content == content
    added = f"\r\nVia: 1.1 atlas-shim\r\nX-Request-Id: {crossed.value('X-Request-Id')}\r\n\r\n"
    assert crossed.head == answer.partition(b"\r\n\r\n")[0] + added.encode()


@pytest.mark.parametrize("accepted", ["gzip, deflate, br", "*", "gzip;q=0.5", "GZIP"])
def test_compressed_replies_are_translated(accepted):
    """A caller that takes gzip lets upstream compress; the translated reply is plain."""
    crossed = cross(get(V1, f"Accept-Encoding: {accepted}"), reply(gzip.compress(EMPTY), "Content-Encoding: gzip"))
    assert value_of(crossed.sent, "Accept-Encoding") == "gzip"
    assert (crossed.status, crossed.value("Content-Encoding"), crossed.json["results"]) == (200, None, [])


def test_error_that_was_read_is_still_handed_on_as_it_came():
    """A compressed error that the decision looked into arrives with its coding and its bytes."""
    body = b'{"detail":"No.","error":404,"errorCode":"SNAPSHOT_NOT_FOUND","parameters":[],"reason":"Not Found"}'
    coded = gzip.compress(body)
    answer = reply(coded, "Content-Encoding: gzip", "Content-Type: application/json", status="404 Not Found")
    crossed = cross(get(V1, "Accept-Encoding: gzip"), answer)
    assert (crossed.status, crossed.content, crossed.value("Content-Encoding")) == (404, coded, "gzip")


def test_errors_do_not_leak_connections():
    """After a hundred errors that nobody read, upstream still has only one connection."""
    answer = reply(b"x" * 5000, status="503 Service Unavailable")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        for _ in range(100):
            assert ask(served, get(V1))[1] == b"x" * 5000
        assert upstream.connections == 1


def test_curl_with_a_bearer_token():
    """A plain curl gets the retired answer from a strict Atlas that only has flex clusters."""
    with FakeServer(FakeAtlas()) as fake, gateway(fake.url) as served:
        url = f"{served.url}/api/atlas/v1.0/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}"
        command = ["curl", "-sS", "--compressed", "-H", f"Authorization: Bearer {DEMO_TOKEN}"]
        run = subprocess.run([*command, f"{url}/backup/snapshots"], capture_output=True, check=True)
        page = json.loads(run.stdout)
        assert page["totalCount"] == 8
        follow = subprocess.run([*command, page["results"][0]["links"][0]["href"]], capture_output=True, check=True)
        assert json.loads(follow.stdout) == page["results"][0]
