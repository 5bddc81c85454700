"""A retired call through both clients, and everything else untouched."""

import json
import pickle

import pytest
import trio

from shim import httpx
from shim.fake import FakeAtlas
from tests.doors.calls import BEARER, SNAPSHOTS
from tests.peers.answering import reply

pytestmark = pytest.mark.usefixtures("either")

FIELDS = {
    "createdAt", "expiresAt", "frequencyType", "id", "links", "mongodVersion", "serverlessInstanceName",
    "snapshotType", "status",
}  # fmt: skip


def is_translated(response):
    """Tell whether this is a page of serverless snapshots."""
    results = response.json()["results"]
    return response.status_code == 200 and len(results) == 8 and set(results[0]) <= FIELDS


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


def test_a_mock_transport_and_mounts_are_underneath(fake_transport):
    """Client(transport=...) and Client(mounts=...) stay what they were."""
    transport = fake_transport(FakeAtlas())
    url = f"https://cloud.mongodb.com{SNAPSHOTS}"
    assert is_translated(httpx.Client(transport=transport, headers=BEARER).get(url))
    mounted = httpx.Client(mounts={"https://cloud.mongodb.com": transport}, headers=BEARER)
    assert is_translated(mounted.get(url))


def test_a_stream_of_the_wrong_kind_is_refused_as_httpx_does(retired):
    """An async generator is not a body for Client."""

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
