"""Retired calls through the gateway: recorded flex replies in, the legacy shape out."""

import gzip
import json
import subprocess
import threading
import zlib
from pathlib import Path
from typing import Any

import pytest

from shim.core.settings import RouteWord
from shim.fake import FakeAtlas, constants
from shim.fake.server import serve_in_thread as fake_in_thread
from tests.peers.raw import Peer, raw_upstream, reply, replying, until
from tests.peers.served import ask, calling, gateway, get, status_of, value_of

CASES = Path(__file__).parent.parent / "cases" / "recorded"
GROUP, NAME = "6510aa1b2c3d4e5f60718293", "orders"
BASE = f"/groups/{GROUP}/serverless/{NAME}/backup/snapshots"
V1, V2 = f"/api/atlas/v1.0{BASE}", f"/api/atlas/v2{BASE}"
FLEX = f"/api/atlas/v2/groups/{GROUP}/flexClusters/{NAME}/backup/snapshots"
ACCEPT = "Accept: application/vnd.atlas.2023-01-01+json"
STATUS = {"PENDING": "queued", "QUEUED": "queued", "RUNNING": "inProgress"}
EMPTY = b'{"links":[],"results":[],"totalCount":0}'


def recorded(kind: str) -> list[dict[str, Any]]:
    """Return the recorded exchanges of one kind."""
    lines = (CASES / f"flex-snapshot-{kind}.jsonl").read_text("utf-8").splitlines()
    return [json.loads(line) for line in lines]


def replayed(case: dict[str, Any]) -> bytes:
    """Return a recorded reply as it would come over the wire."""
    fields = [f"{name}: {value}" for name, value in case["headers"] if name.lower() != "content-length"]
    return reply(case["body"].encode(), *fields, status=f"{case['status']} Recorded")


def legacy_of(flex: dict[str, Any], url: str) -> dict[str, Any]:
    """Return what the design's table makes of a flex snapshot, worked out here once more."""
    made = {
        "id": flex["id"],
        "createdAt": flex.get("startTime") or flex["scheduledTime"],
        "expiresAt": flex["expiration"],
        "frequencyType": "daily",
        "mongodVersion": flex.get("mongoDBVersion"),
        "serverlessInstanceName": NAME,
        "snapshotType": "scheduled",
        "status": STATUS.get(flex["status"], flex["status"].lower()),
        "links": [{"href": f"{url}/{flex['id']}", "rel": "self"}],
    }
    return {name: value for name, value in made.items() if value is not None}


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize("case", recorded("list"), ids=lambda case: case["recorded"])
def test_recorded_list(case, path):
    """Every recorded list comes out newest first in the legacy shape, every recorded error as it is."""
    with replying(replayed(case)) as upstream, gateway(upstream.origin, route=RouteWord.FLEX) as served:
        head, content = ask(served, get(path, ACCEPT, host="gw.test:81"))
        assert upstream.heads[0].split(b" ")[1].startswith(FLEX.encode() + b"?")
    assert status_of(head) == case["status"]
    if case["status"] != 200:
        assert content == case["body"].encode()
        return
    page = json.loads(content)
    wanted = [legacy_of(item, f"http://gw.test:81{path}") for item in json.loads(case["body"])["results"]]
    wanted.sort(key=lambda item: (item["createdAt"], item["id"]), reverse=True)
    assert page["results"] == wanted
    assert page["totalCount"] == len(wanted)
    assert page["links"][0]["href"].startswith(f"http://gw.test:81{path}?")


@pytest.mark.parametrize("path", [V1, V2])
@pytest.mark.parametrize("case", recorded("get"), ids=lambda case: case["recorded"])
def test_recorded_snapshot(case, path):
    """Every recorded snapshot comes out in the legacy shape, every recorded error as it is."""
    identity = case["path"].rpartition("/")[2]
    with replying(replayed(case)) as upstream, gateway(upstream.origin, route=RouteWord.FLEX) as served:
        head, content = ask(served, get(f"{path}/{identity}", ACCEPT, host="gw.test"))
        assert upstream.heads[0].split(b" ")[1] == f"{FLEX}/{identity}".encode()
    assert status_of(head) == case["status"]
    if case["status"] == 200:
        assert json.loads(content) == legacy_of(json.loads(case["body"]), f"http://gw.test{path}")
    else:
        assert content == case["body"].encode()


def test_content_type_is_the_one_of_the_version():
    """v1.0 answers plain JSON, v2 the media type of the version asked for; lengths are exact."""
    with replying(reply(EMPTY)) as upstream, gateway(upstream.origin) as served:
        old, _ = ask(served, get(V1))
        new, content = ask(served, get(V2, ACCEPT))
    assert (value_of(old, "Content-Type") or "").startswith("application/json")
    assert (value_of(new, "Content-Type") or "").startswith("application/vnd.atlas.2023-01-01+json")
    assert value_of(new, "Content-Length") == str(len(content))


