"""Rewrites a Python file's imports of HTTP libraries to import the shim's; changes nothing else."""

from __future__ import annotations

import ast
import io
import os
import tempfile
import tokenize
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import attrs

LIBRARIES = ("httpx", "httpx2", "requests", "urllib3", "aiohttp")
"""The libraries that ``from shim import …`` has a door for."""
_MODULES = {"requests.sessions": "shim.requests.sessions", "requests.api": "shim.requests.api"}
"""Their modules that make calls -> the shim's modules."""
_INNER = frozenset({
    "aiohttp.client", "urllib3.poolmanager", "urllib3.connectionpool", "urllib3.connection", "httpx._client",
    "httpx._api", "httpx2._client", "httpx2._api",
})  # fmt: skip
"""Modules without a counterpart. All others make no calls, and the shim's are the same objects."""


@attrs.frozen
class Said:
    """A remark on a line that was not changed."""

    line: int
    message: str


@attrs.frozen
class Rewritten:
    """A file after rewriting; ``content`` are its old bytes if nothing could be rewritten."""

    content: bytes
    changed: tuple[str, ...]
    said: tuple[Said, ...]


@attrs.define
class _Edits:
    """The replacements of bytes, and the remarks."""

    edits: list[tuple[int, int, str]] = attrs.field(factory=list)
    changed: list[str] = attrs.field(factory=list)
    said: list[Said] = attrs.field(factory=list)
    seen: bool = False
    led: bool = False


def rewritten(content: bytes) -> Rewritten:
    """Return a file that imports the shim's HTTP libraries; formatting and comments stay.

    Imports that can't be rewritten safely get a remark. Raises SyntaxError, UnicodeError or ValueError for a file
    that Python can't parse.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    text = content.decode(encoding)
    mark = "\ufeff" if content.startswith(b"\xef\xbb\xbf") else ""
    tree = ast.parse(text)
    starts = [0]
    for line in (
        text.encode().splitlines(keepends=True) if "\r" not in text.replace("\r\n", "") else _python_lines(text)
    ):
        starts.append(starts[-1] + len(line))
    found = _Edits()
    for node in _statements(tree):
        if isinstance(node, ast.ImportFrom):
            _from(node, found)
        else:
            _import(node, found)
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        if found.edits and found.edits[-1][:2] == (-1, -1):
            found.edits[-1] = (start, end, found.edits[-1][2])
    found.said += _dynamic(tree)
    if not found.changed and not found.seen and not found.said:
        message = "imports no HTTP library that the shim covers: the client comes from elsewhere"
        found.said.append(Said(0, "already imports the shim" if found.led else message))
    raw = text.encode()
    for start, end, new in sorted(found.edits, reverse=True):
        raw = raw[:start] + _edited(raw[start:end].decode(), new, raw, start).encode() + raw[end:]
    done = (mark + raw.decode()).encode(encoding.replace("utf-8-sig", "utf-8")) if found.edits else content
    return Rewritten(done, tuple(found.changed), tuple(sorted(found.said, key=lambda one: one.line)))


def _python_lines(text: str) -> list[bytes]:
    return [line.encode() for line in io.StringIO(text, newline="").readlines()]


def _statements(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports of a program, except those for type checkers only."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING":
            stack += node.orelse
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        else:
            stack += reversed(list(ast.iter_child_nodes(node)))


def _edited(old: str, new: str, raw: bytes, start: int) -> str:
    """Return the new import; ``{}`` in it stands for the text after the old one's first name."""
    if new.startswith("from:"):
        name, _, module = new.removeprefix("from:").partition(">")
        return old.replace(name, module, 1)
    if "\n" not in new:
        return new
    before = raw[raw.rfind(b"\n", 0, start) + 1 : start].decode()
    first, _, second = new.partition("\n")
    end = "\r\n" if b"\r\n" in raw else "\n"
    return f"{first}; {second}" if before.strip() else f"{first}{end}{before}{second}"


def _from(node: ast.ImportFrom, found: _Edits) -> None:
    name = node.module or ""
    found.led = found.led or (not node.level and name.partition(".")[0] == "shim")
    if node.level:
        return
    if name in _INNER:
        found.seen = True
        found.said.append(
            Said(node.lineno, f"from {name} imports the library's own; import it from shim.{name.split('.')[0]}")
        )
    door = _MODULES.get(name)
    if door is None and not _has_door(name, node.lineno, found):
        return
    found.seen = True
    if node.names[0].name == "*":
        found.said.append(Said(node.lineno, f"from {name} import * can't be rewritten; import the names that are used"))
        return
    found.changed.append(name)
    found.edits.append((-1, -1, f"from:{name}>{door or f'shim.{name}'}"))


def _import(node: ast.Import, found: _Edits) -> None:
    moved, kept = list[str](), list[str]()
    for alias in node.names:
        said = alias.name if alias.asname is None else f"{alias.name} as {alias.asname}"
        if alias.name.partition(".")[0] in LIBRARIES and "." in alias.name:
            found.seen = True
            message = f"import {alias.name} imports the library itself; import the names that are used from shim"
            found.said.append(Said(node.lineno, message))
        has = _has_door(alias.name, node.lineno, found)
        (moved if has else kept).append(said)
        found.changed += [alias.name] if has else []
    if moved:
        lines = [f"import {', '.join(kept)}"] if kept else []
        found.edits.append((-1, -1, "\n".join([*lines, f"from shim import {', '.join(moved)}"])))


def _has_door(name: str, line: int, found: _Edits) -> bool:
    if name not in LIBRARIES:
        return False
    found.seen = True
    if find_spec(f"shim.{name}") is None:
        found.said.append(Said(line, f"this version of the shim does not cover {name}"))
        return False
    return True


def _dynamic(tree: ast.Module) -> list[Said]:
    """Return remarks on dynamic imports: ``importlib``, ``__import__``, ``sys.modules``."""
    found = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and node.args:
            called, first = ast.unparse(node.func).rpartition(".")[2], node.args[0]
            imports = called in {"import_module", "__import__", "importorskip"}
        elif isinstance(node, ast.Subscript) and ast.unparse(node.value).endswith("sys.modules"):
            first, imports = node.slice, True
        else:
            continue
        name = first.value if isinstance(first, ast.Constant) and isinstance(first.value, str) else ""
        if imports and name.partition(".")[0] in LIBRARIES:
            found.append(Said(node.lineno, f"{name} is imported dynamically; change the name to shim.{name}"))
    return found


def replace(path: Path, content: bytes) -> None:
    """Replace a file's bytes, all or none; raises OSError."""
    handle, made = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with open(handle, "wb") as file:  # noqa: PTH123 - the descriptor that mkstemp made
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(made).chmod(path.stat().st_mode & 0o7777)
        Path(made).replace(path)
    except OSError:
        Path(made).unlink(missing_ok=True)
        raise
