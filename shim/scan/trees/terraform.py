"""Reading Terraform: resources and data sources by name, and the addresses and commands in its texts."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from shim.scan.methods import QUIET_KEYWORDS, said
from shim.scan.sightings import Sightings
from shim.scan.texts import HOLE, Text, concat, made, percent
from shim.scan.trees.grammars import Tree, tree_of
from shim.scan.trees.nodes import below, first_of, last_of, place, unescaped, word
from shim.scan.trees.scopes import UNKNOWN, Value, either
from shim.scan.trees.shell import read_shell

if TYPE_CHECKING:
    from tree_sitter import Node

_QUIET = QUIET_KEYWORDS | {"error_message", "condition", "comment", "tags", "labels"}
_METHODS = ("method", "request_method", "http_method")
_INTERPOLATION = re.compile(r"\$\{[^{}]*\}")


class Terraform:
    """Reads one file of blocks."""

    def __init__(self, tree: Tree, sightings: Sightings) -> None:
        self._tree = tree
        self._sightings = sightings
        self._known: dict[str, Value] = {}
        self._noted = False

    def read(self) -> None:
        """Read the file twice: for its locals and variables, and for what it does."""
        self._blocks(self._tree.root)
        self._noted = True
        self._blocks(self._tree.root)

    def _blocks(self, around: Node) -> None:
        waiting = [around]
        while waiting:
            node = waiting.pop()
            if node.type == "block":
                self._block(node)
            if node.type != "attribute":
                waiting += reversed(node.named_children)

    def _block(self, node: Node) -> None:
        head = [
            word(self._tree, one).strip('"') for one in node.named_children if one.type in {"identifier", "string_lit"}
        ]
        label = next((one for one in node.named_children if one.type == "string_lit"), None)
        if self._noted and label is not None and head[0] in {"resource", "data", "ephemeral"}:
            self._sightings.resource(place(self._tree, label), head[0], head[1])
        inner = next((one for one in node.named_children if one.type == "body"), None)
        attributes = [one for one in inner.named_children if one.type == "attribute"] if inner is not None else []
        nodes = {word(self._tree, first_of(one)): one for one in attributes}
        values = {name: self._attribute(one) for name, one in nodes.items()}
        if head[0] == "locals":
            self._known |= {f"local.{name}": value for name, value in values.items()}
        elif head[0] == "variable" and len(head) > 1 and "default" in values:
            self._known[f"var.{head[1]}"] = either([values["default"], UNKNOWN])
        method = next((found for name in _METHODS for one in values.get(name, ()) if (found := said(one.s))), None)
        if self._noted and (method is not None or head[:2] == ["data", "http"]):
            for name in ("url", "path", "uri", "endpoint"):
                if name in nodes:
                    at = place(self._tree, nodes[name])
                    self._sightings.hits += self._sightings.call(at, method or "GET", values[name])

    def _attribute(self, node: Node) -> Value:
        name = word(self._tree, first_of(node))
        noted, self._noted = self._noted, self._noted and name not in _QUIET
        value = self._value(last_of(node))
        self._noted = noted
        return value

    def _value(self, node: Node) -> Value:
        kind = node.type
        if kind == "heredoc_template":
            self._script(node)
            return UNKNOWN
        if kind in {"quoted_template", "string_lit"}:
            value = self._template(node)
            for one in value if self._noted else ():
                self._sightings.path(place(self._tree, node), one)
            return value
        if kind == "function_call":
            name, values = word(self._tree, first_of(node)), []
            for inner in node.named_children[1:]:
                values += [self._value(one) for one in inner.named_children]
            if name == "format" and values:
                return self._seen(node, made(lambda first, *rest: percent(first, rest, {}), *values))
            if name == "join" and len(values) == 2:
                items = [self._value(one) for one in self._items(node)]
                return self._seen(node, made(lambda sign, *rest: sign.join(rest), values[0], *items))
            return (
                values[0] if values and name in {"urlencode", "trimsuffix", "replace", "tostring", "lower"} else UNKNOWN
            )
        if kind == "expression" and len(node.named_children) > 1:
            return self._known.get(word(self._tree, node), UNKNOWN)
        if kind == "conditional":
            return either([self._value(one) for one in node.named_children][1:])
        values = [self._value(one) for one in node.named_children]
        if kind == "object_elem" and values:
            return values[-1]
        return values[0] if len(values) == 1 else UNKNOWN

    def _items(self, node: Node) -> list[Node]:
        """Return the items of the first list in a node."""
        listed = next((one for one in below(node) if one.type == "tuple"), node)
        return [one for one in listed.named_children if one.type == "expression"]

    def _seen(self, node: Node, value: Value) -> Value:
        for one in value if self._noted else ():
            self._sightings.path(place(self._tree, node), one)
        return value

    def _template(self, node: Node) -> Value:
        where = frozenset({place(self._tree, node)})
        parts: list[Value] = []
        at = node.start_byte + 1
        for one in [*(one for one in node.named_children if one.type == "template_interpolation"), None]:
            end = node.end_byte - 1 if one is None else one.start_byte
            parts.append((Text(unescaped(self._tree.content[at:end].decode("utf-8", "replace")), where),))
            if one is not None:
                inner = [part for part in one.named_children if part.type == "expression"]
                parts.append(self._value(inner[0]) if inner else UNKNOWN)
                at = one.end_byte
        return made(concat, *parts)

    def _script(self, node: Node) -> None:
        """Read a here document as a shell script; Terraform's own parts of it are variables."""
        if not self._noted:
            return
        start = node.named_children[1]
        text = word(self._tree, node)
        body = text.partition("\n")[2].rpartition("\n")[0]

        def variable(found: re.Match[str]) -> str:
            known = self._known.get(found[0][2:-1].strip())
            plain = known is not None and len(known) == 1 and HOLE not in known[0].s
            return known[0].s if plain and known is not None else "$" + "x" * (len(found[0]) - 1)

        script = _INTERPOLATION.sub(variable, body)
        read_shell(
            tree_of(self._tree.file, "shell", script, self._tree.line + start.start_point.row + 1), self._sightings
        )


def read_terraform(tree: Tree, sightings: Sightings) -> None:
    """Say what is seen in a file of Terraform's."""
    Terraform(tree, sightings).read()