def test_upstream_is_asked_for_its_own_version_with_the_callers_token():
    """The successor gets its Accept, the caller's Authorization, and the gateway's Host and Via."""
    with replying(reply(EMPTY)) as upstream, gateway(upstream.origin) as served:
        ask(served, get(V1, "Authorization: Bearer t", "Accept: */*", "User-Agent: me/1"))
        head = upstream.heads[0]
    assert value_of(head, "Authorization") == "Bearer t"
    assert value_of(head, "Accept") == "application/vnd.atlas.2024-11-13+json"
    assert value_of(head, "User-Agent") == "me/1"
    assert value_of(head, "Host") == upstream.origin.removeprefix("http://")
    assert value_of(head, "Via") == "1.1 atlas-shim"


def test_reply_says_what_became_of_the_call():
    """A translated reply carries Sunset, Deprecation, Link and Atlas-Shim, beside upstream's fields."""
    answer = reply(EMPTY, "Set-Cookie: a=1", "Set-Cookie: b=2", 'Link: <x>; rel="y"', 'ETag: "e"')
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        head, _ = ask(served, get(V1))
    assert value_of(head, "Sunset") == "Thu, 22 Jan 2026 00:00:00 GMT"
    assert (value_of(head, "Deprecation") or "").startswith("@")
    assert b'\r\nLink: <x>; rel="y"\r\n' in head
    assert f'\r\nLink: <{FLEX}>; rel="successor-version"\r\n'.encode() in head
    assert (value_of(head, "Atlas-Shim") or "").startswith("route=flex, reason=")
    assert head.count(b"Set-Cookie: ") == 2
    assert value_of(head, "ETag") is None


def test_a_path_that_lives_on_has_no_link_to_itself():
    """A version alone is no other resource; the rest is said all the same."""
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
    with replying(answer) as upstream, gateway(upstream.origin, route=RouteWord.LEGACY) as served:
        head, got = ask(served, get(V1))
        assert upstream.heads[0].startswith(f"GET {V1} HTTP/1.1".encode())
    assert got == content
    name = (value_of(head, "X-Request-Id") or "").encode()
    added = b"\r\nVia: 1.1 atlas-shim\r\nX-Request-Id: %b\r\n\r\n" % name
    assert head == answer.partition(b"\r\n\r\n")[0] + added


def test_links_lead_to_the_public_url():
    """Behind TLS or another name, links lead where the operator says."""
    with (
        replying(reply(EMPTY)) as upstream,
        gateway(upstream.origin, public_url="https://atlas.corp.test") as served,
    ):
        content = ask(served, get(V1, host="atlas.corp.test"))[1]
    assert json.loads(content)["links"][0]["href"].startswith(f"https://atlas.corp.test{V1}?")


@pytest.mark.parametrize("accepted", ["gzip, deflate, br", "*", "gzip;q=0.5", "GZIP"])
def test_compressed_replies_are_translated(accepted):
    """A caller that takes gzip lets upstream compress; the translated reply is plain."""
    answer = reply(gzip.compress(EMPTY), "Content-Encoding: gzip")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, get(V1, f"Accept-Encoding: {accepted}"))
        assert value_of(upstream.heads[0], "Accept-Encoding") == "gzip"
    assert (status_of(head), value_of(head, "Content-Encoding")) == (200, None)
    assert json.loads(content)["results"] == []


@pytest.mark.parametrize("accepted", [[], ["Accept-Encoding: br"], ["Accept-Encoding: gzip;q=0, *"]])
def test_upstream_is_not_asked_for_what_the_caller_cannot_read(accepted):
    """Since an error may be handed on as it came, a caller without gzip makes upstream send plain."""
    with replying(reply(EMPTY)) as upstream, gateway(upstream.origin) as served:
        ask(served, get(V1, *accepted))
        assert value_of(upstream.heads[0], "Accept-Encoding") == "identity"


def test_error_that_was_read_is_still_handed_on_as_it_came():
    """A compressed error that the decision looked into arrives with its coding and its bytes."""
    body = b'{"detail":"No.","error":404,"errorCode":"SNAPSHOT_NOT_FOUND","parameters":[],"reason":"Not Found"}'
    coded = gzip.compress(body)
    answer = reply(coded, "Content-Encoding: gzip", "Content-Type: application/json", status="404 Not Found")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, get(V1, "Accept-Encoding: gzip"))
    assert (status_of(head), content) == (404, coded)
    assert value_of(head, "Content-Encoding") == "gzip"


