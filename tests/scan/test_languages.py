"""Files in other languages than Python: which are read, what is said of those that can't be, and ignore comments."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner

from shim.cli import main
from shim.core.recognise import load_engine
from shim.core.settings import Settings
from shim.tools.scan.scanning import scan

pytest.importorskip("ast_grep_py", reason="the extra scan")

URL = "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b"
GO = f'package x\n\nfunc f() {{ http.Get("{URL}") }}\n'
ENGINE = load_engine({})
AT = datetime(2026, 6, 1, tzinfo=UTC)


def put(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def look(*paths):
    return scan(paths, ENGINE, Settings(), AT)


@pytest.mark.parametrize(
    "name",
    [
        "node_modules/a/b.js", "vendor/a/b.go", "target/a.sh", ".terraform/modules/a.tf", "dist/a.js", "obj/a.cs",
        "a.min.js", "package-lock.json", "types.d.ts",
    ],
)  # fmt: skip
def test_what_others_wrote_is_left_out(tmp_path, name):
    """Vendored and built files are not read, and not counted."""
    put(tmp_path / name, f"curl {URL}\n")
    assert look(tmp_path).files == 0


def test_a_program_made_by_a_program_is_left_out(tmp_path):
    """JavaScript in one long line says nothing about who wrote it."""
    put(tmp_path / "a.js", f"fetch('{URL}');" + "x=1;" * 2000)
    assert not look(tmp_path).findings


def test_pipelines_in_hidden_folders_are_read(tmp_path):
    """Workflows stand in a folder that begins with a dot."""
    put(tmp_path / ".github/workflows/ci.yml", "jobs: {a: {steps: [{run: atlas serverless list}]}}\n")
    put(tmp_path / ".cache/ci.yml", "jobs: {a: {steps: [{run: atlas serverless list}]}}\n")
    assert len(look(tmp_path).findings) == 1


@pytest.mark.parametrize("mark", ["//", "/*"])
def test_an_ignore_comment_speaks_for_its_line(tmp_path, mark):
    """In the line, or on a line of its own before it."""
    comment = f"{mark} atlas-shim: ignore[getServerlessInstance]"
    put(tmp_path / "a.js", f"fetch('{URL}') {comment}\n")
    put(tmp_path / "b.js", f"{comment} */\nfetch('{URL}')\n" if mark == "/*" else f"{comment}\nfetch('{URL}')\n")
    report = look(tmp_path)
    assert (len(report.findings), report.ignored) == (0, 2)


def test_an_ignore_comment_for_another_operation_is_noted(tmp_path):
    """It speaks for nothing."""
    put(tmp_path / "a.sh", f"# atlas-shim: ignore[listServerlessInstances]\ncurl {URL}\n")
    report = look(tmp_path)
    assert len(report.findings) == len(report.notes) == 1


def test_a_broken_part_does_not_hide_the_rest(tmp_path):
    """What can't be parsed is read line by line, the rest by its grammar."""
    put(tmp_path / "a.go", GO + "func {{{ (\n")
    put(tmp_path / "b.go", GO)
    report = look(tmp_path)
    assert [Path(one.place.file).name for one in report.findings] == ["a.go", "b.go"]
    assert not report.errors


@pytest.mark.parametrize("name", ["notes.md", "CHANGELOG", "page.html"])
def test_documentation_is_noted(tmp_path, name):
    """It makes no call, and what it names is not kept silent."""
    report = look(put(tmp_path / name, f"curl {URL}\n"))
    assert not report.findings
    assert "documentation" in report.notes[0].message


def test_what_is_binary_is_named(tmp_path):
    """A picture is not read, and not silent."""
    report = look(put(tmp_path / "a.bin", f"\x00{URL}"))
    assert [(Path(one.file).name, one.message) for one in report.unread] == [("a.bin", "binary")]


