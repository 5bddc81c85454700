"""Evaluate the constant strings of a program, in every language.

It follows concatenation, templates and formats, joins, variables in their functions,
fields and keys by name, and results of the program's own functions. Everything else is
a hole in the text.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice, product

import attrs

from shim.tools.scan import rules
from shim.tools.scan.paths import HOLE
from shim.tools.scan.rules import said
from shim.tools.scan.tree import (
    ERROR,
    CallExpression,
    Node,
    call_of,
    key_of,
    plain,
    results,
    unquoted,
)

_DEEPEST = 40
_STEPS = 1000  # the limit on expressions for one text; the rest is a hole
# The limits on texts of an expression, on combinations, and on characters of a text.
_MAX_TEXTS = 16
_TRIED = 64
_MAX_TEXT_LENGTH = 4000
_LATEST = 32  # the limit on assignments of a name
_FIELD = re.compile(
    r"%%|\{\{|\}\}|%(?:\d+\$)?(?:\((\w+)\))?[-#0 +]*(?:\*|\d+)?(?:\.\d+)?[hlL]?[diouxXeEfFgGcrsavq]|\{(\w*)[^{}/]*\}"
)
Texts = tuple[str, ...]  # the possible texts of an expression
UNKNOWN: Texts = (HOLE,)
_OPENED = re.compile(r"(?:[${]+|\\\()$")
"""The sign before a value inside a text, if the grammar leaves it outside the value's
node.
"""
_ADDRESS = re.compile(r"/|https?://")
_REPLACES = frozenset({"replace", "replaceall", "gsub"})
_VARIANT = re.compile(r"\{[^{}/]*\}|:\w+")
_LAST = frozenset(
    {"cast_expression", "type_conversion_expression", "argument", "value_argument"}
)
"""Nodes whose value is their last part."""


@attrs.frozen
class Assigned:
    """An assignment: its place and column, its value, and whether it appends."""

    at: int
    column: int
    value: Node
    adds: bool


class Program:
    """One file's program: its calls and functions, and the texts of its expressions.

    ``unparsed`` are the lines that its grammar could not read. ``constants`` are texts
    that other files give to names.
    """

    def __init__(
        self,
        file: str,
        language: str,
        root: Node,
        constants: Mapping[str, str] | None = None,
    ) -> None:
        self.file = file
        self.language = language
        self.root = root
        self._constants = constants or {}
        self.calls: dict[Node, CallExpression] = {}
        self.functions: dict[str, list[Node]] = {}
        self.unparsed: set[int] = set()
        self._starts = [0, *(found.end() for found in re.finditer("\n", root.text))]
        self._assigned: dict[tuple[Node | None, str], list[Assigned]] = {}
        self._memory: dict[Node, tuple[Texts, frozenset[Node]]] = {}
        # the literals below each expression that is being evaluated
        self._below: list[set[Node]] = [set()]
        self._steps = 0
        for node in root.walk():
            if node.role == "function":
                self._function(node)
            elif node.role == "call":
                self.calls[node] = call_of(node)
            elif node.role == "assign":
                self._assign(node)
            elif node.role == "pair" and len(node.kids) > 1 and not _in_call(node):
                self._note(None, key_of(node), node, node.kids[-1])
            elif node.kind == ERROR:
                first, _ = self.position(node.start)
                last, _ = self.position(node.end)
                self.unparsed.update(range(first, last + 1))

    def position(self, at: int) -> tuple[int, int]:
        """Return the line and the column of an offset, from 1."""
        line = bisect_right(self._starts, at)
        return line, at - self._starts[line - 1] + 1

    def _function(self, node: Node) -> None:
        # The name is before the parameters: in Java and C# after a type.
        at = len(node.kids) - 1
        for place, one in enumerate(node.kids):
            if "parameter" in one.kind:
                at = place
        names = [one for one in node.kids[:at] if one.role == "name"]
        above = node.parent
        if (
            above is not None
            and above.role in {"assign", "pair"}
            and node is above.kids[-1]
        ):
            names = above.kids[0].names()[:1]
        if names:
            self.functions.setdefault(plain(names[-1].text), []).append(node)

    def _assign(self, node: Node) -> None:
        kids = node.kids
        if len(kids) < 2:
            return
        if node.kind == "as_pattern":
            left = kids[-1]
            right = kids[0]
        else:
            left = kids[0]
            right = kids[-1]
        if node.kind in {"property_declaration", "val_definition"}:
            names = {"name", "through", "member"}
            named = [one for one in kids[:-1] if one.role in names]
            if named:
                left = named[-1]
        adds = not {"+=", ".="}.isdisjoint(node.signs)
        if right.kind == "expression_list" and right.kids and left.role != "list":
            right = right.kids[0]
        lefts = left.kids if left.role == "list" else [left]
        if right.role == "list" and left.role == "list":
            rights = right.kids
        else:
            rights = [right]
        for one, value in zip(lefts, rights, strict=False):
            words = one.words()
            if words:
                is_member = one.role == "member"
                scope = None if is_member else self.scope(node)
                self._note(scope, words[-is_member], node, value, adds=adds)

    def _note(
        self,
        scope: Node | None,
        name: str,
        node: Node,
        value: Node,
        *,
        adds: bool = False,
    ) -> None:
        assigned = Assigned(node.end, self.indent(node), value, adds)
        self._assigned.setdefault((scope, name), []).append(assigned)

    def indent(self, node: Node) -> int:
        """Return the indentation of a node's first line."""
        line = self.root.text[max(0, node.start - 200) : node.start].rpartition("\n")[2]
        return len(line) - len(line.lstrip())

    def scope(self, node: Node) -> Node | None:
        """Return the function around a node."""
        return next((one for one in node.above() if one.role == "function"), None)

    def assigned(self, name: str, at: Node) -> list[Assigned]:
        """Return the possible values of a name at a node.

        They are the last one, and earlier ones if the last was in a branch.
        """
        column = self.indent(at)
        scopes = [*(one for one in at.above() if one.role == "function"), None]
        for scope in scopes:
            some: list[Assigned] = []
            # Top-level code has run before a function is called.
            is_late = scope is None and len(scopes) > 1
            known = self._assigned.get((scope, name), [])
            if is_late:
                end = len(known)
            else:
                end = bisect_right(known, at.end, key=lambda one: one.at)
            for one in reversed(known[max(0, end - _LATEST) : end]):
                some.append(one)
                if one.column <= column and not one.adds:
                    break
            if some:
                return some[::-1]
        return []

    def fold(self, node: Node) -> Texts:
        """Return the possible texts of an expression."""
        if node not in self._memory:
            if len(self._below) > 1:
                self._steps = self._steps + 1
            else:
                self._steps = 0
            if len(self._below) > _DEEPEST or self._steps > _STEPS:
                return UNKNOWN
            # a name defined by itself is unknown
            self._memory[node] = (
                UNKNOWN,
                frozenset(),
            )
            self._below.append({node} if node.role == "string" else set())
            texts = self._fold(node)
            self._memory[node] = texts, frozenset(self._below.pop())
        texts, literals = self._memory[node]
        self._below[-1].update(literals)
        return texts

    def literals(self, *nodes: Node) -> set[Node]:
        """Return the literals that the known texts of some expressions were built from."""
        found = set[Node]()
        for node in nodes:
            self.fold(node)
            if any(map(known, self.items(node))) and node in self._memory:
                found |= self._memory[node][1]
        return found

    def _fold(self, node: Node) -> Texts:
        match node.role:
            case "string":
                return self._literal(node)
            case "strings":
                return made("".join, *(self.fold(one) for one in node.kids))
            case "name":
                name = plain(node.text)
                own = self._values(self.assigned(name, node))
                return own or self._elsewhere(name) or UNKNOWN
            case "member" if node.kids:
                return self._member(node)
            case "sum":
                return self._sum(node)
            case "choice":
                return self._any(node.kids)
            case "call":
                return self._called(self.calls[node])
            case "through" if node.kids:
                return self.fold(node.kids[-1 if node.kind in _LAST else 0])
            case "item" if node.kids:
                return self.member(unquoted(node.kids[-1].text))
        return UNKNOWN

    def _member(self, node: Node) -> Texts:
        """Return the texts of a member, or else those of the object that has it."""
        names = node.kids[-1].words()
        if not names:
            return UNKNOWN
        found = self.member(names[-1])
        if known(found) or len(node.kids) < 2:
            return found
        return self.fold(node.kids[0])

    def _any(self, nodes: Sequence[Node]) -> Texts:
        texts = dict[str, None]()
        for node in nodes:
            texts.update(dict.fromkeys(self.fold(node)))
        return tuple(texts)[:_MAX_TEXTS] or UNKNOWN

    def member(self, name: str) -> Texts:
        """Return the possible texts of a constant, a field or a property of a name."""
        own = self._values(self._assigned.get((None, name), []))
        return own or self._elsewhere(name) or self.returned(name)

    def _elsewhere(self, name: str) -> Texts:
        """Return the text of a name that only another file sets."""
        is_set = (None, name) in self._assigned
        if name in self._constants and not is_set:
            return (self._constants[name],)
        return ()

    def _values(self, assignments: Sequence[Assigned]) -> Texts:
        texts: Texts = ()
        for one in assignments:
            values = self.fold(one.value)
            if one.adds:
                texts = made("".join, texts or UNKNOWN, values)
            else:
                texts = tuple(dict.fromkeys((*texts, *values)))
        return tuple(one for one in texts[:_MAX_TEXTS] if known([one]))

    def _literal(self, node: Node) -> Texts:
        """Return the texts of a literal; values in it are folded."""
        at = node.start
        closing = ""
        parts: list[Texts] = []
        for one in (kid for kid in node.kids if kid.role):
            before = node.text[at - node.start : one.start - node.start]
            before = before.removeprefix(closing)
            opened = _OPENED.search(before)
            if opened is not None:
                closing = {"{": "}", "(": ")"}.get(opened[0][-1], "")
            else:
                closing = ""
            parts += [(_OPENED.sub("", before),), self.fold(one)]
            at = one.end
        parts.append((node.text[at - node.start :].removeprefix(closing),))
        return tuple(map(unquoted, made("".join, *parts)))

    def _sum(self, node: Node) -> Texts:
        left = node.kids[0]
        right = node.kids[-1]
        match node.signs[0] if node.signs else "+":
            case "+" | "." | "<>" | "++":
                return made("".join, self.fold(left), self.fold(right))
            case "/":
                return made(url_join, self.fold(left), self.fold(right))
            case "%":
                values = self.items(right)
                return made(formatted, self.fold(left), *values)
            case "||" | "??" | "or" | "?:":
                return self._any([left, right])
        return UNKNOWN

    def items(self, node: Node) -> list[Texts]:
        """Return the texts of each item of a literal or named list.

        For any other node they are the texts of the node.
        """
        while node.role == "through" and len(node.kids) == 1:
            node = node.kids[0]
        if node.role == "name":
            found = self.assigned(plain(node.text), node)
            if found and not found[-1].adds:
                node = found[-1].value
        if node.role == "list":
            inner = [one for one in node.kids if not one.kind.endswith("_type")]
            if (
                inner
                and inner[-1].role == "list"
                and node.kind in {"composite_literal", "array_creation_expression"}
            ):
                return self.items(inner[-1])
            return [self.fold(one) for one in inner]
        return [self.fold(node)]

    def _called(self, call: CallExpression) -> Texts:
        """Return the possible texts of a call's result.

        The function is the program's own, or a known one.
        """
        name = call.name.casefold()
        args = [self.fold(one) for one in call.args]
        keyed = [self.fold(one) for one in call.keyed.values()]
        returned = self.returned(call.name)
        if known(returned):
            return made(_filled, returned, *args, *keyed)
        on = UNKNOWN
        if call.receiver is not None:
            on = self.fold(call.receiver)
        if name in rules.words("words", "format"):
            if known(on) and name != "sprintf":
                return made(formatted, on, *args)
            return made(formatted, *(args or [UNKNOWN]))
        if name in rules.words("words", "join") and call.args:
            return self._joined(call, on)
        if name in _REPLACES and (known(on) or args):
            before = on if known(on) else args[0]
            return tuple(_VARIANT.sub(HOLE, one) for one in before)
        if name in rules.words("words", "defaults") and len(args) > 1:
            default = args[-1]
            if _ADDRESS.match(default[0]):
                return default
        if known(on) and not args:  # toString, trim, build and the like
            return on
        is_type = call.name[:1].isupper() and self.language not in {"go", "csharp"}
        if is_type or name in rules.words("words", "wraps"):
            return self._wrapped(args)
        return UNKNOWN

    def _joined(self, call: CallExpression, on: Texts) -> Texts:
        """Return the texts of a join.

        It is called on the list, the separator, the first part or a module.
        """
        parts = []
        if call.receiver is not None:
            before = self.items(call.receiver)
            if known(on) or len(before) > 1:
                parts = [*before]
        for arg in call.args:
            parts.extend(self.items(arg))
        if any(map(known, parts)):
            return made(url_join, *parts)
        return UNKNOWN

    def _wrapped(self, args: Iterable[Texts]) -> Texts:
        """Return the first text in an object's arguments that is not an HTTP method."""
        for one in args:
            if known(one) and said(one[0]) is None:
                return one
        return UNKNOWN

    def returned(self, name: str) -> Texts:
        """Return the texts that the program's own functions of a name may return."""
        found = []
        for function in self.functions.get(name, [])[:3]:
            found += results(function)
        return self._any(found)


