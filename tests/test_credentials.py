"""Credentials and base URL from the environment or arguments, and errors that name the variable."""

import os

import pytest

from shim.credentials import (
    VARIABLES,
    AccessToken,
    ApiKey,
    ServiceAccount,
    api_keys,
    choose_credentials,
    credential_files,
    read_credentials,
    used_variables,
)
from shim.errors import SettingsError
from shim.origins import BASE_URL_VARIABLES, parse_base_url, read_base_url

PUBLIC = "MONGODB_ATLAS_PUBLIC_API_KEY"
PRIVATE = "MONGODB_ATLAS_PRIVATE_API_KEY"
CLIENT = "MONGODB_ATLAS_CLIENT_ID"
SECRET = "MONGODB_ATLAS_CLIENT_SECRET"
TOKEN = "MONGODB_ATLAS_ACCESS_TOKEN"
OTHER_PUBLIC = "MONGODB_ATLAS_PUBLIC_KEY"
OTHER_PRIVATE = "MONGODB_ATLAS_PRIVATE_KEY"


@pytest.mark.parametrize(
    ("environ", "credentials"),
    [
        ({}, None),
        ({PUBLIC: "", PRIVATE: ""}, None),
        ({PUBLIC: "pub", PRIVATE: "priv"}, ApiKey("pub", "priv")),
        ({CLIENT: "id", SECRET: "sec"}, ServiceAccount("id", "sec")),
        ({TOKEN: "tok\n"}, AccessToken("tok")),
        # Terraform's and CloudFormation's names, if Atlas's own are not set
        ({OTHER_PUBLIC: "pub", OTHER_PRIVATE: "priv"}, ApiKey("pub", "priv")),
        (
            {PUBLIC: "pub", PRIVATE: "priv", OTHER_PUBLIC: "b", OTHER_PRIVATE: "c"},
            ApiKey("pub", "priv"),
        ),
        (
            {
                PUBLIC: "pub",
                PRIVATE: "priv",
                f"{OTHER_PRIVATE}_FILE": "/does/not/exist",
            },
            ApiKey("pub", "priv"),
        ),
        (
            {CLIENT: "id", SECRET: "sec", OTHER_PUBLIC: "b", OTHER_PRIVATE: "c"},
            ServiceAccount("id", "sec"),
        ),
        ({TOKEN: "tok", OTHER_PUBLIC: "b", OTHER_PRIVATE: "c"}, AccessToken("tok")),
        (
            {PUBLIC: "", PRIVATE: "", OTHER_PUBLIC: "pub", OTHER_PRIVATE: "priv"},
            ApiKey("pub", "priv"),
        ),
    ],
)
def test_credentials_are_read(environ, credentials):
    """Each kind is read from its own variables; an empty variable counts as unset."""
    assert read_credentials(environ) == credentials


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({PUBLIC: "canary"}, [PRIVATE, PUBLIC, "missing"]),
        ({CLIENT: "canary"}, [SECRET, CLIENT, "missing"]),
        (
            {PUBLIC: "canary", PRIVATE: "canary", TOKEN: "canary"},
            [PUBLIC, PRIVATE, TOKEN, "unset"],
        ),
        ({PUBLIC: "canary", SECRET: "canary"}, [PUBLIC, SECRET, "unset"]),
        (
            {TOKEN: "canary", f"{TOKEN}_FILE": "/somewhere"},
            [TOKEN, f"{TOKEN}_FILE", "unset"],
        ),
        (
            {f"{TOKEN}_FILE": "/does/not/exist"},
            [f"{TOKEN}_FILE", "/does/not/exist", "No such file"],
        ),
        ({TOKEN: "canary canary"}, [TOKEN, "space"]),
        ({TOKEN: "canary\r\nX: canary"}, [TOKEN, "line break"]),
        ({TOKEN: "canäry"}, [TOKEN, "ASCII"]),
        ({CLIENT: "canary:", SECRET: "x"}, [CLIENT, "colon"]),
        # halves of different keys are never combined
        (
            {PUBLIC: "canary", OTHER_PUBLIC: "other", OTHER_PRIVATE: "x"},
            [PUBLIC, PRIVATE, "missing"],
        ),
        ({PUBLIC: "canary", OTHER_PRIVATE: "x"}, [PUBLIC, PRIVATE, "missing"]),
        ({OTHER_PUBLIC: "canary"}, [OTHER_PUBLIC, OTHER_PRIVATE, "missing"]),
        (
            {OTHER_PUBLIC: "canary", OTHER_PRIVATE: "canary canary"},
            [OTHER_PRIVATE, "space"],
        ),
    ],
)
def test_invalid_credentials_are_refused(environ, words):
    """The error names variables and the fix, and never a value."""
    with pytest.raises(SettingsError) as caught:
        read_credentials(environ)
    assert [word for word in words if word not in str(caught.value)] == []
    assert "can" not in str(caught.value).replace("cannot", "")


@pytest.mark.parametrize(
    ("environ", "credentials"),
    [
        (
            {f"{PUBLIC}_FILE": "pub\n", f"{PRIVATE}_FILE": "priv\r\n"},
            ApiKey("pub", "priv"),
        ),
        ({CLIENT: "id", f"{SECRET}_FILE": "sec"}, ServiceAccount("id", "sec")),
        (
            {OTHER_PUBLIC: "pub", f"{OTHER_PRIVATE}_FILE": "priv\n"},
            ApiKey("pub", "priv"),
        ),
    ],
)
def test_credentials_are_read_from_files(tmp_path, environ, credentials):
    """Each variable, of any name, can name a file instead, without its last line break."""
    named = {name: tmp_path / name for name in environ if name.endswith("_FILE")}
    for name, path in named.items():
        path.write_text(environ[name])
    environ = environ | {name: str(path) for name, path in named.items()}
    assert read_credentials(environ) == credentials
    assert used_variables(environ) == (*environ,)
    assert credential_files(environ) == [str(path) for path in named.values()]