def test_a_script_is_known_by_its_first_line(tmp_path):
    """A file without an ending may say what runs it."""
    put(tmp_path / "a", f"#!/usr/bin/env bash\ncurl {URL}\n")
    put(tmp_path / "b", f"#!/usr/bin/python3\nimport requests\nrequests.get('{URL}')\n")
    put(tmp_path / "c", f"at {URL}\n")
    assert [one.kind for one in look(tmp_path).findings] == ["call", "call", "text"]


def test_without_the_grammars_lines_are_found_and_the_extra_is_named(tmp_path, monkeypatch):
    """Each is of kind ``text``, and one sentence says what to install."""
    monkeypatch.setattr("shim.tools.scan.scanning.has_grammars", lambda: False)
    put(tmp_path / "a.go", GO)
    put(tmp_path / "b.go", "package x\n")
    put(tmp_path / "c.py", f"import requests\nrequests.get('{URL}')\n")
    report = look(tmp_path)
    assert [one.kind for one in report.findings] == ["text", "text"]
    assert ["atlas-shim[scan]" in note.message for note in report.notes] == [True]


def test_columns_count_characters_in_every_language(tmp_path):
    """Letters beyond ASCII are one column each, and the source is what stands there."""
    put(tmp_path / "a.js", f'x = "\xe4\U0001f600"; fetch("{URL}")\n')
    (finding,) = look(tmp_path).findings
    assert (finding.place.line, finding.place.column, finding.source) == (1, 11, f'fetch("{URL}")')


HOSTILE = {
    "brackets.go": "package x\nvar a = " + "(" * 50_000 + '"serverless"' + ")" * 50_000,
    "commands.sh": "$(" * 5_000 + "curl serverless" + ")" * 5_000,
    "sum.java": "class A { String a = " + "+".join(['"serverless"'] * 5_000) + "; }",
    "calls.go": 'package x\nfunc f0(a string) string { return "serverless" }\n'
    + "".join(f'func f{n}(a string) string {{ return f{n - 1}(a) + f{n - 1}(a + "x") }}\n' for n in range(1, 100)),
    "broken.cs": 'class { ( "serverless" < ' * 2_000,
    "long.sh": "curl serverless " + "a" * 3_000_000,
    "deep.json": '{"serverless":' * 10_000 + "1" + "}" * 10_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_programs_come_to_an_end(tmp_path, name):
    """Deep nesting, long lines and functions in circles stop nothing: the file beside is read."""
    put(tmp_path / name, HOSTILE[name])
    put(tmp_path / "z.sh", f"curl {URL}\n")
    assert [Path(one.place.file).name for one in look(tmp_path).findings] == ["z.sh"]


def test_a_file_that_is_too_large_is_an_error(tmp_path):
    """It may have a call, so it is said."""
    put(tmp_path / "a.go", '"serverless" ' + "x" * (17 << 20))
    assert [one.message for one in look(tmp_path).errors] == ["larger than 16 MiB"]


def test_sarif_and_annotations_have_other_languages(tmp_path, monkeypatch):
    """Findings look the same whatever they are written in."""
    monkeypatch.chdir(tmp_path)
    put(tmp_path / "a b.go", GO)
    put(tmp_path / "main.tf", 'data "mongodbatlas_shared_tier_snapshots" "s" {}\n')
    log = json.loads(CliRunner().invoke(main, ["scan", "-o", "sarif", "--at", "2026-06-01", "."]).stdout)
    assert [one["ruleId"] for one in log["runs"][0]["results"]] == ["getServerlessInstance", "listSharedClusterBackups"]
    where = log["runs"][0]["results"][0]["locations"][0]["physicalLocation"]["artifactLocation"]
    assert where == {"uri": "a%20b.go"}
    lines = CliRunner().invoke(main, ["scan", "-o", "github", "--at", "2026-06-01", "."]).stdout.splitlines()
    assert [line.partition(",")[0] for line in lines] == ["::warning file=a b.go", "::error file=main.tf"]
