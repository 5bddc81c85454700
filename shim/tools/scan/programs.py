"""Finds the uses of retired operations in one parsed program."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import dropwhile

from shim.tools.scan import rules
from shim.tools.scan.commands import commands_in
from shim.tools.scan.fold import Program
from shim.tools.scan.http import Calls
from shim.tools.scan.rules import said, verb_in
from shim.tools.scan.sought import HOLE, Place, Sought, Use
from shim.tools.scan.tree import Call, Node, plain

_SCRIPT = re.compile(
    r"[A-Za-z$@%]*[\"'`({\[]*\s*(sudo\s+|env\s+|\w+=\S+\s+|set -\w+\s*\n\s*|#!.*\n\s*)*(\S*/)?"
    r"(curl|wget|https?|xhs?|atlas|mongocli)(\.exe)?\s+\S"
)
"""The start of a literal that is a command line."""
_SYNC = frozenset({"sync", "sync_detailed", "asyncio", "asyncio_detailed"})
"""The functions of openapi-python-client's modules, of which each operation has one."""
_TYPED = frozenset({"go", "java", "csharp", "kotlin", "rust"})


class Reader(Calls):
    """Reads one program; ``used`` are the literals that went into calls, or into mocks."""

    def __init__(self, program: Program, sought: Sought) -> None:
        super().__init__(program, sought)
        self.used = set[Node]()

    def uses(self) -> Iterator[Use]:
        """Yield the calls and names, then the paths that are part of neither a call nor a longer path."""
        for call in self.program.calls.values():
            if self.is_mock(call):
                self._use(call)
            else:
                yield from self._call(call)
        for node in self.program.root.walk():
            if node.role == "annotation":
                yield from self._annotation(node)
            elif node.role in {"member", "name", "string"} and (uses := list(self._node(node))):
                yield from [] if self.is_quiet(node) else uses
        yield from self._paths()

    def _call(self, call: Call) -> Iterator[Use]:
        yield from self._named(call)
        words = list(dropwhile(lambda word: not word.strip(HOLE), self._words(call)))
        if (use := self.sought.command(self._at(call), words)) is not None:
            self._use(call)
            yield use
        for method, address in self.retired(call):
            self._use(call, call.receiver)
            yield from filter(None, [self.sought.called(self._at(call), method, address, near=self.near)])

    def _use(self, call: Call, receiver: Node | None = None) -> None:
        """Note the literals in the texts that a call is given, or is made on."""
        self.used |= self.program.literals(*call.args, *call.keyed.values(), *filter(None, [receiver]))

    def _named(self, call: Call) -> Iterator[Use]:
        """Yield the use of a client library's method."""
        name, on = call.name, call.on
        if name in _SYNC and on:
            name = on[-1]
        operation = self.sought.named(name, on[-1] if on else "")
        if operation is None:
            return
        is_own = name in self.program.functions or name in self.own
        is_self = len(on) < 2 and (on[:1] in (["self"], ["cls"]) or self.program.language in _TYPED)
        if is_own and (not on or is_self):
            return
        if on and on[0] in self.own and not on[0].endswith("Api"):
            return
        values = [value for one in self.program.assigned(on[0], call.node)[-1:] for value in one.values] if on else []
        if not any(value.role == "call" and self.own.intersection(value.words()[:1]) for value in values):
            yield Use(self._at(call), "sdk", (operation,), operation.method, name)

    def _words(self, call: Call) -> Iterator[str]:
        """Yield the command lines that a call gets as separate arguments or as a list."""
        if call.receiver is not None and call.receiver.role == "call" and call.name.casefold() in {"arg", "args"}:
            yield from self._words(self.program.calls[call.receiver])
        yield from (one[0] for arg in call.args for one in self.program.items(arg))

    def _node(self, node: Node) -> Iterator[Use]:
        """Yield the use in a name, a text or a member that is not the call's own name."""
        if node.role in {"name", "string"} and len(node.text) < 80:
            word = plain(node.text.strip("\"'`"))
            is_generated = node.role == "name" and "mongodbatlas" in self.mentioned
            found = self.sought.spelled(word) or (self.sought.wrapped(word.removeprefix("New")) if is_generated else ())
            yield from [Use(self._place(node), "resource", found, None, word)] if found else []
        if node.role == "member" and node.kids and node.parent and node.parent.role not in {"call", "type"}:
            name = (node.kids[-1].words() or [""])[-1]
            operation = self.sought.named(name)
            if operation is not None and name not in self.own and not self.is_mocked(node):
                yield Use(self._place(node), "sdk", (operation,), operation.method, name)
        if node.role == "string" and _SCRIPT.match(node.text):
            rows = [row for one in self.program.fold(node) for row in one.replace("\\\n", " ").split("\n")]
            commands = [words for row in rows for _, words in commands_in(row)]
            uses = [use for words in commands if (use := self.sought.command(self._place(node), words)) is not None]
            self.used |= self.program.literals(node) if uses else set()
            yield from uses

    def _annotation(self, node: Node) -> Iterator[Use]:
        """Read an annotation that turns a method into a call, as in Retrofit, Feign and Refit."""
        if self.program.language not in {"java", "kotlin", "csharp", "scala"}:
            return
        is_client = re.search(r"FeignClient|RegisterRestClient|HttpExchange", self.text) is not None
        if not is_client and rules.words("words", "clients").isdisjoint(node.words()[:1]):
            return
        for one in (one for one in node.walk() if one.role == "string"):
            found = self.program.fold(one)[0]
            head, _, rest = found.partition(" ")
            verbs = (verb_in(re.sub("Exchange|Mapping", "", word)) for word in (node.parent or node).words())
            method = said(head) or next(filter(None, verbs), None)
            use = self.sought.called(self._place(one), method, rest if said(head) else found, near=self.near)
            self.used.add(one)
            yield from [use] if use is not None else []

    def _paths(self) -> Iterator[Use]:
        found: dict[frozenset[Node], tuple[Node, str]] = {}
        for node in self.program.root.walk():
            if node.role == "string" and self.sought.concerns(node.text):
                whole = self._whole(node)
                literals = frozenset(self.program.literals(whole))
                retired = next(filter(self.sought.find, self.program.fold(whole)), None)
                if retired is not None and not literals <= self.used and not self.is_quiet(whole):
                    found.setdefault(literals, (node, retired))
        parts = {one for literals in found if len(literals) > 1 for one in literals}
        for literals, (node, one) in found.items():
            if len(literals) > 1 or parts.isdisjoint(literals):
                yield from filter(None, [self.sought.called(self._place(node), None, one, "path")])

    def _whole(self, node: Node) -> Node:
        """Return the largest text expression around a literal."""
        builds = rules.words("words", "format") | rules.words("words", "join")
        while (above := node.parent) is not None:
            if above.role in {"arguments", "member"} and above.parent is not None and above.parent.role == "call":
                above = above.parent
                if self.program.calls[above].name.casefold() not in builds:
                    break
            elif above.role not in {"sum", "strings", "through"} or above.kind == "expression_statement":
                break
            node = above
        return node

    def _at(self, call: Call) -> Place:
        is_far = "\n" in self.text[call.node.start : call.at]
        return self._place(call.node, call.at if is_far else call.node.start)

    def _place(self, node: Node, start: int | None = None) -> Place:
        start = node.start if start is None else start
        line, end_line = self.program.line(start), self.program.line(node.end)
        column, end_column = (at - self.program.starts[self.program.line(at) - 1] + 1 for at in (start, node.end))
        return Place(self.program.file, line, column, end_line, end_column)
