"""Parse programs with ast-grep into one shape for every language.

It has nodes, calls, and results of functions.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

import attrs

from shim.tools.scan import rules

# The greatest depth of a node; deeper ones are left out. Handwritten programs nest
# about 40 deep.
_DEEPEST = 400
ERROR = "ERROR"  # the kind of a node that could not be parsed
_OPENING = re.compile(r"^[A-Za-z$@%&#]{0,3}(\"\"\"|'''|[\"'`]|[\[({]|#*\")")
_CLOSING = re.compile(r"(\"\"\"|'''|[\"'`]|[\])}]|\"#*)$")
_RETURNS = frozenset(
    {"return_statement", "jump_expression", "return_expression", "return"}
)


class Node:
    """One named node of a syntax tree.

    ``role`` is its meaning for the evaluation of texts, or "". ``start`` and ``end``
    are offsets in characters. ``signs`` are the operators and keywords between its
    parts.
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
    """Return a program's root.

    Nesting that is too deep is an error, like invalid syntax.
    """
    from ast_grep_py import SgRoot  # noqa: PLC0415 - an extra

    source = SgRoot(text, language).root()
    root = Node(source.kind(), 0, text, None)
    stack = [(source, root, 0)]
    while stack:
        one, node, depth = stack.pop()
        if depth > _DEEPEST:
            node.kind = ERROR
            node.role = ""
            continue
        for part in one.children():
            at = part.range()
            start = at.start.index
            end = at.end.index
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
    """A call."""

    node: Node
    at: int
    """The place of the callee's own name, which in a chain is lines below the start."""
    name: str
    receiver: Node | None
    args: tuple[Node, ...]
    keyed: Mapping[str, Node]
    """Arguments and members of objects, by their names in lower case."""

    @property
    def on(self) -> list[str]:
        """The names of the receiver, none for a function."""
        if self.receiver is not None:
            return self.receiver.words()
        return []


def call_of(node: Node) -> CallExpression:
    """Return the call in a node."""
    before, given = _halves(node)
    called = before[-1] if before else None
    receiver = before[-2] if len(before) > 1 else None
    last = called
    if called is not None and called.role == "member" and called.kids:
        receiver = called.kids[0]
        last = called.kids[-1]
    names = [] if last is None else last.names()
    at = node.start
    text = "" if called is None else called.text
    if names:
        at = names[0].start
        text = names[0].text
    args: list[Node] = []
    keyed: dict[str, Node] = {}
    for one in given:
        _take(one, args, keyed)
    return CallExpression(node, at, plain(text), receiver, tuple(args), keyed)


def _halves(node: Node) -> tuple[list[Node], list[Node]]:
    """Return the nodes of a call before its arguments, and the arguments."""
    roles = [one.role for one in node.kids]
    if "arguments" not in roles:
        return node.kids, []
    at = roles.index("arguments")
    arguments = node.kids[at]
    # Kotlin's suffix of a call has them one level deeper.
    while arguments.kids[:1] and arguments.kids[0].role == "arguments":
        arguments = arguments.kids[0]
    return node.kids[:at], arguments.kids


def _take(one: Node, args: list[Node], keyed: dict[str, Node]) -> None:
    """Add an argument of a call by its place, or its pairs by their names."""
    inner = one
    labels: list[Node] = []
    if one.kind in {"argument", "value_argument"} and one.kids:
        inner = one.kids[-1]
        labels = [kid for kid in one.kids[:-1] if kid.role == "name"]
    pairs: Sequence[Node] = ()
    if one.role in {"pair", "assign"}:
        pairs = [one]
    elif inner.role == "table":
        pairs = inner.kids
    for pair in pairs:
        if pair.role in {"pair", "assign"} and len(pair.kids) > 1:
            keyed[key_of(pair).casefold()] = pair.kids[-1]
    if labels:
        keyed[plain(labels[0].text).casefold()] = inner
    elif one.role != "pair" and inner.role != "table":
        args.append(one)


def key_of(pair: Node) -> str:
    """Return the bare key of a pair or an assignment."""
    return unquoted(pair.kids[0].text).strip("'\": ")


def results(function: Node) -> list[Node]:
    """Return the expressions that a function may return."""
    if function.kids:
        body = function.kids[-1]
    else:
        body = function
    found = []
    stack = [body]
    while stack:
        one = stack.pop()
        if one.kind in _RETURNS:
            for kid in one.kids[:1]:
                if kid.kind == "expression_list" and kid.kids:
                    found.append(kid.kids[0])
                else:
                    found.append(kid)
        elif one.role != "function":
            stack += one.kids
    while not found and body.role in {"block", "through"} and body.kids:
        body = body.kids[-1]
    return found or [body]
