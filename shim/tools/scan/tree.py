"""Syntax trees in one shape for every language, parsed by ast-grep."""

from __future__ import annotations

from collections.abc import Iterator

from shim.tools.scan import rules

_DEEPEST = 400
"""The greatest depth of a node; deeper ones are left out. People's programs nest some 40 deep."""


class Node:
    """One named node of a syntax tree: ``role`` is its meaning for the evaluation of texts, "" without one.

    ``start`` and ``end`` are offsets in characters. ``signs`` are the operators and keywords between its parts.
    """

    __slots__ = ("end", "kids", "kind", "parent", "role", "signs", "start", "text")

    def __init__(self, kind: str, start: int, text: str, parent: Node | None) -> None:
        self.kind = kind
        self.role = rules.inverted("roles").get(kind, "")
        self.start = start
        self.end = start + len(text)
        self.text = text
        self.parent = parent
        self.kids: list[Node] = []
        self.signs: list[str] = []

    def walk(self) -> Iterator[Node]:
        """Yield the node and all nodes below it, in source order."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack += reversed(node.kids)

    def above(self) -> Iterator[Node]:
        """Yield the node's ancestors, the nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def first(self, *roles: str) -> Node | None:
        """Return the first part with one of some roles."""
        return next((one for one in self.kids if one.role in roles), None)

    def names(self) -> Iterator[Node]:
        """Yield the names in the node."""
        return (one for one in self.walk() if one.role == "name")


def parsed(language: str, text: str) -> tuple[Node, bool]:
    """Return a program's root, and whether it nests too deeply to be read whole; raises ModuleNotFoundError."""
    from ast_grep_py import SgRoot  # noqa: PLC0415 - an extra

    source = SgRoot(text, language).root()
    root = Node(source.kind(), 0, text, None)
    too_deep = False
    stack = [(source, root, 0)]
    while stack:
        one, node, depth = stack.pop()
        if depth > _DEEPEST:
            too_deep = True
            continue
        for part in one.children():
            at = part.range()
            start, end = at.start.index, at.end.index
            if not part.is_named():
                node.signs.append(text[start:end])
                continue
            kid = Node(part.kind(), start, text[start:end], node)
            if kid.role != "comment":
                node.kids.append(kid)
                stack.append((part, kid, depth + 1))
    return root, too_deep
