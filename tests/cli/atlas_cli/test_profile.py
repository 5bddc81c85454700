"""Profiles and variables of the Atlas CLI: credentials, base URL and project."""

from pathlib import Path
from urllib.parse import parse_qs

import pytest

from shim.cli.atlas_cli.flags import CliError
from shim.cli.atlas_cli.profile import load
from shim.credentials import AccessToken, ApiKey, ServiceAccount
from shim.errors import SettingsError
from shim.fake import (
    DEMO_CLIENT_ID,
    DEMO_CLIENT_SECRET,
    DEMO_GROUP,
    DEMO_PRIVATE_KEY,
    DEMO_PUBLIC_KEY,
    DEMO_TOKEN,
)
from tests.fake.asking import received

FILE = Path(__file__).with_name("config.toml").read_text("utf-8")


@pytest.fixture
def config(home):
    """Return a function that writes the CLI's file."""

    def config(text):
        path = home / ".config" / "atlascli" / "config.toml"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    return config


def profile(name, home, **environ):
    return load(name, {"XDG_CONFIG_HOME": str(home / ".config"), **environ})


KEYS = {"PUBLIC_API_KEY": "epub", "PRIVATE_API_KEY": "epriv"}
ACCOUNT = {"CLIENT_ID": "mdb_sa_id_e", "CLIENT_SECRET": "es"}


@pytest.mark.parametrize(("name", "variables", "credentials"), [
    ("", {}, ApiKey("dpub", "dpriv")), ("prod", {}, ServiceAccount("mdb_sa_id_x", "secret")),
    ("PROD", {}, ServiceAccount("mdb_sa_id_x", "secret")), ("person", {}, AccessToken("token")),
    ("", KEYS, ApiKey("epub", "epriv")), ("", ACCOUNT, ServiceAccount("mdb_sa_id_e", "es")),
    ("prod", KEYS, ApiKey("epub", "epriv")),
])  # fmt: skip
@pytest.mark.parametrize("prefix", ["MONGODB_ATLAS_", "MCLI_"])
def test_credentials_come_from_variables_or_the_profile(
    name, variables, credentials, prefix, config, home
):
    """They are keys, an account or a token; profile names ignore case. Variables win, even with another kind."""
    config(FILE)
    given = {f"{prefix}{part}": value for part, value in variables.items()}
    assert profile(name, home, **given).credentials() == credentials


def test_properties_come_from_the_profile(config, home):
    """They are project, output and base URL, which has two names; each has its variable."""
    config(FILE)
    assert profile("", home).get("project_id") == "a" * 24
    assert profile("", home).get("output") == "json"
    assert profile("prod", home).base_url == "https://cloud-dev.mongodb.com"
    assert profile("", home).base_url == "https://cloud.mongodb.com"
    given = {
        "PROJECT_ID": "e" * 24,
        "OPS_MANAGER_URL": "http://localhost:8080/",
        "OUTPUT": "plaintext",
    }
    for prefix in ("MONGODB_ATLAS_", "MCLI_"):
        found = profile(
            "", home, **{f"{prefix}{part}": value for part, value in given.items()}
        )
        shown = (found.get("project_id"), found.base_url, found.get("output"))
        assert shown == ("e" * 24, "http://localhost:8080", "plaintext")


def test_the_profile_is_chosen_by_variable_or_is_the_only_one(config, home):
    """Without a flag MONGODB_ATLAS_PROFILE decides; a file with one profile needs no choice."""
    config(FILE)
    assert profile("", home, MONGODB_ATLAS_PROFILE="prod").get("project_id") == "b" * 24
    config('[only]\nproject_id = "x"\n')
    assert profile("", home).name == "only"
    assert profile("", home).get("project_id") == "x"


