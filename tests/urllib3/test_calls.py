# mypy: disable-error-code="attr-defined, union-attr, arg-type"
# (urllib3's types know no attribute of ours)
"""Retired calls look like calls of urllib3: URLs, streams, pools, bodies, fields, proxies, faults."""

import gzip
import io
import json
import socket

import pytest
import urllib3 as plain

import shim
from shim import urllib3
from shim.errors import SettingsError
from shim.fake import DEMO_TOKEN
from tests.httpx.conftest import SNAPSHOTS
from tests.peers.answering import reply

BEARER = {"Authorization": f"Bearer {DEMO_TOKEN}"}
EMPTY = b'{"results": [], "totalCount": 0}'
JOBS = SNAPSHOTS.replace("/snapshots", "/restoreJobs")
DOCUMENT = {
    "deliveryType": "automated",
    "snapshotId": "0" * 24,
    "targetClusterName": "a",
    "targetGroupId": "1" * 24,
}


def gone_then_flex(request):
    """An Atlas whose legacy endpoint is gone, whatever the date says."""
    return reply("200 OK", body=EMPTY) if b"/flexClusters/" in request else reply("410 Gone", body=b"{}")


def by_manager(origin, **options):
    with urllib3.PoolManager() as http:
        return http.request("GET", origin + SNAPSHOTS, **options)


def by_pool(origin, **options):
    with urllib3.connection_from_url(origin) as pool:
        return pool.request("GET", SNAPSHOTS, **options)


def by_urlopen(origin, **options):
    with urllib3.HTTPConnectionPool(origin.removeprefix("http://").split(":")[0], int(origin.split(":")[-1])) as pool:
        return pool.urlopen("GET", SNAPSHOTS, None, **options)


def by_auto(origin, **options):
    shim.install()
    with plain.PoolManager() as http:
        return http.request("GET", origin + SNAPSHOTS, **options)


def by_auto_and_pool(origin, **options):
    shim.install()
    with plain.connection_from_url(origin) as pool:
        return pool.request("GET", SNAPSHOTS, **options)


def by_both(origin, **options):
    shim.install()
    return by_manager(origin, **options)


WAYS = [by_manager, by_pool, by_urlopen, by_auto, by_auto_and_pool, by_both]


@pytest.mark.parametrize("ask", WAYS)
def test_every_way_in_is_covered(atlas, ask):
    """Managers and pools, ours and urllib3's own, in one trip, with URLs of the caller's."""
    response = ask(atlas.url, headers=BEARER)
    assert response.status == 200
    assert json.loads(response.data)["totalCount"] > 0
    assert response.headers["Content-Length"] == str(len(response.data))
    assert shim.record(response) is response.shim
    assert response.shim.route == "flex"
    assert (response.geturl() or SNAPSHOTS).endswith(SNAPSHOTS)  # urllib3 1.26 may not know
    assert response.retries.history == ()
    assert len(atlas.fake.arrivals) == 1


@pytest.mark.skipif(isinstance(plain.request, type(plain)), reason="urllib3 1.26 has no top-level function")
def test_the_top_level_function_is_covered(retired):
    """With urllib3's own defaults."""
    assert urllib3.request("GET", retired, headers=BEARER).json()["totalCount"] > 0


def test_others_are_untouched(raw, http):
    """No record, and what was asked for is what arrives."""
    server = raw(lambda request: reply("200 OK", body=b"mine"))
    response = http.request("GET", f"{server.url}/api/atlas/v2/groups?a=b", headers={"A": "b"})
    assert (response.data, shim.record(response)) == (b"mine", None)
    assert server.requests[0].startswith(b"GET /api/atlas/v2/groups?a=b HTTP/1.1\r\n")


def test_the_off_word_leaves_everything_alone(raw, http, monkeypatch):
    """One request, as urllib3 makes it."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "off")
    server = raw(gone_then_flex)
    response = http.request("GET", f"{server.url}{SNAPSHOTS}")
    assert (response.status, shim.record(response), server.targets()) == (410, None, [SNAPSHOTS])


@pytest.mark.parametrize("make", [urllib3.PoolManager, lambda: urllib3.connection_from_url("http://a")])
def test_an_unknown_word_is_found_at_construction(monkeypatch, make):
    """And never in the middle of a call."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "nonsense")
    with pytest.raises(SettingsError, match="ATLAS_SHIM_ROUTE"):
        make()


@pytest.mark.parametrize("early_or_late", ["early", "late"])
def test_what_is_streamed_gives_its_connection_back(raw, http, monkeypatch, early_or_late):
    """Of one connection and no more: each call would wait for ever if the last one kept it."""
    if early_or_late == "early":
        monkeypatch.setenv("ATLAS_SHIM_SUNSET", "snapshots=2999-01-01")
    server = raw(lambda request: reply("200 OK", body=EMPTY))
    for _ in range(3):
        response = http.request("GET", f"{server.url}{SNAPSHOTS}", preload_content=False, pool_timeout=5)
        assert b"results" in b"".join(response.stream(3))
        assert response.read() == b""
        response.release_conn()
    response = http.request("GET", f"{server.url}{SNAPSHOTS}", preload_content=False, pool_timeout=5)
    response.drain_conn()
    assert http.request("GET", f"{server.url}{SNAPSHOTS}", pool_timeout=5).status == 200