BROKEN = {
    "no JSON": reply(b"<html>"),
    "a list": reply(b"[]"),
    "empty": reply(b""),
    "cut gzip": reply(gzip.compress(EMPTY)[:-9], "Content-Encoding: gzip"),
    "no gzip": reply(EMPTY, "Content-Encoding: gzip"),
    "unknown coding": reply(EMPTY, "Content-Encoding: zz"),
    "cut length": b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 99\r\n\r\n" + EMPTY,
    "cut chunks": b"HTTP/1.1 200 OK\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n",
    "bad chunk": b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\nZZ\r\n",
    "cut end": b"HTTP/1.1 200 OK\r\nConnection: close\r\n\r\n" + EMPTY[:-3],
    "deep": reply(b"[" * 100000),
    "bad UTF-8": reply(b'{"results":["\xff"]}'),
    "NaN": reply(b'{"results":[],"totalCount":NaN}'),
}


@pytest.mark.parametrize("answer", BROKEN.values(), ids=BROKEN)
def test_reply_that_cannot_be_translated_is_502(answer):
    """Never half a reply, and never a 500: what can't be made out is 502 in Atlas' shape."""
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, get(V1, "Accept-Encoding: gzip"))
    assert status_of(head) == 502
    assert json.loads(content)["errorCode"] == "SHIM_UPSTREAM_UNREADABLE"


def test_compressed_reply_that_grows_beyond_the_limit_is_502():
    """A small reply that would become a large one is not decoded to its end."""
    bomb = zlib.compressobj(9, zlib.DEFLATED, 31)
    coded = b"".join(bomb.compress(bytes(1 << 20)) for _ in range(64)) + bomb.flush()
    with replying(reply(coded, "Content-Encoding: gzip")) as upstream, gateway(upstream.origin) as served:
        head, content = ask(served, get(V1, "Accept-Encoding: gzip"))
    assert status_of(head) == 502
    assert "larger than" in json.loads(content)["detail"]


def test_deadline_holds_for_the_whole_exchange():
    """An upstream that drips is cut off by the deadline, though it never falls silent."""

    def script(peer: Peer) -> None:
        peer.message()
        peer.send(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not over.wait(0.02):
            peer.send(b" ")

    over = threading.Event()
    with raw_upstream(script) as upstream, gateway(upstream.origin, deadline=0.3) as served:
        head, content = ask(served, get(V1))
        over.set()
    assert status_of(head) == 504
    assert json.loads(content)["errorCode"] == "SHIM_UPSTREAM_TIMEOUT"
    assert "http_response_timeout" in (value_of(head, "Proxy-Status") or "")


def test_client_that_leaves_ends_the_exchange():
    """Upstream's connection ends with the caller's."""
    arrived, ended = threading.Event(), threading.Event()

    def script(peer: Peer) -> None:
        peer.message()
        arrived.set()
        assert not peer.some()
        ended.set()

    with raw_upstream(script) as upstream, gateway(upstream.origin) as served:
        with calling(served) as peer:
            peer.send(get(V1))
            assert arrived.wait(10)
        assert ended.wait(10)
        until(lambda: served.in_flight.count == 0, "the exchange is over")


def test_errors_do_not_leak_connections():
    """After a hundred errors that nobody read, upstream still has only one connection."""
    answer = reply(b"x" * 5000, status="503 Service Unavailable")
    with replying(answer) as upstream, gateway(upstream.origin) as served:
        for _ in range(100):
            assert ask(served, get(V1))[1] == b"x" * 5000
        assert upstream.connections == 1


def test_curl_with_a_bearer_token():
    """A plain curl gets the retired answer from a strict Atlas that only has flex clusters."""
    with fake_in_thread(FakeAtlas()) as fake, gateway(fake.url) as served:
        url = f"{served.url}/api/atlas/v1.0/groups/{constants.DEMO_GROUP}/serverless/{constants.DEMO_CLUSTER}"
        command = ["curl", "-sS", "--compressed", "-H", f"Authorization: Bearer {constants.DEMO_TOKEN}"]
        run = subprocess.run([*command, f"{url}/backup/snapshots"], capture_output=True, check=True)
        page = json.loads(run.stdout)
        assert page["totalCount"] == 8
        follow = subprocess.run([*command, page["results"][0]["links"][0]["href"]], capture_output=True, check=True)
        assert json.loads(follow.stdout) == page["results"][0]


def test_dedicated_cluster_is_found():
    """A name that lives on the dedicated tier answers, too, after flex said so."""
    path = f"/api/atlas/v2/groups/{constants.DEMO_GROUP}/serverless/{constants.DEMO_DEDICATED}/backup/snapshots"
    token = f"Authorization: Bearer {constants.DEMO_TOKEN}"
    with fake_in_thread(FakeAtlas()) as fake, gateway(fake.url) as served:
        head, content = ask(served, get(path, token, ACCEPT))
    assert status_of(head) == 200
    assert (value_of(head, "Atlas-Shim") or "").startswith("route=dedicated")
    assert len(json.loads(content)["results"]) == 3
