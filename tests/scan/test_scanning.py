"""Which files are read and how, what comments and baselines leave out, and that nothing stops a scan."""

import ast
import json
import os
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shim.core.recognise import load_engine
from shim.core.settings import Settings
from shim.scan import FindingState, ScanReport, scan
from shim.scan.files import SourceFile
from shim.scan.python.modules import SourceModule
from shim.scan.scanning import read_modules
from shim.scan.sightings import Sightings

ENGINE = load_engine({})
CALL = 'requests.get("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b/backup/snapshots")\n'
INSTANCE = 'requests.get("https://cloud.mongodb.com/api/atlas/v2/groups/a/serverless/b")\n'
DELETE = 'requests.delete("https://cloud.mongodb.com/api/atlas/v2/groups/a/privateEndpoint/serverless/instance/b/endpoint/c")\n'


def look(*paths: Path, at: str = "2026-06-01", exclude: tuple[str, ...] = ()) -> ScanReport:
    return scan(paths, ENGINE, Settings(), datetime.fromisoformat(at).replace(tzinfo=UTC), exclude)


def lines(report: ScanReport) -> list[int]:
    return [finding.place.line for finding in report.findings]


def put(path: Path, content: str | bytes) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


@pytest.mark.parametrize(
    ("program", "at", "state"),
    [
        (CALL, "2026-01-21", FindingState.DEPRECATED),
        (CALL, "2026-01-22", FindingState.GONE),
        (INSTANCE, "2026-06-01", FindingState.DEPRECATED),
        (INSTANCE, "2027-01-18", FindingState.GONE),
        (DELETE, "2025-01-01", FindingState.NO_SUCCESSOR),
    ],
)
def test_the_day_tells_deprecated_from_gone(tmp_path, program, at, state):
    """On the sunset's own day it is gone; without a successor the date does not matter."""
    assert [one.state for one in look(put(tmp_path / "a.py", program), at=at).findings] == [state]


def test_the_operators_date_counts(tmp_path):
    """A sunset that the operator set moves the state."""
    moved = Settings(sunsets={"snapshots": datetime(2030, 1, 1, tzinfo=UTC)})
    report = scan([put(tmp_path / "a.py", CALL)], ENGINE, moved, datetime(2026, 6, 1, tzinfo=UTC))
    assert report.findings[0].state is FindingState.DEPRECATED


def test_folders_of_others_are_left_out(tmp_path):
    """Virtual environments, hidden folders, caches and builds are not the program."""
    for folder in (".venv", ".git", "node_modules", "__pycache__", "lib/site-packages", "build", "mine/env"):
        put(tmp_path / folder / "a.py", CALL)
    put(tmp_path / "strange/pyvenv.cfg", "")
    put(tmp_path / "strange/a.py", CALL)
    put(tmp_path / "src/a.py", CALL)
    report = look(tmp_path)
    assert [Path(one.place.file).relative_to(tmp_path).as_posix() for one in report.findings] == ["src/a.py"]
    assert report.files == 1


def test_a_folder_that_is_named_is_scanned(tmp_path):
    """Naming a virtual environment is asking for it, and a file counts whatever it is called."""
    put(tmp_path / ".venv/lib/a.py", CALL)
    script = put(tmp_path / "script", "#!/usr/bin/env python\n" + CALL)
    assert len(look(tmp_path / ".venv", script, script).findings) == 2


def test_what_is_excluded_is_not_read(tmp_path):
    """Patterns are of names or of the end of a path."""
    for name in ("tests/a.py", "src/a.py", "src/made/a.py"):
        put(tmp_path / name, CALL)
    found = look(tmp_path, exclude=("tests", "src/made")).findings
    assert [Path(one.place.file).parent.name for one in found] == ["src"]


def test_links_that_go_round_end(tmp_path):
    """A link to a folder above is followed once, and a file is one file by any name."""
    put(tmp_path / "a/b/c.py", CALL)
    (tmp_path / "a/b/up").symlink_to(tmp_path / "a", target_is_directory=True)
    (tmp_path / "a/d.py").symlink_to(tmp_path / "a/b/c.py")
    (tmp_path / "a/nowhere.py").symlink_to(tmp_path / "missing.py")
    assert len(look(tmp_path).findings) == 1


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"def broken(:\n", "syntax error"),
        (b"print 'python 2'\n", "syntax error"),
        (b"# -*- coding: nonsense -*-\n", "can't be decoded"),
        (b"x = '\xff'\n", "can't be decoded"),
        (b"x = 1\x00\n", "parsed"),
        (b"(" * 5000 + b")" * 5000, ""),
        (b"-" * 100000 + b"1", ""),
    ],
)
def test_a_broken_file_is_an_error_and_stops_nothing(tmp_path, content, message):
    """It is reported by name, and the others are scanned."""
    put(tmp_path / "a.py", content)
    put(tmp_path / "b.py", CALL)
    report = look(tmp_path)
    assert len(report.findings) == 1
    assert [Path(error.file).name for error in report.errors] == ["a.py"]
    assert message in report.errors[0].message or "null" in report.errors[0].message


