"""The code that ``explain`` prints runs as it stands, and gives what the retired call gives through the shim."""

import ast
import builtins
import json
import os
import re
import shutil
import subprocess
import sys
from typing import Any

import pytest

from shim import httpx
from shim.cli.explanation import Explanation, explain, read_call
from shim.cli.samples import LIBRARIES, code_for
from shim.core.recognise import load_engine
from shim.core.settings import read_settings
from shim.fake import BACKUP_SUNSET, DEMO_CLUSTER, DEMO_DEDICATED, DEMO_GROUP, DEMO_TOKEN, constants

ENGINE = load_engine({})
SIGNED = {
    "MONGODB_ATLAS_ACCESS_TOKEN": DEMO_TOKEN,
    "MONGODB_ATLAS_PUBLIC_API_KEY": constants.DEMO_PUBLIC_KEY,
    "MONGODB_ATLAS_PRIVATE_API_KEY": constants.DEMO_PRIVATE_KEY,
}
OF_CLUSTER = f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless/{DEMO_CLUSTER}"
READS = {
    "snapshots": f"{OF_CLUSTER}/backup/snapshots",
    "snapshots, dedicated": f"{OF_CLUSTER}/backup/snapshots".replace(DEMO_CLUSTER, DEMO_DEDICATED),
    "restores": f"{OF_CLUSTER}/backup/restoreJobs",
    "restores, dedicated": f"{OF_CLUSTER}/backup/restoreJobs".replace(DEMO_CLUSTER, DEMO_DEDICATED),
    "instances": f"/api/atlas/v2/groups/{DEMO_GROUP}/serverless",
    "instance": OF_CLUSTER,
    "shared": f"/api/atlas/v2/groups/{DEMO_GROUP}/clusters/{DEMO_CLUSTER}/backup/tenant/snapshots",
    "shared restores": f"/api/atlas/v2/groups/{DEMO_GROUP}/clusters/{DEMO_CLUSTER}/backup/tenant/restores",
    "shared, dedicated": f"/api/atlas/v2/groups/{DEMO_GROUP}/clusters/{DEMO_DEDICATED}/backup/tenant/snapshots",
}


def code(url, library, auth, *, method="GET", tier="flex", word=""):
    found = explain(ENGINE, read_call(method, url, None), read_settings({}), BACKUP_SUNSET)
    assert isinstance(found, Explanation)
    (call,) = (call for call in found.calls(found.operation.successors[tier]) if call.word == word)
    return code_for(call, library, auth)


@pytest.fixture
def before(atlas, monkeypatch):
    """Return a function that makes the retired call through the shim and returns its JSON without links."""
    monkeypatch.setenv("ATLAS_SHIM_UPSTREAM", atlas.url)
    monkeypatch.setenv("ATLAS_SHIM_WARNINGS", "off")

    def before(path):
        reply = httpx.get(f"{atlas.url}{path}", headers={"Authorization": f"Bearer {DEMO_TOKEN}"})
        assert reply.status_code == 200, reply.text
        found = reply.json()
        return [plain(one) for one in found["results"]] if "results" in found else plain(found)

    return before


def plain(value):
    """Leave out what there is none of, and links, which lead through the shim."""
    if isinstance(value, dict):
        return {name: plain(one) for name, one in value.items() if one is not None and name != "links" and one != {}}
    return value


@pytest.mark.parametrize("auth", ["digest", "bearer"])
@pytest.mark.parametrize("library", ["httpx", "requests"])
@pytest.mark.parametrize("path", READS)
def test_python_gives_what_the_retired_call_gave(atlas, before, monkeypatch, path, library, auth):
    """Names, words, order and all pages are the same; times are datetimes."""
    made = code(f"{atlas.url}{READS[path]}", library, auth, tier="dedicated" if "dedicated" in path else "flex")
    for name, value in SIGNED.items():
        monkeypatch.setenv(name, value)
    space: dict[str, Any] = {}
    exec(compile(made, "printed.py", "exec"), space)
    space["client"].close()
    found = json.loads(json.dumps(space["results"] if "results" in space else space["result"], default=written))
    assert ([plain(one) for one in found] if isinstance(found, list) else plain(found)) == before(READS[path])


