"""A program in Go, JavaScript, TypeScript, Java or C#: its imports, functions and fields, and what was seen so far."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import TYPE_CHECKING

import attrs

from shim.scan.sightings import Hit, Sightings
from shim.scan.texts import Place
from shim.scan.trees.callers import MOCKS
from shim.scan.trees.grammars import Tree
from shim.scan.trees.nodes import below, field, word
from shim.scan.trees.scopes import DECLARING, FUNCTIONS, GIVING, NAMES, UNKNOWN, Scope, Value, either
from shim.scan.trees.shared import Shared, holder_of, parameter

if TYPE_CHECKING:
    from tree_sitter import Node

_IMPORTS = frozenset({"import_spec", "import_statement", "import_declaration", "using_directive"})
_DEEPEST = 3
"""So many calls of the program's own functions are followed into each other."""
_TELLING = 4
"""Letters of a name that says enough to be known in other programs."""
_BUDGET = 60_000
"""So many nodes of called functions are read again for each program."""


class Program(ABC):
    """What is known of one program; a subclass reads its nodes."""

    def __init__(self, tree: Tree, sightings: Sightings) -> None:
        self.tree = tree
        self.sightings = sightings
        self.members: dict[str, list[Value]] = {}
        self.functions: dict[str, list[Node]] = {}
        self.imported: dict[str, str] = {}
        self.shared: Shared = {}
        self.shares: dict[tuple[str, str], Value] = {}
        self.hits: list[Hit] = []
        self.noted = False
        self.quiet = False
        self.mocking = False
        self.inside: list[str] = []
        self.branches = 0
        self.returns: list[Value] = []
        self._stack: list[int] = []
        self._reread = 0

    @abstractmethod
    def fold(self, node: Node, scope: Scope) -> Value:
        """Read a node and what is in it; return what text it may be."""

    def collect(self) -> None:
        """Read what the program's names, fields and functions are."""
        for node in below(self.tree.root):
            required = node.type == "variable_declarator" and word(self.tree, field(node, "value"))[:8] == "require("
            if required or node.type in _IMPORTS:
                self._import(node)
            elif node.type in FUNCTIONS:
                self.functions.setdefault(self.name_of(node), []).append(node)
        self.functions.pop("", None)
        self.fold(self.tree.root, Scope())

    def tell(self, shared: Shared) -> None:
        """Read what the program does, and say what is seen; ``shared`` is what other programs have."""
        self.shared = shared
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
        parent = (
            node.parent.parent if node.parent is not None and node.parent.type == "expression_list" else node.parent
        )
        if own is None and parent is not None and parent.type in DECLARING | GIVING:
            own = field(parent, "name", "key", "property", "left")
        return word(self.tree, own).rpartition(".")[2]

    def mocked(self, name: str) -> bool:
        """Tell whether a name comes from a module that answers in a server's place."""
        return MOCKS.search(self.imported.get(name, "")) is not None

    # Other programs

    def share(self, name: str, node: Node, value: Value) -> None:
        """Keep what other programs may use under a name, if it has a word of what is looked for."""
        if not self.noted and not self._stack and any(self.sightings.concerns(one.s) for one in value):
            holder = holder_of(self.tree, node)
            if holder is not None and len(name) >= _TELLING:
                self.shares[holder, name] = value

    def elsewhere(self, receiver: str, name: str) -> Value:
        """Return what another program has under a name that this one imports, or that is in its package."""
        if self.noted and not receiver and (name in self.imported or self.tree.language == "go"):
            return self.shared.get(("", name), UNKNOWN)
        if self.noted and receiver:
            return self.shared.get((receiver, name)) or (
                self.shared.get(("", name), UNKNOWN) if receiver in self.imported else UNKNOWN
            )
        return UNKNOWN

    # Functions

    def function(self, node: Node, scope: Scope) -> Value:
        """Read a function by itself."""
        for one in node.named_children:
            if one.type in {"modifiers", "attribute_list", "decorator"}:
                self.fold(one, scope)
        before, self.quiet = self.quiet, False
        self.inside.append(self.name_of(node))
        value = self._body(node, scope, {})
        name = self.inside.pop()
        if name and not self.noted and any(self.sightings.concerns(one.s) for one in value):
            names = [one for one, _ in self._parameters(node)]
            self.share(name, node, self._body(node, scope, {one: parameter(at) for at, one in enumerate(names)}))
        self.quiet = before
        return value if node.type in {"arrow_function", "lambda_expression"} else UNKNOWN

    def _body(self, node: Node, scope: Scope, given: dict[str, Value]) -> Value:
        inner = Scope(outer=scope)
        for name, default in self._parameters(node):
            usual = UNKNOWN if default is None else either([self.fold(default, scope), UNKNOWN])
            inner.names[name] = given.get(name, usual)
        before, self.returns = self.returns, []
        branches, self.branches = self.branches, 0
        body = field(node, "body")
        value = UNKNOWN if body is None else self.fold(body, inner)
        returned, self.returns, self.branches = self.returns, before, branches
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
