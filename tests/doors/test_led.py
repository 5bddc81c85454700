"""With an upstream set, no call goes to Atlas itself, retired or not."""

import http.client
import json

import pytest
import urllib3 as plain

import shim
from shim import AtlasClient, SettingsError, urllib3
from shim.core.settings import ATLAS_ORIGINS, read_settings
from shim.fake import DEMO_CLIENT_ID, DEMO_CLIENT_SECRET, DEMO_CLUSTER, DEMO_GROUP
from tests.doors.calls import (
    BEARER,
    JOBS,
    KEY,
    ORDERED,
    SNAPSHOTS,
    field,
    gone_then,
    taken,
)
from tests.doors.conftest import doors_where
from tests.peers.answering import reply

ATLAS = "https://cloud.mongodb.com"
JSON = {**BEARER, "Content-Type": "application/json"}
SIGN_IN = "/api/oauth/token"


@pytest.fixture
def upstream(raw):
    """An upstream whose retired endpoints are gone; other calls get their target as the reply."""

    def answer(request):
        target = request.split(b" ")[1]
        is_retired = b"/serverless/" in target or b"/flexClusters/" in target
        if is_retired:
            return gone_then(taken)(request)
        return reply("200 OK", "X-Odd: a", body=target)

    return raw(answer)


@pytest.mark.parametrize("by_base", [False, True])
def test_a_retired_call_is_answered_by_the_upstream(
    door, upstream, monkeypatch, by_base
):
    """The caller sees its own URL, and a record; the upstream sees its own host.

    A base URL applies together with an upstream: in a run it is the run's own address,
    and the upstream is where the gateway sends.
    """
    if by_base:
        monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", "http://atlas.example")
        monkeypatch.setenv("MONGODB_ATLAS_BASE_URL", upstream.url)
    url = f"{upstream.url if by_base else ATLAS}{JOBS}"
    with door.open() as client:
        got = client.ask(url, "POST", JSON, **{door.content: ORDERED})
    assert got.status == 201
    assert json.loads(got.content)["targetClusterName"] == "other"
    assert got.shown in ([url], [None])
    assert got.record is not None
    assert upstream.targets()[-1].partition("/flexClusters/")[1]
    assert {field(one, "Host") for one in upstream.requests} == {
        upstream.url.partition("://")[2]
    }


@pytest.mark.parametrize("route", ["auto", "legacy", "off"])
@pytest.mark.parametrize(
    ("method", "target"), [("GET", "/api/atlas/v2/groups?pageNum=2"), ("POST", SIGN_IN)]
)
def test_any_other_call_is_sent_there_unchanged(
    door, upstream, monkeypatch, route, method, target
):
    """That holds while the shim is off, and for token requests."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", route)
    if method == "POST":
        body = {door.content: b"grant_type=client_credentials"}
    else:
        body = {}
    with door.open() as client:
        got = client.ask(ATLAS + target, method, JSON, **body)
    assert got.status == 200
    assert got.content == target.encode()
    assert got.field("X-Odd") == ["a"]
    assert got.record is None
    assert got.shown in ([ATLAS + target], [None])
    (sent,) = upstream.requests
    assert sent.partition(b"\r\n\r\n")[2] == body.get(door.content, b"")
    assert field(sent, "Authorization") == BEARER["Authorization"]


@doors_where(lambda door: door.trips)
def test_a_key_signs_the_redirected_call(door, atlas):
    """HTTP Digest covers the target and not the host; the fake Atlas verifies it."""
    with door.open(key=KEY) as client:
        assert [client.ask(ATLAS + SNAPSHOTS).status for _ in range(2)] == [200, 200]


@pytest.mark.usefixtures("upstream")
def test_a_pool_of_urllib3_is_redirected_too():
    """That covers a pool for Atlas's host, from shim.urllib3 and from the library with the drop-in."""
    shim.install()
    for library in (urllib3, plain):
        with library.HTTPSConnectionPool("cloud.mongodb.com") as pool:
            assert (
                pool.request("GET", "/api/atlas/v2/groups").data
                == b"/api/atlas/v2/groups"
            )


def test_the_typed_client_asks_the_upstream(atlas):
    """No other setting of a host changes that."""
    for url in (None, ATLAS):
        with AtlasClient(
            client_id=DEMO_CLIENT_ID, client_secret=DEMO_CLIENT_SECRET, base_url=url
        ) as client:
            found = client.cloud_backups.list_serverless_backup_snapshots(
                DEMO_GROUP, DEMO_CLUSTER
            )
            assert len(found.results) == 8


def test_a_call_that_can_not_be_redirected_is_not_sent(upstream):
    """A call by http.client with the drop-in would reach Atlas itself."""
    shim.install()
    connection = http.client.HTTPSConnection("cloud.mongodb.com")
    with pytest.raises(
        SettingsError,
        match=r"^ATLAS_SHIM_UPSTREAM: .* http\.client .* nothing was sent",
    ):
        connection.request("GET", "/api/atlas/v2/groups")
    assert upstream.requests == []


@pytest.mark.parametrize(
    "upstream", ["", "https://cloud.mongodb.com", "https://cloud.mongodbgov.com"]
)
def test_each_host_of_atlas_stays_itself(upstream):
    """If the upstream is one of Atlas's own hosts, calls to another one keep their host."""
    settings = read_settings({"ATLAS_SHIM_UPSTREAM": upstream})
    assert not any(map(settings.leads, ATLAS_ORIGINS))
