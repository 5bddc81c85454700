"""Rewriting a Python file's imports of HTTP libraries, so that they come from the shim; nothing else is touched."""

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
"""Modules of theirs whose names make calls, and what is behind the door in their place."""
_INNER = frozenset({
    "aiohttp.client", "urllib3.poolmanager", "urllib3.connectionpool", "urllib3.connection", "httpx._client",
    "httpx._api", "httpx2._client", "httpx2._api",
})  # fmt: skip
"""Those without; what any other module has makes no call, and is the same object behind the door."""


@attrs.frozen
class Said:
    """Something about a line that was left as it is."""

    line: int
    message: str


@attrs.frozen
class Rewritten:
    """A file as it would be; ``content`` are the bytes it has when nothing could be rewritten."""

    content: bytes
    changed: tuple[str, ...]
    said: tuple[Said, ...]


@attrs.define
class _Edits:
    """What is to be put in the place of which bytes, and what is said."""

    edits: list[tuple[int, int, str]] = attrs.field(factory=list)
    changed: list[str] = attrs.field(factory=list)
    said: list[Said] = attrs.field(factory=list)
    seen: bool = False
    led: bool = False


def rewritten(content: bytes) -> Rewritten:
    """Return a file whose imports of HTTP libraries lead to the shim's doors; formatting and comments stay.

    An import that can't be rewritten safely is said. Raises SyntaxError, UnicodeError or ValueError for a file that
    Python can't parse.
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
        message = "imports no HTTP library that the shim has a door for: the client comes from elsewhere"
        found.said.append(Said(0, "already led to the shim" if found.led else message))
    raw = text.encode()
    for start, end, new in sorted(found.edits, reverse=True):
        raw = raw[:start] + _edited(raw[start:end].decode(), new, raw, start).encode() + raw[end:]
    done = (mark + raw.decode()).encode(encoding.replace("utf-8-sig", "utf-8")) if found.edits else content
    return Rewritten(done, tuple(found.changed), tuple(sorted(found.said, key=lambda one: one.line)))


def _python_lines(text: str) -> list[bytes]:
    return [line.encode() for line in io.StringIO(text, newline="").readlines()]


def _statements(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the imports of a program, but those for type checkers alone."""
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
    """Return an import as it is to be; ``{}`` in it is what stands behind the old one's first name."""
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
            Said(node.lineno, f"from {name} gives the library's own; import it from shim.{name.split('.')[0]}")
        )
    door = _MODULES.get(name)
    if door is None and not _has_door(name, node.lineno, found):
        return
    found.seen = True
    if node.names[0].name == "*":
        found.said.append(Said(node.lineno, f"from {name} import * has no counterpart; name what is used"))
        return
    found.changed.append(name)
    found.edits.append((-1, -1, f"from:{name}>{door or f'shim.{name}'}"))


def _import(node: ast.Import, found: _Edits) -> None:
    moved, kept = list[str](), list[str]()
    for alias in node.names:
        said = alias.name if alias.asname is None else f"{alias.name} as {alias.asname}"
        if alias.name.partition(".")[0] in LIBRARIES and "." in alias.name:
            found.seen = True
            message = f"import {alias.name} gives the library itself; import what is used from shim"
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
        found.said.append(Said(line, f"this version of the shim has no door for {name}"))
        return False
    return True


def _dynamic(tree: ast.Module) -> list[Said]:
    """Return what is said of imports by name: ``importlib``, ``__import__``, ``sys.modules``."""
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
            found.append(Said(node.lineno, f"{name} is imported by its name; give it shim.{name}"))
    return found


def replace(path: Path, content: bytes) -> None:
    """Put other bytes in a file's place, all of them or none; raises OSError."""
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