def test_unused_variables_are_not_named():
    """The list of sources, and of files to watch, has the variables that are used."""
    environ = {
        PUBLIC: "pub",
        f"{PRIVATE}_FILE": "/a",
        f"{OTHER_PUBLIC}_FILE": "/b",
        TOKEN: "",
    }
    assert used_variables(environ) == (PUBLIC, f"{PRIVATE}_FILE")
    assert credential_files(environ) == ["/a"]
    assert used_variables({}) == ()


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_a_file_without_a_value_is_refused(tmp_path, content):
    """The error names its variable."""
    (tmp_path / "token").write_bytes(content)
    with pytest.raises(SettingsError, match=f"^{TOKEN}_FILE: "):
        read_credentials({f"{TOKEN}_FILE": str(tmp_path / "token")})


@pytest.mark.parametrize("read", [
    lambda path: read_credentials({f"{TOKEN}_FILE": path}), lambda path: api_keys(path, name=f"{TOKEN}_FILE"),
], ids=["a secret", "keys"])  # fmt: skip
def test_a_file_without_an_end_is_refused(read):
    """A device that returns zeros would fill the memory."""
    with pytest.raises(
        SettingsError,
        match=f"^{TOKEN}_FILE: cannot read '/dev/zero': it has more than 1048576 bytes",
    ):
        read("/dev/zero")


def test_a_secret_may_come_from_a_pipe():
    """A shell creates one for <(vault read ...)."""
    readable, writable = os.pipe()
    os.write(writable, b"canary\n")
    os.close(writable)
    assert read_credentials({f"{TOKEN}_FILE": f"/dev/fd/{readable}"}) == AccessToken(
        "canary"
    )
    os.close(readable)


def test_arguments_follow_the_same_rules():
    """Errors use the arguments' own names."""
    with pytest.raises(SettingsError, match=r"^private_key: is missing"):
        choose_credentials({"public_key": "a"}, {part: part for part in VARIABLES})
    with pytest.raises(SettingsError, match=r"^access_token: is empty"):
        choose_credentials({"access_token": ""}, {part: part for part in VARIABLES})


@pytest.mark.parametrize(
    "credentials",
    [
        ApiKey("canary", "canary"),
        ServiceAccount("canary", "canary"),
        AccessToken("canary"),
    ],
)
def test_no_credentials_are_in_a_repr(credentials):
    """This covers every part of every kind."""
    assert "canary" not in repr(credentials)


@pytest.mark.parametrize(
    "path", ["", "/api/atlas/v2", "/api/atlas/v1.0", "/api/atlas/v1.5"]
)
@pytest.mark.parametrize("slash", ["", "/", "//"])
def test_a_base_url_may_include_an_api_path(path, slash):
    """Each API version's base path, with or without a slash, names the same Atlas."""
    assert (
        parse_base_url(f" https://Cloud.MongoDB.com:443{path}{slash}\n", name="x")
        == "https://cloud.mongodb.com"
    )
    assert (
        parse_base_url(f"http://[::1]:8480{path}{slash}", name="x")
        == "http://[::1]:8480"
    )


@pytest.mark.parametrize(
    "path",
    [
        "/path",
        "/api",
        "/api/atlas",
        "/api/atlas/v3",
        "//api/atlas/v2",
        "/api/atlas/v2/groups",
        "/api/public/v1.0",
    ],
)
def test_another_path_is_refused(path):
    """The error names the path, and the accepted forms."""
    with pytest.raises(
        SettingsError,
        match=r"^MCLI_OPS_MANAGER_URL: .* https://x\.example, or with /api/",
    ):
        parse_base_url(f"https://x.example{path}", name="MCLI_OPS_MANAGER_URL")


@pytest.mark.parametrize("url", [
    "cloud.mongodb.com", "cloud.mongodb.com/api/atlas/v2", "localhost:8480/api/atlas/v2", "/api/atlas/v2",
    "ftp://x", "https://", "https:///api/atlas/v2", "https://[x", "https://x:port/api/atlas/v2",
    "https://user:canary@x.example/api/atlas/v2", "https://user:can/ary@x.example/api/atlas/v2",
    "https://x.example/api/atlas/v2?pretty=canary", "https://x.example/api/atlas/v1.0#canary",
])  # fmt: skip
def test_other_base_urls_are_refused(url):
    """The error has the variable's name, without the value, which may be a secret."""
    with pytest.raises(SettingsError, match=r"^base_url: ") as caught:
        parse_base_url(url, name="base_url")
    assert not any(word in str(caught.value) for word in ("can", "ary"))


def test_the_first_variable_that_is_set_wins():
    """The order is documented; an empty variable counts as unset."""
    environ = {
        name: f"http://{name.lower().replace('_', '-')}" for name in BASE_URL_VARIABLES
    }
    for name in BASE_URL_VARIABLES:
        assert read_base_url(environ) == environ[name]
        environ[name] = ""
    assert read_base_url(environ) == "https://cloud.mongodb.com"


@pytest.mark.parametrize("name", BASE_URL_VARIABLES)
def test_the_error_names_the_variable(name):
    """Several variables can set the base URL."""
    with pytest.raises(SettingsError, match=f"^{name}: give only the origin"):
        read_base_url({name: "https://x.example/api"})
