"""Each program of ``examples/`` does as its first sentence says, with the fake Atlas."""

import json
import os
import re
import runpy
import shutil
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from shim import AtlasClient
from shim.cli import main
from shim.fake import DEMO_CLUSTER, DEMO_GROUP, FakeAtlas
from shim.fake.server import FakeServer
from tests.fake.asking import KEY, TOKEN
from tests.peers.ports import free_port

ROOT = Path(__file__).parents[1]
EXAMPLES = ROOT / "examples"
WHICH = (DEMO_GROUP, DEMO_CLUSTER)


@pytest.fixture
def environ(monkeypatch):
    """The environment of a fake Atlas after the sunset, as in the examples' README, and no other variables."""
    with FakeServer(FakeAtlas()) as atlas:
        where = {"MONGODB_ATLAS_BASE_URL": atlas.url, "NO_PROXY": "*"}
        where["PATH"] = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        for name, value in where.items():
            monkeypatch.setenv(name, value)
        yield monkeypatch


@pytest.fixture
def run(environ, capfd):
    """Return a function that runs a Python example in this process, and returns its output."""

    def run(name, *words, **given):
        for variable, value in given.items():
            environ.setenv(variable, value)
        environ.setattr(sys, "argv", [name, *words])
        runpy.run_path(str(EXAMPLES / name), run_name="__main__")
        return capfd.readouterr()

    return run


def free_address():
    return f"127.0.0.1:{free_port()}"


def test_every_example_is_in_the_list_and_has_a_test():
    """A file that is added has to be named here and in ``examples/README.md``."""
    files = {
        path.relative_to(EXAMPLES).as_posix()
        for path in EXAMPLES.rglob("*")
        if path.is_file()
    }
    files = {name for name in files if not name.endswith(".pyc")} - {"README.md"}
    assert (
        set(re.findall(r"\]\((.+?)\)", (EXAMPLES / "README.md").read_text("utf-8")))
        == files
    )
    assert all(Path(name).name in Path(__file__).read_text("utf-8") for name in files)


def test_snapshots_by_httpx(run):
    """It prints a line for each snapshot, newest first, and the fields that are no longer exact."""
    done = run("snapshots_httpx.py", *WHICH, **TOKEN)
    lines = done.out.splitlines()
    assert len(lines) == 8
    assert all(re.fullmatch(r"[0-9a-f]{24} \S+Z completed", line) for line in lines)
    times = [line.split()[1] for line in lines]
    assert times == sorted(times, reverse=True)
    assert "absent: storageSizeBytes" in done.err


def test_restores_by_requests(run):
    """It prints a line for each restore job, and signs with an API key."""
    done = run("restores_requests.py", *WHICH, **KEY)
    lines = done.out.splitlines()
    assert len(lines) == 2
    assert all(
        re.fullmatch(r"[0-9a-f]{24} (automated|download) \S+Z", line) for line in lines
    )


def test_a_restore_by_the_typed_client(run):
    """It prints the id of the job that was started."""
    done = run("restore_client.py", *WHICH, DEMO_CLUSTER, **KEY)
    assert re.fullmatch(r"[0-9a-f]{24}\n", done.out)


@pytest.mark.skipif(shutil.which("curl") is None, reason="curl is not installed")
def test_a_gateway_next_to_curl(environ):
    """Curl prints the legacy page, and the gateway ends with the script."""
    listen = free_address()
    given = {
        **os.environ,
        **TOKEN,
        "GATEWAY_LISTEN": listen,
        "GATEWAY_ADMIN": free_address(),
    }
    done = subprocess.run(
        ["sh", EXAMPLES / "gateway.sh", *WHICH],
        cwd=ROOT,
        env=given,
        capture_output=True,
        check=True,
    )
    assert json.loads(done.stdout)["totalCount"] == 8
    host, _, port = listen.rpartition(":")
    with pytest.raises(ConnectionRefusedError):
        socket.create_connection((host, int(port)))


def test_an_operators_document(environ):
    """our_snapshots.toml passes the check, and its rule takes effect."""
    environ.setenv("ATLAS_SHIM_MAPPINGS", str(EXAMPLES / "mappings"))
    assert "our_snapshots.toml" in CliRunner().invoke(main, ["check"]).output
    target = (
        f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}/backup/snapshots"
    )
    explained = json.loads(
        CliRunner().invoke(main, ["explain", "GET", target, "-o", "json"]).output
    )
    reasons = {
        field["name"]: field["why"] for field in explained["tiers"]["flex"]["fields"]
    }
    assert reasons["createdAt"] == "Our retention counts from the end of a snapshot."


def test_a_member_that_a_client_refuses(environ):
    """With our_instances.toml an instance has no effectiveInstanceSizeName."""
    for name, value in {
        **TOKEN,
        "ATLAS_SHIM_MAPPINGS": str(EXAMPLES / "mappings"),
    }.items():
        environ.setenv(name, value)
    with AtlasClient() as client:
        instance = client.serverless_instances.get_serverless_instance(
            DEMO_GROUP, DEMO_CLUSTER
        ).raw
    assert instance["providerSettings"]["regionName"] == "US_EAST_1"
    assert "effectiveInstanceSizeName" not in instance["providerSettings"]


def test_the_next_sunset(tmp_path):
    """greenhouse-pairs.jsonl refutes the page's first document, and proves its last one."""
    page = (ROOT / "docs" / "how-to" / "next-sunset.md").read_text("utf-8")
    (command,) = (
        block
        for block in re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
        if "atlas-shim" in block
    )
    begun, rules, _callers = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    document = tmp_path / "greenhouses.toml"
    check = [
        "pairs",
        str(EXAMPLES / "next_sunset" / "greenhouse-pairs.jsonl"),
        "--document",
        str(document),
    ]
    assert [Path(word).name for word in command.split()] == [
        "atlas-shim",
        *(Path(word).name for word in check),
    ]
    document.write_text(begun, "utf-8")
    done = CliRunner().invoke(main, check)
    asked = re.findall(r"`(\w+: (?:is|…) [^`]+)`", page)
    assert done.exit_code == 1
    assert len(asked) == 7
    for one in asked:
        assert re.search(
            f"- {re.escape(one).replace('…', '.{0,60}?')}",
            " ".join(done.stdout.split()),
        )
    document.write_text(
        (EXAMPLES / "next_sunset" / "greenhouses.toml").read_text("utf-8"), "utf-8"
    )
    assert rules in document.read_text("utf-8")
    done = CliRunner().invoke(main, check)
    shown = {
        line.strip()
        for line in page.splitlines()
        if re.match(" {4}(5 pairs|field|createdAt|keeper|All 5)", line)
    }
    assert done.exit_code == 0
    assert len(shown) == 5
    assert shown <= set(done.stdout.splitlines())