def test_an_error_says_where(tmp_path):
    """A syntax error has its line."""
    assert look(put(tmp_path / "a.py", "x = 1\ny = = 2\n")).errors[0].line == 2


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_an_error(tmp_path):
    """So is one without permission."""
    put(tmp_path / "a.py", CALL).chmod(0)
    assert look(tmp_path).errors[0].message == "Permission denied"


@pytest.mark.parametrize(
    "content",
    [
        ("# -*- coding: latin-1 -*-\nname = 'M\xfcller'\n" + CALL).encode("latin-1"),
        b"\xef\xbb\xbf\n\n" + CALL.encode(),
        ("\r\n\r\n" + CALL).encode(),
        ("\r\r" + CALL).encode(),
        ("'''\x0c'''\n\n" + CALL).encode(),
    ],
)
def test_encodings_and_line_ends_are_pythons(tmp_path, content):
    """PEP 263, a byte order mark, and every kind of line end are understood; lines are counted as Python counts."""
    assert lines(look(put(tmp_path / "a.py", content))) == [3]


def test_columns_count_characters(tmp_path):
    """Letters beyond ASCII are one column each."""
    finding = look(put(tmp_path / "a.py", f'x = "\xe4\U0001f600"; {CALL}')).findings[0]
    assert (finding.place.line, finding.place.column) == (1, 11)
    assert finding.source == CALL.strip()


@pytest.mark.slow
def test_a_large_file_is_scanned(tmp_path):
    """Sixty thousand lines of data and one call are no trouble."""
    data = "DATA = [\n" + "".join(f'    ("serverless {number}", {number}),\n' for number in range(60_000)) + "]\n"
    assert lines(look(put(tmp_path / "a.py", data + CALL))) == [60_003]


def test_a_long_sum_is_followed(tmp_path):
    """A text of eight hundred parts nests as deep."""
    parts = " + ".join(["''"] * 800)
    call = f"requests.get({parts} + '/groups/' + g + '/serverless/' + c)\n"
    assert lines(look(put(tmp_path / "a.py", call))) == [1]


def test_what_nests_too_deeply_is_an_error_and_stops_nothing(tmp_path):
    """Long chains of calls in functions that lead into each other are not followed to the end, which is said."""
    chain = ".b(1)" * 900
    program = f"def f():\n    return a{chain}\ndef g():\n    return f(){chain}\ng(){chain}\n"
    put(tmp_path / "a.py", program + CALL)
    put(tmp_path / "b.py", CALL)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(2000)  # other tests' tools may have raised it
    report = look(tmp_path)
    sys.setrecursionlimit(before)
    assert [Path(one.place.file).name for one in report.findings] == ["b.py"]
    assert [error.message for error in report.errors] == ["is nested too deeply to be followed"]


def test_functions_that_call_each_other_end(tmp_path):
    """Recursion, also between many functions, is followed only so far."""
    program = "".join(
        f"def f{number}(p):\n    return f{(number + 1) % 40}(p + '/x') or f{(number + 7) % 40}(p)\n"
        for number in range(40)
    )
    report = look(put(tmp_path / "a.py", f"{program}f0('serverless')\nf3(f4(f5('')))\n{CALL}"))
    assert lines(report) == [83]


NOTEBOOK = {
    "nbformat": 4,
    "cells": [
        {"cell_type": "markdown", "source": ["# " + CALL]},
        {"cell_type": "code", "source": ["%load_ext x\n", "!pip install requests\n", "import requests\n", CALL]},
        {"cell_type": "code", "source": ["%%bash\n", "curl x"]},
        {"cell_type": "code", "source": "x?\n" + CALL},
    ],
}


def test_notebooks_are_scanned_cell_by_cell(tmp_path):
    """Lines are counted in their cell; magics and other languages are passed over."""
    report = look(put(tmp_path / "a.ipynb", json.dumps(NOTEBOOK)))
    assert [(one.cell, one.place.line) for one in report.findings] == [(2, 4), (4, 2)]
    assert not report.errors


@pytest.mark.parametrize("content", [b"{", b"[]", b'{"cells": [{}]}', b'{"cells": 3}'])
def test_what_is_no_notebook_is_an_error(tmp_path, content):
    """The file is named, the scan goes on."""
    put(tmp_path / "a.ipynb", content)
    assert look(tmp_path).errors[0].message == "is no notebook of format 4"


