"""The scanned files as modules that import each other."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache, cached_property
from pathlib import Path

import attrs

from shim.scan.texts import Place


@attrs.frozen(eq=False, slots=False)
class SourceModule:
    """One parsed file."""

    file: str
    path: Path
    tree: ast.Module
    lines: list[str]

    @cached_property
    def functions(self) -> frozenset[str]:
        """The names of all functions and methods that the file defines."""
        nodes = ast.walk(self.tree)
        return frozenset(node.name for node in nodes if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef))

    def place(self, node: ast.expr | ast.stmt | ast.alias) -> Place:
        """Return where a node stands."""
        end_line = node.end_lineno or node.lineno
        start, end = self._column(node.lineno, node.col_offset), self._column(end_line, node.end_col_offset or 0)
        return Place(self.file, node.lineno, start, end_line, end)

    def _column(self, line: int, offset: int) -> int:
        # ast counts bytes of UTF-8, people count characters.
        text = self.lines[line - 1] if line <= len(self.lines) else ""
        if text.isascii():
            return offset + 1
        return len(text.encode("utf-8", "replace")[:offset].decode(errors="replace")) + 1


class Modules:
    """All modules of a scan, found by the imports of another one."""

    def __init__(self, modules: Iterable[SourceModule]) -> None:
        self.all = tuple(modules)
        self._by_path = {module.path.as_posix(): module for module in self.all}
        self._at = cache(self._look)

    def imported(self, name: str, level: int, importer: SourceModule) -> SourceModule | None:
        """Return the module that an import names, None when it is not among the scanned ones.

        A relative import starts at the importer's folder; an absolute one is looked for beside the
        importer and in the folders above it (also in a ``src`` there), as it would be run from one of them.
        """
        above = _folders(importer.path.parent)
        if level:
            return self._at(above[level - 1], name) if level <= len(above) else None
        for folder in above:
            found = self._at(folder, name) or self._at(f"{folder}/src", name)
            if found is not None and found is not importer:
                return found
        return None

    def leading_to(self, wanted: Iterable[SourceModule]) -> list[SourceModule]:
        """Return some modules and all that import them, directly or through others, in their order."""
        importers: dict[SourceModule, list[SourceModule]] = {}
        for module in self.all:
            for name, level in _imports(module.tree):
                imported = self.imported(name, level, module)
                if imported is not None:
                    importers.setdefault(imported, []).append(module)
        chosen = set(wanted)
        waiting = list(chosen)
        while waiting:
            more = [module for module in importers.get(waiting.pop(), ()) if module not in chosen]
            chosen.update(more)
            waiting += more
        return [module for module in self.all if module in chosen]

    def _look(self, folder: str, name: str) -> SourceModule | None:
        target = "/".join([folder, *filter(None, name.split("."))])
        return (self._by_path.get(f"{target}.py") if name else None) or self._by_path.get(f"{target}/__init__.py")


@cache
def _folders(innermost: Path) -> tuple[str, ...]:
    return tuple(folder.as_posix().rstrip("/") for folder in (innermost, *innermost.parents))


def _imports(tree: ast.Module) -> Iterator[tuple[str, int]]:
    """Yield what a module imports, as dotted name and level; a name in a ``from`` may be a module too."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import):
            yield from ((alias.name, 0) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            package = node.module or ""
            yield package, node.level
            yield from ((f"{package}.{alias.name}", node.level) for alias in node.names)
        else:
            for part in ("body", "orelse", "finalbody", "handlers", "cases"):
                waiting += getattr(node, part, ())
