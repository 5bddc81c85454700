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
        # Of httpx, which authlib takes where there is no httpx2.
        warnings.simplefilter("ignore")
        return getattr(pytest.importorskip(module), name)(token=TOKEN)


@pytest.mark.parametrize(
    ("module", "name"),
    [
        # Adds its token in ``request``, above the shim.
        (
            "requests_oauthlib",
            "OAuth2Session",
        ),
        # Its token is an authentication.
        (
            "authlib.integrations.requests_client",
            "OAuth2Session",
        ),
        # Which makes a request of its own from the one given.
        (
            "authlib.integrations.httpx_client",
            "OAuth2Client",
        ),
    ],
)
def test_a_client_that_adds_a_token(retired, monkeypatch, module, name):
    """Above the shim, or below it."""
    monkeypatch.setenv("OAUTHLIB_INSECURE_TRANSPORT", "1")
    with with_token(module, name) as client:
        assert served(shim.wrap(client).get(retired))


async def test_a_client_that_adds_a_token_and_is_awaited(retired):
    """The same for AsyncClient."""
    async with with_token(
        "authlib.integrations.httpx_client", "AsyncOAuth2Client"
    ) as client:
        assert served(await shim.wrap(client).get(retired))


def test_toolbelt_with_a_base_url(atlas, retired):
    """It puts the URL together above the shim; HTTP Digest needs no trip more."""
    toolbelt = pytest.importorskip("requests_toolbelt.sessions")
    session = shim.wrap(toolbelt.BaseUrlSession(base_url=atlas.url))
    session.auth = requests.auth.HTTPDigestAuth(DEMO_PUBLIC_KEY, DEMO_PRIVATE_KEY)
    assert served(session.get(SNAPSHOTS))
    assert served(
        session.send(session.prepare_request(requests.Request("GET", SNAPSHOTS)))
    )


@pytest.fixture
def storage(tmp_path):
    """Where hishel keeps its cache."""
    storage = pytest.importorskip("hishel").SqliteStorage(
        database_path=tmp_path / "cache.db"
    )
    yield storage
    storage.close()


def test_hishel_on_httpx(retired, storage):
    """Its cache is below, and keeps the successor's answers."""
    with pytest.importorskip("hishel.httpx").CacheClient(
        headers=BEARER, storage=storage
    ) as client:
        assert served(shim.wrap(client).get(retired))
        assert served(client.get(retired))


def test_hishel_on_requests(retired, storage):
    """Its adapter is below."""
    session = requests.Session()
    session.mount(
        "http://", pytest.importorskip("hishel.requests").CacheAdapter(storage=storage)
    )
    assert served(shim.wrap(session).get(retired, headers=BEARER))
