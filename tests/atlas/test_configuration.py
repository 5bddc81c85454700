"""What a typed client is made of: which Atlas it calls, and who signs, by arguments, HTTP client and environment."""

import pytest

from shim import httpx
from shim.atlas.auth import DigestAuth, configure
from shim.credentials import VARIABLES
from shim.errors import SettingsError

KEY = {"MONGODB_ATLAS_PUBLIC_API_KEY": "pub", "MONGODB_ATLAS_PRIVATE_API_KEY": "canary"}


def settle(environ, *, base_url=None, http_client=None, **parts):
    """Configure, with what a client's constructor passes on."""
    given = dict.fromkeys(VARIABLES) | parts
    return configure(base_url=base_url, parts=given, environ=environ, http_client=http_client)


def test_which_atlas_is_called():
    """An argument beats the base URL of an injected client, that beats the environment, and that beats Atlas' own."""
    environ = {**KEY, "MONGODB_ATLAS_BASE_URL": "http://c/api/atlas/v2/"}
    with httpx.Client(base_url="http://b:1/api/atlas/v1.0/") as client:
        assert settle(environ, base_url="http://a/", http_client=client)[0] == "http://a"
        assert settle(environ, http_client=client)[0] == "http://b:1"
    with httpx.Client() as client:
        assert settle(environ, http_client=client)[0] == "http://c"
    assert settle(KEY)[0] == "https://cloud.mongodb.com"


def test_a_base_url_that_means_nothing():
    """It is refused by the name of its variable, or as the argument that it is."""
    for name, given in (("MCLI_OPS_MANAGER_URL", {}), ("base_url", {"base_url": "https://x/path"})):
        with pytest.raises(SettingsError, match=f"^{name}: "):
            settle({**KEY, "MCLI_OPS_MANAGER_URL": "ftp://x"}, **given)


def test_no_credentials():
    """Without credentials, all the ways to give them are named."""
    with pytest.raises(SettingsError) as caught:
        settle({})

    assert [variable for variable in VARIABLES.values() if variable not in str(caught.value)] == []


def test_argument_credentials_stand_alone():
    """Credentials in arguments are used alone: the environment neither conflicts nor completes them."""
    assert not isinstance(settle(KEY, access_token="a")[1], DigestAuth)
    with pytest.raises(SettingsError, match=r"^private_key: "):
        settle(KEY, public_key="a")


def test_who_signs():
    """An injected client with its own credentials does, unless some are given; one without gets the environment's."""
    with httpx.Client(auth=("a", "b")) as basic, httpx.Client(headers={"Authorization": "Bearer a"}) as bearer:
        assert settle(KEY, http_client=basic)[1] is None
        assert settle({}, http_client=bearer)[1] is None
        assert settle({}, http_client=bearer, access_token="b")[1] is not None
    with httpx.Client() as plain:
        assert isinstance(settle(KEY, http_client=plain)[1], DigestAuth)
