"""A retired call through both clients, and everything else untouched."""

import asyncio
import json
import os
import pickle
from datetime import date

import pytest
import time_machine
import trio

from shim import httpx
from shim.core.recognise import shared_engine
from shim.core.record import Record
from shim.errors import SettingsError
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, DEMO_TOKEN, FakeAtlas
from tests.httpx.conftest import SNAPSHOTS
from tests.peers.answering import reply

pytestmark = pytest.mark.usefixtures("either")

BEARER = {"Authorization": f"Bearer {DEMO_TOKEN}"}
FIELDS = {
    "createdAt", "expiresAt", "frequencyType", "id", "links", "mongodVersion", "serverlessInstanceName",
    "snapshotType", "status",
}  # fmt: skip


def digest():
    """Return the fake's API key, with no nonce yet."""
    return httpx.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)


def is_translated(response):
    """Tell whether this is a page of serverless snapshots."""
    results = response.json()["results"]
    return response.status_code == 200 and len(results) == 8 and set(results[0]) <= FIELDS


def test_a_retired_call_answers_in_the_legacy_shape(retired):
    """The plain client gets 410 there."""
    response = httpx.get(retired, headers=BEARER)
    assert is_translated(response)
    assert int(response.headers["content-length"]) == len(response.content)
    assert "content-encoding" not in response.headers


def test_digest_costs_a_challenge_once(atlas, retired):
    """2, 1 and 1 trips against a verifier that compares the uri with the target."""
    trips = []
    with httpx.Client(auth=digest()) as client:
        for _ in range(3):
            before = len(atlas.fake.arrivals)
            assert is_translated(client.get(retired))
            trips.append(len(atlas.fake.arrivals) - before)
    assert trips == [2, 1, 1]


async def test_digest_costs_a_challenge_once_under_asyncio(atlas, retired):
    """The same for AsyncClient."""
    trips = []
    async with httpx.AsyncClient() as client:
        auth = digest()
        for _ in range(3):
            before = len(atlas.fake.arrivals)
            assert is_translated(await client.get(retired, auth=auth))
            trips.append(len(atlas.fake.arrivals) - before)
    assert trips == [2, 1, 1]


def test_digest_survives_the_fallback(atlas, retired, monkeypatch):
    """Legacy says 410 before its date: the successor is signed with the same nonce, and it is remembered."""
    monkeypatch.setenv("ATLAS_SHIM_SUNSET", _all_sunsets("2999-01-01"))
    with httpx.Client(auth=digest()) as client:
        first = client.get(retired)
        assert is_translated(first)
        assert [sent.status for sent in first.extensions["shim"].sent] == [410, 200]
        before = len(atlas.fake.arrivals)
        assert is_translated(client.get(retired))
        assert len(atlas.fake.arrivals) - before == 1


def _all_sunsets(when):
    return ",".join(f"{document.name}={when}" for document in shared_engine(os.environ).documents)


def test_a_wrong_key_is_a_401_with_the_callers_own_url(retired):
    """The answer of a strict upstream is handed back as it is."""
    response = httpx.get(retired, auth=httpx.DigestAuth(DEMO_PUBLIC_KEY, "wrong"))
    assert (response.status_code, str(response.url)) == (401, retired)
    assert [str(each.url) for each in response.history] == [retired]


@pytest.mark.parametrize("where", ["client", "request", "url", "callable"])
def test_every_way_to_give_credentials_reaches_upstream(raw, where):
    """Client auth, request auth, user information in the URL, and a callable."""
    server = raw(lambda request: reply("200 OK", body=b'{"results": [], "totalCount": 0}'))
    url = f"{server.url}{SNAPSHOTS}"
    auth = ("user", "secret")
    if where == "client":
        with httpx.Client(auth=auth) as client:
            response = client.get(url)
    elif where == "request":
        response = httpx.get(url, auth=auth)
    elif where == "url":
        response = httpx.get(url.replace("http://", "http://user:secret@"))
    else:
        response = httpx.get(url, auth=_basic)
    assert response.status_code == 200
    assert b"Authorization: Basic dXNlcjpzZWNyZXQ=\r\n" in server.requests[0]
    assert response.request.headers["authorization"] == "Basic dXNlcjpzZWNyZXQ="
    assert "/flexClusters/" in server.targets()[0]


