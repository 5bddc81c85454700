"""What a command prints: values and tables, and what to do next."""

import json

import click
import httpx
import pytest
from click.testing import CliRunner

from shim.cli import output
from shim.cli.failures import after_answer, after_fault
from shim.errors import AtlasError
from shim.fake import DEMO_GROUP, FakeReply

HOST = {"MONGODB_ATLAS_BASE_URL": "https://atlas.example:8443"}
KEY = {"MONGODB_ATLAS_PUBLIC_API_KEY": "a", "MONGODB_ATLAS_PRIVATE_API_KEY": "b"}


ACCOUNT = {"MONGODB_ATLAS_CLIENT_ID": "mdb_sa_id_1", "MONGODB_ATLAS_CLIENT_SECRET_FILE": "/run/secret"}


@pytest.mark.parametrize(
    ("status", "code", "environ", "step"),
    [
        (401, "UNAUTHORIZED", KEY, ": check MONGODB_ATLAS_PUBLIC_API_KEY and MONGODB_ATLAS_PRIVATE_API_KEY"),
        (401, "", ACCOUNT, ": check MONGODB_ATLAS_CLIENT_ID and MONGODB_ATLAS_CLIENT_SECRET_FILE,"),
        (403, "USER_UNAUTHORIZED", KEY, "need a role in the project"),
        (403, "IP_ADDRESS_NOT_ON_ACCESS_LIST", KEY, "API access list this machine's address"),
        (404, "CLUSTER_NOT_FOUND", KEY, "atlas-shim get /api/atlas/v2/groups/GROUP/serverless"),
        (400, "INVALID", {}, "."),
    ],
)
def test_an_answer_of_atlas(status, code, environ, step):
    """Each status has its way out, with the host in force and the variables in use, whose values are never shown."""
    said = after_answer(AtlasError(status, error_code=code), {**HOST, **environ})
    assert said.startswith("atlas.example:8443 was asked")
    assert step in said
    assert "mdb_sa" not in said


def test_an_answer_of_the_shim_names_no_host():
    """The shim answered alone."""
    assert after_answer(AtlasError(410, error_code="SHIM_NO_SUCCESSOR"), {}) == ""


REQUEST = httpx.Request("GET", "https://cloud.mongodb.com/api")


@pytest.mark.parametrize(
    ("error", "environ", "step"),
    [
        (httpx.ConnectError("[Errno -2]"), {}, "if this network needs a proxy, set HTTPS_PROXY"),
        (httpx.ConnectError("x"), {"HTTPS_PROXY": "http://u:hush@p"}, "the proxy of HTTPS_PROXY"),
        (httpx.ProxyError("407"), {"https_proxy": "http://u:hush@p"}, "the proxy of https_proxy refuses it"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), {}, "SSL_CERT_FILE"),
        (httpx.ReadTimeout(""), {}, "after a write, first check whether it was executed"),
        (httpx.ConnectTimeout(""), {}, "check the name"),
    ],
)
def test_a_fault_of_the_network(error, environ, step):
    """The host that was called, how its name came about, and the usual reasons; never a proxy's password."""
    error.request = REQUEST
    said = after_fault(error, environ)
    assert said.startswith("cloud.mongodb.com:443 was called")
    assert step in said
    assert "hush" not in said


def test_the_command_says_it(run, atlas):
    """A line for the error, and one for what to do."""
    atlas.fake.overrides.append(lambda arrival: FakeReply(403, (), b'{"error":403,"errorCode":"X","detail":"No."}'))
    done = run("get", f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless")
    first, second = done.stderr.splitlines()
    assert first == "Error: Atlas said 403 X: No."
    assert second.startswith(f"  {atlas.url.removeprefix('http://')} was asked: the credentials need a role")


def test_an_error_of_the_shims_own_leads_to_its_section(run, atlas):
    """In one line, and not in Atlas' name."""
    html = FakeReply(200, (("Content-Type", "text/html"),), b"<html>")
    atlas.fake.overrides.append(lambda arrival: html)
    done = run("get", f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless")
    assert done.stderr.startswith("Error: atlas-shim said 502 SHIM_UPSTREAM_UNREADABLE: ")
    assert done.stderr.endswith("https://atlas-shim.github.io/atlas-shim/reference/errors/#shim_upstream_unreadable\n")


def written(function, *arguments):
    """Return the bytes that a function writes to stdout."""
    return CliRunner().invoke(click.command()(lambda: function(*arguments))).stdout_bytes


@pytest.mark.parametrize("value", [{"a": "é…"}, {"b": 2**70}, ["\ud800"], {"c": None}])
def test_json_is_utf_8_and_comes_back_as_it_was(value):
    """Any JSON value survives, a lone surrogate and a large number included."""
    assert json.loads(written(output.write_json, value).decode("utf-8")) == value


@pytest.mark.parametrize("names", ["a document's", "a folder's", "a configuration's"])
def test_names_from_outside_cant_steer_the_terminal(run, tmp_path, names):
    """ESC and C1 controls in what others have named are shown as question marks."""
    odd = "x\x1b[31m\x9by"
    if names == "a document's":
        (tmp_path / "a.toml").write_text(f'format = 1\noverrides = "snapshots"\n["{odd}"]\n'.replace("\x1b", "\\u001b"))
        words = ["check", str(tmp_path / "a.toml")]
    elif names == "a folder's":
        (tmp_path / odd).mkdir()
        (tmp_path / odd / "a.toml").write_text("format = 2\n")
        words = ["check", str(tmp_path / odd)]
    else:
        (tmp_path / "shim.toml").write_text(f'"{odd}" = 1\n'.replace("\x1b", "\\u001b"))
        words = ["serve", "--config", str(tmp_path / "shim.toml")]
    done = run(*words)
    assert done.exit_code != 0
    assert "\x1b" not in done.output
    assert "\x9b" not in done.output
    assert "y" in done.output
