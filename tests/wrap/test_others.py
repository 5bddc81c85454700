"""Sessions and clients of other projects, wrapped, against the fake Atlas."""

import warnings

import pytest
import requests

import shim
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, DEMO_TOKEN
from tests.doors.calls import BEARER, SNAPSHOTS

TOKEN = {"access_token": DEMO_TOKEN, "token_type": "Bearer", "expires_in": 3600}
DIGEST = requests.auth.HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)


def served(response):
    record = shim.record(response)
    return response.status_code == 200 and response.json()["totalCount"] > 0 and record is not None


def authlibs(name):
    """A client of authlib's on the library that it found, httpx2 or httpx."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of httpx, which it takes where there is no httpx2
        module = pytest.importorskip("authlib.integrations.httpx_client")
    return getattr(module, name)(token=TOKEN)


def test_requests_oauthlib(retired, monkeypatch):
    """It adds its token in ``request``, above the shim."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    oauthlib = pytest.importorskip("requests_oauthlib")
    assert served(shim.wrap(oauthlib.OAuth2Session(token=TOKEN)).get(retired))


def test_authlib_on_requests(retired):
    """Its token is an authentication."""
    authlib = pytest.importorskip("authlib.integrations.requests_client")
    assert served(shim.wrap(authlib.OAuth2Session(token=TOKEN)).get(retired))


def test_authlib_on_httpx(retired):
    """Its authentication makes a request of its own from the one it is given."""
    with authlibs("OAuth2Client") as client:
        assert served(shim.wrap(client).get(retired))


async def test_authlib_on_async_httpx(retired):
    """The same for AsyncClient."""
    async with authlibs("AsyncOAuth2Client") as client:
        assert served(await shim.wrap(client).get(retired))


def test_toolbelt_with_a_base_url(atlas, retired):
    """It puts the URL together above the shim; HTTP Digest needs no trip more."""
    toolbelt = pytest.importorskip("requests_toolbelt.sessions")
    session = shim.wrap(toolbelt.BaseUrlSession(base_url=atlas.url))
    session.auth = DIGEST
    assert served(session.get(SNAPSHOTS))
    assert served(session.send(session.prepare_request(requests.Request("GET", SNAPSHOTS))))


def test_hishel_on_httpx(atlas, retired, tmp_path):
    """Its cache is below, and keeps the successor's answers."""
    hishel = pytest.importorskip("hishel.httpx")
    storage = pytest.importorskip("hishel").SqliteStorage(database_path=tmp_path / "cache.db")
    with hishel.CacheClient(headers=BEARER, storage=storage) as client:
        assert served(shim.wrap(client).get(retired))
        assert served(client.get(retired))
    storage.close()


def test_hishel_on_requests(retired, tmp_path):
    """Its adapter is below."""
    hishel = pytest.importorskip("hishel.requests")
    storage = pytest.importorskip("hishel").SqliteStorage(database_path=tmp_path / "cache.db")
    session = requests.Session()
    session.mount("http://", hishel.CacheAdapter(storage=storage))
    assert served(shim.wrap(session).get(retired, headers=BEARER))
    storage.close()
