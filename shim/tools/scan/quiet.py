"""Recognises text that makes no call: messages, documentation, mocks, and a server's routes."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import PurePath

from shim.tools.scan import rules
from shim.tools.scan.fold import Program
from shim.tools.scan.rules import verb_in, words_of
from shim.tools.scan.tree import Call, Node, key_of, plain

_MOCKS = frozenset({
    "mock", "mocks", "mocked", "mocker", "stub", "stubs", "fake", "wiremock", "nock", "respx", "httpretty",
})  # fmt: skip
_OUTER = frozenset({
    "when", "verify", "every", "setup", "given", "coevery", "lenient", "perform", "doreturn", "dothrow",
})  # fmt: skip
"""Calls that set up a mock's answer."""
_ROUTE = re.compile(r"\b(component|element|loader|handler|loadChildren|loadComponent|redirectTo|controller)\b")
"""Words beside the path of a page or of a server's route."""
_RELATIVE = re.compile(r"from\s+\.|[\"'`]\.{1,2}/|require_relative")
_COMPARES = frozenset({"==", "!=", "===", "!==", "in", "=~", "=>"})


class Silence:
    """Finds the parts of a program that make no call, and the names that the program defines itself.

    ``neighbours`` has the function names of the files in its folder, by bare file name.
    """

    def __init__(self, program: Program, neighbours: Mapping[str, frozenset[str]]) -> None:
        self.program = program
        self.text = program.root.text
        self.has_msw = "msw" in self.text
        self.own = {name for names in neighbours.values() for name in names}
        beside = neighbours.keys() - {PurePath(program.file).stem}
        for node in program.root.walk():
            if node.role == "type":
                self.own.update(plain(one.text) for one in node.kids if one.role == "name")
            elif "import" in node.kind and node.role != "call":
                names = node.words()
                if not beside.isdisjoint(names) or _RELATIVE.search(node.text):
                    self.own.update(names)

    def is_mock(self, call: Call) -> bool:
        """Return whether a call only prints or compares its arguments, or serves them."""
        if call.name.casefold() in rules.words("words", "says"):
            return True
        if any(one.role == "annotation" or self._sets_up(one) for one in call.node.above()):
            return True
        if call.receiver is None:
            return not _MOCKS.isdisjoint(words_of(call.name))
        return self.is_mocked(call.receiver) or self._is_route(call)

    def _sets_up(self, node: Node) -> bool:
        return node.role == "call" and self.program.calls[node].name.casefold() in _OUTER

    def is_mocked(self, receiver: Node) -> bool:
        """Return whether an object is a mock, a server, a logger or the like."""
        names = receiver.words()
        if not names:
            return False
        root = names[0] if names[0] not in {"this", "self"} or len(names) == 1 else names[1]
        if any(map(self._sets_up, receiver.walk())) or (root == "request" and "supertest" in self.text):
            return True
        if root.casefold() in rules.words("words", "mocks") or (self.has_msw and root in {"http", "rest"}):
            return root.casefold() != "rest" or self.has_msw
        bound = [value for one in self.program.assigned(root, receiver)[-1:] for value in one.values]
        made_by = [word for value in bound for word in value.words()[:3]]
        return any(
            not _MOCKS.isdisjoint(words_of(one)) or one.casefold() in {"aioresponses", "testclient", "mocktransport"}
            for one in [*names, *made_by]
        )

    def _is_route(self, call: Call) -> bool:
        """Return whether a call registers a route: a path with parameters, and a handler."""
        if len(call.args) < 2 or verb_in(call.name) is None or call.args[0].role == "sum":
            return False
        first, last = self.program.fold(call.args[0])[0].s, call.args[-1]
        taker = last.kids[-1] if last.role == "through" and last.kids else last
        return re.search(r"^/.*/[:{]\w", first) is not None and taker.role in {"name", "function", "member"}

    def is_quiet(self, node: Node) -> bool:
        """Return whether a text is a message, documentation, part of a comparison, or an argument of a mock."""
        below = node
        for one in node.above():
            if one.role in {"quiet", "annotation"} or (one.role == "sum" and not _COMPARES.isdisjoint(one.signs)):
                return True
            if one.role in {"pair", "assign"} and one.kids:
                is_key = below is one.kids[0]
                key = (one.kids[0].words() or [key_of(one)])[-1].casefold().lstrip("_")
                if not is_key and key in rules.words("words", "talk"):
                    return True
                if one.role == "pair" and key == "path" and _ROUTE.search(one.parent.text if one.parent else ""):
                    return True
            if one.role == "call" and self.is_mock(self.program.calls[one]):
                return True
            if one.role == "function":
                return False
            if one.kind == "expression_statement" and one.kids == [below] and below.role in {"string", "strings"}:
                return True  # a docstring
            below = one
        return below.role == "string" and node.parent is self.program.root
