"""``get``: the answer of a program, its record, and errors with a next step and an exit code."""

import json
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest

import shim.httpx
from shim.cli import get
from shim.cli.failures import after_answer, after_fault
from shim.doors.httpx_family.clients import recognise_also
from shim.errors import AtlasError
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, DEMO_TOKEN, FakeReply

GROUP = f"/api/atlas/v2/groups/{DEMO_GROUP}"
INSTANCES = f"{GROUP}/serverless"
SNAPSHOTS = f"{INSTANCES}/{DEMO_CLUSTER}/backup/snapshots"
JOBS = f"{INSTANCES}/{DEMO_CLUSTER}/backup/restoreJobs"
INVENTED = Path(__file__).parents[1] / "documents" / "apis"


@pytest.mark.parametrize("path", [INSTANCES, f"{INSTANCES}/{DEMO_CLUSTER}", SNAPSHOTS, f"{JOBS}?itemsPerPage=1"])
@pytest.mark.parametrize("api", ["v1.0", "v2"])
def test_a_retired_call_is_answered_as_in_a_program(run, atlas, path, api):
    """Each API's path has the JSON that the httpx door gives, in its order; a URL is as good as a path."""
    path = path.replace("v2", api)
    with shim.httpx.Client(headers={"Authorization": f"Bearer {DEMO_TOKEN}"}) as client:
        recognise_also(client, atlas.url)
        expected = client.get(atlas.url + path).json()
    done = run("get", path)
    assert (done.exit_code, done.stderr) == (0, "")
    assert json.dumps(json.loads(done.stdout)) == json.dumps(expected)
    assert run("get", atlas.url + path).stdout == done.stdout


def test_operators_documents_are_obeyed_and_the_version_chooses(run, atlas):
    """The default is the version that a document calls retired; ``--version`` asks for another."""
    deep = {"code": "DEEP", "name": "Rock End"}
    atlas.fake.overrides.append(lambda arrival: FakeReply(200, (), json.dumps(deep).encode()))
    env = {"ATLAS_SHIM_MAPPINGS": str(INVENTED)}
    path = f"{GROUP}/harbours/Rock%20End"
    assert json.loads(run("get", path, env=env).stdout) != deep
    assert json.loads(run("get", path, "--version", "2026-06-01", env=env).stdout) == deep
    assert {arrival.header("Accept") for arrival in atlas.fake.arrivals} == {"application/vnd.atlas.2026-06-01+json"}


def test_another_call_is_passed_on_as_it_is(run, atlas):
    """An endpoint of today wants its version; an error says how to name it."""
    done = run("get", f"{GROUP}/flexClusters", "--version", "2024-11-13")
    assert DEMO_CLUSTER in done.stdout
    assert "--version 2024-11-13" in run("get", f"{GROUP}/flexClusters").stderr


def test_the_record_is_a_line_of_json_on_stderr(run, atlas):
    """Of an error, too; a call that is not retired has none."""
    done = run("get", SNAPSHOTS, "--record")
    found = json.loads(done.stderr)
    assert (found["operation"], found["route"]) == ("listServerlessBackupSnapshots", "flex")
    assert {"name": "storageSizeBytes", "fidelity": "absent"}.items() <= found["fields"][-2].items()
    assert json.loads(done.stdout)["totalCount"] == 8
    refused = run("get", f"{INSTANCES}/nope", "--record").stderr.splitlines()
    assert json.loads(refused[0])["operation"] == "getServerlessInstance"
    assert run("get", GROUP, "--record").stderr.startswith("null\n")


def test_the_command_is_no_caller_of_the_inventory(run, atlas, tmp_path):
    """The command is not a program that has to be changed."""
    calls = tmp_path / "calls.jsonl"
    assert run("get", SNAPSHOTS, env={"ATLAS_SHIM_INVENTORY": str(calls)}).exit_code == 0
    assert not calls.exists()


