"""Reading one program, whatever it is written in."""

from __future__ import annotations

from collections.abc import Callable

from shim.scan.sightings import Sightings
from shim.scan.trees.calling import Calling
from shim.scan.trees.grammars import Tree


def _followed(tree: Tree, sightings: Sightings) -> None:
    Calling(tree, sightings).read()


_READERS: dict[str, Callable[[Tree, Sightings], None]] = dict.fromkeys(
    ("go", "javascript", "typescript", "tsx", "java", "csharp"), _followed
)


def read_tree(tree: Tree, sightings: Sightings) -> None:
    """Say what is seen in a program; raises RecursionError when it is nested too deeply."""
    _READERS[tree.language](tree, sightings)
