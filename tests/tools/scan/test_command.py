"""``atlas-shim scan``: exit codes and formats."""

import json
import os
from contextlib import suppress
from itertools import pairwise

import pytest
from click.testing import CliRunner

from shim.cli import main
from shim.cli import scan as scan_command

URL = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b"
GONE = f'requests.get("{URL}/backup/snapshots")\n'
DEPRECATED = f'requests.get("{URL}")\n'
NO_SUCCESSOR = 'requests.delete("https://cloud.mongodb.com/api/atlas/v2/groups/a/privateEndpoint/serverless/instance/b/endpoint/c")\n'


MEMBERS = """
file line column endLine endColumn kind operation alternatives method found path document deprecated sunset state
successors advice source
"""


@pytest.fixture
def tree(tmp_path, monkeypatch):
    """A folder for programs, which is scanned as ``.``."""
    monkeypatch.chdir(tmp_path)

    def put(**programs):
        for name, text in programs.items():
            (tmp_path / f"{name}.py").write_text(text)
        return tmp_path

    return put


def large(path):
    """Create a sparse file that is too large to be read."""
    path.write_text("x" * 9000)
    os.truncate(path, 17 << 20)


def run(*args):
    return CliRunner().invoke(main, ["scan", "--at", "2026-06-01", *args])


@pytest.mark.parametrize(("programs", "code"), [
    ({"a": "x = 1\n"}, 0), ({"a": DEPRECATED}, 4), ({"a": DEPRECATED + GONE}, 5),
    ({"a": GONE, "b": NO_SUCCESSOR + DEPRECATED}, 6), ({"a": GONE.strip() + "  # atlas-shim: ignore\n"}, 0),
])  # fmt: skip
def test_the_exit_code_is_that_of_the_worst_finding(tree, programs, code):
    """Each state has an exit code of its own."""
    tree(**programs)
    assert run(".").exit_code == code


@pytest.mark.parametrize(("program", "code"), [("x = 1\n", 1), (DEPRECATED, 4)])
def test_an_unreadable_file_without_findings_is_1(tree, program, code):
    """Findings in other files have priority."""
    folder = tree(a=program)
    large(folder / "b.sh")
    done = run(".")
    assert done.exit_code == code
    assert "b.sh: error: could not be read: larger than 16 MiB" in done.stderr


@pytest.mark.parametrize(
    "args", [(), ("missing",), (".", "--at", "soon"), (".", "-o", "xml")]
)
def test_bad_usage_is_2(tree, args):
    """Usage errors exit with 2, as for every command."""
    tree()
    assert run(*args).exit_code == 2


def test_a_line_has_place_operation_sunset_and_successor(tree):
    """The source is printed below; the last line has the totals."""
    tree(a="\n" + GONE, b=NO_SUCCESSOR)
    done = run(".")
    line, below = next(
        pair
        for pair in pairwise(done.output.splitlines())
        if pair[0].startswith("a.py:2:1 ")
    )
    assert line == (
        f"a.py:2:1 listServerlessBackupSnapshots: GET {URL}/backup/snapshots ended on 2026-01-22. "
        "Call GET /api/atlas/v2/groups/{groupId}/flexClusters/{clusterName}/backup/snapshots (version 2024-11-13) "
        "instead."
    )
    assert below == f"    {GONE.strip()}"
    assert "2 files on 2026-06-01: 0 deprecated, 1 gone, 1 no successor" in done.output


@pytest.mark.parametrize("form", ["text", "json", "sarif"])
def test_no_output_controls_the_terminal(tree, form):
    """Neither a name nor a line of a scanned tree puts ESC or a C1 control into it."""
    folder = tree(**{"a\x1b[2J\x9b\udcff": GONE.strip() + "  # \x1b[31m\x9b\n"})
    large(folder / "b\x1b.sh")
    done = run(".", "-o", form)
    assert done.exit_code == 5
    assert not {"\x1b", "\x9b"} & set(done.output)


