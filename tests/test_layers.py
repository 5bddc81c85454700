"""Imports point down only, and importing the package loads nothing more."""

import ast
import re
import subprocess
import sys
import typing
from collections import Counter
from functools import cache
from pathlib import Path

import attrs
import pytest

import shim
from shim import atlas

SHIM = Path(__file__).parents[1] / "shim"

ROOMS = """
_version
_record            core
_wrap              doors  # faces by name, once their library is there
codes
errors             core  # for type checkers alone
extras
fake
credentials        errors
documents          errors
origins            errors
core               documents errors origins
page
flags              core documents errors extras
tools              core documents errors
tools/radar        core
tools/inventory    core documents errors tools/radar
tools/scan         core documents errors extras
doors              core documents errors extras flags origins tools/inventory
doors/aiohttp      core doors origins
doors/httpx_family core doors
doors/requests     core doors doors/urllib3 origins
doors/urllib3      core doors origins
aiohttp            doors extras
httpx              doors
httpx2             doors extras
requests           doors doors/requests extras
urllib3            doors doors/urllib3 extras
testing            core doors extras fake
auto               doors
atlas              _record _version core credentials doors/httpx_family errors httpx origins
gateway           _version codes core credentials documents errors extras flags origins page tools/inventory tools/radar
run                codes core documents errors gateway origins tools/inventory
front              _version documents errors gateway page
"""
BELOW = {
    room: set(below)
    for room, *below in (
        row.partition("#")[0].split() for row in ROOMS.strip().splitlines()
    )
}
"""Room -> the rooms it may import.

``cli`` and the package's front may import any; none may import the front.
"""

FREE = {"__init__", "__main__", "cli"}
FLOORS = {"doors", "tools"}
"""Folders of rooms; a file in the folder itself belongs to the floor's own room."""


def room_of(path):
    first, *rest = path.relative_to(SHIM).parts
    if first in FLOORS and len(rest) > 1:
        return f"{first}/{rest[0]}"
    return first.removesuffix(".py")


@cache
def tree_of(path):
    return ast.parse(path.read_text("utf-8"))


def names_in(nodes):
    """Yield each module that these nodes import from, and each name in full."""
    for node in nodes:
        if isinstance(node, ast.ImportFrom):
            assert not node.level, "a relative import"
            yield from (
                (node.module, f"{node.module}.{alias.name}") for alias in node.names
            )
        elif isinstance(node, ast.Import):
            yield from ((alias.name, alias.name) for alias in node.names)


def imports(path):
    """Yield every room that a file imports; a bare ``import shim`` counts as its front."""
    for _, name in names_in(ast.walk(tree_of(path))):
        first, *rest = name.split(".")
        if first == "shim":
            room = rest[0] if rest else "__init__"
            if room in FLOORS and len(rest) > 1 and (SHIM / room / rest[1]).is_dir():
                room = f"{room}/{rest[1]}"
            yield (
                room
                if (SHIM / room).is_dir() or (SHIM / f"{room}.py").exists()
                else "__init__"
            )


def taken(path):
    """Yield the modules that a file imports names from, for annotations too, except its own package's front."""
    own = ".".join(path.relative_to(SHIM.parent).parent.parts)
    for module, name in names_in(ast.walk(tree_of(path))):
        yield from (one for one in (module, name) if one != own)


def test_imports_point_down():
    """Each room imports only rooms below it."""
    found = {
        (room_of(path), room) for path in SHIM.rglob("*.py") for room in imports(path)
    }
    upward = {
        f"{room} -> {other}"
        for room, other in found
        if room not in FREE and other != room and other not in BELOW[room]
    }
    assert not upward


def test_no_file_is_in_a_circle():
    """No chain of imports leads back to its file, including those within functions and for annotations."""
    modules = {
        ".".join(path.relative_to(SHIM.parent).with_suffix("").parts): path
        for path in SHIM.rglob("*.py")
    }
    modules = {name.removesuffix(".__init__"): path for name, path in modules.items()}
    arrows = {
        name: {one for one in taken(path) if one in modules}
        for name, path in modules.items()
    }
    while ends := {
        name for name, others in arrows.items() if not others & arrows.keys()
    }:
        arrows = {name: others for name, others in arrows.items() if name not in ends}
    assert not arrows


