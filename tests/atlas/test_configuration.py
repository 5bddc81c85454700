import pytest

from shim import httpx
from shim.atlas import AtlasClient
from shim.atlas.auth import DigestAuth
from shim.atlas.configuration import configure
from shim.credentials import VARIABLES
from shim.errors import SettingsError

KEY = {"MONGODB_ATLAS_PUBLIC_API_KEY": "pub", "MONGODB_ATLAS_PRIVATE_API_KEY": "canary"}


def settle(environ, *, base_url=None, http_client=None, **parts):
    """Configure, with what a client's constructor passes on."""
    given = dict.fromkeys(VARIABLES) | parts
    return configure(base_url=base_url, parts=given, environ=environ, http_client=http_client)


@pytest.mark.parametrize(
    ("environ", "origin"),
    [
        ({}, "https://cloud.mongodb.com"),
        ({"MONGODB_ATLAS_BASE_URL": ""}, "https://cloud.mongodb.com"),
        ({"MONGODB_ATLAS_BASE_URL": "https://cloud.mongodbgov.com/"}, "https://cloud.mongodbgov.com"),
        ({"MONGODB_ATLAS_OPS_MANAGER_URL": "http://localhost:8480"}, "http://localhost:8480"),
        ({"MCLI_OPS_MANAGER_URL": "http://[::1]:8480/"}, "http://[::1]:8480"),
        ({"MONGODB_ATLAS_BASE_URL": "http://a", "MCLI_OPS_MANAGER_URL": "http://b"}, "http://a"),
        ({"MONGODB_ATLAS_BASE_URL": "https://Cloud.MongoDB.com:443/api/atlas/v2/"}, "https://cloud.mongodb.com"),
        ({"MONGODB_ATLAS_OPS_MANAGER_URL": "https://cloud.mongodb.com/api/atlas/v1.0"}, "https://cloud.mongodb.com"),
    ],
)
def test_base_url(environ, origin):
    """The base URL is read from what Atlas' tools read, with or without a slash or the API's path."""
    assert settle({**KEY, **environ}).base_url == origin


def test_base_url_argument_first():
    """An argument beats the environment."""
    environ = {**KEY, "MONGODB_ATLAS_BASE_URL": "http://b"}

    assert settle(environ, base_url="http://a/").base_url == "http://a"


@pytest.mark.parametrize("url", ["cloud.mongodb.com", "ftp://x", "https://x/path", "https://"])
def test_bad_base_url(url):
    """A base URL that is no origin is refused by the name of its variable."""
    with pytest.raises(SettingsError, match=r"^MCLI_OPS_MANAGER_URL: "):
        settle({**KEY, "MCLI_OPS_MANAGER_URL": url})
    with pytest.raises(SettingsError, match=r"^base_url: "):
        settle(KEY, base_url=url)


def test_no_credentials():
    """Without credentials, all the ways to give them are named."""
    with pytest.raises(SettingsError) as caught:
        settle({})

    assert [variable for variable in VARIABLES.values() if variable not in str(caught.value)] == []


def test_argument_credentials_stand_alone():
    """Credentials in arguments are used alone: the environment neither conflicts nor completes them."""
    assert not isinstance(settle(KEY, access_token="a").auth, DigestAuth)
    with pytest.raises(SettingsError, match=r"^private_key: "):
        settle(KEY, public_key="a")


def test_client_that_signs_itself():
    """An injected client with its own credentials signs, unless some are given."""
    with httpx.Client(auth=("a", "b")) as basic, httpx.Client(headers={"Authorization": "Bearer a"}) as bearer:
        assert settle(KEY, http_client=basic).auth is None
        assert settle({}, http_client=bearer).auth is None
        assert settle({}, http_client=bearer, access_token="b").auth is not None


def test_client_without_credentials():
    """An injected client that signs nothing gets the environment's credentials."""
    with httpx.Client() as plain:
        assert isinstance(settle(KEY, http_client=plain).auth, DigestAuth)


def test_client_with_a_base_url():
    """An injected client's base URL beats the environment's: calls go where the client was meant for."""
    environ = {**KEY, "MONGODB_ATLAS_BASE_URL": "http://b"}
    for base_url in ("http://a:1", "http://a:1/api/atlas/v1.0/"):
        with httpx.Client(base_url=base_url) as client:
            assert settle(environ, http_client=client).base_url == "http://a:1"


def test_repr():
    """No secret is in a repr."""
    assert "canary" not in repr(settle(KEY))
    with AtlasClient(environ=KEY) as client:
        assert "canary" not in repr(client) + repr(client.cloud_backups)
        assert repr(client) == "AtlasClient(base_url='https://cloud.mongodb.com')"
