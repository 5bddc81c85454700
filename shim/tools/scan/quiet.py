"""Recognises text that makes no call: messages, documentation, mocks, and a server's routes."""

from __future__ import annotations

import re
from collections.abc import Mapping

from shim.tools.scan import rules
from shim.tools.scan.calls import Call, key_of, plain
from shim.tools.scan.fold import Program
from shim.tools.scan.methods import verb_in, words_of
from shim.tools.scan.tree import Node

_MOCKS = frozenset({
    "mock", "mocks", "mocked", "mocker", "stub", "stubs", "fake", "wiremock", "nock", "respx", "httpretty",
})  # fmt: skip
_OUTER = frozenset(
    {"when", "verify", "every", "setup", "given", "coevery", "lenient", "perform", "doreturn", "dothrow"}
)
"""Calls that set up a mock's answer."""

_ROUTE = re.compile(r"\b(component|element|loader|handler|loadChildren|loadComponent|redirectTo|controller)\b")
"""Words beside the path of a page or of a server's route."""


class Silence:
    """Finds the parts of a program that make no call, and the names that the program defines itself.

    ``neighbours`` has the function names of the files beside it, by bare file name.
    """

    def __init__(self, program: Program, neighbours: Mapping[str, frozenset[str]]) -> None:
        self.program = program
        self.text = program.root.text
        self.has_msw = "msw" in self.text
        self.neighbours = neighbours
        classes = (
            one for node in program.root.walk() if node.role == "type" for one in node.kids if one.role == "name"
        )
        self.own = {name for names in neighbours.values() for name in names} | {*(plain(one.text) for one in classes)}
        self.aliases: dict[str, str] = {}
        for node in program.root.walk():
            if "import" in node.kind and node.role != "call":
                self._import(node)

    def _import(self, node: Node) -> None:
        names = [plain(one.text) for one in node.names()]
        if not self.neighbours.keys().isdisjoint(names) or re.search(
            r"from\s+\.|[\"'`]\.{1,2}/|require_relative", node.text
        ):
            self.own.update(names)
        for one in node.walk():
            if one.kind == "aliased_import" and len(one.kids) == 2:
                self.aliases[plain(one.kids[1].text)] = plain(one.kids[0].text).rpartition(".")[2]

    def is_mock(self, call: Call) -> bool:
        """Return whether a call only prints or compares its arguments, or serves them."""
        name = call.name.casefold()
        if name in rules.words("words", "says"):
            return True
        if any(one.role == "call" and self.program.calls[one].name.casefold() in _OUTER for one in call.node.above()):
            return True
        if any(one.role == "annotation" for one in call.node.above()):
            return True
        if call.receiver is None:
            return not _MOCKS.isdisjoint(words_of(call.name))
        return self.is_mocked(call.receiver) or self._is_route(call)

    def is_mocked(self, receiver: Node) -> bool:
        """Return whether an object is a mock, a server, a logger or the like."""
        names = [plain(one.text) for one in receiver.names()]
        if not names:
            return False
        root = names[0] if names[0] not in {"this", "self"} or len(names) == 1 else names[1]
        if any(one.role == "call" and self.program.calls[one].name.casefold() in _OUTER for one in receiver.walk()):
            return True
        if root.casefold() in rules.words("words", "mocks") or (self.has_msw and root in {"http", "rest"}):
            return root.casefold() != "rest" or self.has_msw
        if root == "request" and "supertest" in self.text:
            return True
        if any(not _MOCKS.isdisjoint(words_of(one)) for one in names):
            return True
        bound = self.program.assigned(root, receiver)
        return any(
            bool(_MOCKS & words_of(one.text)) or one.text.casefold() in {"aioresponses", "testclient", "mocktransport"}
            for value in bound[-1:]
            for kid in value.values
            for one in list(kid.names())[:3]
        )

    def _is_route(self, call: Call) -> bool:
        """Return whether a call registers a route: a path with parameters, and a handler."""
        if len(call.args) < 2 or verb_in(call.name) is None or call.args[0].role == "sum":
            return False
        first = self.program.fold(call.args[0])[0].s
        taker = call.args[-1].kids[-1] if call.args[-1].role == "through" and call.args[-1].kids else call.args[-1]
        return re.search(r"^/.*/[:{]\w", first) is not None and taker.role in {"name", "function", "member"}

    def is_quiet(self, node: Node) -> bool:
        """Return whether a text is a message, documentation, part of a comparison, or an argument of a mock."""
        below = node
        for one in node.above():
            if one.role in {"quiet", "annotation"} or (
                one.role == "sum" and any(sign in {"==", "!=", "===", "!==", "in", "=~", "=>"} for sign in one.signs)
            ):
                return True
            if one.role in {"pair", "assign"} and one.kids and below is not one.kids[0]:
                names = [plain(kid.text) for kid in one.kids[0].names()] or [one.kids[0].text.strip("\"'` :")]
                if names[-1].casefold().lstrip("_") in rules.words("words", "talk"):
                    return True
            if (
                one.role == "pair"
                and key_of(one.kids[0]) == "path"
                and _ROUTE.search(one.parent.text if one.parent else "")
            ):
                return True
            if one.role == "pair" and one.kids and below is one.kids[0] and below.role == "string":
                return True
            if one.role == "call" and self.is_mock(self.program.calls[one]):
                return True
            if one.role == "function":
                return False
            if (
                one.kind == "expression_statement"
                and len(one.kids) == 1
                and one.kids[0] is below
                and below.role in {"string", "strings"}
            ):
                return True  # a docstring
            below = one
        return below.role == "string" and node.parent is self.program.root
