"""Programs as nodes that have the same shape in every language; ast-grep's grammars read them."""

from __future__ import annotations

from collections.abc import Iterator

from shim.tools.scan import rules

_DEEPEST = 400
"""A node deeper than this is left out, with all that is in it; programs of people nest some 40 deep."""


class Node:
    """One named node of a syntax tree: ``role`` is what its kind is to a reader of texts, "" for all else.

    ``start`` and ``end`` count characters of the program. ``signs`` are the operators and keywords between its parts.
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
        """Yield the node and all below it, in the order of the program."""
        stack = [self]
        while stack:
            node = stack.pop()
            yield node
            stack += reversed(node.kids)

    def above(self) -> Iterator[Node]:
        """Yield the nodes that the node is in, the nearest first."""
        node = self.parent
        while node is not None:
            yield node
            node = node.parent

    def first(self, *roles: str) -> Node | None:
        """Return the first part that has one of some roles."""
        return next((one for one in self.kids if one.role in roles), None)

    def names(self) -> Iterator[Node]:
        """Yield the names in the node."""
        return (one for one in self.walk() if one.role == "name")


def parsed(language: str, text: str) -> tuple[Node, bool]:
    """Return the root of a program, and whether it nests too deep to be read whole; raises ModuleNotFoundError."""
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