def test_a_fallback_gives_its_connections_back(raw, http, early):
    """The unread 410 does not keep the only one."""
    server = raw(gone_then_flex)
    for _ in range(2):
        assert http.request("GET", f"{server.url}{SNAPSHOTS}", pool_timeout=5).data


@pytest.mark.parametrize("decoded", [True, False])
def test_a_reply_that_was_read_passes_byte_for_byte(raw, http, early, decoded):
    """A legacy 404 is looked into; coding, length and content are upstream's own."""
    body = gzip.compress(b'{"errorCode": "RESOURCE_NOT_FOUND"}')
    server = raw(
        lambda request: reply("404 Nope", "Content-Encoding: gzip", "Set-Cookie: a", "Set-Cookie: b", body=body)
    )
    response = http.request("GET", f"{server.url}{SNAPSHOTS}", decode_content=decoded)
    assert response.data == (gzip.decompress(body) if decoded else body)
    assert (response.status, response.reason, response.version) == (404, "Nope", 11)
    assert response.headers.getlist("Set-Cookie") == ["a", "b"]
    assert response.shim.route == "legacy"


def test_a_reply_too_long_to_look_into_passes_whole(raw, http, early):
    """What was read and what was not come in one stream."""
    body = b"x" * (17 * 1024 * 1024)
    server = raw(lambda request: reply("404 Not Found", body=body))
    assert http.request("GET", f"{server.url}{SNAPSHOTS}").data == body


def test_head_has_fields_and_no_content(atlas, http):
    """The length is that of the content that GET has."""
    response = http.request("HEAD", f"{atlas.url}{SNAPSHOTS}", headers=BEARER)
    whole = http.request("GET", f"{atlas.url}{SNAPSHOTS}", headers=BEARER).data
    assert (response.status, response.data) == (200, b"")
    assert response.headers["Content-Length"] == str(len(whole))


def test_a_body_is_translated_from_whatever_it_was_given_as(raw, http):
    """JSON, text, bytes, a file and a generator make the same successor call."""
    text = json.dumps(DOCUMENT, separators=(",", ":"))
    server = raw(lambda request: reply("404 Not Found", body=b'{"errorCode": "X"}'))
    url, kind = f"{server.url}{JOBS}", {"Content-Type": "application/json"}
    bodies = [text, text.encode(), io.BytesIO(text.encode()), (piece.encode() for piece in (text[:9], text[9:]))]
    for body in bodies:
        http.request("POST", url, body=body, headers=kind)
    if not plain.__version__.startswith("1."):  # which has no json=
        http.request("POST", url, json=DOCUMENT)
    sent = {request.partition(b"\r\n\r\n")[2] for request in server.requests}
    assert len(sent) == 1
    assert b"targetDeploymentItemName" in sent.pop()
    assert all(b"Transfer-Encoding" not in request for request in server.requests)


def test_a_stream_survives_the_fallback(raw, http, early):
    """A generator that the legacy endpoint had is there for the flex endpoint too."""
    server = raw(lambda request: reply("410 Gone", body=b"{}"))
    http.request("POST", f"{server.url}{JOBS}", body=iter([json.dumps(DOCUMENT).encode()]))
    legacy, flex = server.requests
    assert b"targetClusterName" in legacy
    assert b"targetDeploymentItemName" in flex


def test_fields_become_the_query(atlas, http):
    """As an ordinary call of request() has them."""
    response = http.request("GET", f"{atlas.url}{SNAPSHOTS}", fields={"itemsPerPage": "1"}, headers=BEARER)
    assert len(json.loads(response.data)["results"]) == 1


def test_repeated_fields_arrive_repeated(raw, http):
    """Those of HTTPHeaderDict, those that bytes say, and those of the manager where the call has none."""
    server = raw(gone_then_flex)
    headers = plain.response.HTTPHeaderDict()
    headers.add("X-One", "a")
    headers.add("X-One", "b")
    http.request("GET", f"{server.url}{SNAPSHOTS}", headers=headers)
    http.headers = {"X-Two": b"c", "User-Agent": plain.util.SKIP_HEADER, "Accept-Encoding": plain.util.SKIP_HEADER}
    http.request("GET", f"{server.url}{SNAPSHOTS}")
    first, second = (request.lower() for request in server.requests)
    assert b"x-one: a\r\nx-one: b\r\n" in first or b"x-one: a, b\r\n" in first
    assert b"user-agent: python-urllib3" in first
    assert b"x-two: c\r\n" in second
    assert b"user-agent" not in second
    assert b"accept-encoding" not in second


