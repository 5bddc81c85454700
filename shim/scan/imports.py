"""Client library methods that a file imports and never names again."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from shim.scan.modules import Module
from shim.scan.run import Run
from shim.scan.sdk import Reference, imported


def only_imported(run: Run) -> Iterator[Reference]:
    """Yield imports of retired operations whose use was not seen; a package's own front is not looked at."""
    for module in run.modules.all:
        if module.path.name == "__init__.py":
            continue
        names: set[str] | None = None
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.ImportFrom):
                continue
            for alias in node.names:
                operation = imported(f"{node.module or ''}.{alias.name}", run.sdk)
                if operation is None or run.modules.imported(node.module or "", node.level, module):
                    continue
                names = _used_names(module) if names is None else names
                if (alias.asname or alias.name) not in names:
                    yield Reference(module.place(alias), operation, alias.name, "import")


def _used_names(module: Module) -> set[str]:
    return {node.id for node in ast.walk(module.tree) if isinstance(node, ast.Name)}
