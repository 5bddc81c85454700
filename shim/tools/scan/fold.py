"""Evaluates the constant strings of a program, for every language.

It follows concatenation, templates and formats, joins, variables in their functions, fields by name, loops over
literal lists, and return values of the program's own functions. Everything else is a hole in the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Protocol, TypeVar

import attrs

from shim.tools.scan import rules
from shim.tools.scan.calls import Call, call_of, parameters, plain, results, unquoted
from shim.tools.scan.methods import said
from shim.tools.scan.scopes import Scopes
from shim.tools.scan.texts import HOLE, UNKNOWN, Text, concat, filled, known, made, percent, text, url_join
from shim.tools.scan.tree import Node

Texts = tuple[Text, ...]
Given = Mapping[str, Texts]
T = TypeVar("T")

_DEEPEST = 40
_STEPS = 1000
"""The most expressions followed for one text; the rest is a hole."""
_MARKS = {"kotlin": r"[${]+$", "php": r"[${]+$", "swift": r"\\\($"}
"""The sign before a value inside a text, if the grammar leaves it outside the value's node."""
_VARIANT = re.compile(r"\{[^{}/]*\}|:\w+")


class Others(Protocol):
    """The other programs of a scan."""

    def constant(self, name: str, asking: Program) -> Texts:
        """Return the value of a name in another file that a program may import it from."""
        ...

    def returned(self, name: str, args: Sequence[Texts], keyed: Mapping[str, Node], asking: Program) -> Texts:
        """Return the values that another file's function returns."""
        ...