def test_only_what_can_be_decoded_within_bounds_is_asked_for(raw, http):
    """Without brotli or zstd."""
    server = raw(gone_then_flex)
    http.request("GET", f"{server.url}{SNAPSHOTS}", headers={"Accept-Encoding": "gzip,deflate,br,zstd"})
    assert b"accept-encoding: gzip,deflate\r\n" in server.requests[0].lower()


def test_a_signature_over_another_path_is_not_sent(raw, http):
    """Digest's, which Atlas would refuse; a bearer token is."""
    server = raw(gone_then_flex)
    for value in (f'Digest username="a", uri="{SNAPSHOTS}"', "Bearer a"):
        http.request("GET", f"{server.url}{SNAPSHOTS}", headers={"Authorization": value})
    assert [b"authorization" in request.lower() for request in server.requests] == [False, True]


@pytest.mark.parametrize("make", [urllib3.ProxyManager, urllib3.proxy_from_url])
def test_a_proxy_is_asked_for_the_whole_url(raw, monkeypatch, make):
    """The successor's; the caller sees their own."""
    server = raw(lambda request: reply("200 OK", body=EMPTY))
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", "http://atlas.example")
    with make(server.url) as http:
        response = http.request("GET", f"http://atlas.example{SNAPSHOTS}")
    assert response.status == 200
    assert server.targets()[0].startswith("http://atlas.example/api/atlas/v2/groups/")
    assert "flexClusters" in server.targets()[0]
    assert response.geturl() in {f"http://atlas.example{SNAPSHOTS}", None}


def test_a_redirect_that_leads_to_a_retired_call_is_translated(raw, http):
    """The manager sends each of a chain by itself."""

    def answer(request):
        return reply("302 Found", f"Location: {SNAPSHOTS}") if b"/moved" in request else gone_then_flex(request)

    server = raw(answer)
    response = http.request("GET", f"{server.url}/moved")
    assert (response.status, response.shim.route) == (200, "flex")


def test_a_redirect_of_the_successor_is_followed_before_it_is_translated(raw, http):
    """By a manager, and told in the history under the caller's URL; not when the caller says so."""

    def answer(request):
        if b"/elsewhere" in request:
            return gone_then_flex(b"/flexClusters/")
        return reply("307 Temporary Redirect", "Location: /elsewhere")

    server = raw(answer)
    response = http.request("GET", f"{server.url}{SNAPSHOTS}")
    assert "links" in json.loads(response.data)
    assert [(entry.url, entry.redirect_location) for entry in response.retries.history] == [
        (f"{server.url}{SNAPSHOTS}", "/elsewhere")
    ] or [entry.redirect_location for entry in response.retries.history] == [f"{server.url}/elsewhere"]
    assert http.request("GET", f"{server.url}{SNAPSHOTS}", redirect=False).status == 307


def test_no_connection_is_urllib3s_own_fault(monkeypatch, http):
    """It names the URL that the caller asked for."""
    with socket.create_server(("127.0.0.1", 0)) as closed:
        url = f"http://127.0.0.1:{closed.getsockname()[1]}"
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", url)
    with pytest.raises(urllib3.exceptions.MaxRetryError, match="serverless") as caught:
        http.request("GET", f"{url}{SNAPSHOTS}", retries=1)
    assert caught.value.url == SNAPSHOTS


def test_a_reply_that_breaks_off_is_urllib3s_own_fault(raw, http, early):
    """As reading the content would have raised; the connection is given back."""
    server = raw(lambda request: iter([b"HTTP/1.1 404 Not Found\r\nContent-Length: 99\r\n\r\nshort"]))
    for _ in range(2):
        with pytest.raises(urllib3.exceptions.ProtocolError):
            http.request("GET", f"{server.url}{SNAPSHOTS}", pool_timeout=5)


def test_a_url_that_can_not_be_sent_is_urllib3s_own_fault(raw, http):
    """Nothing of ours is in the way."""
    server = raw(gone_then_flex)
    with pytest.raises(urllib3.exceptions.LocationParseError):
        http.request("GET", f"http://[::1{SNAPSHOTS}")
    with urllib3.connection_from_url(server.url) as pool, pytest.raises(urllib3.exceptions.HostChangedError):
        pool.request("GET", f"http://atlas.example{SNAPSHOTS}")


@pytest.mark.parametrize("status", ["200 OK", "418 I'm a teapot"])
def test_a_pool_below_that_reads_content_takes_none_away(raw, status):
    """As a program's own pool does that logs what came, or a mock that answers with bytes."""

    class Logging(plain.HTTPConnectionPool):
        def urlopen(self, *args, **options):
            response = super().urlopen(*args, **options)
            assert json.loads(response.data)["totalCount"] == 0
            return response

    server = raw(lambda request: reply(status, body=EMPTY))
    with urllib3.PoolManager() as http:
        http.pool_classes_by_scheme = {"http": Logging}
        response = http.request("GET", f"{server.url}{SNAPSHOTS}")
    assert response.shim.route == "flex"
    assert json.loads(response.data)["totalCount"] == 0
