"""Creating and closing clients: their Atlas, their credentials and their errors, with and without a socket."""

import logging

import httpx as plain_httpx
import pytest

import shim
from shim import AsyncAtlasClient, AtlasClient, errors, httpx
from shim.atlas.auth import DigestAuth, configure
from shim.credentials import VARIABLES
from shim.fake import (
    DEMO_CLIENT_SECRET,
    DEMO_CLUSTER,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_TOKEN,
)
from shim.fake.server import FakeServer
from tests.fake.asking import ACCOUNT, KEY, TOKEN


@pytest.mark.parametrize(
    "environ", [KEY, ACCOUNT, TOKEN], ids=["key", "account", "token"]
)
def test_each_kind_of_credentials_works_over_a_socket(kind, retired, caplog, environ):
    """The base URL is in no setting, and no log has a credential."""
    caplog.set_level(logging.DEBUG)
    with FakeServer(retired) as server:
        client = kind.typed(
            environ={**environ, "MONGODB_ATLAS_BASE_URL": f"{server.url}/"}
        )
        page = kind.call(
            client.cloud_backups.list_serverless_backup_snapshots,
            DEMO_GROUP,
            DEMO_CLUSTER,
        )
    assert len(page.results) == 8
    assert page.links[0].href.startswith(
        f"{server.url}/api/atlas/v2/groups/{DEMO_GROUP}/serverless/"
    )
    assert {each.header("User-Agent") for each in retired.arrivals} == {
        f"atlas-shim/{shim.__version__}"
    }
    ours = "\n".join(
        record.getMessage()
        for record in caplog.records
        if not record.name.startswith("httpcore")
    )
    assert ours
    assert [
        secret
        for secret in (DEMO_PRIVATE_KEY, DEMO_CLIENT_SECRET, DEMO_TOKEN)
        if secret in ours
    ] == []


def test_a_client_closes_only_its_own_http_client(kind):
    """An injected one stays open; each client is a context manager."""
    http = kind.http()
    injected = kind.typed(http_client=http, access_token="a")
    own = kind.typed(access_token="a", environ={})
    for client in (injected, own):
        with kind.portal.wrap_async_context_manager(client) if kind.portal else client:
            assert not client._http.is_closed
    assert not http.is_closed
    assert own._http.is_closed


@pytest.mark.parametrize(
    ("kind", "http"),
    [
        (AtlasClient, plain_httpx.Client),
        (AtlasClient, httpx.AsyncClient),
        (AsyncAtlasClient, httpx.Client),
    ],
)
def test_an_http_client_of_another_kind_is_refused(kind, http):
    """It would send retired calls unchanged, or is sync instead of async or vice versa."""
    with pytest.raises(TypeError, match=r"^http_client: not a shim\.httpx\."):
        kind(http_client=http(), access_token="a")


@pytest.mark.parametrize("kind", [AtlasClient, AsyncAtlasClient])
def test_the_environment_is_read_when_a_client_is_created(monkeypatch, kind):
    """Its repr shows its Atlas."""
    with pytest.raises(errors.SettingsError):
        kind()
    monkeypatch.setenv("MONGODB_ATLAS_ACCESS_TOKEN", "canary")
    assert repr(kind()) == f"{kind.__name__}(base_url='https://cloud.mongodb.com')"


@pytest.mark.parametrize(
    "timeout", [30.0, None, httpx.Timeout(5, read=None, connect=0.5)]
)
def test_a_timeout_applies_to_every_step(kind, timeout):
    """As in httpx it may differ by step; None waits without a limit, and the default is 30 s."""
    if timeout == 30.0:
        options = {}
    else:
        options = {"timeout": timeout}
    assert kind.typed(
        access_token="a", environ={}, **options
    )._http.timeout == httpx.Timeout(timeout)


@pytest.mark.parametrize(
    "timeout",
    ["x", "5", -1, 0, float("nan"), float("inf"), True, httpx.Timeout(5, read=-1)],
)
def test_an_invalid_timeout_is_refused(kind, timeout):
    """The error comes when the client is created, not in a call."""
    with pytest.raises(
        errors.SettingsError, match=r"^timeout: .* is not a number of seconds above 0"
    ):
        kind.typed(access_token="a", environ={}, timeout=timeout)


def settle(environ, *, base_url=None, http_client=None, **parts):
    """Call ``configure`` as a client's constructor does."""
    given = dict.fromkeys(VARIABLES) | parts
    return configure(
        base_url=base_url, parts=given, environ=environ, http_client=http_client
    )


def test_the_base_url_has_an_order_of_sources():
    """They are an argument, the injected client, the environment, and Atlas's own URL."""
    environ = {**KEY, "MONGODB_ATLAS_BASE_URL": "http://c/api/atlas/v2/"}
    with httpx.Client(base_url="http://b:1/api/atlas/v1.0/") as client:
        assert (
            settle(environ, base_url="http://a/", http_client=client)[0] == "http://a"
        )
        assert settle(environ, http_client=client)[0] == "http://b:1"
    with httpx.Client() as client:
        assert settle(environ, http_client=client)[0] == "http://c"
    assert settle(KEY)[0] == "https://cloud.mongodb.com"


def test_credentials_have_an_order_of_sources():
    """An injected client's own are used unless others are given; without any, the environment's are."""
    with (
        httpx.Client(auth=("a", "b")) as basic,
        httpx.Client(headers={"Authorization": "Bearer a"}) as bearer,
    ):
        assert settle(KEY, http_client=basic)[1] is None
        assert settle({}, http_client=bearer)[1] is None
        assert settle({}, http_client=bearer, access_token="b")[1] is not None
    with httpx.Client() as plain:
        assert isinstance(settle(KEY, http_client=plain)[1], DigestAuth)
