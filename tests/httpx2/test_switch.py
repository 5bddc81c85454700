"""httpx2 under ``shim.auto``, with clients that others made of it."""

from typing import Any

import pytest

import shim
from shim.fake import DEMO_TOKEN

httpx2: Any = pytest.importorskip("httpx2", reason="the extra httpx2 is not installed")
authlib: Any = pytest.importorskip("authlib.integrations.httpx_client")

TOKEN = {"access_token": DEMO_TOKEN, "token_type": "Bearer", "expires_in": 3600}


@pytest.mark.skipif(not issubclass(authlib.OAuth2Client, httpx2.Client), reason="this authlib does not stand on httpx2")
async def test_authlibs_clients_are_covered(retired):
    """Subclasses that sign by themselves and override request."""
    shim.install()
    with authlib.OAuth2Client(token=TOKEN) as client:
        responses = [client.get(retired)]
    async with authlib.AsyncOAuth2Client(token=TOKEN) as other:
        responses.append(await other.get(retired))
    assert [(response.status_code, response.extensions["shim"].route) for response in responses] == [(200, "flex")] * 2
