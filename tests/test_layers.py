"""Imports point down only, and importing the package costs nothing."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

SHIM = Path(__file__).parents[1] / "shim"

ALLOWED = {
    "errors": set(),
    "core": {"errors"},
    "credentials": {"errors"},
    "fake": set(),
    "doors": {"core", "errors", "inventory"},
    "httpx": {"core", "doors", "errors"},
    "requests": {"core", "doors", "errors"},
    "switch": {"core", "doors", "errors", "httpx", "requests"},
    "auto": {"switch"},
    "launch": {"errors", "switch"},
    "inventory": {"core", "errors"},
    "scan": {"core", "errors"},
    "atlas": {"core", "credentials", "errors", "httpx"},
    "gateway": {"core", "credentials", "errors", "inventory"},
}
"""Room -> the rooms it may import; a room that is not listed here is listed in ABOVE."""

ABOVE = {"__init__", "__main__", "cli"}
"""Rooms that may import any other: the package's front and the command."""


def room_of(path: Path) -> str:
    return path.relative_to(SHIM).parts[0].removesuffix(".py")


def imported_rooms(path: Path) -> set[str]:
    rooms = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "shim":
            parts = node.module.split(".")
            rooms |= {parts[1]} if len(parts) > 1 else {alias.name for alias in node.names}
        elif isinstance(node, ast.Import):
            rooms |= {alias.name.split(".")[1] for alias in node.names if alias.name.startswith("shim.")}
    return rooms - {room_of(path)} - {"__version__"}


FILES = sorted(SHIM.rglob("*.py"))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SHIM).as_posix())
def test_imports_point_down(path):
    """A file imports only rooms below its own."""
    room = room_of(path)
    if room not in ABOVE:
        assert imported_rooms(path) <= ALLOWED[room]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(SHIM).as_posix())
def test_files_stay_readable_in_one_sitting(path):
    """No file has grown far past 300 lines."""
    assert len(path.read_text().splitlines()) <= 330


def test_every_test_says_what_it_shows():
    """Each test has a docstring of one sentence or more."""
    mute = [
        f"{path.name}::{node.name}"
        for path in (SHIM.parent / "tests").rglob("test_*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and node.name.startswith("test_")
        and not ast.get_docstring(node)
    ]
    assert not mute


def modules_after(statement):
    code = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return {name.split(".")[0] for name in done.stdout.split()}


def test_importing_the_package_loads_the_standard_library_only():
    """``import shim`` brings in nothing that a program did not already have."""
    assert modules_after("import shim") - set(sys.stdlib_module_names) == {"shim"}


def test_the_core_knows_no_http_library():
    """The core can be loaded without any HTTP library."""
    loaded = modules_after("import shim.core.exchange, shim.core.engine")
    assert not loaded & {"httpx", "requests", "aiohttp", "urllib3", "click"}


def test_every_public_name_can_be_had():
    """Each name in ``__all__`` is there, and ``dir`` lists it."""
    code = "import shim; [getattr(shim, name) for name in shim.__all__]; assert set(shim.__all__) <= set(dir(shim))"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_an_unknown_name_is_an_attribute_error():
    """A name that does not exist is refused the usual way."""
    import shim

    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = shim.nonsense