def types_in(path):
    """Yield the names of a file's classes, nested ones too, and of its other types, as ``Pair = tuple[int, int]``."""
    yield from (
        node.name for node in ast.walk(tree_of(path)) if isinstance(node, ast.ClassDef)
    )
    for node in tree_of(path).body:
        if (
            isinstance(node, ast.Assign | ast.AnnAssign)
            and node.value
            and "TypeVar(" not in ast.unparse(node.value)
        ):
            if isinstance(node, ast.Assign):
                target = node.targets[0]
            else:
                target = node.target
            yield from re.findall(r"^_*[A-Z]+[a-z]\w*$", ast.unparse(target))


def test_a_class_name_has_one_meaning():
    """No two types of shim share a name, except that the fake, which imports none of the engine, defines JSON again."""
    found = [
        (name, path.relative_to(SHIM).parts)
        for path in SHIM.rglob("*.py")
        for name in types_in(path)
    ]
    places = Counter(
        name
        for name, parts in found
        if parts != ("fake", "http.py") or not name.startswith("Json")
    )
    assert len(places) > 300, "a way to make types that is not seen would pass"
    assert [name for name, number in places.items() if number > 1] == []


def test_files_can_be_read_in_one_sitting():
    """No file has grown far past 400 lines."""
    long = {
        path.relative_to(SHIM): len(path.read_text("utf-8").splitlines())
        for path in SHIM.rglob("*.py")
    }
    assert not {path: lines for path, lines in long.items() if lines > 500}


MUTE = re.compile(
    r'^ *(?:async )?def test_\w+\((?:[^()]|\([^()]*\))*\).*:\n(?!\s+r?""")',
    re.MULTILINE,
)
"""A possible test without a docstring, or a text that contains one.

Only these few files are parsed.
"""


def test_every_test_has_a_docstring():
    """It has one sentence or more."""
    suspects = [
        path
        for path in (SHIM.parent / "tests").rglob("test_*.py")
        if MUTE.search(path.read_text("utf-8"))
    ]
    nodes = [(path.name, node) for path in suspects for node in ast.walk(tree_of(path))]
    functions = [
        (name, node)
        for name, node in nodes
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert not [
        f"{name}::{node.name}"
        for name, node in functions
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]


def modules_after(statement):
    code = f"import sys; before = set(sys.modules); {statement}; print(*sorted(set(sys.modules) - before))"
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return {name.split(".")[0] for name in done.stdout.split()}


def test_importing_the_package_loads_the_standard_library_only():
    """``import shim`` loads nothing that a program had not loaded before."""
    assert modules_after("import shim") - set(sys.stdlib_module_names) == {"shim"}


def test_the_core_needs_no_http_library():
    """The core can be loaded without any HTTP library."""
    loaded = modules_after("import shim.core.exchange, shim.core.recognize")
    assert not loaded & {"httpx", "requests", "aiohttp", "urllib3", "click"}


def test_every_public_name_exists():
    """Each name in ``__all__`` can be read, and ``dir`` lists it."""
    assert all(hasattr(shim, name) for name in shim.__all__)
    assert set(shim.__all__) <= set(dir(shim))


def test_the_types_of_public_values_can_be_resolved():
    """Programs call ``get_type_hints`` on a value's class, so an annotation's names must exist at run time."""
    values = [
        one
        for one in (
            shim.Record,
            *(one for one in vars(atlas).values() if isinstance(one, type)),
        )
        if attrs.has(one)
    ]
    assert len(values) > 10
    for value in values:
        assert typing.get_type_hints(value).keys() >= {
            field.name for field in attrs.fields(value)
        }


def test_an_unknown_name_is_an_attribute_error():
    """The error is the usual one."""
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = shim.nonsense  # type: ignore[attr-defined]  # a type checker says so too
