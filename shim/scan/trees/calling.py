"""What the calls of a program in Go, JavaScript, TypeScript, Java or C# call, and which clients' methods it names."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import attrs

from shim.documents.model import Operation
from shim.scan.methods import CONTENT, NOT_URLS, method_of, verb_in
from shim.scan.texts import HOLE, Place, made, url_join
from shim.scan.trees.callers import (
    BASES,
    FILES,
    HTTP,
    MAKERS,
    MOCKING,
    MOCKING_RECEIVERS,
    QUIET,
    READS,
    SHOWING,
    is_page,
    is_route,
    method_said,
)
from shim.scan.trees.making import joined_text, text_of
from shim.scan.trees.marks import Marks
from shim.scan.trees.nodes import below, field, first_of, last_of, place, word
from shim.scan.trees.scopes import CALLS, LISTS, MEMBERS, UNKNOWN, Scope, Value, either, hole
from shim.scan.trees.shared import called

if TYPE_CHECKING:
    from tree_sitter import Node

_CHAINED = 40
"""So many links of a chain of calls are looked at."""
_MAKING = frozenset({"new_expression", "object_creation_expression"})


_AROUND = frozenset({"argument", "spread_element", "variadic_argument", "parenthesized_expression"})


@attrs.frozen
class _Call:
    """A call: its name, what it is called on, and what it is given, in order and by name."""

    node: Node
    name: str
    named_at: Node
    receiver: Node | None
    args: tuple[Node, ...]
    named: dict[str, Node]


class Calling(Marks):
    """Follows texts into calls."""

    def call(self, node: Node, scope: Scope) -> Value:
        """Read a call; return the text that it gives."""
        call = self._taken_apart(node)
        folded, receiver, root = call.name.casefold(), self._last(call.receiver), self._root(node)
        for one in node.named_children:
            if one.type == "class_body" or (one == call.named_at and one.child_count > 0):
                self.fold(one, scope)  # an anonymous class, or a function that is called where it stands
        chained = len(self.hits)
        on = UNKNOWN if call.receiver is None else self.fold(call.receiver, scope)
        asked = {hit.path.s for hit in self.hits[chained:]}
        quiet = self.mocked(root) or self._only_says(call, folded, receiver)
        before = self.quiet, self.mocking
        # What is said stays so when it is put into a text first; what a call inside is given is not said.
        self.quiet = quiet or (self.quiet and (folded in MAKERS or not hole(on)))
        self.mocking = self.mocking or folded in MOCKING
        args = [self.fold(one, scope) for one in call.args]
        named = {key: self.fold(one, scope) for key, one in call.named.items()}
        self.quiet, self.mocking = before
        self._sdk(call, receiver, root)
        if quiet:
            return UNKNOWN
        base = next((node for key, node in (*self._keys(call), *call.named.items()) if key in BASES), None)
        if base is not None and all(map(hole, args)):
            return self.unnoted([base], scope)[0]
        text = self._text(call, folded, receiver.casefold(), on, args, scope)
        at, hits = self._place(call), len(self.hits)
        followed = self.invoked(self._own(call, scope), args, at, scope)
        if len(self.hits) == hits and not self.mocking:
            addresses = [*args, *(one for key, one in named.items() if key not in NOT_URLS)]
            self._http(call, addresses, tuple(one for one in on if one.s not in asked), at, scope)
            self._command(call, args, at, scope)
            if len(self.hits) > hits:
                return UNKNOWN  # what is done with a request, or its answer, is no call of its own
        if followed is None and hole(text):
            value = self.elsewhere(receiver, call.name)
            return value if hole(value) else called(value, args)
        return text if followed is None or hole(followed) else followed

    # What a call is

    def _taken_apart(self, node: Node) -> _Call:
        called = field(node, "function", "constructor", "type", "name") or node
        receiver = field(node, "object") if node.type == "method_invocation" else None
        if called.type in MEMBERS and len(called.named_children) > 1:
            receiver, called = first_of(called), last_of(called)
        if called.type in {"generic_name", "generic_type", "member_binding_expression", "scoped_type_identifier"}:
            called = next((one for one in below(called) if one.child_count == 0 and one.is_named), called)
        args: list[Node] = []
        named: dict[str, Node] = {}
        around = [field(node, "arguments"), field(node, "initializer")]
        if around[0] is not None and around[0].type == "template_string":
            args, around = [around[0]], []
        for one in (one for some in around if some is not None for one in some.named_children):
            key = field(one, "name") if one.type == "argument" else field(one, "left")
            if one.type == "assignment_expression" or (one.type == "argument" and key is not None):
                named[word(self.tree, key).casefold()] = last_of(one)
            elif "comment" not in one.type:
                args.append(one)
        return _Call(node, word(self.tree, called), called, receiver, tuple(args), named)

    def _root(self, node: Node) -> str:
        """Return the name that a chain of calls and attributes begins with."""
        for _ in range(_CHAINED):
            inner = field(node, "function", "object", "operand", "expression", "constructor")
            if inner is None:
                break
            node = inner
        return word(self.tree, node) if node.child_count == 0 else ""

    def _last(self, node: Node | None) -> str:
        """Return the last name of what a call is made on."""
        if node is None:
            return ""
        if node.type in CALLS:
            return self._taken_apart(node).name
        last = last_of(node) if node.type in MEMBERS else node
        return word(self.tree, last) if last.child_count == 0 else ""

    def _only_says(self, call: _Call, name: str, receiver: str) -> bool:
        """Tell whether a call only talks about the texts that it is given, serves them, or takes them for files."""
        first = word(self.tree, call.args[0]).strip("\"'`") if call.args else ""
        if name in FILES:
            return method_said(first) is None
        if call.receiver is not None and verb_in(call.name) is not None and is_route(receiver, len(call.args), first):
            return True
        raised = name.endswith(("exception", "error")) or receiver in {"errors", "httptest"}
        return name in QUIET or raised or (name in SHOWING and is_page(receiver))

    def _own(self, call: _Call, scope: Scope) -> list[Node]:
        """Return the program's own functions that a call may be of."""
        if call.node.type in _MAKING:
            return [one for one in self.functions.get(call.name, ()) if one.type == "constructor_declaration"]
        name = word(self.tree, call.receiver) if call.receiver is not None and call.receiver.child_count == 0 else ""
        return [] if name in self.imported and scope.find(name) is None else self.functions.get(call.name, [])

    def _place(self, call: _Call) -> Place:
        """Return where a call stands; of one in a chain over many lines, only its own link."""
        apart = call.receiver is not None and call.named_at.start_point.row != call.node.start_point.row
        return place(self.tree, call.named_at if apart else call.node, call.node)

    # Texts

    def _text(  # noqa: PLR0913, PLR0917 - what is known of a call
        self, call: _Call, name: str, receiver: str, on: Value, args: list[Value], scope: Scope
    ) -> Value:
        if name == "join":
            lists = [self._items(node, value, scope) for node, value in zip(call.args, args, strict=True)]
            own = None if call.receiver is None else self._items(call.receiver, on, scope)
            return joined_text(receiver, own, lists)
        items = [one for node, value in zip(call.args, args, strict=True) for one in self._items(node, value, scope)]
        says = [
            method_said(self._constant(node, value)) is not None for node, value in zip(call.args, args, strict=True)
        ]
        whole = text_of(name, on, args, items, says=says, makes=call.node.type)
        if name in {"append", "writestring"} and (root := self._root(call.node)):
            scope.holder(root).names[root] = whole
        return whole

    def _items(self, node: Node, value: Value, scope: Scope) -> list[Value]:
        """Return the items of a list that is written here or was given a name; anything else is one item."""
        while (
            node.type in {"argument", "spread_element", "variadic_argument", "parenthesized_expression"}
            and node.named_children
        ):
            node = last_of(node)
        listed = node if node.type in LISTS else scope.listed(word(self.tree, node)) if node.child_count == 0 else None
        if listed is None:
            return [value]
        items = listed.named_children
        while items and items[-1].type in LISTS:
            items = items[-1].named_children
        return self.unnoted((one for one in items if "comment" not in one.type), scope)

    def _constant(self, node: Node, value: Value) -> str:
        """Return what a node says that may be a method: a text, or the last name of a constant."""
        while node.type == "argument" and node.named_children:
            node = last_of(node)
        return value[0].s if value[0].s != HOLE else self._last(node) if node.type in MEMBERS else ""

    # HTTP

    def _http(self, call: _Call, addresses: list[Value], on: Value, at: Place, scope: Scope) -> None:
        """Note a call that is an HTTP call of one of some addresses."""
        keyed = {**dict(self._keys(call)), **call.named}
        if not keyed and hole(on) and all(map(hole, addresses)):
            return
        values = dict(zip(keyed, self.unnoted(keyed.values(), scope), strict=True))
        options = {key: method_said(self._constant(keyed[key], value)) for key, value in values.items()}
        if call.name == "ajax":
            options["method"] = options.get("type") or options.get("method")
        words = [method_said(self._constant(node, value)) for node, value in zip(call.args, addresses, strict=False)]
        http, method = method_of(call.name, self._last(call.receiver), words, options)
        method = method or self._chained(call)
        if method is None and call.name.casefold() in READS:
            method = "POST" if CONTENT.intersection(options) else "GET"
        if method is None:
            return
        addresses += [value for key, value in values.items() if key not in NOT_URLS]
        chained = self._chained(call) is not None
        if http or chained or call.name.casefold() in HTTP:
            sends = self._link(call) is not None and not hole(on)
            below_base = [made(url_join, on, value) for value in addresses if sends and not hole(value)]
            found = [hit for value in (*below_base, *addresses) for hit in self.sightings.call(at, method, value)]
            # A request that was made before is sent, or told its method: setRequestMethod("POST").
            self.hits += found or (self.sightings.call(at, method, on) if http else [])

    def assigned(self, left: Node, value: Value, scope: Scope) -> None:
        """Note the method that a request is given, or a client's base: ``request.Method = Method.Post``."""
        name = word(self.tree, last_of(left)).casefold()
        if name in BASES and (root := self._root(left)):
            scope.holder(root).names[root] = value
        if name == "method" and left.parent is not None:
            method = method_said(self._constant(last_of(left.parent), value))
            if method is not None:
                paths = self.unnoted([first_of(left)], scope)[0]
                self.hits += self.sightings.call(place(self.tree, left.parent), method, paths)

    def _keys(self, call: _Call) -> Iterator[tuple[str, Node]]:
        """Yield what stands in the objects that a call is given, by its key."""
        for pair in (pair for one in call.args if one.type == "object" for pair in one.named_children):
            key, value = field(pair, "key"), field(pair, "value")
            if key is not None and value is not None:
                yield word(self.tree, key).strip("\"'").casefold(), value
            elif pair.type == "shorthand_property_identifier":
                yield word(self.tree, pair).casefold(), pair

    def _chained(self, call: _Call) -> str | None:
        """Return the method that a link of a chain of calls says, before or after this one."""
        link = call.receiver
        for _ in range(_CHAINED):
            if link is None or link.type not in CALLS:
                break
            before = self._taken_apart(link)
            if (found := self._link(before)) is not None:
                return found
            link = before.receiver
        link = call.node
        for _ in range(_CHAINED):
            above = link.parent
            if above is not None and above.type in MEMBERS:
                above = above.parent
            if above is None or above.type not in CALLS or above.start_byte != call.node.start_byte:
                break
            if (found := self._link(self._taken_apart(above))) is not None:
                return found
            link = above
        return None

    def _link(self, call: _Call) -> str | None:
        name = call.name.casefold()
        if name in {"method", "setmethod", "withmethod", "httpmethod"} and call.args:
            return method_said(word(self.tree, call.args[0]).strip("\"'"))
        verb = verb_in(call.name)
        return verb if verb is not None and (name == verb.casefold() or name.endswith("async")) else None

    def _command(self, call: _Call, args: Sequence[Value], at: Place, scope: Scope) -> None:
        """Note a command that a program starts, given as its words."""
        values = [one for node, arg in zip(call.args, args, strict=True) for one in self._items(node, arg, scope)]
        while values and hole(values[0]):  # Go's context
            values = values[1:]
        if self.telling and len(values) > 1:
            atoms = [atom for value in values for one in value for atom in one.atoms]
            self.sightings.command(at, [part for value in values for part in value[0].s.split()], atoms)

    # Names and marks

    def _sdk(self, call: _Call, receiver: str, root: str) -> None:
        source = self.imported.get(root, "")
        if self.telling and "mongodbatlas" in source and ("pulumi" in source or "provider" in source):
            self.sightings.resource(place(self.tree, call.named_at), "wrapped", call.name)
        if call.node.type in _MAKING or receiver.casefold() in MOCKING_RECEIVERS:
            return
        found = self.sightings.names.any(call.name) or self.sightings.names.grouped(receiver, call.name)
        self._named(call.named_at, call.name, found, call.receiver)

    def _named(self, node: Node, name: str, found: Operation | None, receiver: Node | None) -> None:
        """Note a client's method, unless it is the program's own."""
        if found is None or not self.telling:
            return
        plain = receiver is None or receiver.child_count == 0
        if name not in self.functions or name in self.inside or not plain:
            self.sightings.name(place(self.tree, node), name, found)

    def member(self, node: Node, scope: Scope) -> Value:
        """Return what an attribute may be: whatever the program gives one of this name."""
        inner = node.named_children
        self.fold(inner[0], scope)
        for one in inner[1:-1]:
            self.fold(one, scope)
        if inner[-1].type in CALLS:  # C#'s ?.
            return self.fold(inner[-1], scope)
        name, above = word(self.tree, inner[-1]), node.parent
        used = above is not None and above.type not in MEMBERS and field(above, "left") != node
        tested = (
            used and above is not None and above.parent is not None and self._last(above.parent) in {"expect", "mocked"}
        )
        if used and not tested:
            self._named(inner[-1], name, self.sightings.names.any(name), inner[0])
        known = either(self.members.get(name, ()))
        return self.elsewhere(self._last(inner[0]), name) if hole(known) else known
