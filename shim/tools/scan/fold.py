"""Evaluates the constant strings of a program, for every language.

It follows concatenation, templates and formats, joins, variables in their functions, fields and keys by name, and
results of the program's own functions. Everything else is a hole in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from itertools import islice, product

import attrs

from shim.tools.scan import rules
from shim.tools.scan.rules import said
from shim.tools.scan.sought import HOLE
from shim.tools.scan.tree import Assigned, CallExpression, Node, Scopes, plain, results, unquoted

_DEEPEST = 40
_STEPS = 1000  # the most expressions followed for one text; the rest is a hole
_MOST, _TRIED, _LONGEST = 16, 64, 4000  # texts of an expression, combinations that are tried, characters of a text
_FIELD = re.compile(
    r"%%|\{\{|\}\}|%(?:\d+\$)?(?:\((\w+)\))?[-#0 +]*(?:\*|\d+)?(?:\.\d+)?[hlL]?[diouxXeEfFgGcrsavq]|\{(\w*)[^{}/]*\}"
)
Texts = tuple[str, ...]  # the possible texts of an expression
UNKNOWN: Texts = (HOLE,)
_OPENED = re.compile(r"(?:[${]+|\\\()$")
"""The sign before a value inside a text, if the grammar leaves it outside the value's node."""
_VARIANT = re.compile(r"\{[^{}/]*\}|:\w+")
_LAST = frozenset({"cast_expression", "type_conversion_expression", "argument", "value_argument"})
"""Nodes whose value is their last part."""


@attrs.define
class Program(Scopes):
    """One file's program. ``below`` has the literals below each expression that is being evaluated."""

    below: list[set[Node]] = attrs.field(factory=lambda: [set()])
    steps: int = 0
    memory: dict[Node, tuple[Texts, frozenset[Node]]] = attrs.field(factory=dict)

    def fold(self, node: Node) -> Texts:
        """Return the possible texts of an expression."""
        stack = self.below
        if node not in self.memory:
            self.steps = self.steps + 1 if len(stack) > 1 else 0
            if len(stack) > _DEEPEST or self.steps > _STEPS:
                return UNKNOWN
            self.memory[node] = UNKNOWN, frozenset()  # a name defined by itself is unknown
            stack.append({node} if node.role == "string" else set())
            try:
                texts = self._fold(node)
            finally:
                literals = stack.pop()
            self.memory[node] = texts, frozenset(literals)
        texts, below = self.memory[node]
        stack[-1].update(below)
        return texts

    def literals(self, *nodes: Node) -> set[Node]:
        """Return the literals that the known texts of some expressions were made from."""
        found = set[Node]()
        for node in nodes:
            self.fold(node)
            if any(map(known, self.items(node))) and node in self.memory:
                found |= self.memory[node][1]
        return found

    def _fold(self, node: Node) -> Texts:
        match node.role:
            case "string":
                return self._literal(node)
            case "strings":
                return made("".join, *(self.fold(one) for one in node.kids))
            case "name":
                return self._values(self.assigned(plain(node.text), node)) or UNKNOWN
            case "member" if node.kids and (names := node.kids[-1].words()):
                found = self.member(names[-1])
                return found if known(found) or len(node.kids) < 2 else self.fold(node.kids[0])
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

    def _any(self, nodes: Sequence[Node]) -> Texts:
        return tuple(dict.fromkeys(one for node in nodes for one in self.fold(node)))[:16] or UNKNOWN

    def member(self, name: str) -> Texts:
        """Return the possible texts of a constant, a field or a property of a name."""
        return self._values(self.names.get((None, name), [])) or self.returned(name)

    def _values(self, assignments: Sequence[Assigned]) -> Texts:
        texts: Texts = ()
        for one in assignments:
            values = self.fold(one.value)
            texts = made("".join, texts or UNKNOWN, values) if one.adds else tuple(dict.fromkeys((*texts, *values)))
        return tuple(one for one in texts[:16] if known([one]))

    def _literal(self, node: Node) -> Texts:
        """Return the texts of a literal; values in it are folded."""
        at, closing = node.start, ""
        parts: list[Texts] = []
        for one in (kid for kid in node.kids if kid.role):
            before = node.text[at - node.start : one.start - node.start].removeprefix(closing)
            opened = _OPENED.search(before)
            closing = {"{": "}", "(": ")"}.get(opened[0][-1], "") if opened is not None else ""
            parts += [(_OPENED.sub("", before),), self.fold(one)]
            at = one.end
        parts.append((node.text[at - node.start :].removeprefix(closing),))
        return tuple(map(unquoted, made("".join, *parts)))

    def _sum(self, node: Node) -> Texts:
        left, right = node.kids[0], node.kids[-1]
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
        """Return the texts of each item of a literal or named list; for any other node those of the node."""
        while node.role == "through" and len(node.kids) == 1:
            node = node.kids[0]
        if node.role == "name":
            found = self.assigned(plain(node.text), node)
            node = found[-1].value if found and not found[-1].adds else node
        if node.role == "list":
            inner = [one for one in node.kids if not one.kind.endswith("_type")]
            if inner and inner[-1].role == "list" and node.kind in {"composite_literal", "array_creation_expression"}:
                return self.items(inner[-1])
            return [self.fold(one) for one in inner]
        return [self.fold(node)]

    def _called(self, call: CallExpression) -> Texts:
        name = call.name.casefold()
        args = [self.fold(one) for one in call.args]
        given = [*args, *map(self.fold, call.keyed.values())]
        if known(found := self.returned(call.name)):
            return made(_filled, found, *given)
        on = self.fold(call.receiver) if call.receiver is not None else UNKNOWN
        if name in rules.words("words", "format"):
            values = [on, *args] if known(on) and name != "sprintf" else args or [UNKNOWN]
            return made(formatted, *values)
        if name in rules.words("words", "join") and call.args:
            # Called on the list, on the separator, on the first part or on a module.
            before = self.items(call.receiver) if call.receiver is not None else []
            parts = before if known(on) or len(before) > 1 else []
            parts += [one for arg in call.args for one in self.items(arg)]
            return made(url_join, *parts) if any(map(known, parts)) else UNKNOWN
        if name in {"replace", "replaceall", "gsub"} and (known(on) or args):
            return tuple(_VARIANT.sub(HOLE, one) for one in (on if known(on) else args[0]))
        if known(on) and not args:  # toString, trim, build and the like
            return on
        is_type = call.name[:1].isupper() and self.language not in {"go", "csharp"}
        if is_type or name in rules.words("words", "wraps"):
            return next((one for one in args if known(one) and said(one[0]) is None), UNKNOWN)
        return UNKNOWN

    def returned(self, name: str) -> Texts:
        """Return the texts that the program's own functions of a name may return."""
        return self._any([one for function in self.functions.get(name, [])[:3] for one in results(function)])


