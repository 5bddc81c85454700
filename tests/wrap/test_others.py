"""Sessions and clients of other projects, wrapped, against the fake Atlas."""

import warnings

import pytest
import requests

import shim
from shim.fake import DEMO_PRIVATE_KEY, DEMO_PUBLIC_KEY, DEMO_TOKEN
from tests.doors.calls import BEARER, SNAPSHOTS

TOKEN = {"access_token": DEMO_TOKEN, "token_type": "Bearer", "expires_in": 3600}


def served(response):
    record = shim.record(response)
    return (
        response.status_code == 200
        and response.json()["totalCount"] > 0
        and record is not None
    )


def with_token(module, name):
    """A client of another project that adds a token."""
    with warnings.catch_warnings():
        # Httpx's clients, which authlib uses if there is no httpx2.
        warnings.simplefilter("ignore")
        return getattr(pytest.importorskip(module), name)(token=TOKEN)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        # It adds its token in ``request``, above the shim.
        (
            "requests_oauthlib",
            "OAuth2Session",
        ),
        # Its token is an authentication.
        (
            "authlib.integrations.requests_client",
            "OAuth2Session",
        ),
        # It creates a new request from the one given.
        (
            "authlib.integrations.httpx_client",
            "OAuth2Client",
        ),
    ],
)
def test_a_client_that_adds_a_token(retired, monkeypatch, module, name):
    """It may do so above the shim, or below it."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with with_token(module, name) as client:
        assert served(shim.wrap(client).get(retired))


async def test_an_asynchronous_client_that_adds_a_token(retired):
    """AsyncClient behaves the same."""
    async with with_token(
        "authlib.integrations.httpx_client", "AsyncOAuth2Client"
    ) as client:
        assert served(await shim.wrap(client).get(retired))


def test_toolbelt_with_a_base_url(atlas, retired):
    """It builds the URL above the shim. HTTP Digest needs no additional request."""
    toolbelt = pytest.importorskip("requests_toolbelt.sessions")
    session = shim.wrap(toolbelt.BaseUrlSession(base_url=atlas.url))
    session.auth = requests.auth.HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    assert served(session.get(SNAPSHOTS))
    assert served(
        session.send(session.prepare_request(requests.Request("GET", SNAPSHOTS)))
    )


@pytest.fixture
def storage(tmp_path):
    """Return the file of hishel's cache."""
    storage = pytest.importorskip("hishel").SqliteStorage(
        database_path=tmp_path / "cache.db"
    )
    yield storage
    storage.close()


def test_hishel_on_httpx(retired, storage):
    """Its cache is below the shim, and keeps the successor's replies."""
    with pytest.importorskip("hishel.httpx").CacheClient(
        headers=BEARER, storage=storage
    ) as client:
        assert served(shim.wrap(client).get(retired))
        assert served(client.get(retired))


def test_hishel_on_requests(retired, storage):
    """Its adapter is below the shim."""
    session = requests.Session()
    session.mount(
        "http://", pytest.importorskip("hishel.requests").CacheAdapter(storage=storage)
    )
    assert served(shim.wrap(session).get(retired, headers=BEARER))