@attrs.define
class Program(Scopes):
    """One file's program; names that it does not define are looked up in ``others``."""

    others: Others
    _depth: int = 0
    _steps: int = 0
    _memory: dict[Node, Texts] = attrs.field(factory=dict)
    _answers: dict[object, Texts] = attrs.field(factory=dict)
    _looks: dict[object, Any] = attrs.field(factory=dict)

    def forget(self) -> None:
        """Drop the results that were cached without the other programs."""
        self._memory.clear()
        self._answers.clear()

    def fold(self, node: Node, given: Given | None = None) -> Texts:
        """Return the possible texts of an expression; ``given`` are the texts of the function's parameters."""
        if not given and node in self._memory:
            return self._memory[node]
        if self._depth == 0:
            self._steps = 0
        self._steps += 1
        if self._depth > _DEEPEST or self._steps > _STEPS:
            return UNKNOWN
        if not given:
            self._memory[node] = UNKNOWN  # a name defined by itself is unknown
        self._depth += 1
        try:
            found = self._fold(node, given or {})
        finally:
            self._depth -= 1
        if not given:
            self._memory[node] = found
        return found

    def _fold(self, node: Node, given: Given) -> Texts:
        match node.role:
            case "string":
                return self._literal(node, given)
            case "strings":
                return made(concat, *(self.fold(one, given) for one in node.kids))
            case "name":
                return self.named(plain(node.text), node, given)
            case "member" if node.kids:
                names = list(node.kids[-1].names())
                found = self.named(plain(names[-1].text), node, {}, member=True) if names else UNKNOWN
                return found if known(found) else self._part(node, names, given)
            case "sum":
                return self._sum(node, given)
            case "choice":
                parts = (
                    node.kids if node.kind != "conditional_expression" or self.language != "python" else node.kids[::2]
                )
                return self._any(parts[-2:], given)
            case "call":
                return self._called(self.calls.get(node) or call_of(node), given)
            case "through" if node.kids:
                at = (
                    -1
                    if node.kind in {"cast_expression", "type_conversion_expression", "argument", "value_argument"}
                    else 0
                )
                return self.fold(node.kids[at], given)
        if node.kind in {"subscript", "subscript_expression", "element_access_expression", "index_expression",
                         "element_reference", "indexing_expression"} and node.kids:  # fmt: skip
            key = next((one for one in self.fold(node.kids[-1], given) if known([one])), None)
            if key is not None and known(found := self.named(key.s, node, {}, member=True)):
                return found
            return self._any(list(self.written_out(node.kids[0], node)), given)
        return UNKNOWN

    def _part(self, node: Node, names: list[Node], given: Given) -> Texts:
        """Return the single text inside a node: an enumeration's value, an endpoint's path."""
        is_part = names and names[-1].text.strip("$.").casefold() in {
            "value",
            "path",
            "url",
            "uri",
            "address",
            "endpoint",
        }
        return self.fold(node.kids[0], given) if is_part and len(node.kids) > 1 else UNKNOWN

    def _any(self, nodes: Sequence[Node], given: Given) -> Texts:
        return tuple(dict.fromkeys(one for node in nodes for one in self.fold(node, given)))[:16] or UNKNOWN

    def named(self, name: str, at: Node, given: Given, *, member: bool = False) -> Texts:
        """Return the possible texts of a name, or of a field of that name, at a place."""
        if name in given:
            return given[name]
        texts: Texts = ()
        for one in self.assigned(name, at, member=member):
            values = self._any(one.values, given)
            texts = made(concat, texts or UNKNOWN, values) if one.adds else tuple(dict.fromkeys((*texts, *values)))
        if known(texts):
            return tuple(one for one in texts[:16] if known([one]))
        if name in self.functions and member:
            return self.returned(name, (), {})  # a property
        return self.others.constant(name, self)

    def _literal(self, node: Node, given: Given) -> Texts:
        raw, at = node.text, node.start
        parts: list[Texts] = []
        atom = (self.file, node.start)
        for one in node.kids:
            if (
                one.role == "name"
                or "interpol" in one.kind
                or one.kind in {"template_substitution", "dynamic_variable_name"}
            ):
                if one.kind in {"interpolation_start", "interpolation_quote", "interpolation_brace"}:
                    continue
                before = re.sub(_MARKS.get(self.language, r"$^"), "", raw[at - node.start : one.start - node.start])
                parts.append((text(before, [atom]),))
                inner = [kid for kid in one.kids if kid.kind != "interpolation_brace"]
                parts.append(self.fold(inner[0] if inner and one.role != "name" else one, given))
                at = one.end
                if one.kind in {"interpolation_expression_start", "interpolation_identifier_start"}:
                    parts.pop()
        parts.append((text(raw[at - node.start :], [atom]),))
        if len(parts) > 1 and self.language in _MARKS:
            parts = [
                parts[0],
                *[
                    tuple(text(re.sub(r"^[})]", "", one.s), one.atoms) for one in part) if at % 2 == 0 else part
                    for at, part in enumerate(parts[1:], 1)
                ],
            ]
        whole = made(concat, *parts)
        return tuple(text(unquoted(one.s), one.atoms) for one in whole)

    def _sum(self, node: Node, given: Given) -> Texts:
        if len(node.kids) != 2:
            return UNKNOWN
        left, right = node.kids
        match node.signs[0] if node.signs else "+":
            case "+" | "." | "<>" | "++":
                return made(concat, self.fold(left, given), self.fold(right, given))
            case "/":
                return made(url_join, self.fold(left, given), self.fold(right, given))
            case "%":
                values = self.items(right, given)
                return made(lambda head, *rest: percent(head, rest, {}), self.fold(left, given), *values)
            case "||" | "??" | "or" | "?:":
                return self._any([left, right], given)
        return UNKNOWN

    def items(self, node: Node, given: Given | None = None) -> list[Texts]:
        """Return the texts of each item of a literal or named list; for any other node those of the node."""
        while node.role == "through" and len(node.kids) == 1:
            node = node.kids[0]
        if node.role == "name":
            found = self.assigned(plain(node.text), node)
            value = found[-1].values[0] if found and not found[-1].adds and len(found[-1].values) == 1 else node
            node = value if value.role == "list" else node
        if node.role == "list":
            inner = [one for one in node.kids if not one.kind.endswith("_type")]
            if inner and inner[-1].role == "list" and node.kind in {"composite_literal", "array_creation_expression"}:
                return self.items(inner[-1], given)
            return [self.fold(one, given) for one in inner]
        if node.role == "call" and (call := call_of(node)).name in {
            "of",
            "asList",
            "listOf",
            "vec",
            "arrayOf",
            "Array",
            "List",
        }:
            return [self.fold(one, given) for one in call.args]
        return [self.fold(node, given)]

    def _called(self, call: Call, given: Given) -> Texts:  # noqa: C901, PLR0912 - a list of shapes
        name = call.name.casefold()
        if call.receiver is None and call.name in self.functions:
            given_args = [self.fold(one, given) for one in call.args]
            if known(found := self.returned(call.name, given_args, call.keyed)):
                return found
        on = self.fold(call.receiver, given) if call.receiver is not None else UNKNOWN
        args = [self.fold(one, given) for one in call.args]
        if name in rules.words("words", "format"):
            values = [on, *args] if known(on) and name != "sprintf" else args
            names = {key: self.fold(value, given) for key, value in call.keyed.items()}
            if values and "{" in values[0][0].s:
                return made(
                    lambda head, *rest: filled(
                        head, rest[: len(values) - 1], dict(zip(names, rest[len(values) - 1 :], strict=True))
                    ),
                    *values,
                    *names.values(),
                )
            return made(lambda head, *rest: percent(head, rest, {}), *values) if values else UNKNOWN
        if name == "join" and call.args and (parts := self._joined(call, on, args, given)):
            return parts
        if name in rules.words("words", "join") and call.args:
            parts_of = [one for arg in call.args for one in self.items(arg, given)]
            if known(on) or any(map(known, parts_of)):
                return made(url_join, *([on] if known(on) else []), *parts_of)
            return UNKNOWN
        if name in rules.words("words", "append") and (known(on) or args):
            parts_of = self.items(call.receiver, given) if call.receiver is not None and not known(on) else [on]
            return made(concat, *parts_of, *args)
        if name in {"replace", "replaceall", "gsub"} and (known(on) or (args and known(args[0]))):
            return tuple(text(_VARIANT.sub(HOLE, one.s), one.atoms) for one in (on if known(on) else args[0]))
        if call.name in self.functions and known(found := self.returned(call.name, args, call.keyed)):
            return found
        if known(found := self.others.returned(call.name, args, call.keyed, self)):
            return found
        if name in rules.words("words", "keep") and known(on):
            return on
        if (
            name in rules.words("words", "wraps")
            or "new" in call.node.kind
            or "creation" in call.node.kind
            or (call.name[:1].isupper() and self.language not in {"go", "csharp"})
        ):
            if name == "url" and len(args) == 2:
                return made(lambda end, base: url_join(base, end), *args)
            return next((one for one in args if known(one) and said(one[0].s) is None), UNKNOWN)
        return UNKNOWN

    def _joined(self, call: Call, on: Texts, args: Sequence[Texts], given: Given) -> Texts:
        """Return the text of a join, called on the list or on the separator; nothing for other calls."""
        lists = [*call.args, *([call.receiver] if call.receiver is not None else [])]
        for one in lists:
            items = self.items(one, given)
            others = [*args, on]
            sign = next(
                (some[0].s for some in others if known(some) and re.fullmatch(r"[/?&.,=: -]*", some[0].s)), None
            )
            if len(items) > 1 and sign is not None:
                return made(lambda *rest, sign=sign: sign.join(rest), *items)
        return ()

    def returned(self, name: str, args: Sequence[Texts], keyed: Mapping[str, Node]) -> Texts:
        """Return the texts that the program's own functions of a name return for some arguments."""
        key = (name, tuple(args), tuple(keyed.values()))
        if key not in self._answers:
            self._answers[key] = UNKNOWN  # a function that calls itself
            found: list[Text] = []
            for function in self.functions[name][:3]:
                given = self.bound(function, args, keyed)
                for one in self._once(results, function):
                    found += self.fold(one, given)
            self._answers[key] = tuple(dict.fromkeys(one for one in found if known([one])))[:16] or UNKNOWN
        return self._answers[key]

    def _once(self, look: Callable[[Node], Sequence[T]], function: Node) -> Sequence[T]:
        """Return a function's results, computed once."""
        if (look, function) not in self._looks:
            self._looks[look, function] = look(function)
        found: Sequence[T] = self._looks[look, function]
        return found

    def bound(self, function: Node, args: Sequence[Texts], keyed: Mapping[str, Node] = {}) -> dict[str, Texts]:
        """Return the values of a function's parameters for some arguments."""
        names = [name for name in self._once(parameters, function) if name not in {"self", "cls", "this"}]
        keys = {name.casefold(): name for name in names}
        return {
            **dict(zip(names, args, strict=False)),
            **{keys[key]: self.fold(value) for key, value in keyed.items() if key in keys},
        }
