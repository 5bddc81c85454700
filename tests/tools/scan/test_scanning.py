"""Which files are read and how, which comments are skipped, and that any file can be scanned."""

import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shim.core.settings import Settings
from shim.extras import hint
from shim.tools.scan.findings import FindingState
from shim.tools.scan.scanning import Scan, scan
from tests.tools.scan.looking import AT, ENGINE, URL, look, names, put

CALL = f'requests.get("{URL}/backup/snapshots")\n'
INSTANCE = f'requests.get("{URL}")\n'
DELETE = 'requests.delete("https://cloud.mongodb.com/api/atlas/v2/groups/a/privateEndpoint/serverless/instance/b/endpoint/c")\n'
GO = f'package x\n\nfunc f() {{ http.Get("{URL}") }}\n'


def lines(report: Scan) -> list[int]:
    return [finding.place.line for finding in report.findings]


@pytest.mark.parametrize(("program", "at", "state"), [
    (CALL, "2026-01-21", FindingState.DEPRECATED), (CALL, "2026-01-22", FindingState.GONE),
    (INSTANCE, "2026-06-01", FindingState.DEPRECATED), (INSTANCE, "2027-01-18", FindingState.GONE),
    (DELETE, "2025-01-01", FindingState.NO_SUCCESSOR),
])  # fmt: skip
def test_the_day_decides_between_deprecated_and_gone(tmp_path, program, at, state):
    """On the sunset's own day it is gone; without a successor the date does not matter."""
    day = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert [
        one.state for one in look(put(tmp_path / "a.py", program), at=day).findings
    ] == [state]


def test_an_operator_s_date_counts(tmp_path):
    """A sunset in the settings changes the state."""
    moved = Settings(sunsets={"snapshots": datetime(2030, 1, 1, tzinfo=UTC)})
    report = look(put(tmp_path / "a.py", CALL), settings=moved)
    assert report.findings[0].state is FindingState.DEPRECATED


@pytest.mark.parametrize(
    "name",
    [
        ".venv/a.py", ".git/a.py", "__pycache__/a.py", "lib/site-packages/a.py", "build/a.py", "mine/env/a.py",
        "strange/a.py", "node_modules/a/b.js", "vendor/a/b.go", "target/a.sh", ".terraform/modules/a.tf", "dist/a.js",
        "obj/a.cs", "a.min.js", "package-lock.json", "types.d.ts",
    ],
)  # fmt: skip
def test_files_of_others_are_skipped(tmp_path, name):
    """They are virtual environments, caches, vendored, built, excluded and hidden files, but not workflows."""
    put(tmp_path / "strange/pyvenv.cfg", "")
    # One long line: a program wrote it.
    put(tmp_path / "made.js", f"fetch('{URL}');" + "x=1;" * 2000)
    put(tmp_path / name, f"curl {URL}\n")
    put(tmp_path / "src/a.py", CALL)
    put(
        tmp_path / ".github/workflows/ci.yml",
        "jobs: {a: {steps: [{run: atlas serverless list}]}}\n",
    )
    put(tmp_path / "tests/a.py", CALL)
    put(tmp_path / "src/made/a.py", CALL)
    # A file or folder that is given explicitly is read, whatever its name.
    assert len(look(tmp_path / name).findings) == 1
    found = look(tmp_path, exclude=("tests", "src/made")).findings
    assert sorted(
        Path(one.place.file).relative_to(tmp_path).as_posix() for one in found
    ) == [
        ".github/workflows/ci.yml",
        "src/a.py",
    ]


@pytest.mark.parametrize("content", [
    b"def broken(:\n", b"print 'python 2'\n", b"# -*- coding: undefined -*-\n# serverless\n",
    b"x = 'serverless \xff'\n", b"(" * 5000 + b"'serverless'" + b")" * 5000, b"-" * 100000 + b"'serverless'",
])  # fmt: skip
def test_a_malformed_file_stops_nothing(tmp_path, content):
    """Its valid part and all other files are read."""
    put(tmp_path / "a.py", content + b"\n" + CALL.encode())
    put(tmp_path / "b.py", CALL)
    report = look(tmp_path)
    assert not report.errors
    assert set(names(report)) >= {"b.py"}