def written(when):
    return when.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="this machine has no curl or no jq")
@pytest.mark.parametrize("auth", ["digest", "bearer"])
@pytest.mark.parametrize("name", READS)
def test_shell_gives_what_the_retired_call_gave(atlas, before, name, auth):
    """So do curl and jq."""
    made = code(f"{atlas.url}{READS[name]}", "curl", auth, tier="dedicated" if "dedicated" in name else "flex")
    done = subprocess.run(
        ["bash", "-c", made], env={**os.environ, **SIGNED}, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert ([plain(one) for one in found] if isinstance(found, list) else plain(found)) == before(READS[name])


@pytest.mark.parametrize("library", ["httpx", "requests", "curl"])
def test_all_pages_are_read(atlas, before, monkeypatch, library):
    """Eight snapshots are three pages of three, and still in the old order."""
    monkeypatch.setattr("shim.cli.samples.python.MOST", 3)
    monkeypatch.setattr("shim.cli.samples.shell.MOST", 3)
    made = code(f"{atlas.url}{READS['snapshots']}", library, "bearer")
    if library == "curl" and not (shutil.which("curl") and shutil.which("jq")):
        pytest.skip("this machine has no curl or no jq")
    command = ["sh", "-c", made] if library == "curl" else [sys.executable, "-c", f"{made}\n{PRINTED}"]
    done = subprocess.run(command, env={**os.environ, **SIGNED}, capture_output=True, text=True, check=True)
    assert [plain(one) for one in json.loads(done.stdout)] == before(READS["snapshots"])
    assert [one.target.partition("pageNum=")[2] for one in atlas.fake.arrivals if "flex" in one.target][:3] == [*"123"]


PRINTED = "import json; print(json.dumps(results, default=lambda when: when.strftime('%Y-%m-%dT%H:%M:%SZ')))"


@pytest.mark.parametrize("library", ["httpx", "requests", "curl"])
@pytest.mark.parametrize("word", ["automated", "download"])
def test_a_restore_is_started(atlas, before, library, word):
    """Once its placeholders are filled in; the answer is a job as the retired call made one."""
    if library == "curl" and not (shutil.which("curl") and shutil.which("jq")):
        pytest.skip("this machine has no curl or no jq")
    made = code(f"{atlas.url}{READS['restores']}", library, "digest", method="POST", word=word)
    snapshot = before(READS["snapshots"])[0]["id"]
    for name, value in (("snapshotId", snapshot), ("targetClusterName", DEMO_CLUSTER), ("targetGroupId", DEMO_GROUP)):
        made = made.replace(f"{{{name}}}", value)
    printed = PRINTED.replace("results", "result")
    command = ["sh", "-c", made] if library == "curl" else [sys.executable, "-c", f"{made}\n{printed}"]
    done = subprocess.run(command, env={**os.environ, **SIGNED}, capture_output=True, text=True, check=True)
    job = plain(json.loads(done.stdout))
    assert job == next(one for one in before(READS["restores"]) if one["id"] == job["id"])
    assert (job["deliveryType"], job["snapshotId"]) == (word, snapshot)


def test_a_failed_page_is_no_shorter_list(atlas):
    """The shell's command fails with curl, and prints nothing, where a page can't be had."""
    made = code(f"{atlas.url}{READS['snapshots']}", "curl", "bearer")
    environ = {**os.environ, "MONGODB_ATLAS_ACCESS_TOKEN": "wrong"}
    done = subprocess.run(["sh", "-c", made], env=environ, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert done.stdout == ""


def every_code(library, auth, path=lambda template: template):
    """Yield the code of all calls of all operations."""
    for operation in ENGINE.operations:
        found = explain(
            ENGINE, read_call(operation.method, path(operation.full_path), None), read_settings({}), BACKUP_SUNSET
        )
        assert isinstance(found, Explanation)
        for tier in found.tiers:
            yield from filter(None, (code_for(call, library, auth) for call in found.calls(tier)))


@pytest.mark.parametrize("auth", ["digest", "bearer"])
@pytest.mark.parametrize("library", ["httpx", "requests"])
def test_all_python_is_python(library, auth):
    """And imports what it uses, no more."""
    for made in every_code(library, auth):
        nodes = list(ast.walk(ast.parse(made)))
        imported = {one.name for node in nodes if isinstance(node, ast.Import | ast.ImportFrom) for one in node.names}
        names = [node for node in nodes if isinstance(node, ast.Name)]
        used = {node.id for node in names if isinstance(node.ctx, ast.Load)}
        made_here = {node.id for node in names if isinstance(node.ctx, ast.Store)}
        made_here |= {node.name for node in nodes if isinstance(node, ast.FunctionDef)}
        made_here |= {node.arg for node in nodes if isinstance(node, ast.arg)}
        assert imported <= used <= imported | made_here | set(dir(builtins))


@pytest.mark.parametrize("auth", ["digest", "bearer"])
def test_all_shell_is_shell(auth):
    """Of the plain kind."""
    made = "\n".join(every_code("curl", auth))
    subprocess.run(["sh", "-n"], input=made, text=True, check=True)


@pytest.mark.parametrize("auth", ["digest", "bearer"])
def test_all_go_is_go_as_gofmt_writes_it(auth, tmp_path):
    """There is code for each call of flex and dedicated clusters."""
    if shutil.which("gofmt") is None:
        pytest.skip("this machine has no gofmt")
    files = [tmp_path / f"{number}.go" for number, _ in enumerate(every_code("httpx", auth))]
    codes = list(every_code("go", auth))
    assert len(codes) == len(files)
    for file, made in zip(files, codes, strict=True):
        file.write_text(f"{made}\n")
    done = subprocess.run(["gofmt", "-e", "-d", *map(str, files)], capture_output=True, text=True, check=True)
    assert done.stdout == ""


def test_all_go_is_grammatical_and_imports_what_it_uses():
    """As another reader of the language sees it, where there is no compiler; what is not used is an error there."""
    tree_sitter = pytest.importorskip("tree_sitter")
    go = pytest.importorskip("tree_sitter_go")
    parser = tree_sitter.Parser(tree_sitter.Language(go.language()))
    for made in every_code("go", "bearer"):
        assert not parser.parse(made.encode()).root_node.has_error
        head, _, body = made.partition(")\n")
        plain = re.sub(r"//.*", "", body)
        assert {name for name in re.findall(r"/?(\w+)\"", head) if f"{name}." not in plain} == set()


HOSTILE = [
    "$(touch hacked)",
    "';touch hacked;'",
    "{os.system('touch hacked')}",
    "a%20b%22c",
    "%24(touch%20hacked)",
    "ü",
]


@pytest.mark.parametrize("value", HOSTILE)
def test_what_stands_in_the_path_is_never_code(tmp_path, value):
    """Names of a project, a cluster or a host are texts in whatever language."""
    path = f"http://127.0.0.1:9/api/atlas/v2/groups/{value}/serverless/{value}/backup/snapshots"
    found = explain(ENGINE, read_call("GET", path, None), read_settings({}), BACKUP_SUNSET)
    assert isinstance(found, Explanation)
    (call,) = found.calls(found.tiers[0])
    made = {library: code_for(call, library, "bearer") for library in LIBRARIES}
    environ = SIGNED | {"PATH": os.environ["PATH"]}
    subprocess.run(["sh", "-c", made["curl"]], cwd=tmp_path, env=environ, capture_output=True, check=False)
    assert not (tmp_path / "hacked").exists()
    calls = [node.func for node in ast.walk(ast.parse(made["httpx"])) if isinstance(node, ast.Call)]
    assert "system" not in {node.attr for node in calls if isinstance(node, ast.Attribute)}
