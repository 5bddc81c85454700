"""Trees in the manner of many people in other languages: a comment ``call: OPERATION METHOD`` says what is found there.

``call+1:`` is about the next line; files that can't have comments have a list beside them. ``?`` is an unknown method.
"""

import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from shim.core.recognise import load_engine
from shim.core.settings import Settings
from shim.scan import scan

pytest.importorskip("tree_sitter", reason="the extra scan")

ENGINE = load_engine({})
AT = datetime(2026, 6, 1, tzinfo=UTC)
TREES = Path(__file__).parent / "trees"
MARK = re.compile(r"(?:#|//|/\*) call([+-]\d+)?: (.*?)(?: \*/.*)?$")
ACROSS = sorted(TREES.glob("*/across"))
FILES = sorted(
    path for path in TREES.rglob("*") if path.is_file() and path.suffix != ".calls" and "across" not in path.parts
)


def expected(path):
    """What the marks of a file say, in order."""
    beside = path.with_name(f"{path.name}.calls")
    if beside.exists():
        return [(int(line), name, method) for line, name, method in map(str.split, beside.read_text().splitlines())]
    found = []
    for number, line in enumerate(path.read_text("utf-8").splitlines(), 1):
        if (mark := MARK.search(line)) is not None:
            found += [(number + int(mark[1] or 0), *said.split()) for said in mark[2].split(", ")]
    return sorted(found)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TREES).as_posix())
def test_what_is_planted_is_found_and_nothing_else(path):
    """Every marked line has its operation and method; look-alikes have none."""
    report = scan([path], ENGINE, Settings(), AT)
    assert not report.errors
    found = [(one.place.line, one.operation.id, one.method or "?") for one in report.findings]
    assert sorted(found) == expected(path)


@pytest.mark.parametrize("folder", ACROSS, ids=lambda folder: folder.parent.name)
def test_names_of_other_files_are_followed(folder):
    """What a file imports is known in the calls that it makes, and is no finding of its own then."""
    report = scan([folder], ENGINE, Settings(), AT)
    assert not report.errors
    found = [(one.place.file, one.place.line, one.operation.id, one.method or "?") for one in report.findings]
    files = [path for path in sorted(folder.rglob("*")) if path.is_file()]
    assert sorted(found) == [(path.as_posix(), *one) for path in files for one in expected(path)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(TREES).as_posix())
def test_programs_that_break_off_are_read_as_far_as_they_go(path, tmp_path):
    """A file that ends anywhere, as while it is being written, is no defect of the scan."""
    text = path.read_text("utf-8")
    for part in range(1, 8):
        cut = tmp_path / path.name
        cut.write_text(text[: len(text) * part // 8])
        assert scan([cut], ENGINE, Settings(), AT).files == 1


def test_an_argument_without_a_name_is_an_argument(tmp_path):
    """``this`` and ``base`` are no named nodes of C#'s grammar."""
    program = tmp_path / "Api.cs"
    program.write_text(
        'class A { void B(string g, string c) { Log(this); c = Join("/", this, c); '
        'Get($"/api/atlas/v2/groups/{g}/serverless/{c}/backup/snapshots"); } }'
    )
    report = scan([program], ENGINE, Settings(), AT)
    assert [one.operation.id for one in report.findings] == ["listServerlessBackupSnapshots"]
