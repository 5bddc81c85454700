"""Reading programs, whatever they are written in."""

from __future__ import annotations

from collections.abc import Callable

from shim.scan.sightings import Sightings
from shim.scan.trees.calling import Calling
from shim.scan.trees.documents import read_document
from shim.scan.trees.grammars import Tree
from shim.scan.trees.shared import Shared, merged
from shim.scan.trees.shell import read_shell
from shim.scan.trees.terraform import read_terraform

_ALONE: dict[str, Callable[[Tree, Sightings], None]] = {
    "shell": read_shell,
    "terraform": read_terraform,
    "yaml": read_document,
    "json": read_document,
}
"""Languages whose programs are read one by one."""
_FAMILIES = {"typescript": "javascript", "tsx": "javascript"}
"""Languages whose programs import each other."""


class Programs:
    """The programs of a scan: those that use each other's names wait until all have been collected."""

    def __init__(self, sightings: Sightings) -> None:
        self._sightings = sightings
        self._waiting: dict[str, list[Calling]] = {}
        self._shared: dict[str, Shared] = {}

    def add(self, tree: Tree) -> None:
        """Read a program, or what its names are; raises RecursionError when it is nested too deeply."""
        if tree.language in _ALONE:
            _ALONE[tree.language](tree, self._sightings)
            return
        program = Calling(tree, self._sightings)
        program.collect()
        self._waiting.setdefault(_family(tree.language), []).append(program)

    def share(self) -> None:
        """Let the programs that were added know each other's names."""
        for family, programs in self._waiting.items():
            self._shared[family] = merged(one.shares for one in programs)

    def uses(self, language: str, text: str) -> bool:
        """Tell whether a program text may use a name that another program has."""
        return any(name in text for _, name in self._shared.get(_family(language), ()))

    def tell(self) -> list[str]:
        """Say what is seen in the programs that waited; return the files that are nested too deeply."""
        deep = []
        for family, programs in self._waiting.items():
            for program in programs:
                try:
                    program.tell(self._shared.get(family, {}))
                except RecursionError:
                    deep.append(program.tree.file)
        return deep


def _family(language: str) -> str:
    return _FAMILIES.get(language, language)