def test_json_keeps_its_schema(tree):
    """Every member is there, for calls, constants, client methods, errors and comments."""
    folder = tree(
        a=GONE + NO_SUCCESSOR,
        b='JOBS = "/groups/{g}/serverless/{c}/backup/restoreJobs"\nclient.list_serverless_backups(1, 2)\n',
        d="x = 1  # atlas-shim: ignore\n",
    )
    large(folder / "c.sh")
    (folder / "e.png").write_bytes(b"\x00")
    data = json.loads(run(".", "-o", "json").stdout)
    assert {*data} == {
        "format",
        "at",
        "findings",
        "errors",
        "unread",
        "notes",
        "counts",
        "plans",
    }
    assert "createServerlessRestoreJob" in data["plans"]  # an alternative has its own
    assert {name for one in data["findings"] for name in one} == set(MEMBERS.split())
    assert [one["kind"] for one in data["findings"]] == ["call", "call", "path", "sdk"]
    jobs = data["findings"][2]
    assert jobs["method"] is None  # fmt: skip
    assert jobs["operation"] == "listServerlessRestoreJobs"
    assert jobs["alternatives"] == ["createServerlessRestoreJob"]
    assert data["findings"][0]["successors"][0] == {
        "tier": "flex",
        "method": "GET",
        "path": "/api/atlas/v2/groups/{groupId}/flexClusters/{clusterName}/backup/snapshots",
        "version": "2024-11-13",
    }
    assert len(data["errors"]) == 1
    assert len(data["notes"]) == 1
    assert len(data["unread"]) == 1


def test_sarif_is_accepted_by_code_hosts(tree):
    """It has rules and places, errors for retired and warnings for deprecated calls, for any language."""
    folder = tree(a=GONE + DEPRECATED)
    large(folder / "b.sh")
    (folder / "c d.go").write_text(f'package x\n\nfunc f() {{ http.Get("{URL}") }}\n')
    log = json.loads(run(".", "-o", "sarif").stdout)
    (one,) = log["runs"]
    assert log["version"] == "2.1.0"
    assert [result["ruleId"] for result in one["results"]] == [
        "listServerlessBackupSnapshots",
        *["getServerlessInstance"] * 2,
    ]
    assert {rule["id"] for rule in one["tool"]["driver"]["rules"]} == {
        result["ruleId"] for result in one["results"]
    }
    places = [result["locations"][0]["physicalLocation"] for result in one["results"]]
    assert [place["region"]["startLine"] for place in places] == [1, 2, 3]
    assert places[2]["artifactLocation"] == {"uri": "c%20d.go"}
    assert one["invocations"][0]["executionSuccessful"] is False
    assert [result["level"] for result in one["results"]] == [
        "error",
        "warning",
        "warning",
    ]


def test_operators_documents_are_searched_too(tree, monkeypatch):
    """So their paths and names are found."""
    folder = tree(
        a='client.get(f"https://a.example/api/own/boxes/{b}/oldWidgets")\nclient.all_old_widgets(1)\n'
    )
    (folder / "docs").mkdir()
    (folder / "docs" / "widgets.toml").write_text(
        'format = 1\nname = "own"\ntitle = "Own"\n[api.v9]\nbase = "/api/own"\n'
        '[operation.listOldWidgets]\nmethod = "GET"\npath = "/boxes/{name}/oldWidgets"\nversions = ">=2023.1.1"\n'
        "deprecated = 2019-01-01\nsunset = 2020-01-01\n"
        'gone.detail = "Use gadgets."\ngone.see = "https://example.org"\n'
        '[callers]\n"sdk allOldWidgets" = "listOldWidgets"\n'
    )
    monkeypatch.setenv("ATLAS_SHIM_MAPPINGS", str(folder / "docs"))
    findings = json.loads(run(".", "-o", "json").stdout)["findings"]
    assert [(one["line"], one["operation"]) for one in findings] == [
        (1, "listOldWidgets"),
        (2, "listOldWidgets"),
    ]


def test_a_long_scan_shows_its_progress_at_a_terminal(monkeypatch):
    """It yields each file once."""
    terminal, end = os.openpty()
    with os.fdopen(end, "w", encoding="utf-8") as stderr:
        monkeypatch.setattr("sys.stderr", stderr)
        monkeypatch.setattr(scan_command, "_SILENT", 0)
        assert [*scan_command._shown(["a", "b"])] == ["a", "b"]
    shown = b""
    # Only the program's end stops it.
    with (
        os.fdopen(terminal, "rb", buffering=0) as screen,
        suppress(OSError),
    ):
        while True:
            shown += screen.read(4096)
    assert b"100%" in shown


def test_colors_show_the_urgency_of_a_finding(tree):
    """On a terminal red is over and yellow is in the future; a line without a color has no escape."""
    tree(a=GONE + DEPRECATED)
    lines = (
        CliRunner()
        .invoke(main, ["scan", "--at", "2026-06-01", "."], color=True)
        .stdout.splitlines()
    )
    assert [line[:5] for line in lines if "a.py:" in line] == ["\x1b[31m", "\x1b[33m"]
    assert [line for line in lines if "a.py:" not in line and "\x1b" in line] == []
