"""Annotations of interfaces that are clients: Retrofit, Feign, Spring's HTTP interfaces, Refit."""

from __future__ import annotations

from typing import TYPE_CHECKING

import attrs

from shim.scan.texts import made, url_join
from shim.scan.trees.callers import CALLS_BY_MARK, MAPPINGS, method_said
from shim.scan.trees.following import Following
from shim.scan.trees.nodes import below, field, first_of, last_of, place, word
from shim.scan.trees.scopes import LITERALS, MEMBERS, Scope, Value

if TYPE_CHECKING:
    from tree_sitter import Node


class Marks(Following):
    """Follows texts into annotations."""

    def mark(self, node: Node, scope: Scope) -> None:
        """Read an annotation; those of a client's interface are calls."""
        name = word(self.tree, field(node, "name")).rpartition(".")[2]
        literals = [one for one in below(node) if one.type in LITERALS]
        values = self.quietly(literals, scope)
        interface, client = self._interface(node)
        mapping = MAPPINGS.fullmatch(name)
        if not self.telling or node.type == "decorator" or not values:
            return
        if CALLS_BY_MARK.fullmatch(name) and (
            name.isupper() or name.endswith(("Exchange", "Line")) or interface is not None
        ):
            method = method_said(name.removesuffix("Exchange"))
        elif mapping is not None and client:
            method = method_said(mapping[1] or "")
        elif name == "Path" and client and interface is not None and node.parent is not None:
            verbs = (method_said(word(self.tree, field(one, "name"))) for one in node.parent.named_children)
            method = next(filter(None, verbs), None)
        else:
            return
        texts = [value for some in values for value in some]
        constants = [word(self.tree, last_of(one)) for one in below(node) if one.type in MEMBERS]
        method = method or next(filter(None, map(method_said, [*(one.s for one in texts), *constants])), None)
        for value in (one for one in texts if method_said(one.s) is None):
            verb, _, rest = value.s.rpartition(" ")
            address = attrs.evolve(value, s=rest)
            prefixed = made(url_join, self._prefix(interface, scope), (address,)) if interface is not None else ()
            found = self.sightings.call(place(self.tree, node), method_said(verb) or method, [address, *prefixed][-1:])
            self.hits += found

    def _interface(self, node: Node) -> tuple[Node | None, bool]:
        """Return the interface that a mark stands in, and whether that is marked as a client's."""
        around = node.parent
        while around is not None and around.type != "interface_declaration":
            around = around.parent
        if around is None or any(one == node for one in below(first_of(around))):
            return None, False
        head = word(self.tree, first_of(around))
        return around, "Client" in head or "RestClient" in head or "Exchange" in head

    def _prefix(self, interface: Node, scope: Scope) -> Value:
        """Return the path that the marks of an interface put before those of its methods."""
        for one in below(first_of(interface)):
            name = word(self.tree, field(one, "name")) if one.type == "annotation" else ""
            if name in {"HttpExchange", "RequestMapping", "Path", "FeignClient"}:
                pairs = [part for part in below(one) if part.type == "element_value_pair"]
                around = next((part for part in pairs if word(self.tree, field(part, "key")) == "path"), one)
                literal = next((part for part in below(around) if part.type in LITERALS), None)
                if literal is not None and (name != "FeignClient" or around != one):
                    return self.unnoted([literal], scope)[0]
        return ()
