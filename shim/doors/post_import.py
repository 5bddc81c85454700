"""Hearing of a module right after it was imported, with nothing but the standard library.

A finder that stands first in ``sys.meta_path`` lets the others find a watched module and has its loader call
back, before anybody can use the module; for the time before and after that the loader is the module's own again.
"""

from __future__ import annotations

import sys

TYPE_CHECKING = False  # as type checkers know it; importing typing costs 8 ms
if TYPE_CHECKING:
    from collections.abc import Callable, Container
    from types import ModuleType
    from typing import Any


class _Loader:
    """Stands before a module's own loader until the module is executed, and shows everything else of it."""

    def __init__(self, loader: Any, spec: Any, notify: Callable[[ModuleType], None]) -> None:
        self._loader, self._spec, self._notify = loader, spec, notify

    def __getattr__(self, name: str) -> Any:
        return getattr(self._loader, name)

    def create_module(self, spec: Any) -> Any:
        """Return the module to execute, None for an ordinary one."""
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        """Execute the module, with its own loader in place, and call ``notify``, unless the import fails."""
        self._spec.loader = self._loader
        module.__loader__ = self._loader
        self._loader.exec_module(module)
        self._notify(module)


class Finder:
    """Finds what the finders after it find; ``notify`` is called with each module of ``names`` that was imported.

    A module that is loaded again (``importlib.reload``) is notified of again. ``notify`` must raise nothing: it would
    be the import that fails. A module whose loader knows no ``exec_module`` (PEP 451) is passed over.
    """

    def __init__(self, names: Container[str], notify: Callable[[ModuleType], None]) -> None:
        self._names, self._notify = names, notify

    def find_spec(self, name: str, path: Any = None, target: ModuleType | None = None) -> Any:
        """Return the spec of a watched module, None for any other."""
        if name not in self._names:
            return None
        for finder in self._others():
            find = getattr(finder, "find_spec", None)
            spec = None if find is None else find(name, path, target)
            if spec is None:
                continue
            if hasattr(spec.loader, "exec_module"):
                spec.loader = _Loader(spec.loader, spec, self._notify)
            return spec
        return None

    def _others(self) -> list[Any]:
        finders = list(sys.meta_path)
        own = next((index for index, finder in enumerate(finders) if finder is self), -1)
        return finders[own + 1 :]

    def start(self) -> None:
        """Stand before the other finders."""
        if self not in sys.meta_path:
            sys.meta_path.insert(0, self)

    def stop(self) -> None:
        """Be out of the way."""
        sys.meta_path[:] = [finder for finder in sys.meta_path if finder is not self]
