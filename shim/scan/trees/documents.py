"""Reading YAML and JSON: OpenAPI, Postman, CloudFormation, and the scripts in pipelines and manifests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from textwrap import dedent
from typing import TYPE_CHECKING

from shim.scan.methods import METHODS, QUIET_KEYWORDS
from shim.scan.sightings import Sightings
from shim.scan.texts import HOLE, Text
from shim.scan.trees.calling import Calling
from shim.scan.trees.grammars import Tree, tree_of
from shim.scan.trees.nodes import field, place, unescaped, word
from shim.scan.trees.shell import read_shell

if TYPE_CHECKING:
    from tree_sitter import Node

_MAPPINGS = frozenset({"block_mapping", "flow_mapping", "object"})
_SEQUENCES = frozenset({"block_sequence", "flow_sequence", "array"})
_WRAPPERS = frozenset({"stream", "document", "block_node", "flow_node", "plain_scalar", "block_sequence_item"})
_RUNS = frozenset({
    "run", "script", "scripts", "before_script", "after_script", "command", "commands", "cmd", "cmds", "args", "shell",
    "bash", "sh", "inlinescript", "entrypoint", "test", "install", "before_install", "after_success", "user-data",
    "userdata", "runcmd", "argv", "raw", "build", "pre_build", "post_build", "exec", "steps", "args_", "executable",
})  # fmt: skip
"""Keys, in small letters, whose texts are commands: of pipelines, Compose, Kubernetes, Ansible, npm."""
_TALKING = QUIET_KEYWORDS | {
    "href",
    "self",
    "links",
    "name",
    "summary",
    "docs",
    "documentation",
    "$ref",
    "x-doc",
    "message",
}
_RECORDED = frozenset({"interactions", "http_interactions", "log"})
"""What the root of a recording of HTTP has: VCR's, Pact's, HAR."""
_EXPRESSION = re.compile(r"\$\{\{.*?\}\}|\{\{.*?\}\}")


def read_document(tree: Tree, sightings: Sightings) -> None:
    """Say what is seen in a document; a file may have several."""
    documents = [one for one in tree.root.named_children if one.type == "document"] or [tree.root]
    for one in documents:
        root = _plain(one)
        if root is not None:
            _Document(tree, sightings).read(root)


class _Document:
    def __init__(self, tree: Tree, sightings: Sightings) -> None:
        self._tree = tree
        self._sightings = sightings

    def read(self, root: Node) -> None:
        keys = {key: value for key, _, value in self._pairs(root)}
        if not keys.keys().isdisjoint({"openapi", "swagger"}):
            self._openapi(keys.get("paths"))
        elif "item" in keys and "info" in keys:
            self._postman(keys["item"])
        elif keys.keys().isdisjoint(_RECORDED):
            if self._tree.file.endswith((".tf.json", ".tofu.json")):
                self._terraform(keys)
            self._walk(root, "")

    # Kinds of documents

    def _openapi(self, paths: Node | None) -> None:
        for path, _, item in self._pairs(paths):
            for method, at, _ in self._pairs(item):
                if method.upper() in METHODS:
                    self._address(at, path, method.upper())

    def _postman(self, items: Node) -> None:
        waiting = [items]
        while waiting:
            for one in self._items(waiting.pop()):
                keys = {key: value for key, _, value in self._pairs(one)}
                if "item" in keys:
                    waiting.append(keys["item"])
                request = keys.get("request")
                parts = {key: value for key, _, value in self._pairs(request)} or ({"url": request} if request else {})
                url = parts.get("url")
                raw = next((value for key, _, value in self._pairs(url) if key == "raw"), url)
                method = self._text(parts.get("method")) or "GET"
                if raw is not None and method.upper() in METHODS:
                    self._address(raw, self._text(raw), method.upper())

    def _terraform(self, keys: dict[str, Node]) -> None:
        for kind in ("resource", "data"):
            blocks: list[Node | None] = [*self._items(keys.get(kind))] or [keys.get(kind)]
            for one in blocks:
                for name, at, _ in self._pairs(one):
                    self._sightings.resource(place(self._tree, at), kind, name)

    # Anything else

    def _walk(self, root: Node, key: str) -> None:
        waiting = [(root, key)]
        while waiting:
            node, key = waiting.pop()
            if node.type in _SEQUENCES:
                items = self._items(node)
                words = [self._text(one) for one in items]
                if _is_run(key) and self._sightings.command(place(self._tree, node), words):
                    continue
                waiting += [(one, key) for one in reversed(items)]
            elif node.type in _MAPPINGS:
                waiting += reversed(self._mapping(node, key))
            else:
                self._scalar(node, key)

    def _mapping(self, node: Node, around: str) -> list[tuple[Node, str]]:
        """Read a mapping's own fields; return what is in it, and what each is called."""
        pairs = list(self._pairs(node))
        keys = {key.casefold(): value for key, _, value in pairs}
        kind = keys.get("type")
        if kind is not None:
            self._sightings.resource(place(self._tree, kind), "type", self._text(kind))
        address = next((keys[key] for key in ("url", "uri") if key in keys and self._text(keys[key])), None)
        method = self._text(keys.get("method")).upper() or "GET"
        if address is not None and method in METHODS:
            self._address(address, self._text(address), method)
        program = keys.get("with") if "github-script" in self._text(keys.get("uses")) else None
        for key, _, value in self._pairs(program):
            if key == "script":
                self._script(value, "javascript")
        runs = _is_run(around)
        return [
            (value, around if runs and key.casefold() not in _TALKING else key)
            for key, _, value in pairs
            if value is not address and value is not program
        ]

    def _scalar(self, node: Node, key: str) -> None:
        folded = key.casefold()
        if folded in _TALKING:
            return
        if _is_run(key) or folded.endswith((".sh", ".bash", "script", "command")):
            self._script(node)
        elif self._tree.language == "yaml":
            text = self._text(node)
            if text.startswith("#!") and "sh" in text.partition("\n")[0]:
                self._script(node)
            elif "://" in text:
                self._address(node, text, None)

    def _script(self, node: Node, language: str = "shell") -> None:
        """Read a text as a script; expressions of the pipeline in it are variables."""
        text, row, column = word(self._tree, node), node.start_point.row, node.start_point.column
        if node.type == "block_scalar":
            body = text.partition("\n")[2]
            text, row = dedent(body), row + 1
            column = next((len(line) - len(line.lstrip()) for line in body.split("\n") if line.strip()), 0)
        elif text[:1] in {'"', "'"}:
            text, column = unescaped(text[1:-1]) if text[0] == '"' else text[1:-1].replace("''", "'"), column + 1
        text = _EXPRESSION.sub(lambda found: "$" + "x" * (len(found[0]) - 1), text)
        if not self._sightings.concerns(text):
            return
        tree = tree_of(self._tree.file, language, text, self._tree.line + row, column)
        if language == "shell":
            read_shell(tree, self._sightings)
        else:
            program = Calling(tree, self._sightings)
            program.collect()
            program.tell({})

    def _address(self, node: Node, text: str, method: str | None) -> None:
        where = place(self._tree, node)
        address = Text(_EXPRESSION.sub(HOLE, text), frozenset({where}))
        if method is None:
            self._sightings.path(where, address)
        else:
            self._sightings.hits += self._sightings.call(where, method, [address])

    # Nodes

    def _pairs(self, node: Node | None) -> Iterator[tuple[str, Node, Node]]:
        node = _plain(node)
        for one in node.named_children if node is not None and node.type in _MAPPINGS else ():
            key, value = field(one, "key"), _plain(field(one, "value"))
            if key is not None and value is not None:
                yield self._text(_plain(key)), key, value

    def _items(self, node: Node | None) -> list[Node]:
        node = _plain(node)
        inner = node.named_children if node is not None and node.type in _SEQUENCES else []
        return [found for one in inner if (found := _plain(one)) is not None]

    def _text(self, node: Node | None) -> str:
        """Return what a scalar says; of a block, its lines."""
        if node is None or node.type in _MAPPINGS | _SEQUENCES:
            return ""
        text = word(self._tree, node)
        if node.type == "block_scalar":
            return dedent(text.partition("\n")[2]).strip()
        if text[:1] == '"':
            return unescaped(text[1:-1])
        return (text[1:-1] if text[:1] == "'" else text).replace(HOLE, "\ufffd")


def _is_run(key: str) -> bool:
    """Tell whether a key's texts are commands; Ansible may name a module in full, as ``ansible.builtin.shell``."""
    return key.casefold().rpartition(".")[2] in _RUNS


def _plain(node: Node | None) -> Node | None:
    """Return what a node of YAML's grammar wraps: a mapping, a sequence or a scalar; anchors and tags are left out."""
    while node is not None and node.type in _WRAPPERS:
        inner = [one for one in node.named_children if one.type not in {"comment", "anchor", "tag"}]
        if not inner:
            return None if node.type in {"stream", "document"} else node
        node = inner[-1] if node.type == "document" else inner[0]
    return node
