"""The core is told everything: it imports no HTTP library, and reads no clock, environment or socket."""

import ast
from pathlib import Path

import pytest

from tests.core.driver import ROOT

SHIM = ROOT / "shim"
FILES = sorted(path for room in ("core", "documents") for path in (SHIM / room).rglob("*.py"))
READS_FILES = {"documents/load.py"}
NEVER = {
    *("time", "socket", "ssl", "asyncio", "selectors", "subprocess", "random", "uuid", "http.client", "urllib.request"),
    *("httpx", "requests", "aiohttp", "urllib3", "anyio", "trio", "click", "locale", "logging", "warnings"),
}
READS_ENVIRONMENT = {"engine.py"}
"""``shared_engine``, which gives every door of a process the same documents."""


def name(path: Path) -> str:
    return path.relative_to(SHIM).as_posix()


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def called(path: Path) -> set[str]:
    """Every attribute and name in a file, as it is written."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    return {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute | ast.Name)}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_nothing_that_talks_to_the_world_is_imported(path):
    """No network, no clock, no randomness, no log."""
    names = imported(path)
    assert not {one for one in names for never in NEVER if one == never or one.startswith(f"{never}.")}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_no_clock_is_read(path):
    """The time is an argument."""
    assert not called(path) & {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}


@pytest.mark.parametrize("path", FILES, ids=name)
def test_the_environment_is_never_read(path):
    """Settings are an argument."""
    assert "os" not in imported(path)
    assert not any(one.startswith("os.") for one in called(path))


@pytest.mark.parametrize("path", FILES, ids=name)
def test_files_are_read_in_one_place(path):
    """Documents are read by the loader, and nothing is ever written."""
    assert ("pathlib" in imported(path)) is (name(path) in READS_FILES)
    assert not called(path) & {"open", "print", "input", "eval", "exec"}
    assert not any(one.endswith((".write_text", ".write_bytes", ".unlink", ".mkdir")) for one in called(path))
