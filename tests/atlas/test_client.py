"""Making and closing clients: what they are given, what they refuse, and that a socket makes no difference."""

import logging

import httpx as plain_httpx
import pytest

import shim
from shim import AsyncAtlasClient, AtlasClient, errors, httpx
from shim.fake import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    DEMO_TOKEN,
)
from shim.fake.server import serve_in_thread

KEY = {"MONGODB_ATLAS_PUBLIC_API_KEY": DEMO_PUBLIC_KEY, "MONGODB_ATLAS_PRIVATE_API_KEY": DEMO_PRIVATE_KEY}
ACCOUNT = {"MONGODB_ATLAS_CLIENT_ID": DEMO_CLIENT_ID, "MONGODB_ATLAS_CLIENT_SECRET": DEMO_CLIENT_SECRET}
TOKEN = {"MONGODB_ATLAS_ACCESS_TOKEN": DEMO_TOKEN}


@pytest.mark.parametrize("environ", [KEY, ACCOUNT, TOKEN], ids=["key", "account", "token"])
def test_over_the_wire(kind, retired, caplog, environ):
    """Each kind of credentials works on a socket, at a base URL that no setting names, and is in no log."""
    caplog.set_level(logging.DEBUG)
    with serve_in_thread(retired) as server:
        client = type(kind.typed(access_token="a")).from_env({**environ, "MONGODB_ATLAS_BASE_URL": f"{server.url}/"})
        page = kind.call(client.cloud_backups.list_serverless_backup_snapshots, DEMO_GROUP, DEMO_CLUSTER)
        kind.call(client.aclose if kind.portal else client.close)

    assert len(page.results) == 8
    assert page.links[0].href.startswith(f"{server.url}/api/atlas/v2/groups/{DEMO_GROUP}/serverless/")
    assert {each.header("User-Agent") for each in retired.arrivals} == {f"atlas-shim/{shim.__version__}"}
    ours = "\n".join(record.getMessage() for record in caplog.records if not record.name.startswith("httpcore"))
    assert ours
    assert [secret for secret in (DEMO_PRIVATE_KEY, DEMO_CLIENT_SECRET, DEMO_TOKEN) if secret in ours] == []


def test_owner_closes():
    """A client closes the HTTP client that it made, and leaves an injected one open."""
    with httpx.Client() as http:
        with AtlasClient(http_client=http, access_token="a"):
            pass
        assert not http.is_closed
    with AtlasClient(access_token="a", environ={}) as client:
        pass
    assert client._http.is_closed


async def test_async_owner_closes():
    """The async client does the same."""
    async with httpx.AsyncClient() as http:
        async with AsyncAtlasClient(http_client=http, access_token="a"):
            pass
        assert not http.is_closed
    async with AsyncAtlasClient(access_token="a", environ={}) as client:
        pass
    assert client._http.is_closed


@pytest.mark.parametrize(
    ("kind", "http"),
    [(AtlasClient, plain_httpx.Client), (AtlasClient, httpx.AsyncClient), (AsyncAtlasClient, httpx.Client)],
)
def test_http_client_of_another_kind(kind, http):
    """A client that would send retired calls as they are, or that is of the other world, is refused."""
    with pytest.raises(TypeError, match=r"^http_client: not a shim\.httpx\."):
        kind(http_client=http(), access_token="a")


@pytest.mark.parametrize("kind", [AtlasClient, AsyncAtlasClient])
def test_the_environment_is_read_at_the_call(monkeypatch, kind):
    """The process' environment counts as it is when a client is made, which shows where it goes."""
    with pytest.raises(errors.SettingsError):
        kind()
    monkeypatch.setenv("MONGODB_ATLAS_ACCESS_TOKEN", "canary")

    assert repr(kind()) == f"{kind.__name__}(base_url='https://cloud.mongodb.com')"


def test_timeout():
    """A timeout is for every step of a call; it has a default, and None is for ever."""
    assert AtlasClient(access_token="a", environ={})._http.timeout == httpx.Timeout(30.0)
    assert AtlasClient(access_token="a", environ={}, timeout=None)._http.timeout == httpx.Timeout(None)
