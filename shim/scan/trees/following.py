"""Following texts through a program in Go, JavaScript, TypeScript, Java or C#.

The grammars name the same things with few different words, so that one reader reads them all. A program is read
twice: first for what its names, fields and functions are, then for what it does with them. Functions are read by
themselves, their parameters unknown, and again for each call in the program that gives them texts.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from shim.scan.texts import HOLE, Text, concat, made
from shim.scan.trees.callers import QUIET, is_said, method_said
from shim.scan.trees.nodes import below, field, first_of, last_of, pieces, place, word
from shim.scan.trees.program import Program
from shim.scan.trees.scopes import (
    BRANCHES,
    CALLS,
    COMPARING,
    DECLARING,
    FUNCTIONS,
    GIVING,
    LISTS,
    LITERALS,
    MEMBERS,
    NAMES,
    TALK,
    UNKNOWN,
    Scope,
    Value,
    either,
)

if TYPE_CHECKING:
    from tree_sitter import Node

_EACH = frozenset({"for_in_statement", "range_clause", "enhanced_for_statement", "foreach_statement"})
"""Loops over what is in a list."""
_ADDRESSES = frozenset({"path", "url", "uri", "rawpath", "endpoint"})
"""Fields of a struct or an object, in small letters, in which the address of a request stands."""
_SEEN_THROUGH = {"as_expression": 0, "satisfies_expression": 0, "cast_expression": -1, "type_assertion": -1,
                 "type_conversion_expression": -1, "type_assertion_expression": 0, "argument": -1}  # fmt: skip
"""What gives the value of one of its parts: the first or the last."""


class Following(Program):
    """What the texts of one program are; a subclass says what becomes of them in calls."""

    @abstractmethod
    def call(self, node: Node, scope: Scope) -> Value:
        """Read a call; return the text that it gives."""

    @abstractmethod
    def member(self, node: Node, scope: Scope) -> Value:
        """Read an attribute; return what it may be."""

    @abstractmethod
    def mark(self, node: Node, scope: Scope) -> None:
        """Read an annotation, attribute or decorator."""

    @abstractmethod
    def assigned(self, left: Node, value: Value, scope: Scope) -> None:
        """Look at what an attribute is given."""

    # Reading

    def fold(self, node: Node, scope: Scope) -> Value:
        """Read a node and what is in it; return what text it may be."""
        kind = node.type
        if kind in TALK:
            return UNKNOWN
        if kind in LITERALS:
            return self.note(node, self._literal(node, scope))
        if kind in NAMES:
            return self._name(word(self.tree, node), scope)
        if kind in FUNCTIONS:
            return self.function(node, scope)
        if kind in CALLS:
            return self.note(node, self.call(node, scope))
        if kind in MEMBERS:
            return self.member(node, scope)
        if kind in {"binary_expression", "ternary_expression", "conditional_expression"}:
            return self._operator(node, scope)
        if kind in {"annotation", "attribute", "decorator"}:
            self.mark(node, scope)
            return UNKNOWN
        if kind in GIVING:
            return self._given(node, scope)
        if kind in DECLARING:
            return self._declared(node, scope)
        return self._other(node, scope)

    def _other(self, node: Node, scope: Scope) -> Value:
        kind, inner = node.type, node.named_children
        if kind in {"subscript_expression", "index_expression", "element_access_expression"}:
            values = [self.fold(one, scope) for one in inner]
            return either(either(self.members.get(one.s, ())) for one in values[-1])
        if (
            kind in {"expression_case", "switch_case", "switch_label", "case_switch_label", "constant_pattern"}
            and inner
        ):
            self.quietly(inner[:1], scope)
            inner = inner[1:]
        if kind == "jsx_attribute" and word(self.tree, inner[0]).casefold() in QUIET | {"to", "path"}:
            self.quietly(inner[1:], scope)
            return UNKNOWN
        if kind in {"class_body", "declaration_list", "statement_block", "block"}:
            scope = Scope(outer=scope)
        if kind in _EACH:
            self._each(node, scope)
        self.branches += kind in BRANCHES
        values = [self.fold(one, scope) for one in inner]
        self.branches -= kind in BRANCHES
        value = UNKNOWN
        if kind in LISTS or kind == "object":
            self._hint(inner, values)
        if kind == "composite_literal":
            value = values[-1]
        elif kind in {"literal_value", "object"}:
            keys = [word(self.tree, one).partition(":")[0].strip("\"' ").casefold() for one in inner]
            if kind == "literal_value" or "method" not in keys:
                value = either(one for key, one in zip(keys, values, strict=True) if key in _ADDRESSES)
        elif (
            values
            and kind not in {*LISTS, "object"}
            and (len(values) == 1 or kind in _SEEN_THROUGH or kind == "expression_list")
        ):
            value = values[_SEEN_THROUGH.get(kind, 0)]
        if kind in {"return_statement", "arrow_expression_clause"}:
            self.returns.append(value)
        return value

    def _each(self, node: Node, scope: Scope) -> None:
        """Give a loop's variable the texts of the list that is written there, or kept in a variable."""
        left, right = field(node, "left", "name"), field(node, "right", "value")
        if left is None or right is None:
            return
        right = first_of(right) if _SEEN_THROUGH.get(right.type) == 0 else right  # `as const`
        listed = right if right.type in LISTS else scope.listed(word(self.tree, right))
        literals = [one for one in below(listed) if one.type in LITERALS] if listed is not None else []
        if literals and not any(one.type in GIVING for one in below(listed or right)):
            name = word(self.tree, last_of(left) if left.named_children else left)
            scope.names[name] = either(self.unnoted(literals, scope))

    def _hint(self, nodes: Sequence[Node], values: Sequence[Value]) -> None:
        """Note the method that stands beside a path, in a list or an object."""
        lasts = [word(self.tree, one).rpartition(":")[2].strip() for one in nodes]
        says = {
            method_said(value[0].s if value[0].s != HOLE else last) for value, last in zip(values, lasts, strict=True)
        }
        says.discard(None)
        if len(says) == 1 and self.telling:
            for one in (one for value in values for one in value if one.atoms):
                self.sightings.hint(one, *filter(None, says))

    def quietly(self, nodes: Iterable[Node | None], scope: Scope) -> list[Value]:
        """Read nodes whose texts are only said, compared or served."""
        before, self.quiet = self.quiet, True
        values = [self.fold(one, scope) for one in nodes if one is not None]
        self.quiet = before
        return values

    def unnoted(self, nodes: Iterable[Node], scope: Scope) -> list[Value]:
        """Return what nodes may be that are read elsewhere."""
        before, self.noted = self.noted, False
        hits, self.hits = self.hits, []
        values = [self.fold(one, scope) for one in nodes]
        self.noted, self.hits = before, hits
        return values

    @property
    def telling(self) -> bool:
        """Whether what is seen now is told: in the second reading, outside of called functions and mocks."""
        return self.noted and not self._stack and not self.mocking

    def note(self, node: Node, value: Value) -> Value:
        """Note the paths that a node makes."""
        if self.telling and not self.quiet:
            for one in value:
                if one.atoms:
                    self.sightings.path(place(self.tree, node), one)
        return value

    # Texts

    def _literal(self, node: Node, scope: Scope) -> Value:
        where = frozenset({place(self.tree, node)})
        parts = pieces(self.tree, node)
        return made(concat, *((Text(one, where),) if isinstance(one, str) else self.fold(one, scope) for one in parts))

    def _operator(self, node: Node, scope: Scope) -> Value:
        sign = word(self.tree, field(node, "operator"))
        if sign in COMPARING:
            self.quietly(node.named_children, scope)
            return UNKNOWN
        if node.type != "binary_expression":
            self.fold(first_of(node), scope)
            return either(self.fold(one, scope) for one in node.named_children[1:])
        operands: list[Node] = []
        left: Node | None = node
        # A long sum leans to the left; it is not a reason to recurse.
        while (
            left is not None and left.type == "binary_expression" and word(self.tree, field(left, "operator")) == sign
        ):
            operands += filter(None, [field(left, "right")])
            left = field(left, "left")
        values = [self.fold(one, scope) for one in [*filter(None, [left]), *reversed(operands)]]
        if sign == "+":
            return self.note(node, made(concat, *values))
        return either(values) if sign in {"||", "??"} else UNKNOWN

    # Names

    def _name(self, name: str, scope: Scope) -> Value:
        found = scope.find(name)
        if found is None and name in self.members:
            found = either(self.members[name])
        return self.elsewhere("", name) if found is None else found

    def _given(self, node: Node, scope: Scope) -> Value:
        left = field(node, "key", "left") or first_of(node)
        right = field(node, "value", "right") or last_of(node)
        name = word(self.tree, left).strip("\"'`").rpartition(".")[2]
        if is_said(name) and node.type != "assignment_expression":
            self.quietly([right], scope)
            return UNKNOWN
        value = self.fold(right, scope)
        self._bind(left, value, scope, right, added=word(self.tree, field(node, "operator")) == "+=", new=False)
        if left.type in MEMBERS:
            self.assigned(left, value, scope)
        return value

    def _declared(self, node: Node, scope: Scope) -> Value:
        left = field(node, "left", "name", "property")
        right = field(node, "right", "value")
        if right is None and node.type == "variable_declarator":
            right = last_of(node)
        for one in node.named_children:
            if one not in {left, right} or left == right:
                self.fold(one, scope)
        if left is None or right is None or left == right:
            return UNKNOWN
        names = left.named_children if left.type == "expression_list" else [left]
        sources: list[Node | None] = [*(right.named_children if right.type == "expression_list" else [right])]
        sources += [None] * (len(names) - len(sources))  # a function that gives several
        added = node.type == "augmented_assignment_expression" or any(one.type == "+=" for one in node.children)
        for name, source in zip(names, sources, strict=False):
            quiet, self.quiet = self.quiet, self.quiet or is_said(word(self.tree, name))
            value = UNKNOWN if source is None else self.fold(source, scope)
            self.quiet = quiet
            self._bind(name, value, scope, source, added=added, new="assignment" not in node.type)
            if name.type in MEMBERS:
                self.assigned(name, value, scope)
        return UNKNOWN

    def _bind(  # noqa: PLR0913 - what is bound, and how
        self, left: Node, value: Value, scope: Scope, right: Node | None, *, added: bool, new: bool
    ) -> None:
        name = word(self.tree, left).strip("\"'`").rpartition(".")[2]
        local = (
            left.type == "identifier" and left.parent is not None and left.parent.type not in {"pair", "keyed_element"}
        )
        if local:
            holder = scope if new else scope.holder(name)
            before = holder.names.get(name, UNKNOWN)
            after = made(concat, before, value) if added else value
            holder.names[name] = either([before, after]) if self.branches and not new else after
            if right is not None and right.type in LISTS:
                holder.lists[name] = right
        self.share(name, left, value)
        known = self.members.setdefault(name, []) if not self.noted and not self._stack else [value]
        if value not in known and not (local and self.inside):
            known.append(value)
