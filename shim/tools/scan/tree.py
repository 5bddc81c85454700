"""Syntax trees in one shape for every language, parsed by ast-grep: nodes, calls, functions and assignments."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Mapping

import attrs

from shim.tools.scan import rules

_DEEPEST = 400  # the greatest depth of a node; deeper ones are left out. People's programs nest some 40 deep.
_ERROR = "ERROR"  # the kind of a node that could not be parsed
_OPENING = re.compile(r"^[A-Za-z$@%&#]{0,3}(\"\"\"|'''|[\"'`]|[\[({]|#*\")")
_CLOSING = re.compile(r"(\"\"\"|'''|[\"'`]|[\])}]|\"#*)$")
_MOST = 32  # assignments of a name that are looked at
_RETURNS = frozenset({"return_statement", "jump_expression", "return_expression", "return"})


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

    def names(self) -> list[Node]:
        """Return the names in the node."""
        return [one for one in self.walk() if one.role == "name"]

    def words(self) -> list[str]:
        """Return the names in the node without signs."""
        return [plain(one.text) for one in self.names()]


def plain(name: str) -> str:
    """Return a name without its language's sigils and types."""
    return re.sub(r"<.*|^\W+|\W+$", "", name.rpartition("\n")[2].strip())


def unquoted(said: str) -> str:
    """Return a literal without its quotes."""
    return _CLOSING.sub("", _OPENING.sub("", said))


def parsed(language: str, text: str) -> Node:
    """Return a program's root; what nests too deeply is an error, as what can't be parsed."""
    from ast_grep_py import SgRoot  # noqa: PLC0415 - an extra

    source = SgRoot(text, language).root()
    root = Node(source.kind(), 0, text, None)
    stack = [(source, root, 0)]
    while stack:
        one, node, depth = stack.pop()
        if depth > _DEEPEST:
            node.kind, node.role = _ERROR, ""
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
    return root


@attrs.frozen
class CallExpression:
    """A call: callee, receiver, arguments; ``keyed`` has arguments and members of objects by lower-case name.

    ``at`` is the place of the callee's own name, which in a chain stands lines below the start.
    """

    node: Node
    at: int
    name: str
    receiver: Node | None
    args: tuple[Node, ...]
    keyed: Mapping[str, Node]

    @property
    def on(self) -> list[str]:
        """The names of the receiver, none for a function."""
        return self.receiver.words() if self.receiver is not None else []


def call_of(node: Node) -> CallExpression:
    """Return the call in a node."""
    at = next((at for at, one in enumerate(node.kids) if one.role == "arguments"), len(node.kids))
    before, given = node.kids[:at], node.kids[at:][:1]
    while given and given[0].kids[:1] and given[0].kids[0].role == "arguments":
        given = given[0].kids  # Kotlin's suffix of a call
    called = before[-1] if before else None
    receiver = before[-2] if len(before) > 1 else None
    last = called
    if called is not None and called.role == "member" and called.kids:
        receiver, last = called.kids[0], called.kids[-1]
    names = last.names() if last is not None else []
    name = plain(names[0].text if names else called.text if called is not None else "")
    args, keyed = [], {}
    for one in given[0].kids if given else ():
        inner = one.kids[-1] if one.kind in {"argument", "value_argument"} and one.kids else one
        labels = [kid for kid in one.kids[:-1] if kid.role == "name"] if inner is not one else []
        pairs = [one] if one.role in {"pair", "assign"} else inner.kids if inner.role == "table" else []
        for pair in pairs:
            if pair.role in {"pair", "assign"} and len(pair.kids) > 1:
                keyed[key_of(pair).casefold()] = pair.kids[-1]
        if labels:
            keyed[plain(labels[0].text).casefold()] = inner
        elif one.role != "pair" and inner.role != "table":
            args.append(one)
    return CallExpression(node, names[0].start if names else node.start, name, receiver, tuple(args), keyed)


def key_of(pair: Node) -> str:
    """Return the bare key of a pair or an assignment."""
    return unquoted(pair.kids[0].text).strip("'\": ")


def results(function: Node) -> list[Node]:
    """Return the expressions that a function may return."""
    body = function.kids[-1] if function.kids else function
    found, stack = [], [body]
    while stack:
        one = stack.pop()
        if one.kind in _RETURNS:
            found += [kid.kids[0] if kid.kind == "expression_list" and kid.kids else kid for kid in one.kids[:1]]
        elif one.role != "function":
            stack += one.kids
    while not found and body.role in {"block", "through"} and body.kids:
        body = body.kids[-1]
    return found or [body]


@attrs.frozen
class Assigned:
    """An assignment: its place and column, its value, and whether it appends."""

    at: int
    column: int
    value: Node
    adds: bool


@attrs.define
class Scopes:
    """One file's program, with its calls, functions and assignments.

    ``unparsed`` are the lines that its grammar could not read.
    """

    file: str
    language: str
    root: Node
    functions: dict[str, list[Node]] = attrs.field(factory=dict, kw_only=True)
    calls: dict[Node, CallExpression] = attrs.field(factory=dict, kw_only=True)
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
                self._note(None, key_of(node), node, node.kids[-1])
            elif node.kind == _ERROR:
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
        kids = node.kids
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
                self._note(None if is_member else self.scope(node), names[-is_member], node, value, adds=adds)

    def _note(self, scope: Node | None, name: str, node: Node, value: Node, *, adds: bool = False) -> None:
        self.names.setdefault((scope, name), []).append(Assigned(node.end, self.indent(node), value, adds))

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
                some.append(one)
                if one.column <= column and not one.adds:
                    break
            if some:
                return some[::-1]
        return []
