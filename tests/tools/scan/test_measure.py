"""The share of planted calls that the scan finds, and the number of false findings.

The trees and bundles imitate programs of many people. A comment ``call: OPERATION
METHOD`` (``# @`` in Python) marks a call in its line, ``call+1:`` in the next; files
without comments have a list next to them. In ``kinds.txt`` a sign at the end of a line
marks a call.
"""

import re
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.tools.scan.looking import look, put

pytest.importorskip("ast_grep_py", reason="the extra scan")

HERE = Path(__file__).parent
TREES = HERE / "trees"
MARK = re.compile(
    r"(?:#|//|/\*) call([+-]\d+)?: (.*?)(?: \*/.*)?$|  # @(-?\d*) (.*)$", re.MULTILINE
)
SIGN = "⟦c⟧"
NEAR = 4
"""Lines; a call over several lines may be marked at its name and found at its address."""
QUIET_ENOUGH = {
    "quiet.txt other APIs/a.py",
    "csharp/Quiet.cs",
    "go/quiet.go",
    "typescript/quiet.ts",
}
"""In each, one line can be told from a call only by people."""


def family(operation):
    """Return an operation's resource, without the verb."""
    return re.sub(r"^(list|get|create|update|delete|download)", "", operation).rstrip(
        "s"
    )


def marks(text):
    """Yield line and operation of each planted call in a text."""
    for number, line in enumerate(text.split("\n"), 1):
        for found in MARK.finditer(line):
            for one in (found[2] or found[4]).split(", "):
                yield number + int(found[1] or found[3] or 0), one.split()[0]


def planted(path):
    beside = path.with_name(f"{path.name}.calls")
    if beside.exists():
        return [
            (int(line), name)
            for line, name, _ in map(str.split, beside.read_text().splitlines())
        ]
    return list(marks(path.read_text("utf-8")))


def bundle(name):
    """Return the files of a bundle: texts by path."""
    parts = re.split(r"^=== ", (HERE / name).read_text("utf-8"), flags=re.MULTILINE)[1:]
    return {head: text for head, _, text in (part.partition("\n") for part in parts)}


def found(folder):
    by_file: dict[Path, list[tuple[int, int, str]]] = {}
    for one in look(folder).findings:
        by_file.setdefault(Path(one.place.file), []).append(
            (one.place.line, one.place.end_line, one.operation.id)
        )
    return by_file


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """Return the planted and the found calls of each program, by its name."""
    got = found(TREES)
    rows = {
        path.relative_to(TREES).as_posix(): (planted(path), got.get(path, []))
        for path in sorted(TREES.rglob("*"))
        if path.is_file() and path.suffix != ".calls"
    }
    for name in ("planted.txt", "quiet.txt"):
        root = tmp_path_factory.mktemp("bundle")
        files = bundle(name)
        for file, text in files.items():
            put(root / file, text)
        got = found(root)
        rows |= {
            f"{name} {file}": (list(marks(text)), got.get(root / file, []))
            for file, text in files.items()
        }
    return rows


def test_nine_of_ten_files_and_families_are_found(measured):
    """Each file with a call has a finding of the operation's family."""
    count: Counter[str] = Counter()
    for calls, findings in measured.values():
        wanted = {family(one) for _, one in calls}
        got = {family(one) for *_, one in findings}
        count.update(planted=len(wanted), found=len(wanted & got))
    assert count["planted"] > 270
    assert count["found"] / count["planted"] >= 0.93


def test_nine_of_ten_calls_are_found_in_place(measured):
    """The finding is near its call."""
    count: Counter[str] = Counter()
    for calls, findings in measured.values():
        for line, operation in calls:
            near = any(
                abs(line - at) <= NEAR and family(one) == family(operation)
                for at, _, one in findings
            )
            count.update(planted=1, found=near)
    assert count["planted"] > 450
    assert count["found"] / count["planted"] >= 0.92


def test_few_other_lines_are_found(measured):
    """Findings far from a call are few; constants whose calls are not followed count as false."""
    false = [
        (name, at)
        for name, (calls, findings) in measured.items()
        for at, _, _ in findings
        if not any(abs(line - at) <= NEAR for line, _ in calls)
    ]
    assert len(false) <= 20


def test_programs_without_a_call_are_quiet(measured):
    """Servers, mocks, messages, other APIs and the caller's own functions cause no finding."""
    assert {
        name for name, (calls, findings) in measured.items() if findings and not calls
    } <= {
        *QUIET_ENOUGH,
        *(name for name in measured if name.startswith("planted.txt")),
    }


def test_all_kinds_of_files_are_read(tmp_path):
    """Every calling line in thirty kinds of files is found, and none of the similar ones."""
    files = bundle("kinds.txt")
    for file, text in files.items():
        put(tmp_path / file, text.replace(SIGN, ""))
    got = found(tmp_path)
    missed = []
    false = []
    for file, text in files.items():
        calls = {
            number for number, line in enumerate(text.split("\n"), 1) if SIGN in line
        }
        findings = got.get(tmp_path / file, [])
        missed += [
            (file, line)
            for line in calls
            if not any(at - 1 <= line <= end + 1 for at, end, _ in findings)
        ]
        false += [
            (file, at)
            for at, end, _ in findings
            if not any(at - 1 <= line <= end + 1 for line in calls)
        ]
    assert missed == []
    assert false == []


@pytest.mark.slow
@pytest.mark.parametrize(
    "package",
    ["httpx", "requests", "aiohttp", "click", "openapi_python_client", "urllib3"],
)
def test_libraries_cause_no_finding(package):
    """They are libraries for HTTP, some generated, and some for terminals."""
    module = pytest.importorskip(package)
    report = look(
        Path(str(module.__file__)).parent, at=datetime(2027, 6, 1, tzinfo=UTC)
    )
    assert report.findings == []
    assert report.errors == []
    assert report.files > 10


@pytest.mark.slow
def test_the_standard_library_causes_no_finding():
    """That includes a part of it with the oddest syntax."""
    folder = Path(str(sys.modules["json"].__file__)).parents[1]
    paths = [
        folder / name
        for name in (
            "asyncio",
            "email",
            "http",
            "urllib",
            "dataclasses.py",
            "typing.py",
            "ast.py",
        )
    ]
    report = look(*paths, at=datetime(2027, 6, 1, tzinfo=UTC))
    assert report.findings == []
    assert report.errors == []