@pytest.mark.parametrize(
    ("part", "crashed", "findings"),
    [
        ("parsed", "a.py", [("a.py", "text"), ("b.sh", "command")]),
        ("TextReader", "b.sh", [("a.py", "call")]),
    ],
)
def test_a_crash_concerns_its_file_alone(
    tmp_path, monkeypatch, part, crashed, findings
):
    """An error in one file, while its grammar or its lines are read, keeps the findings of other files."""
    put(tmp_path / "a.py", CALL)
    put(tmp_path / "b.sh", "atlas serverless list\n")

    def crash(*args):
        raise RuntimeError("boom")

    monkeypatch.setattr(f"shim.tools.scan.scanning.{part}", crash)
    report = look(tmp_path)
    assert [(Path(one.file).name, one.message) for one in report.errors] == [
        (crashed, "could not be read: RuntimeError: boom")
    ]
    assert [
        (Path(one.place.file).name, one.kind) for one in report.findings
    ] == findings


def test_unread_files_are_listed(tmp_path):
    """A scan waits for no pipe, follows no link, and reads a file once under any name; a large one is an error."""
    outside = put(tmp_path / "outside/a.py", CALL)
    tree = tmp_path / "tree"
    put(tree / "a/b/c.py", CALL)
    (tree / "a/b/up").symlink_to(tree / "a", target_is_directory=True)
    (tree / "a/d.py").symlink_to(tree / "a/b/c.py")
    os.link(tree / "a/b/c.py", tree / "e.py")
    for name, target in {
        "link.py": outside,
        "folder": outside.parent,
        "nowhere.py": tmp_path / "missing.py",
    }.items():
        (tree / name).symlink_to(target)
    os.mkfifo(tree / "pipe.py")
    put(tree / "b.bin", f"\x00{URL}")
    put(tree / "large.go", '"serverless" ' + "x" * (17 << 20))
    report = look(tree)
    assert names(report) == ["c.py"]
    assert {Path(one.file).name: one.message for one in report.unread} == {
        "b.bin": "binary",
        "pipe.py": "not a regular file",
        **dict.fromkeys(
            ("link.py", "folder", "nowhere.py"),
            "a link to a place outside the named paths",
        ),
    }
    assert [one.message for one in report.errors] == [
        "could not be read: larger than 16 MiB"
    ]


def test_folders_deeper_than_the_path_limit_are_an_error(tmp_path, monkeypatch):
    """The rest is read."""
    put(tmp_path / "b.py", CALL)
    monkeypatch.chdir(tmp_path)
    for _ in range(40):
        Path("d" * 120).mkdir()
        os.chdir("d" * 120)
    report = look(tmp_path)
    assert len(report.findings) == 1
    assert [one.message for one in report.errors] == [
        "could not be read: File name too long"
    ]


@pytest.mark.parametrize("content", [
    ("# -*- coding: latin-1 -*-\nname = 'M\xfcller'\n" + CALL).encode("latin-1"),
    b"\xef\xbb\xbf\n\n" + CALL.encode(), ("\r\n\r\n" + CALL).encode(), ("\r\r" + CALL).encode(),
    ("'''\x0c'''\n\n" + CALL).encode(),
])  # fmt: skip
def test_encodings_and_line_ends_are_python_s(tmp_path, content):
    """With byte order marks, other letters than ASCII and all line ends, lines have Python's numbers."""
    assert lines(look(put(tmp_path / "a.py", content))) == [3]


@pytest.mark.parametrize(("name", "sign"), [("a.rb", "||="), ("a.js", "??=")])
def test_an_operator_without_a_previous_value_assigns(tmp_path, name, sign):
    """Such an assignment appends to nothing."""
    assert [
        one.text
        for one in look(
            put(tmp_path / name, f"url {sign} '{URL}'\nget(url)\n")
        ).findings
    ] == [URL]