def test_an_answer_without_json_is_passed_on_as_it_is(run, atlas, monkeypatch):
    """Bytes go into a pipe, not to a terminal; an answer without content prints nothing."""
    replies = [FakeReply(200, (), b"\x1f\x8b\xff"), FakeReply(200, (), b"\x1f\x8b\xff"), FakeReply(204, ())]
    atlas.fake.overrides.append(lambda arrival: replies.pop(0))
    assert run("get", "/api/atlas/v2/logs.gz").stdout_bytes == b"\x1f\x8b\xff"
    with monkeypatch.context() as terminal:
        terminal.setattr(get, "sys", SimpleNamespace(stdout=SimpleNamespace(isatty=lambda: True)))
        done = run("get", "/api/atlas/v2/logs.gz")
    assert (done.exit_code, done.stdout, "redirect it into a file" in done.stderr) == (1, "", True)
    assert run("get", "/api/atlas/v2/nothing").stdout == ""


@pytest.mark.parametrize(
    ("words", "env", "code", "said"),
    [
        (("get", f"{INSTANCES}/nope/backup/snapshots"), {}, 1, "404 CLUSTER_NOT_FOUND: No cluster named nope exists"),
        (("get", SNAPSHOTS), {"MONGODB_ATLAS_ACCESS_TOKEN": "wr0ng"}, 1, "401"),
        (("get", SNAPSHOTS), {"MONGODB_ATLAS_ACCESS_TOKEN": None}, 2, "MONGODB_ATLAS_PUBLIC_API_KEY"),
        (("get", SNAPSHOTS), {"MONGODB_ATLAS_BASE_URL": "http://127.0.0.1:1"}, 3, "network: ConnectError"),
        (("get", "https://other.example/api/atlas/v2"), {}, 2, "start it with / or http://127.0.0.1:"),
        (("get", "/\x01"), {}, 2, "PATH"),
    ],
)
def test_each_kind_of_error_has_its_exit_code(run, atlas, words, env, code, said):
    """Errors of Atlas, of usage and of the network have their own; no secret shows, and nothing is sent by mistake."""
    done = run(*words, env=env)
    assert (done.exit_code, done.stdout) == (code, "")
    assert said in done.stderr
    assert "wr0ng" not in done.stderr
    assert code == 1 or atlas.fake.arrivals == []


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


@pytest.mark.parametrize(
    ("error", "environ", "step"),
    [
        (httpx.ConnectError("[Errno -2]"), {}, "if this network needs a proxy, set HTTPS_PROXY"),
        (httpx.ConnectError("x"), {"HTTPS_PROXY": "http://u:hush@p"}, "the proxy of HTTPS_PROXY"),
        (httpx.ProxyError("407"), {"https_proxy": "http://u:hush@p"}, "the proxy of https_proxy refuses it"),
        (httpx.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED]"), {}, "SSL_CERT_FILE"),
        (httpx.ReadTimeout(""), {}, ": try again."),
        (httpx.ConnectTimeout(""), {}, "check the name"),
    ],
)
def test_a_fault_of_the_network(error, environ, step):
    """The host that was called, how its name came about, and the usual reasons; never a proxy's password."""
    error.request = httpx.Request("GET", "https://cloud.mongodb.com/api")
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


def test_an_error_of_the_shims_own_says_how_it_is_explained(run, atlas):
    """In one line, and not in Atlas' name."""
    html = FakeReply(200, (("Content-Type", "text/html"),), b"<html>")
    atlas.fake.overrides.append(lambda arrival: html)
    done = run("get", f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless")
    assert done.stderr.startswith("Error: atlas-shim said 502 SHIM_UPSTREAM_UNREADABLE: ")
    assert done.stderr.endswith(" See: atlas-shim explain SHIM_UPSTREAM_UNREADABLE\n")


@pytest.mark.parametrize("names", ["a document's", "a folder's", "a configuration's"])
def test_names_from_outside_cant_steer_the_terminal(run, tmp_path, names):
    """ESC and C1 controls in what others have named are shown as question marks."""
    odd = "x\x1b[31m\x9by"
    file = tmp_path / (odd if names == "a folder's" else "a") / "a.toml"
    file.parent.mkdir()
    file.write_text(f'"{odd}" = 1\n'.replace("\x1b", "\\u001b"))
    done = run(*(["serve", "--config", str(file)] if names == "a configuration's" else ["check", str(file.parent)]))
    assert done.exit_code != 0
    assert "\x1b" not in done.output
    assert "\x9b" not in done.output
    assert "y" in done.output
