"""The scanned files as modules that import each other."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from pathlib import Path

import attrs

from shim.scan.values import Frame, Place


@attrs.define(eq=False)
class Module:
    """One parsed file; ``frame`` holds its names once it was followed, ``defined`` every function it defines."""

    file: str
    path: Path
    tree: ast.Module
    lines: list[str]
    frame: Frame | None = None
    done: bool = False
    defined: frozenset[str] = frozenset()

    def place(self, node: ast.expr | ast.stmt | ast.alias) -> Place:
        """Return where a node stands."""
        return Place(
            self.file,
            node.lineno,
            self._column(node.lineno, node.col_offset),
            node.end_lineno or node.lineno,
            self._column(node.end_lineno or node.lineno, node.end_col_offset or 0),
        )

    def _column(self, line: int, offset: int) -> int:
        # ast counts bytes of UTF-8, people count characters.
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        return (
            offset + 1 if text.isascii() else len(text.encode("utf-8", "replace")[:offset].decode(errors="replace")) + 1
        )


def make_module(file: str, path: Path, tree: ast.Module, source: str) -> Module:
    """Return a module that was not followed yet."""
    functions = (node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))
    return Module(file, path, tree, source.split("\n"), defined=frozenset(node.name for node in functions))


def imports_of(module: Module, modules: Modules) -> Iterator[Module]:
    """Yield the scanned modules that a module imports, submodules named in a ``from`` included."""
    for node in ast.walk(module.tree):
        if isinstance(node, ast.Import):
            wanted = [(alias.name, 0) for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            package = node.module or ""
            wanted = [(package, node.level), *((f"{package}.{alias.name}", node.level) for alias in node.names)]
        else:
            continue
        for name, level in wanted:
            found = modules.imported(name, level, module)
            if found is not None:
                yield found


class Modules:
    """All modules of a scan, found by the imports of another one."""

    def __init__(self, modules: Iterable[Module]) -> None:
        self.all = tuple(modules)
        self._by_path = {module.path: module for module in self.all}
        self._folders = frozenset(folder for path in self._by_path for folder in path.parents)

    def imported(self, name: str, level: int, importer: Module) -> Module | None:
        """Return the module that an import names, None when it is not among the scanned ones.

        A relative import starts at the importer's folder; an absolute one is looked for beside the
        importer and in the folders above it (also in a ``src`` there), as it would be run from one of them.
        """
        parts = [part for part in name.split(".") if part]
        folder = importer.path.parent
        if level:
            for _ in range(level - 1):
                folder = folder.parent
            return self._at(folder, parts)
        for start in (folder, *(above for above in folder.parents if above in self._folders)):
            found = self._at(start, parts) or self._at(start / "src", parts)
            if found is not None and found is not importer:
                return found
        return None

    def _at(self, folder: Path, parts: list[str]) -> Module | None:
        target = folder.joinpath(*parts)
        plain = self._by_path.get(target.with_name(f"{target.name}.py")) if parts else None
        return plain or self._by_path.get(target / "__init__.py")
