"""The fake shares no code with what it is used to test."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import shim.fake

ROOM = Path(shim.fake.__file__).parent


def _imports(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            found.add("." * node.level + (node.module or ""))
            if node.module == "shim":
                found |= {f"shim.{alias.name}" for alias in node.names}
    return found


def test_the_room_stands_alone():
    """Every import of shim in it is one of the room, and nothing else but the standard library is."""
    for path in ROOM.glob("*.py"):
        names = _imports(path)
        ours = {name for name in names if name.startswith((".", "shim"))}
        assert {name for name in ours if not name.startswith("shim.fake")} == set(), path.name
        foreign = {name.partition(".")[0] for name in names - ours} - sys.stdlib_module_names
        assert not foreign, path.name


def test_importing_the_fake_loads_nothing_else_of_shim():
    """In a fresh process, shim itself with its version and hints, and shim.fake are all that is loaded."""
    script = "import sys, shim.fake; print(*(name for name in sys.modules if '.' not in name or name[:5] == 'shim.'))"
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    assert [name for name in loaded if name.startswith("shim.") and not name.startswith("shim.fake")] == [
        "shim._version",
        "shim.extras",
    ]
    assert not {"aiohttp", "httpx", "requests", "attrs"} & set(loaded)
