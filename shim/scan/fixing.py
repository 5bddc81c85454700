"""Rewriting a Python file's imports of HTTP libraries, so that they come from the shim; nothing else is touched."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from importlib.util import find_spec

import attrs
import libcst as cst
from libcst.helpers import get_full_name_for_node
from libcst.metadata import MetadataWrapper, PositionProvider

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


def rewritten(content: bytes) -> Rewritten:
    """Return a file whose imports of HTTP libraries lead to the shim's doors; formatting and comments stay.

    An import that can't be rewritten safely is said. The file must be one that Python can parse.
    """
    wrapper = MetadataWrapper(cst.parse_module(content))
    imports = _Imports()
    module = wrapper.visit(imports)
    said = [*imports.said, *_dynamic(content)]
    if not imports.changed and not imports.seen and not said:
        said.append(Said(0, "imports no HTTP library that the shim has a door for: the client comes from elsewhere"))
    return Rewritten(module.bytes, tuple(imports.changed), tuple(sorted(said, key=lambda one: one.line)))


class _Imports(cst.CSTTransformer):
    """Rewrites import statements; what stands under ``if TYPE_CHECKING:`` only names types and is left alone."""

    METADATA_DEPENDENCIES = (PositionProvider,)

    def __init__(self) -> None:
        super().__init__()
        self.changed: list[str] = []
        self.said: list[Said] = []
        self.seen = False

    def visit_If(self, node: cst.If) -> bool:  # noqa: N802 - libcst's name
        return (get_full_name_for_node(node.test) or "").rpartition(".")[2] != "TYPE_CHECKING"

    def leave_SimpleStatementLine(  # noqa: N802 - libcst's name
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.BaseStatement | cst.FlattenSentinel[cst.BaseStatement]:
        body: list[cst.BaseSmallStatement] = []
        for one in updated_node.body:
            line = self.get_metadata(PositionProvider, original_node).start.line
            body += self._statement(one, line)
        if len(updated_node.body) == 1 and len(body) > 1:
            first = updated_node.with_changes(body=[body[0].with_changes(semicolon=cst.MaybeSentinel.DEFAULT)])
            plain = cst.TrailingWhitespace()
            rest = [cst.SimpleStatementLine(body=[one]) for one in body[1:]]
            # The comment at the end stays at the end.
            rest[-1] = rest[-1].with_changes(trailing_whitespace=updated_node.trailing_whitespace)
            return cst.FlattenSentinel([first.with_changes(trailing_whitespace=plain), *rest])
        return updated_node.with_changes(body=body)

    def leave_SimpleStatementSuite(  # noqa: N802 - libcst's name
        self, original_node: cst.SimpleStatementSuite, updated_node: cst.SimpleStatementSuite
    ) -> cst.SimpleStatementSuite:
        line = self.get_metadata(PositionProvider, original_node).start.line
        return updated_node.with_changes(
            body=[made for one in updated_node.body for made in self._statement(one, line)]
        )

    def _statement(self, node: cst.BaseSmallStatement, line: int) -> list[cst.BaseSmallStatement]:
        if isinstance(node, cst.Import):
            return list(self._import(node, line))
        if isinstance(node, cst.ImportFrom) and not node.relative and node.module is not None:
            return [self._import_from(node, line)]
        return [node]

    def _import(self, node: cst.Import, line: int) -> Sequence[cst.BaseSmallStatement]:
        moved: list[cst.ImportAlias] = []
        kept: list[cst.ImportAlias] = []
        for alias in node.names:
            name = get_full_name_for_node(alias.name) or ""
            if name.partition(".")[0] in LIBRARIES and "." in name:
                self.seen = True
                self.said.append(Said(line, f"import {name} gives the library itself; import what is used from shim"))
            (moved if self._has_door(name, line) else kept).append(alias)
        if not moved:
            return [node]
        self.changed += [get_full_name_for_node(alias.name) or "" for alias in moved]
        found: list[cst.BaseSmallStatement] = []
        if kept:
            kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
            found.append(node.with_changes(names=kept, semicolon=cst.MaybeSentinel.DEFAULT))
        moved[-1] = moved[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        found.append(
            cst.ImportFrom(
                module=cst.Name("shim"),
                names=moved,
                semicolon=node.semicolon,
                whitespace_after_from=node.whitespace_after_import,
            )
        )
        return found

    def _import_from(self, node: cst.ImportFrom, line: int) -> cst.ImportFrom:
        name = get_full_name_for_node(node.module) if node.module is not None else ""
        door = _MODULES.get(name or "")
        if name in _INNER:
            self.seen = True
            self.said.append(
                Said(line, f"from {name} gives the library's own; import it from shim.{name.split('.')[0]}")
            )
        if door is None and not self._has_door(name or "", line):
            return node
        self.seen = True
        if isinstance(node.names, cst.ImportStar):
            self.said.append(Said(line, f"from {name} import * has no counterpart; name what is used"))
            return node
        self.changed.append(name or "")
        return node.with_changes(module=cst.helpers.parse_template_expression(door or f"shim.{name}"))

    def _has_door(self, name: str, line: int) -> bool:
        if name not in LIBRARIES:
            return False
        self.seen = True
        if find_spec(f"shim.{name}") is None:
            self.said.append(Said(line, f"this version of the shim has no door for {name}"))
            return False
        return True


def _dynamic(content: bytes) -> list[Said]:
    """Return what is said of imports by name: ``importlib``, ``__import__``, ``sys.modules``."""
    found = []
    for node in ast.walk(ast.parse(content)):
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