@pytest.mark.parametrize(
    ("name", "call"), [("a.py", CALL), ("a.js", f'fetch("{URL}")\n')]
)
def test_columns_count_characters(tmp_path, name, call):
    """Letters beyond ASCII are one column each."""
    (finding,) = look(put(tmp_path / name, f'x = "\xe4\U0001f600"; {call}')).findings
    assert finding.place.line == 1
    assert finding.place.column == 11
    assert finding.place.end_column == 11 + len(call.strip())


def test_recursive_functions_end(tmp_path):
    """Recursion, also between many functions, is followed to a limited depth."""
    program = "".join(
        f"def f{number}(p):\n    return f{(number + 1) % 40}(p + '/x') or f{(number + 7) % 40}(p)\n"
        for number in range(40)
    )
    report = look(
        put(tmp_path / "a.py", f"{program}f0('serverless')\nf3(f4(f5('')))\n{CALL}")
    )
    assert lines(report) == [83]


def test_a_file_with_many_paths_has_them_all(tmp_path):
    """The number of followed texts is limited for each call, not for each file."""
    numbers = range(10, 70)
    pieces = ' + ""' * 12
    paths = "".join(
        f'P{n} = BASE + "/groups/a/serverless/b"{pieces} + "/backup/snapshots"\n'
        for n in numbers
    )
    calls = "".join(f"requests.get(P{number})\n" for number in numbers)
    put(
        tmp_path / "a.py",
        f'BASE = "https://cloud.mongodb.com/api/atlas/v2"\n{paths}{calls}',
    )
    assert [one.kind for one in look(tmp_path).findings] == ["call"] * 60


def test_a_notebook_is_read_line_by_line(tmp_path):
    """It is JSON whose texts are the lines of its cells."""
    code = [
        "%load_ext x\n",
        "import requests\n",
        f"r = {CALL}",
        "!atlas serverless list",
    ]
    cells = [{"cell_type": "code", "source": code}]
    report = look(
        put(tmp_path / "a.ipynb", json.dumps({"nbformat": 4, "cells": cells}, indent=1))
    )
    assert [(one.kind, one.place.line) for one in report.findings] == [
        ("text", 9),
        ("command", 10),
    ]


JS = f"fetch('{URL}')"


@pytest.mark.parametrize(
    "program",
    [
        *(f"{JS} {mark} atlas-shim: ignore\n" for mark in ("//", "/*")),
        f"// atlas-shim: ignore\n{JS}\n",
        f"/* atlas-shim: ignore */\n{JS}\n",
        CALL.strip() + "  # atlas-shim: ignore\n",
        CALL.strip() + "  # noqa # atlas-shim:ignore\n",
        "requests.get(\n    '/api/atlas/v2/groups/a/serverless/b'\n)  # atlas-shim: ignore\n",
        "# atlas-shim: ignore\n" + CALL,
        "if True:\n    " + CALL.strip() + "  # atlas-shim: ignore\n",
        "with requests.get(  # atlas-shim: ignore\n   '/api/atlas/v2/groups/a/serverless/b'\n) as r:\n    pass\n",
    ],
)
def test_a_comment_excludes_a_call(tmp_path, program):
    """It is on one of the call's lines, or alone on the line before."""
    report = look(put(tmp_path / ("a.js" if JS in program else "a.py"), program))
    assert report.findings == []
    assert report.notes == {}
    assert report.ignored >= 1


@pytest.mark.parametrize("program", [
    CALL.strip() + "  # atlas-shim: ignore[x]\n", "# atlas-shim: ignore-file\n" + CALL,
    "x = '# atlas-shim: ignore'; " + CALL,
    "if x:  # atlas-shim: ignore\n    " + CALL, CALL.strip() + "  # atlas-shim: ignored\n",
])  # fmt: skip
def test_other_comments_exclude_nothing(tmp_path, program):
    """Examples are another comment, another line, and a text that looks like the comment."""
    assert len(look(put(tmp_path / "a.py", program)).findings) == 1