def _in_call(node: Node) -> bool:
    """Return whether a node is a part of a call."""
    return any(one.role == "call" for one in node.above())


def _filled(parts: Sequence[str]) -> str:
    """Return a function's result, with arguments in its last holes, in order."""
    first, *rest = parts[0].split(HOLE)
    given = [HOLE] * len(rest) + list(parts[1:])
    last = given[-len(rest) :]
    filled = [value + part for value, part in zip(last, rest, strict=False)]
    return first + "".join(filled)


def known(texts: Iterable[str]) -> bool:
    """Return whether any part of a text is known."""
    return any(one.strip(HOLE) for one in texts)


def made(make: Callable[[Sequence[str]], str], *parts: Iterable[str]) -> Texts:
    """Return a function's results for every combination of the arguments' alternatives.

    Results that are too long are holes.
    """
    texts = (make(some) for some in islice(product(*parts), _TRIED))
    short = [one if len(one) <= _MAX_TEXT_LENGTH else HOLE for one in texts]
    return tuple(dict.fromkeys(short))[:_MAX_TEXTS]


def url_join(parts: Iterable[str]) -> str:
    """Return parts joined with one slash each.

    An absolute URL replaces the parts before it.
    """
    done = ""
    for part in parts:
        if "://" in part or not done:
            done = part
        else:
            done = f"{done.rstrip('/')}/{part.lstrip('/')}"
    return done


def formatted(parts: Iterable[str]) -> str:
    """Return a template of ``%`` or ``str.format`` with the values after it.

    Missing and named values are holes.
    """
    left = iter(parts)
    template = next(left)

    def value(found: re.Match[str]) -> str:
        if found[0] in {"%%", "{{", "}}"}:
            return found[0][0]
        key = found[1] or found[2]
        if not key or key.isdecimal():
            return next(left, HOLE)
        return HOLE

    return _FIELD.sub(value, template)
