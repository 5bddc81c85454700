"""Tells the HTTP calls of a program, with methods and addresses, from text that makes no call.

Messages, documentation, mocks and a server's routes make none.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

from shim.tools.scan import rules
from shim.tools.scan.fold import Program, made, url_join
from shim.tools.scan.rules import said, verb_in, words_of
from shim.tools.scan.sought import Sought
from shim.tools.scan.tree import Call, Node, key_of, plain

_SPEAKS = re.compile(r"api/atlas|vnd\.atlas|atlas[_-]?(api|base|url|host|client|root)|mongodb", re.IGNORECASE)
"""Words of a program in which the end of a path alone means Atlas."""
_RELATIVE = re.compile(r"from\s+\.|[\"'`]\.{1,2}/|require_relative")
_BUILDERS = frozenset({"uri", "url", "request", "newbuilder"})
_METHODS = frozenset({"method", "setmethod", "withmethod", "customrequest"})
_MOCKS = frozenset({
    "mock", "mocks", "mocked", "mocker", "stub", "stubs", "fake", "wiremock", "nock", "respx", "httpretty",
})  # fmt: skip
_SET_UP = frozenset({
    "when", "verify", "every", "setup", "given", "coevery", "lenient", "perform", "doreturn", "dothrow",
})  # fmt: skip
"""Calls that set up a mock's answer."""
_ROUTE = re.compile(r"\b(component|element|loader|handler|loadChildren|loadComponent|redirectTo|controller)\b")
"""Words beside the path of a page or of a server's route."""
_COMPARES = frozenset({"==", "!=", "===", "!==", "in", "=~", "=>"})


class Calls:
    """Finds which calls of a program are HTTP calls, and the names that are its authors' own."""

    def __init__(self, program: Program, sought: Sought) -> None:
        self.program = program
        self.sought = sought
        self.text = program.root.text
        self.mentioned = {word for word in ("mongodbatlas", "supertest", "msw") if word in self.text}
        self.near = _SPEAKS.search(self.text) is not None
        self.own = set(program.functions)
        for node in program.root.walk():
            if node.role == "type":
                self.own.update(plain(one.text) for one in node.kids if one.role == "name")
            elif "import" in node.kind and node.role != "call":
                names = node.words()
                if _RELATIVE.search(node.text) or any(map(self._is_beside, names)):
                    self.own.update(names)

    def _is_beside(self, name: str) -> bool:
        """Return whether the program's folder has a file with this name."""
        path = Path(self.program.file)
        return name != path.stem and os.path.isfile(path.with_name(name + path.suffix))  # noqa: PTH113 - never raises

    def retired(self, call: Call) -> Iterator[tuple[str | None, str]]:
        """Yield the methods and addresses of the retired calls that a call may be."""
        is_http, method = self._method(call)
        near, is_http = self.near and is_http, is_http or call.name in self.program.functions
        skipped = rules.words("words", "not_urls") | rules.words("words", "content")
        given = [*call.args, *(value for key, value in call.keyed.items() if key not in skipped), call.receiver]
        nodes = [one for one in given if one is not None] if is_http else []
        hits = [one for node in nodes for one in self.program.fold(node) if self.sought.find(one, near=near)]
        if not hits and len(call.args) > 2 and not self.is_quiet(call.node):
            joined = made(url_join, *(self.program.fold(one) for one in call.args if self._word(one) is None))
            hits = [one for one in joined if self.sought.find(one, near=near)]
        yield from ((method, one) for one in hits)

    def _method(self, call: Call) -> tuple[bool, str | None]:
        """Return whether a call is an HTTP call, and its method if known."""
        name, on = call.name, (call.on or [""])[-1]
        keyed = [call.keyed[key] for key in rules.table("words", "given") if key in call.keyed]
        method = next(filter(None, map(self._word, [*keyed, *call.args])), None)
        is_store = not rules.words("words", "stores").isdisjoint(words_of(on))
        if method is None and is_store and name.lower() in {"get", "fetch"}:
            return False, None
        if method is None:
            method = said(on.lower()) if name == "new" else verb_in(name)  # Ruby's Net::HTTP::Get.new
        if method is None and name in rules.words("words", "reads"):
            sends = rules.words("words", "content").intersection(call.keyed)
            method = "POST" if sends or (name in {"urlopen", "Request"} and len(call.args) > 1) else "GET"
        if method is None or name.casefold() in _BUILDERS:
            method = next(filter(None, map(self._in_chain, self._chain(call))), method)
        return method is not None or name in rules.words("words", "asks") - {"newBuilder"}, method

    def _word(self, node: Node) -> str | None:
        """Return the method that an argument names: a text, a constant, or a symbol."""
        found = self.program.fold(node)
        if len(found) == 1 and (word := said(found[0])) is not None:
            return word
        if node.text.startswith(":"):
            return said(node.text)
        if node.role not in {"member", "name"} and node.kind not in {"argument", "value_argument"}:
            return None
        name = (node.words() or [""])[-1]
        return said(name.removeprefix("Method").upper()) if len(node.text) < 40 and not name.islower() else None

    def _in_chain(self, call: Call) -> str | None:
        if call.name.casefold() in _METHODS and call.args:
            return self._word(call.args[0])
        return verb_in(call.name) if len(call.name) < 12 else None

    def _chain(self, call: Call) -> Iterator[Call]:
        """Yield the calls on a call's result, and those that it is made on."""
        for one in call.node.above():
            if one.role == "call":
                outer = self.program.calls[one]
                if outer.receiver is None or not outer.receiver.start <= call.node.start < outer.receiver.end:
                    break
                yield outer
            elif one.role not in {"member", "through"}:
                break
        inner = call.receiver
        while inner is not None and inner.role == "call":
            yield self.program.calls[inner]
            inner = self.program.calls[inner].receiver

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
        return node.role == "call" and self.program.calls[node].name.casefold() in _SET_UP

    def is_mocked(self, receiver: Node) -> bool:
        """Return whether an object is a mock, a server, a logger or the like."""
        names = receiver.words()
        if not names:
            return False
        root = names[len(names) > 1 and names[0] in {"this", "self"}]
        if any(map(self._sets_up, receiver.walk())) or (root == "request" and "supertest" in self.mentioned):
            return True
        has_msw = "msw" in self.mentioned
        if root.casefold() in rules.words("words", "mocks") or (has_msw and root == "http"):
            return root.casefold() != "rest" or has_msw
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
        first, last = self.program.fold(call.args[0])[0], call.args[-1]
        taker = last.kids[-1] if last.role == "through" and last.kids else last
        return re.search(r"^/.*/[:{]\w", first) is not None and taker.role in {"name", "function", "member"}

    def is_quiet(self, node: Node) -> bool:
        """Return whether a text is a message, documentation, part of a comparison, or an argument of a mock."""
        below = node
        for one in node.above():
            if one.role in {"quiet", "annotation"} or (one.role == "sum" and not _COMPARES.isdisjoint(one.signs)):
                return True
            if one.role in {"pair", "assign"} and one.kids:
                key = (one.kids[0].words() or [key_of(one)])[-1].casefold().lstrip("_")
                if below is not one.kids[0] and key in rules.words("words", "talk"):
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
