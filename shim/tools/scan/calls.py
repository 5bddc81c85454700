"""Calls and functions of a program, in the same shape for every language."""

from __future__ import annotations

import re
from collections.abc import Mapping

import attrs

from shim.tools.scan.tree import Node

_OPENING = re.compile(r"^[A-Za-z$@%&#]{0,3}(\"\"\"|'''|[\"'`]|[\[({]|#*\")")
_CLOSING = re.compile(r"(\"\"\"|'''|[\"'`]|[\])}]|\"#*)$")


def plain(name: str) -> str:
    """Return a name without its language's sigils and types."""
    return re.sub(r"<.*|^\W+|\W+$", "", name.rpartition("\n")[2].strip())


def unquoted(said: str) -> str:
    """Return a literal without its quotes."""
    return _CLOSING.sub("", _OPENING.sub("", said))


@attrs.frozen
class Call:
    """A call: callee, receiver, arguments; ``keyed`` has arguments and members of objects by lower-case name."""

    node: Node
    name: str
    receiver: Node | None
    args: tuple[Node, ...]
    keyed: Mapping[str, Node]

    @property
    def on(self) -> str:
        """The last name of the receiver, "" for a function."""
        names = [one.text for one in self.receiver.names()] if self.receiver is not None else []
        return plain(names[-1]) if names else ""


def call_of(node: Node) -> Call:
    """Return the call in a node."""
    at = next((at for at, one in enumerate(node.kids) if one.role == "arguments"), len(node.kids))
    before, given = node.kids[:at], node.kids[at:][:1]
    while given and given[0].kids[:1] and given[0].kids[0].role == "arguments":
        given = given[0].kids  # Kotlin's suffix of a call
    called = before[-1] if before else None
    receiver = before[-2] if len(before) > 1 else None
    if called is not None and called.role == "member":
        receiver = called.kids[0] if called.kids else None
    last = called.kids[-1] if called is not None and called.role == "member" and called.kids else called
    names = (
        [one for one in last.names() if one.parent is None or "argument" not in one.parent.kind]
        if last is not None
        else []
    )
    name = plain(names[0].text if names else called.text if called is not None else "")
    args, keyed = [], {}
    for one in (one for part in given for one in part.kids):
        inner = one.kids[-1] if one.kind in {"argument", "value_argument"} and one.kids else one
        labels = [kid for kid in one.kids[:-1] if kid.role == "name"] if inner is not one else []
        pairs = [one] if one.role in {"pair", "assign"} else inner.kids if inner.role == "table" else []
        for pair in pairs:
            if pair.role in {"pair", "assign"} and len(pair.kids) > 1:
                keyed[key_of(pair.kids[0]).casefold()] = pair.kids[-1]
            elif pair.kind == "shorthand_property_identifier":
                keyed[pair.text.casefold()] = pair
        if labels:
            keyed[plain(labels[0].text).casefold()] = inner
        elif one.role != "pair" and inner.role != "table":
            args.append(one)
    return Call(node, name, receiver, tuple(args), keyed)


def key_of(node: Node) -> str:
    """Return the bare text of a key."""
    return unquoted(node.text).strip("'\": ")


def parameters(function: Node) -> list[str]:
    """Return the names of a function's parameters."""
    heads = [one for one in function.kids if "parameters" in one.kind or one.kind == "parameter_list"]
    has_receiver = len(heads) > 1 and function.kids[0] is heads[0]  # Go's methods
    head = heads[has_receiver] if heads else None
    if head is None:
        first = function.kids[0] if function.kids and function.role == "function" else None
        # Kotlin has the parameters among the other parts; an arrow function may have one without brackets.
        several = [one for one in function.kids if one.kind in {"parameter", "class_parameter"}]
        if several:
            return [plain(next(one.names()).text) for one in several if any(one.names())]
        return (
            [plain(first.text)]
            if first is not None and first.role == "name" and function.kind == "arrow_function"
            else []
        )
    found = []
    for one in head.kids:
        names = [name for name in one.names() if name.kind not in {"type_identifier", "package_identifier"}] or list(
            one.names()
        )
        if one.kind == "parameter_declaration":
            found += [plain(name.text) for name in names if name.parent is one]  # Go: several of one type
        elif names:
            # A type before the name, as in Java and C#, or after it.
            last = one.kind in {"formal_parameter", "parameter"} and one.kids[-1:] == [names[-1]]
            found.append(plain((names[-1] if last else names[0]).text))
    return found


def results(function: Node) -> list[Node]:
    """Return the expressions that a function may return."""
    body = function.kids[-1] if function.kids else function
    found, stack = [], [body]
    while stack:
        one = stack.pop()
        if one.kind in {"return_statement", "jump_expression", "return_expression", "return"}:
            found += [kid.kids[0] if kid.kind == "expression_list" and kid.kids else kid for kid in one.kids[:1]]
        elif one.role != "function":
            stack += one.kids
    last = body
    while not found and last.role in {"block", "through"} and last.kids:
        last = last.kids[-1]
    return found or [last]
