"""Rewrites a Python file's imports of HTTP libraries to import the shim's; changes nothing else."""

from __future__ import annotations

import ast
import io
import tokenize
from collections.abc import Iterator
from itertools import accumulate

_LIBRARIES = ("httpx", "httpx2", "requests", "urllib3", "aiohttp")
"""The libraries that ``from shim import …`` has a door for."""
_DOORS = {name: f"shim.{name}" for name in (*_LIBRARIES, "requests.sessions", "requests.api")}
"""Modules that make calls -> the shim's modules."""
_INNER = frozenset({"client", "poolmanager", "connectionpool", "connection", "_client", "_api"})
"""Parts of libraries that make calls and have no counterpart. All others make none: the shim's are the same objects."""


def rewritten(content: bytes) -> tuple[bytes, list[tuple[int, str]]]:
    """Return a file that imports the shim's HTTP libraries; formatting and comments stay.

    Also returns the lines that stay (0: the whole file), each with the reason. Raises SyntaxError, UnicodeError or
    ValueError for a file that Python can't parse.
    """
    encoding, _ = tokenize.detect_encoding(io.BytesIO(content).readline)
    text = content.decode(encoding)
    raw = text.encode()
    starts = [0, *accumulate(len(line.encode()) for line in io.StringIO(text, newline=""))]
    edits, stays, led = list[tuple[int, int, str]](), list[tuple[int, str]](), False
    for node in _imports(ast.parse(text)):
        start = starts[node.lineno - 1] + node.col_offset
        end = starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)
        if isinstance(node, ast.ImportFrom):
            name = node.module or ""
            library, _, part = name.partition(".")
            led = led or library == "shim"
            if library in _LIBRARIES and part in _INNER:
                stays.append((node.lineno, f"from {name} imports the library's own; import it from shim.{library}"))
            elif name in _DOORS and node.names[0].name == "*":
                stays.append((node.lineno, f"from {name} import * can't be rewritten; import the names that are used"))
            elif name in _DOORS:
                edits.append((start, end, raw[start:end].decode().replace(name, _DOORS[name], 1)))
            continue
        for alias in node.names:
            if alias.name.partition(".")[0] in _LIBRARIES and "." in alias.name:
                reason = f"import {alias.name} imports the library itself; import the names that are used from shim"
                stays.append((node.lineno, reason))
        moved = [alias for alias in node.names if alias.name in _LIBRARIES]
        kept = [alias for alias in node.names if alias.name not in _LIBRARIES]
        if moved:
            before = raw[raw.rfind(b"\n", 0, start) + 1 : start].decode()
            between = "; " if before.strip() else ("\r\n" if b"\r\n" in raw else "\n") + before
            parts = [f"import {', '.join(map(ast.unparse, kept))}"] if kept else []
            edits.append((start, end, between.join([*parts, f"from shim import {', '.join(map(ast.unparse, moved))}"])))
    if not edits and not stays:
        reason = "imports no HTTP library that the shim covers: the client comes from elsewhere"
        stays.append((0, "already imports the shim" if led else reason))
    for start, end, new in sorted(edits, reverse=True):
        raw = raw[:start] + new.encode() + raw[end:]
    return raw.decode().encode(encoding) if edits else content, sorted(stays)


def _imports(tree: ast.Module) -> Iterator[ast.Import | ast.ImportFrom]:
    """Yield the absolute imports of a program, except those for type checkers only."""
    stack: list[ast.AST] = [tree]
    while stack:
        node = stack.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test).rpartition(".")[2] == "TYPE_CHECKING":
            stack += node.orelse
        elif isinstance(node, ast.Import | ast.ImportFrom):
            if not getattr(node, "level", 0):
                yield node
        else:
            stack += reversed(list(ast.iter_child_nodes(node)))
