"""The names of a program: every assignment, and the values at a place."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

import attrs

from shim.tools.scan.tree import Call, Node, call_of, key_of, plain

_MOST = 32  # assignments of a name that are looked at
_NO_VALUE = {"type_annotation", "type", "modifiers"}


@attrs.frozen
class Assigned:
    """An assignment: its place and column, its value, and whether it appends."""

    at: int
    column: int
    values: tuple[Node, ...]
    adds: bool


@attrs.define
class Scopes:
    """One file's program, with its calls, functions and assignments.

    ``unparsed`` are the lines that its grammar could not read, with 0 if it nests too deeply.
    """

    file: str
    language: str
    root: Node
    functions: dict[str, list[Node]] = attrs.field(factory=dict, kw_only=True)
    calls: dict[Node, Call] = attrs.field(factory=dict, kw_only=True)
    names: dict[tuple[Node | None, str], list[Assigned]] = attrs.field(factory=dict, kw_only=True)
    unparsed: set[int] = attrs.field(factory=set, kw_only=True)
    starts: list[int] = attrs.field(factory=lambda: [0], kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Collect the functions, calls, assignments and unreadable lines."""
        self.starts += [found.end() for found in re.finditer("\n", self.root.text)]
        for node in self.root.walk():
            if node.role == "function":
                self._function(node)
            elif node.role == "call":
                self.calls[node] = call_of(node)
            elif node.role == "assign":
                self._assign(node)
            elif node.role == "pair" and len(node.kids) > 1 and not any(one.role == "call" for one in node.above()):
                self._note(None, key_of(node), node, (node.kids[-1],))
            elif node.role == "loop":
                self._loop(node)
            elif node.kind == "ERROR":
                self.unparsed.update(range(self.line(node.start), self.line(node.end) + 1))

    def line(self, at: int) -> int:
        """Return the line of an offset, from 1."""
        return bisect_right(self.starts, at)

    def _function(self, node: Node) -> None:
        # The name stands before the parameters: in Java and C# after a type.
        at = max((at for at, one in enumerate(node.kids) if "parameter" in one.kind), default=len(node.kids) - 1)
        names = [one for one in node.kids[:at] if one.role == "name"]
        above = node.parent
        if above is not None and above.role in {"assign", "pair"} and node is above.kids[-1]:
            names = above.kids[0].names()[:1]
        if names:
            self.functions.setdefault(plain(names[-1].text), []).append(node)

    def _assign(self, node: Node) -> None:
        kids = [one for one in node.kids if one.kind not in _NO_VALUE]
        if len(kids) < 2:
            return
        left, right = (kids[-1], kids[0]) if node.kind == "as_pattern" else (kids[0], kids[-1])
        if node.kind in {"property_declaration", "val_definition"}:
            left = next((one for one in reversed(kids[:-1]) if one.role in {"name", "through", "member"}), left)
        adds = "augmented" in node.kind or "operator" in node.kind or not {"+=", ".="}.isdisjoint(node.signs)
        if right.kind == "expression_list" and right.kids and left.role != "list":
            right = right.kids[0]
        lefts = left.kids if left.role == "list" else [left]
        rights = right.kids if right.role == "list" and left.role == "list" else [right]
        for one, value in zip(lefts, rights, strict=False):
            if names := one.words():
                is_member = one.role == "member"
                self._note(None if is_member else self.scope(node), names[-is_member], node, (value,), adds=adds)

    def _loop(self, node: Node) -> None:
        parts = [one for one in node.kids if one.role not in {"block", "type"} and "_type" not in one.kind]
        if len(parts) < 2:
            return
        value = parts[{"php": 0, "java": -1}.get(self.language, 1)]
        lists = list(value.walk()) if value.role == "call" else [value]
        items = tuple(item for one in lists for item in self.written_out(one, node))[:32]
        for name in (name for one in parts if one is not value for name in one.words()):
            self._note(self.scope(node), name, value, items)

    def written_out(self, node: Node, at: Node) -> Iterable[Node]:
        """Yield the items of a literal list or table, given directly or by name."""
        if node.role == "name":
            found = self.assigned(plain(node.text), at)
            node = found[-1].values[0] if found else node
        stack = node.kids[::-1] if node.role in {"list", "table"} else []
        while stack:
            one = stack.pop()
            if one.role in {"list", "table", "through", "pair"}:
                stack += reversed(one.kids)
            else:
                yield one

    def _note(self, scope: Node | None, name: str, node: Node, values: tuple[Node, ...], *, adds: bool = False) -> None:
        if name and values:
            column = self.indent(node)
            self.names.setdefault((scope, name), []).append(Assigned(node.end, column, values, adds))

    def indent(self, node: Node) -> int:
        """Return the indentation of a node's first line."""
        line = self.root.text[max(0, node.start - 200) : node.start].rpartition("\n")[2]
        return len(line) - len(line.lstrip())

    def scope(self, node: Node) -> Node | None:
        """Return the function around a node."""
        return next((one for one in node.above() if one.role == "function"), None)

    def assigned(self, name: str, at: Node) -> list[Assigned]:
        """Return the possible values of a name at a node: the last one, and earlier ones if that was in a branch."""
        column = self.indent(at)
        for scope in [*(one for one in at.above() if one.role == "function"), None]:
            some: list[Assigned] = []
            # Top-level code has run before a function is called.
            is_late = scope is None and self.scope(at) is not None
            known = self.names.get((scope, name), [])
            end = len(known) if is_late else bisect_right(known, at.end, key=lambda one: one.at)
            for one in reversed(known[max(0, end - _MOST) : end]):
                leaves = rf"^[ \t]{{{one.column}}}(return|raise|throw|continue|break)\b"
                between = self.root.text[one.at : at.start] if one.column > column else ""
                if re.search(leaves, between, re.MULTILINE) is None:
                    some.append(one)
                    if one.column <= column and not one.adds:
                        break
            if some:
                return some[::-1]
        return []

    def statement(self, line: int) -> tuple[int, int]:
        """Return the first and the last line of the statement in a line; of a compound statement, of its head."""
        found = [(1 << 60, line, line)]
        for node in self.root.walk():
            if node.parent is not None and (node.parent.role == "block" or node.parent is self.root):
                first, last = self.line(node.start), self.line(node.end)
                if first <= line <= last:
                    body = next((one for one in node.kids if one.role == "block"), None)
                    head = last if body is None else max(first, self.line(body.start) - 1)
                    found.append((last - first, first, head))
        return min(found)[1:]
