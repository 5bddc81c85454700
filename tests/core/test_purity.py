"""Documents and core are told everything: no HTTP library, no clock, no environment, no socket, no writing."""

import ast
from pathlib import Path

from tests.core.driver import ROOT

FILES = sorted(path for room in ("core", "documents") for path in (ROOT / "shim" / room).rglob("*.py"))
READS_FILES = {"shim/documents/load.py"}
NEVER = {
    *("time", "socket", "ssl", "asyncio", "selectors", "subprocess", "random", "uuid", "http.client", "urllib.request"),
    *(
        "httpx",
        "requests",
        "aiohttp",
        "httptools",
        "urllib3",
        "anyio",
        "trio",
        "click",
        "locale",
        "logging",
        "warnings",
        "os",
    ),
}
CLOCKS = {"datetime.now", "datetime.utcnow", "datetime.today", "date.today", "time.time"}
BUILTIN = {"open", "print", "input", "eval", "exec"}
WRITES = (".write_text", ".write_bytes", ".unlink", ".mkdir")


def imported(path: Path) -> set[str]:
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found |= {node.module or "", *(f"{node.module}.{alias.name}" for alias in node.names)}
    return found


def used(path: Path) -> set[str]:
    """Every attribute and name in a file, as it is written."""
    nodes = list(ast.walk(ast.parse(path.read_text("utf-8"))))
    return {ast.unparse(node) for node in nodes if isinstance(node, ast.Attribute | ast.Name)}


def offenders(names_of, offends) -> list[str]:
    """Each file with the names in it that offend."""
    return [f"{path.relative_to(ROOT).as_posix()}: {one}" for path in FILES for one in names_of(path) if offends(one)]


def test_both_rooms_are_looked_at():
    """A room that moved away would pass every test below."""
    assert {path.parent.name for path in FILES} >= {"core", "documents"}


def test_nothing_that_talks_to_the_world_is_imported():
    """No network, no randomness, no log; and no ``os``, whose environment is an argument."""
    assert not offenders(imported, lambda name: any(name == one or name.startswith(f"{one}.") for one in NEVER))


def test_no_clock_is_read_and_no_environment():
    """The time and the settings are arguments."""
    assert not offenders(used, lambda name: name in CLOCKS or name.startswith("os."))


def test_files_are_read_in_one_place():
    """Documents are read by the loader, and nothing is ever written."""
    assert {path.relative_to(ROOT).as_posix() for path in FILES if "pathlib" in imported(path)} == READS_FILES
    assert not offenders(used, lambda name: name in BUILTIN or name.endswith(WRITES))
