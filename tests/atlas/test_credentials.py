import pytest

from shim.credentials import VARIABLES, AccessToken, ApiKey, ServiceAccount, choose_credentials, read_credentials
from shim.errors import SettingsError

PUBLIC, PRIVATE = "MONGODB_ATLAS_PUBLIC_API_KEY", "MONGODB_ATLAS_PRIVATE_API_KEY"
CLIENT, SECRET = "MONGODB_ATLAS_CLIENT_ID", "MONGODB_ATLAS_CLIENT_SECRET"
TOKEN = "MONGODB_ATLAS_ACCESS_TOKEN"


@pytest.mark.parametrize(
    ("environ", "credentials"),
    [
        ({}, None),
        ({PUBLIC: "", PRIVATE: ""}, None),
        ({PUBLIC: "pub", PRIVATE: "priv"}, ApiKey("pub", "priv")),
        ({CLIENT: "id", SECRET: "sec"}, ServiceAccount("id", "sec")),
        ({TOKEN: "tok\n"}, AccessToken("tok")),
        ({PUBLIC: "pub", PRIVATE: "priv", CLIENT: "", SECRET: ""}, ApiKey("pub", "priv")),
    ],
)
def test_read(environ, credentials):
    """Each kind is read from its own variables; an empty variable is an unset one."""
    assert read_credentials(environ) == credentials


def test_read_from_files(tmp_path):
    """Each variable can name a file instead, whose last line break does not count."""
    (tmp_path / "public").write_text("pub\n")
    (tmp_path / "private").write_text("priv\r\n")
    environ = {f"{PUBLIC}_FILE": str(tmp_path / "public"), f"{PRIVATE}_FILE": str(tmp_path / "private")}

    assert read_credentials(environ) == ApiKey("pub", "priv")


def test_file_and_variable_mix(tmp_path):
    """One half may come from a file and the other from a variable."""
    (tmp_path / "secret").write_text("sec")

    assert read_credentials({CLIENT: "id", f"{SECRET}_FILE": str(tmp_path / "secret")}) == ServiceAccount("id", "sec")


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({PUBLIC: "canary"}, [PRIVATE, PUBLIC, "missing"]),
        ({PRIVATE: "canary"}, [PRIVATE, PUBLIC, "missing"]),
        ({CLIENT: "canary"}, [SECRET, CLIENT, "missing"]),
        ({SECRET: "canary"}, [SECRET, CLIENT, "missing"]),
        ({PUBLIC: "canary", PRIVATE: "canary", TOKEN: "canary"}, [PUBLIC, PRIVATE, TOKEN, "unset"]),
        ({PUBLIC: "canary", SECRET: "canary"}, [PUBLIC, SECRET, "unset"]),
        ({TOKEN: "canary", f"{TOKEN}_FILE": "/somewhere"}, [TOKEN, f"{TOKEN}_FILE", "unset"]),
        ({f"{TOKEN}_FILE": "/does/not/exist"}, [f"{TOKEN}_FILE", "/does/not/exist", "No such file"]),
        ({TOKEN: "canary canary"}, [TOKEN, "space"]),
        ({TOKEN: "canary\r\nX: canary"}, [TOKEN, "line break"]),
        ({TOKEN: "canäry"}, [TOKEN, "ASCII"]),
        ({CLIENT: "canary:", SECRET: "x"}, [CLIENT, "colon"]),
    ],
)
def test_refused(environ, words):
    """What means nothing is refused, naming variables and the way out, never a value."""
    with pytest.raises(SettingsError) as caught:
        read_credentials(environ)

    assert [word for word in words if word not in str(caught.value)] == []
    assert "can" not in str(caught.value).replace("cannot", "")


@pytest.mark.parametrize("content", [b"", b"\n", b"\xff\xfe"])
def test_file_without_a_value(tmp_path, content):
    """A file that holds no value is an error that names its variable."""
    (tmp_path / "token").write_bytes(content)

    with pytest.raises(SettingsError, match=f"^{TOKEN}_FILE: "):
        read_credentials({f"{TOKEN}_FILE": str(tmp_path / "token")})


def test_arguments_are_named_as_arguments():
    """The same rules hold for arguments, in their own names."""
    with pytest.raises(SettingsError, match=r"^private_key: is missing"):
        choose_credentials({"public_key": "a"}, {part: part for part in VARIABLES})
    with pytest.raises(SettingsError, match=r"^access_token: is empty"):
        choose_credentials({"access_token": ""}, {part: part for part in VARIABLES})


@pytest.mark.parametrize(
    "credentials", [ApiKey("canary", "canary"), ServiceAccount("canary", "canary"), AccessToken("canary")]
)
def test_repr(credentials):
    """No part of credentials is in a repr."""
    assert "canary" not in repr(credentials)
