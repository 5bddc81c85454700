import pytest

from shim.errors import SettingsError
from shim.origins import BASE_URL_VARIABLES, parse_base_url, read_base_url


@pytest.mark.parametrize("path", ["", "/api/atlas/v2", "/api/atlas/v1.0", "/api/atlas/v1.5"])
@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_an_api_of_atlas_is_as_good_as_its_origin(path, slash):
    """What clients of each version of the API take for a base URL, with or without a slash, names the same Atlas."""
    assert parse_base_url(f" https://Cloud.MongoDB.com:443{path}{slash}\n", name="x") == "https://cloud.mongodb.com"
    assert parse_base_url(f"http://[::1]:8480{path}{slash}", name="x") == "http://[::1]:8480"


@pytest.mark.parametrize(
    "path",
    ["/path", "/api", "/api/atlas", "/api/atlas/v3", "//api/atlas/v2", "/api/atlas/v2/groups", "/api/public/v1.0"],
)
def test_a_path_that_means_nothing(path):
    """The error says that it is the path, and what is as good."""
    with pytest.raises(SettingsError, match=r"^MCLI_OPS_MANAGER_URL: has a path .* https://x\.example, or with /api/"):
        parse_base_url(f"https://x.example{path}", name="MCLI_OPS_MANAGER_URL")


@pytest.mark.parametrize(
    "url",
    [
        "cloud.mongodb.com",
        "cloud.mongodb.com/api/atlas/v2",
        "localhost:8480/api/atlas/v2",
        "/api/atlas/v2",
        "ftp://x",
        "https://",
        "https:///api/atlas/v2",
        "https://[x",
        "https://x:port/api/atlas/v2",
        "https://user:canary@x.example/api/atlas/v2",
        "https://user:can/ary@x.example/api/atlas/v2",
        "https://x.example/api/atlas/v2?pretty=canary",
        "https://x.example/api/atlas/v1.0#canary",
    ],
)
def test_no_base_url(url):
    """Anything else is refused by name, and nothing of it that may be a secret is repeated."""
    with pytest.raises(SettingsError, match=r"^base_url: ") as caught:
        parse_base_url(url, name="base_url")
    assert not any(word in str(caught.value) for word in ("can", "ary"))


def test_the_first_variable_that_is_set_wins():
    """The order is documented; an empty variable is an unset one."""
    environ = {name: f"http://{name.lower().replace('_', '-')}" for name in BASE_URL_VARIABLES}
    for name in BASE_URL_VARIABLES:
        assert read_base_url(environ) == environ[name]
        environ[name] = ""
    assert read_base_url(environ) == "https://cloud.mongodb.com"


@pytest.mark.parametrize("name", BASE_URL_VARIABLES)
def test_a_variable_is_named(name):
    """The error says which variable it was."""
    with pytest.raises(SettingsError, match=f"^{name}: has a path"):
        read_base_url({name: "https://x.example/api"})
