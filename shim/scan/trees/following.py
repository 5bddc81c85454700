"""Following texts through a program in Go, JavaScript, TypeScript, Java or C#.

The grammars name the same things with few different words, so that one reader reads them all. A program is read
twice: first for what its names, fields and functions are, then for what it does with them. Functions are read by
themselves, their parameters unknown, and again for each call in the program that gives them texts.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import attrs

from shim.scan.sightings import Hit, Sightings
from shim.scan.texts import HOLE, Place, Text, concat, made
from shim.scan.trees.callers import MOCKS, QUIET, method_said
from shim.scan.trees.grammars import Tree
from shim.scan.trees.nodes import below, field, place, unescaped, word
from shim.scan.trees.scopes import (
    BRANCHES,
    CALLS,
    COMPARING,
    FUNCTIONS,
    HOLES,
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

_DEEPEST = 3
"""So many calls of the program's own functions are followed into each other."""
_BUDGET = 60_000
"""So many nodes of called functions are read again for each program."""
_DECLARING = frozenset({
    "variable_declarator", "const_spec", "var_spec", "short_var_declaration", "assignment_statement",
    "augmented_assignment_expression", "public_field_definition", "field_definition", "property_declaration",
})  # fmt: skip
_ADDRESSES = frozenset({"path", "url", "uri", "rawpath", "endpoint"})
"""Fields of a Go struct, in small letters, in which the address of a request stands."""
_GIVING = frozenset({"pair", "keyed_element", "assignment_expression", "element_value_pair"})
_SEEN_THROUGH = {"as_expression": 0, "satisfies_expression": 0, "cast_expression": -1, "type_assertion": -1,
                 "type_conversion_expression": -1, "type_assertion_expression": 0, "argument": -1}  # fmt: skip
"""What gives the value of one of its parts: the first or the last."""