def _basic(request):
    request.headers["Authorization"] = "Basic dXNlcjpzZWNyZXQ="
    return request


async def test_an_auth_that_reads_both_bodies(atlas, retired):
    """requires_request_body and requires_response_body work in both clients."""
    seen = []

    class Signing(httpx.Auth):  # the library's that the test is about
        requires_request_body = True
        requires_response_body = True

        def auth_flow(self, request):
            request.headers["X-Signed"] = str(len(request.content))
            response = yield request
            seen.append(response.content)

    auth = Signing()
    assert is_translated(httpx.get(retired, auth=auth, headers=BEARER))
    async with httpx.AsyncClient(auth=auth, headers=BEARER) as client:
        assert is_translated(await client.get(retired))
    assert [json.loads(content)["totalCount"] for content in seen] == [8, 8]


def test_a_netrc_file_is_used(raw, tmp_path):
    """NetRCAuth looks the host up."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login user password secret\n")
    server = raw(lambda request: reply("200 OK", body=b'{"results": []}'))
    assert httpx.get(f"{server.url}{SNAPSHOTS}", auth=httpx.NetRCAuth(str(tmp_path / "netrc"))).status_code == 200
    assert b"Authorization: Basic dXNlcjpzZWNyZXQ=" in server.requests[0]


def test_trio_works_as_asyncio_does(retired):
    """The door uses no event loop itself."""

    async def main():
        async with httpx.AsyncClient(headers=BEARER) as client:
            async with client.stream("GET", retired) as response:
                lines = [line async for line in response.aiter_lines()]
            return json.loads(lines[0]), await client.get(retired)

    document, response = trio.run(main)
    assert document == response.json()
    assert is_translated(response)


async def test_one_client_serves_many_tasks(retired):
    """Nothing of one exchange is kept on the client."""
    async with httpx.AsyncClient(headers=BEARER) as client:
        responses = await asyncio.gather(*(client.get(retired, params={"pageNum": str(n)}) for n in range(1, 13)))
    assert [response.request.url.params["pageNum"] for response in responses] == [str(n) for n in range(1, 13)]
    assert [len(response.json()["results"]) for response in responses] == [8] + [0] * 11


def test_a_client_without_settings_is_not_made(monkeypatch):
    """A typo is found at construction."""
    monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flexx")
    for make in (httpx.Client, httpx.AsyncClient, httpx.Transport, httpx.AsyncTransport):
        with pytest.raises(SettingsError, match="ATLAS_SHIM_ROUTE"):
            make()


def test_a_sunset_of_no_document_is_found_at_construction(monkeypatch):
    """A document that doesn't exist can't have a date."""
    monkeypatch.setenv("ATLAS_SHIM_SUNSET", "nonsense=2026-01-22")
    with pytest.raises(SettingsError, match="nonsense"):
        httpx.Client()


def test_a_typo_that_appears_later_keeps_the_last_good_settings(retired, monkeypatch, caplog):
    """A call never fails for it, and the log says so once."""
    with httpx.Client(headers=BEARER) as client:
        monkeypatch.setenv("ATLAS_SHIM_ROUTE", "flexx")
        assert is_translated(client.get(retired))
        assert is_translated(client.get(retired))
    assert [each.getMessage() for each in caplog.records if each.name == "shim"] == [
        (
            "settings stay as they were: ATLAS_SHIM_ROUTE: 'flexx' is not one of auto, date, legacy, successor, flex, "
            "off, openfeature:KEY"
        )
    ]


def test_the_kill_switch_works_while_a_client_lives(retired, monkeypatch):
    """The route is read for each call."""
    with httpx.Client(headers=BEARER) as client:
        monkeypatch.setenv("ATLAS_SHIM_ROUTE", "off")
        response = client.get(retired)
        assert (response.status_code, "shim" in response.extensions) == (410, False)
        monkeypatch.setenv("ATLAS_SHIM_ROUTE", "auto")
        assert client.get(retired).status_code == 200


def test_the_record_is_on_recognised_calls_only(atlas, retired):
    """It says what was asked and why."""
    with httpx.Client(headers=BEARER) as client:
        record = client.get(retired).extensions["shim"]
        other = client.get(f"{atlas.url}/api/atlas/v2/groups/{DEMO_GROUP}/flexClusters")
    assert isinstance(record, Record)
    assert record.route == "flex"
    assert "shim" not in other.extensions


def test_what_one_client_learned_serves_the_next(retired, monkeypatch):
    """The memory belongs to the process: what legacy answered is not asked again."""
    monkeypatch.setenv("ATLAS_SHIM_SUNSET", _all_sunsets("2999-01-01"))
    sent = [len(httpx.get(retired, headers=BEARER).extensions["shim"].sent) for _ in range(2)]
    assert sent == [2, 1]


def test_a_mock_transport_and_mounts_are_underneath(fake_transport):
    """Client(transport=...) and Client(mounts=...) stay what they were."""
    transport = fake_transport(FakeAtlas())
    url = f"https://cloud.mongodb.com{SNAPSHOTS}"
    assert is_translated(httpx.Client(transport=transport, headers=BEARER).get(url))
    mounted = httpx.Client(mounts={"https://cloud.mongodb.com": transport}, headers=BEARER)
    assert is_translated(mounted.get(url))


def test_a_body_is_read_and_sent_translated(atlas):
    """A restore is ordered with the flex body, its length, and the type of the successor."""
    base = f"{atlas.url}/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup"
    with httpx.Client(headers={**BEARER, "Accept": "application/vnd.atlas.2023-01-01+json"}) as client:
        snapshot = client.get(f"{base}/snapshots").json()["results"][0]["id"]
        wanted = {
            "deliveryType": "automated",
            "snapshotId": snapshot,
            "targetClusterName": DEMO_CLUSTER,
            "targetGroupId": DEMO_GROUP,
        }

        def parts():
            yield json.dumps(wanted).encode()

        made = [client.post(f"{base}/restoreJobs", json=wanted), client.post(f"{base}/restoreJobs", content=parts())]
    assert [response.status_code for response in made] == [200, 200]
    assert made[0].json()["deliveryType"] == "automated"
    for arrival in atlas.fake.trips("POST"):
        assert json.loads(arrival.body)["targetDeploymentItemName"] == DEMO_CLUSTER
        assert arrival.header("content-length") == str(len(arrival.body))
        assert arrival.header("transfer-encoding") is None


async def test_an_async_body_is_read(atlas):
    """The same for AsyncClient and an async generator."""
    base = f"{atlas.url}/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup"

    async def parts():
        yield b'{"deliveryType": "automated", "snapshotId": "0123456789abcdef01234567", '
        yield b'"targetClusterName": "orders", "targetGroupId": "%s"}' % DEMO_GROUP.encode()

    async with httpx.AsyncClient(headers=BEARER) as client:
        response = await client.post(f"{base}/restoreJobs", content=parts())
    assert json.loads(atlas.fake.trips("POST")[0].body)["snapshotId"] == "0123456789abcdef01234567"
    assert response.status_code == 404


def test_a_stream_of_the_wrong_kind_is_refused_as_httpx_does(retired):
    """An async generator is no body for Client."""

    async def parts():
        yield b"{}"

    with pytest.raises(RuntimeError, match="async request with a sync Client"):
        httpx.Client().post(retired.replace("snapshots", "restoreJobs"), content=parts())


def test_a_closed_client_sends_nothing(retired):
    """The error is httpx's own."""
    client = httpx.Client()
    client.close()
    with pytest.raises(RuntimeError, match="has been closed"):
        client.get(retired)


def test_a_response_can_be_pickled(retired):
    """As every response of httpx that was read."""
    response = httpx.get(retired, headers=BEARER)
    again = pickle.loads(pickle.dumps(response))
    assert again.json() == response.json()
    assert again.elapsed == response.elapsed
    assert str(again.url) == retired


def test_the_date_is_the_clocks(atlas, retired):
    """Before the sunset the legacy endpoint is asked, and its answer is not touched."""
    atlas.fake.today = date(2026, 1, 21)
    with time_machine.travel("2026-01-21T12:00:00Z", tick=False):
        response = httpx.get(retired, headers=BEARER)
    assert response.extensions["shim"].route == "legacy"
    assert atlas.fake.arrivals[-1].path == SNAPSHOTS
    assert response.json()["results"][0]["storageSizeBytes"] > 0