def test_a_needless_comment_is_noted(tmp_path):
    """The note lists comments that can be removed."""
    report = look(put(tmp_path / "a.py", "x = 1  # atlas-shim: ignore\n"))
    assert [(note.line, note.message) for note in report.notes] == [
        (1, "this ignore comment has no effect")
    ]


def test_a_malformed_part_does_not_hide_the_rest(tmp_path):
    """It is read line by line, the rest by its grammar."""
    put(tmp_path / "a.go", GO + "func {{{ (\n")
    put(tmp_path / "b.go", GO)
    report = look(tmp_path)
    assert names(report) == ["a.go", "b.go"]
    assert not report.errors


@pytest.mark.parametrize("name", ["notes.md", "CHANGELOG", "page.html"])
def test_documentation_is_noted(tmp_path, name):
    """It makes no call; a note has the ones it describes."""
    report = look(put(tmp_path / name, f"curl {URL}\n"))
    assert report.findings == []
    assert "documentation" in next(iter(report.notes)).message


def test_a_script_is_recognized_by_its_first_line(tmp_path):
    """A file without an extension is read in the language of its first line."""
    put(tmp_path / "a", f"#!/usr/bin/env bash\ncurl {URL}\n")
    put(tmp_path / "b", f"#!/usr/bin/python3\nimport requests\nrequests.get('{URL}')\n")
    put(tmp_path / "c", f"at {URL}\n")
    put(
        tmp_path / "d.ps1",
        f'Invoke-RestMethod -Method Post -Uri "{URL}/backup/restoreJobs" -Body $body',
    )
    findings = look(tmp_path).findings
    assert [one.kind for one in findings] == ["call", "call", "text", "call"]
    # A write that is reported as a read would seem harmless.
    assert findings[3].method == "POST"


def test_without_the_grammars_lines_are_read(tmp_path, monkeypatch):
    """Each finding is of kind ``text``, and one sentence shows which extra to install."""
    monkeypatch.setitem(sys.modules, "ast_grep_py", None)
    put(tmp_path / "a.go", GO)
    put(tmp_path / "b.go", "package x\n")
    put(tmp_path / "c.py", f"import requests\nrequests.get('{URL}')\n")
    report = look(tmp_path)
    assert [one.kind for one in report.findings] == ["text", "text"]
    assert [hint("ast_grep_py") in note.message for note in report.notes] == [True]


HOSTILE = {
    "brackets.go": "package x\nvar a = " + "(" * 50_000 + '"serverless"' + ")" * 50_000,
    "commands.sh": "$(" * 5_000 + "curl serverless" + ")" * 5_000,
    "sum.java": "class A { String a = " + "+".join(['"serverless"'] * 5_000) + "; }",
    "calls.go": 'package x\nfunc f0(a string) string { return "serverless" }\n'
    + "".join(
        f'func f{n}(a string) string {{ return f{n - 1}(a) + f{n - 1}(a + "x") }}\n'
        for n in range(1, 100)
    ),
    "line.py": "a = [" + '"serverless", ' * 50_000 + "]",
    "calls.py": 'requests.get("/groups/a")  # serverless\n' * 20_000,
    "broken.cs": 'class { ( "serverless" < ' * 2_000,
    "long.sh": "curl serverless " + "a" * 3_000_000,
    "deep.json": '{"serverless":' * 10_000 + "1" + "}" * 10_000,
}


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_programs_end(tmp_path, name):
    """Deep nesting, long lines and circular functions stop nothing: the next file is read."""
    put(tmp_path / name, HOSTILE[name])
    put(tmp_path / "z.sh", f"curl {URL}\n")
    assert names(look(tmp_path)) == ["z.sh"]


PATH_OF_A_DESCRIPTION = (
    "/api/atlas/v2/groups/{groupId}/serverless/{clusterName}/backup/snapshots"
)


