"""Reading one program, whatever it is written in."""

from __future__ import annotations

from collections.abc import Callable

from shim.scan.sightings import Sightings
from shim.scan.trees.calling import Calling
from shim.scan.trees.documents import read_document
from shim.scan.trees.grammars import Tree
from shim.scan.trees.shell import read_shell
from shim.scan.trees.terraform import read_terraform


def _followed(tree: Tree, sightings: Sightings) -> None:
    Calling(tree, sightings).read()


_READERS: dict[str, Callable[[Tree, Sightings], None]] = dict.fromkeys(
    ("go", "javascript", "typescript", "tsx", "java", "csharp"), _followed
)


_READERS |= {"shell": read_shell, "terraform": read_terraform, "yaml": read_document, "json": read_document}


def read_tree(tree: Tree, sightings: Sightings) -> None:
    """Say what is seen in a program; raises RecursionError when it is nested too deeply."""
    _READERS[tree.language](tree, sightings)
