"""The names of a program: every assignment, and the values at a place."""

from __future__ import annotations

from collections.abc import Iterable

import attrs

from shim.tools.scan.calls import Call, call_of, key_of, plain
from shim.tools.scan.tree import Node

_STATES = {"if_statement", "try_statement", "switch_statement", "match_statement", "else_clause", "case_statement"}
_LEAVING = {"return_statement", "raise_statement", "throw_statement", "continue_statement", "break_statement"}


@attrs.frozen
class Assigned:
    """An assignment: its place, its block, its value, and whether it appends."""

    at: int
    block: Node | None
    values: tuple[Node, ...]
    adds: bool


@attrs.define
class Scopes:
    """One file's program, with its calls, functions and assignments."""

    file: str
    language: str
    root: Node
    functions: dict[str, list[Node]] = attrs.field(factory=dict, kw_only=True)
    calls: dict[Node, Call] = attrs.field(factory=dict, kw_only=True)
    names: dict[tuple[Node | None, str], list[Assigned]] = attrs.field(factory=dict, kw_only=True)

    def __attrs_post_init__(self) -> None:
        """Collect the functions, calls and assignments."""
        for node in self.root.walk():
            if node.role == "function":
                self._function(node)
            elif node.role == "call":
                self.calls[node] = call_of(node)
                self._each(self.calls[node])
            elif node.role == "assign":
                self._assign(node)
            elif node.role == "pair" and not any(one.role == "call" for one in node.above()) and len(node.kids) > 1:
                self._note(None, key_of(node.kids[0]), node, (node.kids[-1],))
            elif node.role == "loop":
                self._loop(node)

    def _function(self, node: Node) -> None:
        name = next((one for one in node.kids[:-1] if one.role == "name"), None)
        if self.language in {"java", "csharp"}:
            at = next((at for at, one in enumerate(node.kids) if "parameter" in one.kind), 0)
            name = node.kids[at - 1] if at and node.kids[at - 1].role == "name" else None
        above = node.parent
        if above is not None and above.role in {"assign", "pair"} and node is above.kids[-1]:
            name = next(above.kids[0].names(), None)
        if name is not None:
            self.functions.setdefault(plain(name.text), []).append(node)

    def _assign(self, node: Node) -> None:
        kids = [one for one in node.kids if one.kind not in {"type_annotation", "type", "modifiers"}]
        if len(kids) < 2:
            return
        left, right = (kids[-1], kids[0]) if node.kind == "as_pattern" else (kids[0], kids[-1])
        if node.kind in {"property_declaration", "val_definition"}:
            left = next((one for one in reversed(kids[:-1]) if one.role in {"name", "through", "member"}), left)
        adds = "augmented" in node.kind or "operator" in node.kind or any(sign in {"+=", ".="} for sign in node.signs)
        if right.kind == "expression_list" and right.kids and left.role != "list":
            right = right.kids[0]
        lefts = left.kids if left.role == "list" else [left]
        rights = right.kids if right.role == "list" and left.role == "list" else [right]
        for one, value in zip(lefts, rights, strict=False):
            names = list(one.names())
            if names and one.role in {"name", "member", "through", "list", ""}:
                scope = None if one.role == "member" else self.scope(node)
                name = names[-1] if one.role == "member" else names[0]
                self._note(scope, plain(name.text), node, (value,), adds=adds)

    def _loop(self, node: Node) -> None:
        parts = [one for one in node.kids if one.role not in {"block", "comment", "type"} and "_type" not in one.kind]
        if len(parts) < 2:
            return
        value = parts[0] if self.language == "php" else parts[1] if self.language != "java" else parts[-1]
        lists = [value] if value.role != "call" else list(value.walk())
        items = tuple(item for one in lists for item in self.written_out(one, node))[:32]
        for one in [one for one in parts if one is not value][:2]:
            for name in one.names():
                self._note(self.scope(node), plain(name.text), value, items)

    def _each(self, call: Call) -> None:
        """Note the parameter of a function that is called for each item of a list."""
        taker = next(
            (one for one in call.node.walk() if one.role == "function" or one.kind in {"block", "do_block"}), None
        )
        if taker is None or call.receiver is None or taker.start < call.receiver.end:
            return
        items = tuple(self.written_out(call.receiver, call.node))
        name = next((one for one in taker.kids[:1] for one in one.names()), None)
        if items and name is not None:
            self._note(self.scope(name), plain(name.text), name, items)

    def written_out(self, node: Node, at: Node) -> Iterable[Node]:
        """Yield the items of a literal list, given directly or by name."""
        if node.role == "name":
            found = self.assigned(plain(node.text), at)
            node = found[-1].values[0] if found and found[-1].values else node
        stack = list(reversed(node.kids)) if node.role in {"list", "table"} else []
        while stack:
            one = stack.pop()
            if one.role in {"list", "table", "through", "pair"}:
                stack += reversed(one.kids)
            else:
                yield one

    def _note(self, scope: Node | None, name: str, node: Node, values: tuple[Node, ...], *, adds: bool = False) -> None:
        block = next((one for one in node.above() if one.role == "block" or one.kind in _STATES), None)
        if name and values:
            self.names.setdefault((scope, name), []).append(Assigned(node.end, block, values, adds))

    def scope(self, node: Node) -> Node | None:
        """Return the function around a node."""
        return next((one for one in node.above() if one.role == "function"), None)

    def assigned(self, name: str, at: Node, *, member: bool = False) -> list[Assigned]:
        """Return the possible values of a name at a node: the last one, and earlier ones if that was in a branch."""
        scopes: list[Node | None] = [] if member else [one for one in at.above() if one.role == "function"]
        for scope in [*scopes, None]:
            found = self.names.get((scope, name), [])
            if member:
                return found
            some: list[Assigned] = []
            # Top-level code has run before a function is called.
            before = [one for one in found if one.at <= at.end or (scope is None and self.scope(at) is not None)]
            for one in reversed(before):
                leaves = one.block is not None and one.block.kids and one.block.kids[-1].kind in _LEAVING
                if leaves and not one.block.start <= at.start < one.block.end:  # type: ignore[union-attr]
                    continue
                some.append(one)
                whole = one.block is None or (one.block.start <= at.start and at.end <= one.block.end)
                if whole and not one.adds:
                    break
            if some:
                return some[::-1]
        return []