class Following(ABC):
    """What the texts of one program are; a subclass says what becomes of them in calls."""

    def __init__(self, tree: Tree, sightings: Sightings) -> None:
        self.tree = tree
        self.sightings = sightings
        self.members: dict[str, list[Value]] = {}
        self.functions: dict[str, list[Node]] = {}
        self.imported: dict[str, str] = {}
        self.hits: list[Hit] = []
        self.noted = False
        self.quiet = False
        self.mocking = False
        self.inside: list[str] = []
        self._branches = 0
        self._returns: list[Value] = []
        self._stack: list[int] = []
        self._reread = 0

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

    def read(self) -> None:
        """Read the program and say what is seen in it."""
        for node in below(self.tree.root):
            if node.type in {"import_spec", "import_statement", "import_declaration", "using_directive"}:
                self._import(node)
            elif node.type in FUNCTIONS:
                self.functions.setdefault(self.name_of(node), []).append(node)
        self.functions.pop("", None)
        self.fold(self.tree.root, Scope())
        self.hits.clear()
        self.noted = True
        self.fold(self.tree.root, Scope())
        self.sightings.hits += self.hits

    def _import(self, node: Node) -> None:
        source = word(self.tree, field(node, "source", "path")).strip("\"'`") or word(self.tree, node)
        names = [word(self.tree, one) for one in below(node) if one.type in {*NAMES, "package_identifier"}]
        for name in names or [source.rpartition("/")[2]]:
            self.imported.setdefault(name, source)

    def name_of(self, node: Node) -> str:
        """Return the name of a function, or that of what it is given to."""
        own = field(node, "name")
        parent = node.parent.parent if node.parent is not None and node.parent.type == "expression_list" else node.parent
        if own is None and parent is not None and parent.type in _DECLARING | _GIVING:
            own = field(parent, "name", "key", "property", "left")
        return word(self.tree, own).rpartition(".")[2]

    def mocked(self, name: str) -> bool:
        """Tell whether a name comes from a module that answers in a server's place."""
        return MOCKS.search(self.imported.get(name, "")) is not None

    # Reading

    def fold(self, node: Node, scope: Scope) -> Value:  # noqa: C901 - one branch a kind of node
        """Read a node and what is in it; return what text it may be."""
        kind = node.type
        if kind in TALK:
            return UNKNOWN
        if kind in LITERALS:
            return self.note(node, self._literal(node, scope))
        if kind in NAMES:
            return self._name(word(self.tree, node), scope)
        if kind in FUNCTIONS:
            return self._function(node, scope)
        if kind in CALLS:
            return self.note(node, self.call(node, scope))
        if kind in MEMBERS:
            return self.member(node, scope)
        if kind in {"binary_expression", "ternary_expression", "conditional_expression"}:
            return self._operator(node, scope)
        if kind in {"annotation", "attribute", "decorator"}:
            self.mark(node, scope)
            return UNKNOWN
        if kind in _GIVING:
            return self._given(node, scope)
        if kind in _DECLARING:
            return self._declared(node, scope)
        return self._other(node, scope)

    def _other(self, node: Node, scope: Scope) -> Value:
        kind, inner = node.type, node.named_children
        if kind in {"subscript_expression", "index_expression", "element_access_expression"}:
            values = [self.fold(one, scope) for one in inner]
            return either(either(self.members.get(one.s, ())) for one in values[-1])
        if kind in {"expression_case", "switch_case", "switch_label", "case_switch_label", "constant_pattern"} and inner:
            self.quietly(inner[:1], scope)
            inner = inner[1:]
        if kind == "jsx_attribute" and word(self.tree, inner[0]).casefold() in QUIET:
            self.quietly(inner[1:], scope)
            return UNKNOWN
        if kind in {"class_body", "declaration_list", "statement_block", "block"}:
            scope = Scope(outer=scope)
        self._branches += kind in BRANCHES
        values = [self.fold(one, scope) for one in inner]
        self._branches -= kind in BRANCHES
        value = UNKNOWN
        if kind in LISTS or kind == "object":
            self._hint(inner, values)
        if kind == "composite_literal":
            value = values[-1]
        elif kind == "literal_value":
            keys = [word(self.tree, one).partition(":")[0].strip().casefold() for one in inner]
            value = either(one for key, one in zip(keys, values, strict=True) if key in _ADDRESSES)
        elif values and (len(values) == 1 or kind in _SEEN_THROUGH or kind == "expression_list"):
            value = values[_SEEN_THROUGH.get(kind, 0)]
        if kind in {"return_statement", "arrow_expression_clause"}:
            self._returns.append(value)
        return value

    def _hint(self, nodes: Sequence[Node], values: Sequence[Value]) -> None:
        """Note the method that stands beside a path, in a list or an object."""
        lasts = [word(self.tree, one).rpartition(":")[2].strip() for one in nodes]
        says = {method_said(value[0].s if value[0].s != HOLE else last) for value, last in zip(values, lasts, strict=True)}
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
        raw = node.type in {"raw_string_literal", "verbatim_string_literal"} or word(self.tree, node)[:2] in {"$@", "@$"}
        interpolated = node.type == "interpolated_string_expression"
        parts: list[Value] = []
        at = node.start_byte
        for hole in [*(one for one in node.named_children if one.type in HOLES), None]:
            end = hole.start_byte if hole is not None else node.end_byte
            piece = self.tree.content[at:end].decode("utf-8", "replace")
            piece = piece.lstrip("@$").lstrip("\"'`") if at == node.start_byte else piece
            piece = piece.rstrip("\"'`") if hole is None else piece
            piece = piece.replace("{{", "{").replace("}}", "}") if interpolated else piece
            parts.append((Text(piece.replace(HOLE, "\ufffd") if raw else unescaped(piece), where),))
            if hole is not None:
                inner = [one for one in hole.named_children if not one.type.startswith("interpolation")]
                parts.append(self.fold(inner[0], scope) if inner else UNKNOWN)
                at = hole.end_byte
        return made(concat, *parts)

    def _operator(self, node: Node, scope: Scope) -> Value:
        sign = word(self.tree, field(node, "operator"))
        if sign in COMPARING:
            self.quietly(node.named_children, scope)
            return UNKNOWN
        if node.type != "binary_expression":
            self.fold(node.named_children[0], scope)
            return either(self.fold(one, scope) for one in node.named_children[1:])
        operands: list[Node] = []
        left: Node | None = node
        # A long sum leans to the left; it is not a reason to recurse.
        while left is not None and left.type == "binary_expression" and word(self.tree, field(left, "operator")) == sign:
            operands += filter(None, [field(left, "right")])
            left = field(left, "left")
        values = [self.fold(one, scope) for one in [*filter(None, [left]), *reversed(operands)]]
        if sign == "+":
            return self.note(node, made(concat, *values))
        return either(values) if sign in {"||", "??"} else UNKNOWN

    # Names

    def _name(self, name: str, scope: Scope) -> Value:
        found = scope.find(name)
        return either(self.members.get(name, ())) if found is None else found

    def _given(self, node: Node, scope: Scope) -> Value:
        left = field(node, "key", "left") or node.named_children[0]
        right = field(node, "value", "right") or node.named_children[-1]
        name = word(self.tree, left).strip("\"'`").rpartition(".")[2]
        if name.casefold() in QUIET and node.type != "assignment_expression":
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
            right = node.named_children[-1]
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
            value = UNKNOWN if source is None else self.fold(source, scope)
            self._bind(name, value, scope, source, added=added, new="assignment" not in node.type)
            if name.type in MEMBERS:
                self.assigned(name, value, scope)
        return UNKNOWN

    def _bind(  # noqa: PLR0913 - what is bound, and how
        self, left: Node, value: Value, scope: Scope, right: Node | None, *, added: bool, new: bool
    ) -> None:
        name = word(self.tree, left).strip("\"'`").rpartition(".")[2]
        local = left.type == "identifier" and left.parent is not None and left.parent.type not in {"pair", "keyed_element"}
        if local:
            holder = scope if new else scope.holder(name)
            before = holder.names.get(name, UNKNOWN)
            after = made(concat, before, value) if added else value
            holder.names[name] = either([before, after]) if self._branches and not new else after
            if right is not None and right.type in LISTS:
                holder.lists[name] = right
        known = self.members.setdefault(name, []) if not self.noted and not self._stack else [value]
        if value not in known and not (local and self.inside):
            known.append(value)

    # Functions

    def _function(self, node: Node, scope: Scope) -> Value:
        """Read a function by itself."""
        for one in node.named_children:
            if one.type in {"modifiers", "attribute_list", "decorator"}:
                self.fold(one, scope)
        before, self.quiet = self.quiet, False
        self.inside.append(self.name_of(node))
        value = self._body(node, scope, {})
        self.inside.pop()
        self.quiet = before
        return value if node.type in {"arrow_function", "lambda_expression"} else UNKNOWN

    def _body(self, node: Node, scope: Scope, given: dict[str, Value]) -> Value:
        inner = Scope(outer=scope)
        for name, default in self._parameters(node):
            usual = UNKNOWN if default is None else either([self.fold(default, scope), UNKNOWN])
            inner.names[name] = given.get(name, usual)
        before, self._returns = self._returns, []
        branches, self._branches = self._branches, 0
        body = field(node, "body")
        value = UNKNOWN if body is None else self.fold(body, inner)
        returned, self._returns, self._branches = self._returns, before, branches
        return either(returned) if returned else value

    def _parameters(self, node: Node) -> list[tuple[str, Node | None]]:
        """Return the names of a function's parameters in order, and their defaults."""
        around = field(node, "parameters", "parameter")
        if around is None:
            return []
        if not around.named_children:
            return [(word(self.tree, around), None)]
        found: list[tuple[str, Node | None]] = []
        for one in around.named_children:
            names = one.children_by_field_name("name") or [field(one, "pattern", "left") or one]
            found += [(word(self.tree, name), field(one, "value", "right")) for name in names]
        return found

    def invoked(self, functions: Sequence[Node], args: Sequence[Value], at: Place, scope: Scope) -> Value | None:
        """Return what a call of the program's own functions gives, None when they are not followed.

        Calls in them are led back to this one.
        """
        found: list[Value] = []
        for node in functions:
            if node.id in self._stack or len(self._stack) >= _DEEPEST or self._reread >= _BUDGET:
                continue
            self._reread += node.descendant_count
            self._stack.append(node.id)
            before, self.hits = self.hits, []
            names = [name for name, _ in self._parameters(node)]
            found.append(self._body(node, scope.top, dict(zip(names, args, strict=False))))
            inner, self.hits = dict.fromkeys(self.hits), before
            self._stack.pop()
            self.hits += [attrs.evolve(hit, chain=(at, *hit.chain)) for hit in inner]
        return either(found) if found else None