def _filled(parts: Sequence[str]) -> str:
    """Return a function's result with its last holes filled by the call's arguments, in their order."""
    first, *rest = parts[0].split(HOLE)
    given = [HOLE] * len(rest) + list(parts[1:])
    return first + "".join(value + part for value, part in zip(given[-len(rest) :], rest, strict=False))


def known(texts: Iterable[str]) -> bool:
    """Return whether any part of a text is known."""
    return any(one.strip(HOLE) for one in texts)


def made(make: Callable[[Sequence[str]], str], *parts: Iterable[str]) -> Texts:
    """Return a function's results for every combination of the arguments' alternatives; too long ones are holes."""
    texts = (make(some) for some in islice(product(*parts), _TRIED))
    return tuple(dict.fromkeys(one if len(one) <= _LONGEST else HOLE for one in texts))[:_MOST]


def url_join(parts: Iterable[str]) -> str:
    """Return parts joined with one slash each; an absolute URL replaces the parts before it."""
    done = ""
    for part in parts:
        done = part if "://" in part or not done else f"{done.rstrip('/')}/{part.lstrip('/')}"
    return done


def formatted(parts: Iterable[str]) -> str:
    """Return a template of ``%`` or ``str.format`` with the values after it; missing and named ones are holes."""
    left = iter(parts)
    template = next(left)

    def value(found: re.Match[str]) -> str:
        if found[0] in {"%%", "{{", "}}"}:
            return found[0][0]
        key = found[1] or found[2]
        return next(left, HOLE) if not key or key.isdecimal() else HOLE

    return _FIELD.sub(value, template)