@pytest.mark.parametrize(
    ("name", "text", "is_read"),
    [
        (
            "v2.yaml",
            f"openapi: 3.0.1\npaths:\n  {PATH_OF_A_DESCRIPTION}:\n    get: {{}}\n",
            False,
        ),
        (
            "v2.json",
            f'{{"openapi": "3.0.1", "paths": {{"{PATH_OF_A_DESCRIPTION}": {{}}}}}}',
            False,
        ),
        (
            "old.json",
            f'{{\n  "swagger": "2.0",\n  "paths": {{"{PATH_OF_A_DESCRIPTION}": {{}}}}\n}}',
            False,
        ),
        ("calls.yaml", f"calls:\n  - GET {PATH_OF_A_DESCRIPTION}\n", True),
        (
            "calls.sh",
            f"echo openapi: 3.0.1\ncurl https://cloud.mongodb.com{PATH_OF_A_DESCRIPTION}\n",
            True,
        ),
    ],
)
def test_an_api_specification_makes_no_calls(tmp_path, name, text, is_read):
    """It is listed as not read, with the reason."""
    (tmp_path / name).write_text(text)
    report = scan([tmp_path], ENGINE, Settings(), AT)
    assert bool(report.findings) == is_read
    assert [one.message for one in report.unread if "OpenAPI" in one.message] == [
        "a description of an API (OpenAPI): it makes no calls"
    ] * (not is_read)


NEAR = 'import requests\nATLAS_BASE = os.environ["ATLAS_BASE_URL"]\ndef send(g, u, app):\n    requests.{}\n'


@pytest.mark.parametrize(
    ("call", "found"),
    [
        ('post(f"{ATLAS_BASE}/groups/{g}/users", json={})', []),
        ('post(f"{ATLAS_BASE}/groups/{g}/apps/{app}/users", json={})', []),
        ('put(f"{ATLAS_BASE}/groups/{g}/apps/{app}/users/{u}/roles", json={})', []),
        (
            'put(f"{ATLAS_BASE}/orgs/{g}/users/{u}/roles", json={})',
            ["updateOrgUserRoles"],
        ),
        ('post(f"{ATLAS_BASE}/orgs/{g}/teams/{u}/users", json={})', ["addTeamUsers"]),
        (
            'post(ATLAS_BASE + "orgs/" + g + "/teams/" + u + "/users", json={})',
            ["addTeamUsers"],
        ),
        ('post(f"/teams/{u}/users", json={})', ["addTeamUsers"]),
        (
            'get(ATLAS_BASE + "api/atlas/v2/groups/" + g + "/serverless/" + u + "/backup/snapshots")',
            ["listServerlessBackupSnapshots"],
        ),
        ('get(ATLAS_BASE + "my-api/atlas/v3/groups/" + g + "/apps")', []),
    ],
)
def test_the_end_of_a_path_contradicts_no_fixed_segment(tmp_path, call, found):
    """The text after an unknown base, with or without a slash, is the whole path, not the end of another one."""
    (tmp_path / "a.py").write_text(NEAR.format(call))
    assert [
        one.operation.id for one in scan([tmp_path], ENGINE, Settings(), AT).findings
    ] == found


RETIRED = (
    "https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b/backup/snapshots"
)


@pytest.mark.parametrize(
    ("name", "text", "number"),
    [
        ("late.py", f"def ask():\n    requests.get(BASE)\nBASE = '{RETIRED}'\n", 1),
        (
            "hidden.py",
            f"url = '{RETIRED}'\nurl = 'https://other.example/x'\nrequests.get(url)\n",
            0,
        ),
        (
            "branch.py",
            f"url = '{RETIRED}'\nif a:\n    url = 'https://other.example/x'\nrequests.get(url)\n",
            1,
        ),
        ("itself.py", f"url = url + '/x'\nrequests.get('{RETIRED}' + url)\n", 0),
        ("routes.rb", f"get '{RETIRED}', to: 'snapshots#index'\n", 0),
        ("client.rb", f"get '{RETIRED}'\n", 1),
    ],
)
def test_each_rule_of_folding_holds(tmp_path, name, text, number):
    """Later assignments replace others except in a branch; code that runs later is known; a route is not a call."""
    (tmp_path / name).write_text(text)
    assert (
        len(
            [
                one
                for one in scan([tmp_path], ENGINE, Settings(), AT).findings
                if one.kind == "call"
            ]
        )
        == number
    )
