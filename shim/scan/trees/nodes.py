"""Nodes of a syntax tree: where they stand, what they say, and what they are made of."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from typing import TYPE_CHECKING

from shim.scan.texts import HOLE, Place
from shim.scan.trees.grammars import Tree

if TYPE_CHECKING:
    from tree_sitter import Node

_ESCAPE = re.compile(r"\\(?:u\{?([0-9A-Fa-f]{4})\}?|x([0-9A-Fa-f]{2})|\r?\n\s*|(.))", re.DOTALL)
_INTERPOLATED = frozenset({"template_substitution", "interpolation", "string_interpolation"})
_LONG_LINE = 20_000
_PLAIN = {"n": "\n", "t": "\t", "r": "\r", "0": "\ufffd"}


def word(tree: Tree, node: Node | None) -> str:
    """Return a node's source text; empty for no node."""
    if node is None:
        return ""
    return tree.content[node.start_byte : node.end_byte].decode("utf-8", "replace")


def place(tree: Tree, start: Node, end: Node | None = None) -> Place:
    """Return where a node stands, or what is from one node to the end of another."""
    end = end or start
    line, column = _point(tree, start.start_point.row, start.start_point.column, start.start_byte)
    end_line, end_column = _point(tree, end.end_point.row, end.end_point.column, end.end_byte)
    return Place(tree.file, line, column, end_line, end_column)


def _point(tree: Tree, row: int, column: int, at: int) -> tuple[int, int]:
    # A line of millions of characters is no reason to count them for each node in it.
    exact = not tree.ascii and column < _LONG_LINE
    characters = len(tree.content[at - column : at].decode("utf-8", "replace")) if exact else column
    extra = bisect_left(tree.inserted, at) - bisect_left(tree.inserted, at - column)
    return tree.line + row + 1, characters - extra + 1 + tree.column


def below(node: Node) -> Iterator[Node]:
    """Yield a node and all below it, in order."""
    waiting = [node]
    while waiting:
        one = waiting.pop()
        yield one
        waiting.extend(reversed(one.named_children))


def field(node: Node, *names: str) -> Node | None:
    """Return the first of some fields that a node has; grammars name the same thing differently."""
    return next((found for name in names if (found := node.child_by_field_name(name)) is not None), None)


def first_of(node: Node) -> Node:
    """Return a node's first named child; the node itself where it has none, as in C#'s ``(this)``."""
    return node.named_children[0] if node.named_children else node


def last_of(node: Node) -> Node:
    """Return a node's last named child; the node itself where it has none."""
    return node.named_children[-1] if node.named_children else node


def unescaped(text: str) -> str:
    """Return what a literal's escapes stand for; a NUL of the program is no hole."""

    def one(found: re.Match[str]) -> str:
        code = found[1] or found[2]
        return chr(int(code, 16)) if code else _PLAIN.get(found[3] or "", found[3] or "")

    return _ESCAPE.sub(one, text).replace(HOLE, "\ufffd")


def pieces(tree: Tree, node: Node) -> Iterator[str | Node]:
    """Yield what a literal says, and the expressions that are put into it."""
    raw = node.type in {"raw_string_literal", "verbatim_string_literal"} or word(tree, node)[:2] in {"$@", "@$"}
    at = node.start_byte
    for hole in [*(one for one in node.named_children if one.type in _INTERPOLATED), None]:
        end = hole.start_byte if hole is not None else node.end_byte
        piece = tree.content[at:end].decode("utf-8", "replace")
        piece = piece.lstrip("@$").lstrip("\"'`") if at == node.start_byte else piece
        piece = piece.rstrip("\"'`") if hole is None else piece
        if node.type == "interpolated_string_expression":
            piece = piece.replace("{{", "{").replace("}}", "}")
        yield piece.replace(HOLE, "\ufffd") if raw else unescaped(piece)
        if hole is not None:
            yield next((one for one in hole.named_children if not one.type.startswith("interpolation")), hole)
            at = hole.end_byte
