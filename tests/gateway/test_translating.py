"""Retired calls through the gateway; tests/family plays all recordings."""

import gzip

import pytest

from shim.core import content
from shim.core.settings import RouteWord
from shim.gateway.exchange import dumps
from tests.peers.raw import reply, replying
from tests.peers.served import ask, cross, gateway, get, value_of

GROUP = "6510aa1b2c3d4e5f60718293"
NAME = "orders"
BASE = f"/groups/{GROUP}/serverless/{NAME}/backup/snapshots"
V1 = f"/api/atlas/v1.0{BASE}"
V2 = f"/api/atlas/v2{BASE}"
FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters/{NAME}/backup/snapshots"
EMPTY = b'{"links":[],"results":[],"totalCount":0}'


def test_a_translated_response_has_the_gateways_fields():
    """Sunset, Deprecation, Link and Atlas-Shim, next to upstream's fields."""
    answer = reply(
        EMPTY, "Set-Cookie: a=1", "Set-Cookie: b=2", 'Link: <x>; rel="y"', 'ETag: "e"'
    )
    head = cross(get(V1), answer).head
    assert value_of(head, "Sunset") == "Thu, 22 Jan 2026 00:00:00 GMT"
    assert (value_of(head, "Deprecation") or "").startswith("@")
    assert b'\r\nLink: <x>; rel="y"\r\n' in head
    assert f'\r\nLink: <{FLEX}>; rel="successor-version"\r\n'.encode() in head
    assert (value_of(head, "Atlas-Shim") or "").startswith("route=flex, reason=")
    assert head.count(b"Set-Cookie: ") == 2
    assert value_of(head, "ETag") is None


def test_an_existing_path_has_no_link_to_itself():
    """A new version is not another resource; all other fields are added."""
    target = f"/api/atlas/v2/groups/{GROUP}/clusters"
    accept = "Accept: application/vnd.atlas.2023-02-01+json"
    with (
        replying(reply(EMPTY)) as upstream,
        gateway(upstream.origin, route=RouteWord.SUCCESSOR) as served,
    ):
        for path in (target, f"{target}/", f"{target}?pageNum=1"):
            head, _ = ask(served, get(path, accept))
            assert value_of(head, "Link") is None
            assert (value_of(head, "Atlas-Shim") or "").startswith(
                "route=successor, reason="
            )
            assert value_of(head, "Sunset") == "Thu, 01 Jul 2027 00:00:00 GMT"


def test_legacy_responses_are_not_changed():
    """Atlas's own fields and bytes stay; Via and the request id are added."""
    plain = b'{ "results" : [] }\n'
    answer = reply(
        plain, "Date: Thu, 01 Jan 2026 00:00:00 GMT", 'ETag: "e"', "Sunset: soon"
    )
    crossed = cross(get(V1), answer, route=RouteWord.LEGACY)
    assert crossed.sent.startswith(f"GET {V1} HTTP/1.1".encode())
    assert crossed.content == plain
    added = f"\r\nVia: 1.1 atlas-shim\r\nX-Request-Id: {crossed.value('X-Request-Id')}\r\n\r\n"
    assert crossed.head == answer.partition(b"\r\n\r\n")[0] + added.encode()


@pytest.mark.parametrize("accepted", ["gzip, deflate, br", "*", "gzip;q=0.5", "GZIP"])
def test_compressed_responses_are_translated(accepted):
    """If the caller accepts gzip, upstream may compress; the translated response is plain."""
    crossed = cross(
        get(V1, f"Accept-Encoding: {accepted}"),
        reply(gzip.compress(EMPTY), "Content-Encoding: gzip"),
    )
    assert value_of(crossed.sent, "Accept-Encoding") == "gzip"
    assert crossed.status == 200
    assert crossed.value("Content-Encoding") is None
    assert crossed.json["results"] == []


def test_an_error_is_passed_on_unchanged_after_it_was_read():
    """A compressed error keeps its encoding and bytes."""
    body = b'{"detail":"No.","error":404,"errorCode":"SNAPSHOT_NOT_FOUND","parameters":[],"reason":"Not Found"}'
    coded = gzip.compress(body)
    answer = reply(
        coded,
        "Content-Encoding: gzip",
        "Content-Type: application/json",
        status="404 Not Found",
    )
    crossed = cross(get(V1, "Accept-Encoding: gzip"), answer)
    assert crossed.status == 404
    assert crossed.content == coded
    assert crossed.value("Content-Encoding") == "gzip"


def test_errors_do_not_leak_connections():
    """After a hundred unread errors upstream still has only one connection."""
    answer = reply(b"x" * 5000, status="503 Service Unavailable")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        for _ in range(100):
            assert ask(served, get(V1))[1] == b"x" * 5000
        assert upstream.connections == 1


@pytest.mark.parametrize(
    "text",
    ["", ": ", '": ', '\\": ', '\\\\": ', "\t", "é😀\u2028", "\ud800", " ", 'a": "b'],
)
def test_pretty_json_has_the_cores_bytes(text):
    """The faster encoder writes the same bytes, whatever the names and texts contain."""
    for value in (
        {
            text: text,
            f"{text}x": [text, {}, [], 1.5, None],
            "n": {"m": {text: [[text]]}},
        },
        text,
        [text],
    ):
        for pretty in (False, True):
            assert dumps(value, pretty=pretty) == content.dumps(value, pretty=pretty)
