"""What programs of one language tell each other: constants, and what their functions make of what they are given."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from shim.scan.texts import HOLE, Text, made
from shim.scan.trees.nodes import field, word
from shim.scan.trees.scopes import FUNCTIONS, UNKNOWN, Value, either

if TYPE_CHECKING:
    from tree_sitter import Node

    from shim.scan.trees.grammars import Tree

Shared = Mapping[tuple[str, str], Value]
"""Values by their names, and those of the class, enumeration or object that they are in; empty for none."""

_HOLDERS = frozenset({
    "class_declaration", "enum_declaration", "interface_declaration", "record_declaration", "struct_declaration",
})  # fmt: skip
_FIRST_PARAMETER = 0xE000
"""The first of the characters, for private use (Unicode), that stand for parameters."""
_PARAMETERS = 100


def parameter(at: int) -> Value:
    """Return what stands for a function's parameter until it is called."""
    return (Text(chr(_FIRST_PARAMETER + at % _PARAMETERS)),)


def called(value: Value, args: Sequence[Value]) -> Value:
    """Return what a function gives for arguments; a parameter that is given nothing is unknown."""

    def make(body: str, *given: str) -> str:
        texts = {_FIRST_PARAMETER + at: given[at] if at < len(given) else HOLE for at in range(_PARAMETERS)}
        return body.translate(texts)

    return made(make, value, *args)


def holder_of(tree: Tree, node: Node) -> str | None:
    """Return the name of what a declaration is in; None when it is in a function, where nobody else sees it."""
    inner, around = node, node.parent
    while around is not None:
        if around.type in _HOLDERS:
            return word(tree, field(around, "name"))
        if around.type == "variable_declarator" and inner.type in {"object", "as_expression"}:
            return word(tree, field(around, "name"))
        if around.type in FUNCTIONS:
            return None
        inner, around = around, around.parent
    return ""


def merged(shares: Iterable[Shared]) -> Shared:
    """Return what several programs tell; a name that several have is any of theirs."""
    found: dict[tuple[str, str], list[Value]] = {}
    for share in shares:
        for key, value in share.items():
            found.setdefault(key, []).append(value)
    return {key: either(values) for key, values in found.items() if either(values) != UNKNOWN}
