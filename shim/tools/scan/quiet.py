"""Recognize mentions of retired calls that are not calls.

They are mocks, servers, messages, comparisons and documentation.
"""

from __future__ import annotations

import re

from shim.tools.scan import rules
from shim.tools.scan.fold import Program
from shim.tools.scan.rules import verb_in, words_of
from shim.tools.scan.tree import CallExpression, Node, key_of

_ROUTE = re.compile(
    r"\b(component|element|loader|handler|loadChildren|loadComponent|redirectTo|controller)\b"
)
"""Words next to the path of a page or of a server's route."""
_COMPARES = frozenset({"==", "!=", "===", "!==", "in", "=~", "=>"})
# Names that define routes in a program with the library.
_SERVES = {
    "http": "msw",
    "rest": "msw",
    "request": "supertest",
}


class QuietPlaces:
    """Recognizes the quiet parts of a program."""

    def __init__(self, program: Program) -> None:
        self.program = program
        text = program.root.text
        served = {name for name, library in _SERVES.items() if library in text}
        self.mocks = rules.words("words", "mocks") | served

    def is_mock(self, call: CallExpression) -> bool:
        """Return whether a call only prints or compares its arguments, or serves them."""
        if call.name.casefold() in rules.words("words", "says"):
            return True
        above = [*call.node.above()]
        if any(one.role == "annotation" for one in above):
            return True
        if any(map(self._sets_up, above)):
            return True
        if call.receiver is None:
            # As in ``get "/path", to: "controller#action"``.
            mocking = rules.words("words", "mocking")
            return "to" in call.keyed or not mocking.isdisjoint(words_of(call.name))
        return self.is_mocked(call.receiver) or self._is_route(call)

    def _sets_up(self, node: Node) -> bool:
        if node.role != "call":
            return False
        name = self.program.calls[node].name.casefold()
        return name in rules.words("words", "sets_up")

    def is_mocked(self, receiver: Node) -> bool:
        """Return whether an object is a mock, a server, a logger or the like."""
        names = receiver.words()
        root = next((name for name in names if name not in {"this", "self"}), "")
        if root.casefold() in self.mocks or any(map(self._sets_up, receiver.walk())):
            return True
        for one in self.program.assigned(root, receiver)[-1:]:
            names.extend(one.value.words()[:3])
        every = set[str]()
        for name in names:
            every.update((name.casefold(), *words_of(name)))
        return not every.isdisjoint(rules.words("words", "mocking"))

    def _is_route(self, call: CallExpression) -> bool:
        """Return whether a call registers a route: a path and a handler.

        The path has parameters.
        """
        if len(call.args) < 2 or verb_in(call.name) is None:
            return False
        if call.args[0].role == "sum":
            return False
        first = self.program.fold(call.args[0])[0]
        last = call.args[-1]
        if last.role == "through" and last.kids:
            taker = last.kids[-1]
        else:
            taker = last
        return re.search(r"^/.*/[:{]\w", first) is not None and taker.role in {
            "name",
            "function",
            "member",
        }

    def is_quiet(self, node: Node) -> bool:
        """Return whether a text is not meant as a call.

        It is a message, documentation, part of a comparison, or an argument of a mock.
        """
        below = node
        for one in node.above():
            compares = one.role == "sum" and not _COMPARES.isdisjoint(one.signs)
            if compares or one.role in {"quiet", "annotation"}:
                return True
            if one.role in {"pair", "assign"} and one.kids:
                names = one.kids[0].words() or [key_of(one)]
                key = names[-1].casefold().lstrip("_")
                if below is not one.kids[0] and key in rules.words("words", "talk"):
                    return True
                around = one.parent.text if one.parent else ""
                if one.role == "pair" and key == "path" and _ROUTE.search(around):
                    return True
            if one.role == "call" and self.is_mock(self.program.calls[one]):
                return True
            if one.role == "function":
                return False
            if (
                one.kind == "expression_statement"
                and one.kids == [below]
                and below.role in {"string", "strings"}
            ):
                return True  # a docstring
            below = one
        return below.role == "string" and node.parent is self.program.root