@pytest.mark.parametrize(
    "program",
    [
        CALL.strip() + "  # atlas-shim: ignore\n",
        CALL.strip() + "  # noqa # atlas-shim:ignore[listServerlessBackupSnapshots]\n",
        CALL.strip() + "  # atlas-shim: ignore[other, list_serverless_backups]\n",
        "reply = (  # atlas-shim: ignore\n    1,\n    " + CALL + ")\n",
        "reply = (\n    1,\n    " + CALL + ")  # atlas-shim: ignore\n",
        "# atlas-shim: ignore-file\n\n" + CALL + CALL,
        "if True:\n    " + CALL.strip() + "  # atlas-shim: ignore\n",
        "with requests.get(  # atlas-shim: ignore\n   '/api/atlas/v2/groups/a/serverless/b'\n) as r:\n    pass\n",
    ],
)
def test_a_comment_spares_a_statement(tmp_path, program):
    """On the call's line, or on its statement's first or last; for all operations or those it names."""
    report = look(put(tmp_path / "a.py", program))
    assert (report.findings, report.notes) == ((), ())
    assert report.ignored >= 1


@pytest.mark.parametrize(
    "program",
    [
        CALL.strip() + "  # atlas-shim: ignore[getServerlessInstance]\n",
        "# atlas-shim: ignore\n" + CALL,
        "x = '# atlas-shim: ignore'; " + CALL,
        "if x:  # atlas-shim: ignore\n    " + CALL,
        CALL.strip() + "  # atlas-shim: ignored\n",
    ],
)
def test_other_comments_spare_nothing(tmp_path, program):
    """Another operation, another statement, and a text that looks like the comment."""
    assert len(look(put(tmp_path / "a.py", program)).findings) == 1


def test_a_comment_that_spares_nothing_is_noted(tmp_path):
    """So that they go when the calls go."""
    report = look(put(tmp_path / "a.py", "x = 1  # atlas-shim: ignore\n"))
    assert [(note.line, note.message) for note in report.notes] == [(1, "this ignore comment speaks for nothing")]


PIECES = st.sampled_from([
    "x", "y", "self.a", "f", "g()", "f(x, *y, **z)", "'/groups/%s/serverless/%s/backup/snapshots'", "'serverless'",
    "f'{x}/groups/{y!r:>{z}}/serverless/{f(x)}'", "(lambda x=y, *a, **k: x + y)", "[x for x in y if z]", "{x: y, **z}",
    "{'a': 'b'}", "(x, y, *z)", "x if y else z", "(x := y)", "x.format(y, a=z)", "x % y", "x / y", "x + y", "x | y",
    "x[y]", "x[1:2]", "'/'.join(x)", "not x", "x < y", "3", "None", "b'x'", "...", "w(x)", "getattr(x, 'y')(z)", "1e9",
    "requests.get(x)", "partial(x, y)", "map(x, y)", "dict(a=x)", "x.append(y)", "super().x", "{}.get(x, y)", "-x",
])  # fmt: skip
STATEMENTS = st.recursive(
    st.one_of(
        PIECES,
        st.builds("x = {}".format, PIECES),
        st.builds("self.a = {}".format, PIECES),
        st.builds("x, *y = {}".format, PIECES),
        st.builds("x[y] = {}".format, PIECES),
        st.builds("x += {}".format, PIECES),
        st.builds("return {}".format, PIECES),
        st.builds("yield {}".format, PIECES),
        st.sampled_from(["pass", "global x", "import a.b as x", "from . import x", "from a import *", "del x",
                         "raise x('y')", "assert x, y", "break", "nonlocal_ = 1"]),
    ),
    lambda inner: st.builds(
        lambda head, body: head + "".join(f"\n {line}" for part in body for line in part.split("\n")),
        st.sampled_from([
            "def f(x, y='a', *z, **k):", "def g():", "class C(x):", "class D(C):", "if x:", "for x, y in z:",
            "while x:",
            "with x as (y, z):", "async def f():", "@x(y)\ndef f():", "match x:\n case {'a': y, **z} if y:",
        ]),
        st.lists(inner, min_size=1, max_size=4),
    ),
    max_leaves=12,
)  # fmt: skip


def _programs(body: list[str]) -> ast.Module | None:
    try:
        return ast.parse("\n".join(body))
    except SyntaxError:  # a case head needs deeper lines than the others
        return None


@given(st.lists(STATEMENTS, min_size=1, max_size=6))
def test_no_program_breaks_the_scanner(body):
    """Whatever Python can parse can be followed."""
    tree = _programs(body)
    if tree is not None:
        text = "\n".join([*body, "# serverless"])
        sightings = Sightings(ENGINE)
        module = SourceModule("a.py", Path("/a.py"), tree, text.split("\n"))
        assert not read_modules({module: SourceFile("a.py", module.path, text)}, sightings)
        assert all(use.operations for use in sightings.uses())
