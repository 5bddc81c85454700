"""httpx2 under ``shim.auto``, with clients that others made of it."""

from typing import Any

import pytest

import shim
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, DEMO_TOKEN
from tests.httpx.conftest import SNAPSHOTS
from tests.httpx.test_hooks import gone_then_flex

httpx2: Any = pytest.importorskip("httpx2", reason="the extra httpx2 is not installed")
authlib: Any = pytest.importorskip("authlib.integrations.httpx_client")

BEARER = {"Authorization": f"Bearer {DEMO_TOKEN}"}
TOKEN = {"access_token": DEMO_TOKEN, "token_type": "Bearer", "expires_in": 3600}


async def test_clients_made_before_are_covered(retired):
    """Both clients; and nothing is left when it is switched off."""
    original = httpx2.Client.send
    with httpx2.Client(headers=BEARER) as client:
        assert client.get(retired).status_code == 410
        shim.install()
        response = client.get(retired)
        found = shim.record(response)
        assert response.json()["totalCount"] == 8
        assert found is not None
        assert found.route == "flex"
        shim.uninstall()
        assert client.get(retired).status_code == 410
    assert httpx2.Client.send is original
    shim.install()
    async with httpx2.AsyncClient(headers=BEARER) as other:
        assert (await other.get(retired)).status_code == 200
    assert httpx2.get(retired, headers=BEARER).status_code == 200


def test_digest_costs_a_challenge_once(atlas, retired):
    """The challenge is of the address that is asked in the end."""
    shim.install()
    trips = []
    with httpx2.Client(auth=httpx2.DigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)) as client:
        for _ in range(3):
            before = len(atlas.fake.arrivals)
            assert client.get(retired).status_code == 200
            trips.append(len(atlas.fake.arrivals) - before)
    assert trips == [2, 1, 1]


def test_the_hooks_of_a_foreign_client_run_once(raw, early):
    """raise_for_status does not see the 410, and the client has its hooks back when it is switched off."""
    server, seen = raw(gone_then_flex), []

    def hook(response):
        seen.append(response.raise_for_status().status_code)

    shim.install()
    with httpx2.Client(event_hooks={"response": [hook]}) as client:
        assert client.get(f"{server.url}{SNAPSHOTS}").status_code == 200
        client.event_hooks["response"].append(lambda response: seen.append("more"))
        client.get(f"{server.url}{SNAPSHOTS}")
        assert seen == [200, 200, "more"]
        shim.uninstall()
        assert client._event_hooks["response"][0] is hook


@pytest.mark.skipif(not issubclass(authlib.OAuth2Client, httpx2.Client), reason="this authlib does not stand on httpx2")
async def test_authlibs_clients_are_covered(retired):
    """Subclasses that sign by themselves and override request."""
    shim.install()
    with authlib.OAuth2Client(token=TOKEN) as client:
        responses = [client.get(retired)]
    async with authlib.AsyncOAuth2Client(token=TOKEN) as other:
        responses.append(await other.get(retired))
    assert [(response.status_code, response.extensions["shim"].route) for response in responses] == [(200, "flex")] * 2
