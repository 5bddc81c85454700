"""Finds the uses of retired operations in one parsed program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import dropwhile

from shim.tools.scan import rules
from shim.tools.scan.calls import Call, plain
from shim.tools.scan.fold import Program
from shim.tools.scan.http import Calls
from shim.tools.scan.methods import said, verb_in
from shim.tools.scan.sightings import SCRIPT, Sought, Use, place_of
from shim.tools.scan.texts import HOLE, Atom, Place, Text, url_join
from shim.tools.scan.tree import Node

_SYNC = frozenset({"sync", "sync_detailed", "asyncio", "asyncio_detailed"})
"""The functions of openapi-python-client's modules, of which each operation has one."""


class Reader(Calls):
    """Reads one program; ``used`` are the literals that went into calls of any program."""

    def __init__(
        self, program: Program, sought: Sought, neighbours: Mapping[str, frozenset[str]], used: set[Atom]
    ) -> None:
        super().__init__(program, sought, neighbours)
        self.used = used
        self.mocked: set[Atom] = set()

    def calls(self) -> Iterator[Use]:
        """Yield the calls and names."""
        for call in self.program.calls.values():
            if self.is_mock(call):
                self.mocked.update(atom for one in self.addresses(call, {}) for some in one for atom in some.atoms)
            else:
                yield from self._call(call)
        for node in self.program.root.walk():
            yield from self._node(node)

    def _call(self, call: Call) -> Iterator[Use]:
        name, node = call.name, call.node
        yield from self._named(call)
        if "mongodbatlas" in self.text and (
            node.kind == "new_expression" or name.startswith(("get", "Get", "New", "new")) or name[:1].isupper()
        ):
            yield from self._resource(node, name.removeprefix("New") if self.program.language == "go" else name)
        yield from self._command(call)
        yield from self._http(call)

    def _named(self, call: Call) -> Iterator[Use]:
        name, on = call.name, call.on
        operation = self.sought.names.any(name) or self.sought.names.grouped(on, name)
        root = next((plain(one.text) for one in call.receiver.names()), "") if call.receiver is not None else ""
        if name in _SYNC:
            operation, name = self.sought.names.any(self.aliases.get(on, on)), self.aliases.get(on, on)
        depth = len(list(call.receiver.names())) if call.receiver is not None else 0
        on_self = root in {"self", "this", "cls"} or (
            call.receiver is not None and call.receiver.kind in {"this", "self"}
        )
        is_own = name in self.program.functions or name in self.own
        typed = self.program.language in {"go", "java", "csharp", "kotlin", "rust"}
        if operation is None or (is_own and (not root or (depth < 2 and (on_self or typed)))):
            return
        if root in self.own and not root.endswith("Api"):
            return
        if root and any(
            self._is_own(value) for one in self.program.assigned(root, call.node)[-1:] for value in one.values
        ):
            return
        place = self._at(call)
        yield Use(place, "sdk", (operation,), operation.method, name)

    def _is_own(self, value: Node) -> bool:
        names = [plain(one.text) for one in value.names()]
        return value.role == "call" and bool(names) and names[0] in self.own

    def _resource(self, node: Node, name: str) -> Iterator[Use]:
        found = self.sought.names.wrapped(name)
        if found:
            yield Use(self._place(node), "resource", found, None, name)

    def _command(self, call: Call) -> Iterator[Use]:
        words = list(dropwhile(lambda word: not word.strip(HOLE), self._words(call)))
        if words and words[0] in rules.words("commands", "atlas"):
            words = " ".join(words).split()
        if (found := self.sought.command(self._at(call), words)) is not None:
            self.used.update(
                atom for arg in call.args for one in self.program.items(arg) for some in one for atom in some.atoms
            )
            yield found

    def _words(self, call: Call) -> Iterator[str]:
        """Yield the command lines that a call gets as separate arguments or as a list."""
        if call.receiver is not None and call.receiver.role == "call" and call.name.casefold() in {"arg", "args"}:
            yield from self._words(self.program.calls[call.receiver])
        for arg in call.args:
            for one in self.program.items(arg):
                yield one[0].s

    def _http(self, call: Call) -> Iterator[Use]:
        seen = set()
        for method, address in self.retired(call, {}, 0):
            self.used.update(address.atoms)
            found = self.sought.called(self._at(call), method, address, near=self.near)
            if found is not None and found.operations[0].id not in seen:
                seen.add(found.operations[0].id)
                yield found

    def _node(self, node: Node) -> Iterator[Use]:
        if node.role == "annotation":
            yield from self._annotation(node)
        elif node.role in {"name", "string"} and len(node.text) < 80:
            spelled = plain(node.text.strip("\"'`")).casefold()
            resource = self.sought.names.spelled(spelled)
            if resource and not self.is_quiet(node) and not any("import" in one.kind for one in node.above()):
                yield Use(self._place(node), "resource", resource, None, node.text.strip("\"'`"))
        if (
            node.role == "member"
            and node.parent is not None
            and node.parent.role != "call"
            and node.kids
            and not self.is_quiet(node)
        ):
            name = plain(list(node.kids[-1].names())[-1].text) if any(node.kids[-1].names()) else ""
            operation = self.sought.names.any(name)
            if (
                operation is not None
                and name not in self.own
                and not self.is_mocked(node)
                and "import" not in node.parent.kind
                and node.parent.role != "type"
            ):
                yield Use(self._place(node), "sdk", (operation,), operation.method, name)
        if (
            node.role == "list"
            and node.parent is not None
            and node.parent.role not in {"call", "arguments"}
            and not self.is_quiet(node)
        ):
            words = [one[0].s for one in self.program.items(node)]
            if (found := self.sought.command(self._place(node), words)) is not None:
                yield found
        if node.role == "string" and SCRIPT.match(self._inner(node)) and not self.is_quiet(node):
            for one in self.program.fold(node):
                found_any = list(self.sought.script(self._place(node), one.s))
                if found_any:
                    self.used.update(one.atoms)
                yield from found_any

    def _inner(self, node: Node) -> str:
        return re.sub(r"^[A-Za-z$@%]*[\"'`({\[]+", "", node.text[:400])

    def _annotation(self, node: Node) -> Iterator[Use]:
        """Read an annotation that turns a method into a call, as in Retrofit, Feign and Refit."""
        if self.program.language not in {"java", "kotlin", "csharp", "scala"}:
            return
        client = re.search(r"FeignClient|RegisterRestClient|HttpExchange", self.text) is not None
        name = next((plain(one.text) for one in node.names()), "")
        if (name not in rules.words("words", "clients") and not client) or name in {"FeignClient", "HttpExchange"}:
            return
        for one in (one for one in node.walk() if one.role == "string"):
            found = self.program.fold(one)[0]
            head, _, rest = found.s.partition(" ")
            beside = [plain(kid.text) for kid in (node.parent or node).names()]
            method = said(head) or next(
                filter(None, (verb_in(re.sub("Exchange|Mapping", "", word)) for word in beside)), None
            )
            address = Text(rest if said(head) else found.s)
            if not any(
                above.kind.startswith(("method", "function", "class_member", "interface_body"))
                for above in node.above()
            ):
                continue
            prefixed = [Text(url_join(prefix, address.s)) for prefix in self._prefixes(node)]
            uses = (self.sought.called(self._place(one), method, text, near=self.near) for text in [address, *prefixed])
            self.mocked.update(found.atoms)
            yield from list(filter(None, uses))[:1]

    def _prefixes(self, node: Node) -> Iterator[str]:
        """Yield the paths in the annotations of a node's enclosing type."""
        above = next((one for one in node.above() if one.role == "type"), None)
        for part in above.kids[:1] if above is not None else ():
            for one in part.walk():
                if one.role == "string" and "/" in (found := self.program.fold(one)[0].s):
                    yield found

    def paths(self) -> Iterator[Use]:
        """Yield the paths that are part of neither a call of any program nor a longer path."""
        found: dict[frozenset[Atom], tuple[Node, Text]] = {}
        for node in self.program.root.walk():
            if node.role != "string" or not self.sought.concerns(node.text):
                continue
            whole = self._whole(node)
            for one in self.program.fold(whole):
                if (
                    self.sought.paths.find(one.s)
                    and not self.is_quiet(whole)
                    and not one.atoms <= self.used | self.mocked
                ):
                    found.setdefault(one.atoms, (node, one))
                    break
        for atoms, (node, one) in found.items():
            if not any(atoms < other for other in found) and (
                use := self.sought.called(self._place(node), None, one, "path")
            ):
                yield use

    def _whole(self, node: Node) -> Node:
        """Return the largest text expression around a literal."""
        while (above := node.parent) is not None:
            if above.role in {"sum", "strings"} or (above.role == "through" and above.kind != "expression_statement"):
                node = above
            elif (
                above.role in {"arguments", "member"}
                and above.parent is not None
                and above.parent.role == "call"
                and self.program.calls[above.parent].name.casefold()
                in rules.words("words", "format") | rules.words("words", "join")
            ):
                node = above.parent
            else:
                break
        return node

    def _at(self, call: Call) -> Place:
        called = [one for one in call.node.kids if one.role != "arguments"]
        name = max(
            (one for part in called for one in part.names() if plain(one.text) == call.name),
            key=lambda one: one.start,
            default=call.node,
        )
        first = self.text.count("\n", call.node.start, name.start) == 0
        return place_of(self.program.file, self.text, call.node.start if first else name.start, call.node.end)

    def _place(self, node: Node) -> Place:
        return place_of(self.program.file, self.text, node.start, node.end)