def test_secrets_in_the_keyring_are_explained(config, home):
    """For a profile without secrets it has the keyring and the variables to set; without a file, the CLI's text."""
    path = config(FILE)
    with pytest.raises(CliError) as caught:
        profile("keyring", home).credentials()
    assert str(caught.value).startswith(
        "this action requires authentication\n\nTo log in using your Atlas username"
    )
    assert f"the profile 'keyring' has no secret in {path}" in str(caught.value)
    assert (
        "keyring, which atlas-shim does not read: set MONGODB_ATLAS_PUBLIC_API_KEY"
        in str(caught.value)
    )
    path.unlink()
    with pytest.raises(
        CliError, match=r"To set credentials using API keys, run: atlas config init$"
    ):
        profile("", home).credentials()


def test_other_products_are_refused(config, atlas):
    """Atlas for Government never had serverless instances."""
    config(FILE)
    done = atlas("serverless", "list", "-P", "gov", "--projectId", DEMO_GROUP)
    assert done.exit_code == 1
    assert done.stderr == "Error: unsupported service: cloudgov\n"


def test_an_invalid_file_is_reported_without_its_text(config, home):
    """The wrong line may contain a secret."""
    path = config('[default]\nprivate_api_key = "s3cret\n')
    with pytest.raises(
        CliError, match=r"error loading config: .*: it is not valid TOML"
    ) as caught:
        profile("", home)
    assert str(path) in str(caught.value)
    assert "s3cret" not in str(caught.value)


def test_a_name_with_a_dot_and_a_url_with_a_path_are_refused(config, home):
    """The error includes the value."""
    config('[default]\nops_manager_url = "https://cloud.mongodb.com/v2/x"\n')
    with pytest.raises(CliError, match=r"profile should not contain '\.': \"a\.b\""):
        profile("a.b", home)
    with pytest.raises(
        SettingsError,
        match="ops_manager_url of the Atlas CLI's profile 'default': give only the origin",
    ):
        _ = profile("", home).base_url


@pytest.mark.parametrize(
    "signs",
    [
        f'public_api_key = "{DEMO_PUBLIC_KEY}"\nprivate_api_key = "{DEMO_PRIVATE_KEY}"',
        f'client_id = "{DEMO_CLIENT_ID}"\nclient_secret = "{DEMO_CLIENT_SECRET}"',
        f'access_token = "{DEMO_TOKEN}"\nrefresh_token = "r"',
    ],
)
def test_a_profile_is_enough_to_sign_in(signs, config, server, atlas):
    """For each kind of credentials, a command works without any variable."""
    config(
        f'[ops]\n{signs}\nproject_id = "{DEMO_GROUP}"\nops_manager_url = "{server.url}/"\n[default]\n'
    )
    done = atlas(
        "serverless",
        "describe",
        "orders",
        "--profile",
        "ops",
        "-o",
        "json-path=$.stateName",
    )
    assert done.exit_code == 0
    assert done.stdout == '"IDLE"\n'
    assert done.stderr == ""


def test_the_token_of_a_service_account_is_revoked(config, server, atlas):
    """Atlas allows an account 100 tokens, so a loop over commands must not use them up.

    An expired token is reported.
    """
    config(
        f'[ops]\nclient_id = "{DEMO_CLIENT_ID}"\nclient_secret = "{DEMO_CLIENT_SECRET}"\n'
        f'project_id = "{DEMO_GROUP}"\nops_manager_url = "{server.url}/"\n'
    )
    assert atlas("serverless", "list").exit_code == 0
    (issued,), (revoked,) = (
        received(server.fake, "POST", "/oauth/token"),
        received(server.fake, "POST", "/oauth/revoke"),
    )
    assert issued.header("authorization") == revoked.header("authorization")
    assert b"token_type_hint=access_token" in revoked.body
    (call,) = received(server.fake, "GET")
    assert parse_qs(revoked.body.decode())["token"] == [
        call.header("authorization").removeprefix("Bearer ")
    ]
    config(
        f'[ops]\naccess_token = "old"\nproject_id = "{DEMO_GROUP}"\nops_manager_url = "{server.url}/"\n'
    )
    done = atlas("serverless", "list")
    assert done.exit_code == 1
    assert "HTTP 401 Unauthorized" in done.stderr
    assert (
        "atlas-shim: the access token may have expired; `atlas auth login`"
        in done.stderr
    )
