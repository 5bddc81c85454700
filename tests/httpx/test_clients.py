"""Retired calls through both clients, and other calls unchanged."""

import json
import pickle

import httpx as plain
import pytest
import trio

from shim import httpx
from shim.doors.driver import drive
from shim.doors.httpx_family.clients import doors, recognize_also
from shim.doors.httpx_family.door import retired_request
from tests.doors.calls import BEARER, EMPTY, SNAPSHOTS, flex

pytestmark = pytest.mark.usefixtures("either")


def is_translated(response):
    """Return whether this is a page of serverless snapshots."""
    results = response.json()["results"]
    return (
        response.status_code == 200
        and len(results) == 8
        and "serverlessInstanceName" in results[0]
    )


def _basic(request):
    request.headers["Authorization"] = "Basic dXNlcjpzZWNyZXQ="
    return request


@pytest.mark.parametrize(
    "auth",
    [("user", "secret"), _basic, "netrc"],
    ids=["a pair", "a function", "a file"],
)
def test_credentials_of_one_call_reach_upstream(raw, tmp_path, auth):
    """They appear in the request of its response."""
    server = raw(flex)
    if auth == "netrc":
        (tmp_path / "netrc").write_text(
            "machine 127.0.0.1 login user password secret\n"
        )
        auth = httpx.NetRCAuth(str(tmp_path / "netrc"))
    response = httpx.get(f"{server.url}{SNAPSHOTS}", auth=auth)
    assert b"Authorization: Basic dXNlcjpzZWNyZXQ=\r\n" in server.requests[0]
    assert response.request.headers["authorization"] == "Basic dXNlcjpzZWNyZXQ="
    assert "/flexClusters/" in server.targets()[0]


async def test_an_auth_may_read_both_bodies(atlas, retired):
    """requires_request_body and requires_response_body work in both clients."""
    seen = []

    class Signing(httpx.Auth):  # the tested feature is the library's
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


def test_trio_works_as_asyncio_does(retired):
    """The entry point itself uses no event loop."""

    async def main():
        async with httpx.AsyncClient(headers=BEARER) as client:
            async with client.stream("GET", retired) as response:
                lines = [line async for line in response.aiter_lines()]
            return json.loads(lines[0]), await client.get(retired)

    document, response = trio.run(main)
    assert document == response.json()
    assert is_translated(response)


def test_a_mock_transport_and_mounts_still_send():
    """Client(transport=...) and Client(mounts=...) work as without the shim."""
    transport = httpx.MockTransport(lambda request: httpx.Response(200, content=EMPTY))
    for options in (
        {"transport": transport},
        {"mounts": {"https://cloud.mongodb.com": transport}},
    ):
        response = httpx.Client(**options).get(f"https://cloud.mongodb.com{SNAPSHOTS}")
        assert response.json()["results"] == []
        assert response.extensions["shim"].route == "flex"


def test_a_stream_of_the_wrong_kind_is_refused_as_in_httpx(retired):
    """An async generator is not a body for Client."""

    async def parts():
        yield b"{}"

    with pytest.raises(RuntimeError, match="async request with a sync Client"):
        httpx.Client().post(
            retired.replace("snapshots", "restoreJobs"), content=parts()
        )


def test_a_response_can_be_pickled(retired):
    """So can every httpx response that was read."""
    response = httpx.get(retired, headers=BEARER)
    again = pickle.loads(pickle.dumps(response))
    assert again.json() == response.json()
    assert again.elapsed == response.elapsed
    assert str(again.url) == retired


@pytest.mark.parametrize(("origin", "url", "covered"), [
    ("http://[::1]:8080", "http://[0:0:0:0:0:0:0:1]:8080", False), ("http://[::1]:8080", "http://[::1]:8080", True),
    ("https://Atlas.Example", "https://atlas.example:443", True),
    ("https://atlas.example", "http://atlas.example", False),
    ("https://atlas.example", "https://atlas.example:8443", False),
    ("https://atlas.example", "https://user:secret@atlas.example", True),
    ("https://xn--bcher-kva.example:8443", "https://BÜCHER.example:8443", True),
])  # fmt: skip
def test_origins_compare_by_scheme_host_and_port(monkeypatch, origin, url, covered):
    """Letter case does not matter, and user information is not a part of an origin."""
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", origin)
    found = drive(
        retired_request(
            httpx.Request("GET", f"{url}{SNAPSHOTS}"), doors(plain).blocking, None
        )
    )
    assert (found is not None and found.known) is covered
    assert found is None or "secret" not in found.call.origin


def test_an_origin_of_the_typed_client_affects_its_client_only(
    atlas, retired, monkeypatch
):
    """Other clients of the process leave calls to that origin unchanged."""
    monkeypatch.delenv("ATLAS_SHIM_UPSTREAM")
    with httpx.Client(headers=BEARER) as ours, httpx.Client(headers=BEARER) as other:
        recognize_also(ours, atlas.url)
        assert ours.get(retired).status_code == 200
        assert other.get(retired).status_code == 410
