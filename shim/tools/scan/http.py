"""Finds which calls of a program are HTTP calls, with methods and addresses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shim.tools.scan import rules
from shim.tools.scan.fold import Program, Texts
from shim.tools.scan.quiet import Silence
from shim.tools.scan.rules import said, verb_in, words_of
from shim.tools.scan.sightings import Sought
from shim.tools.scan.texts import Text, made, url_join
from shim.tools.scan.tree import Call, Node

_SPEAKS = re.compile(r"api/atlas|vnd\.atlas|atlas[_-]?(api|base|url|host|client|root)|mongodb", re.IGNORECASE)
"""Words of a program in which the end of a path alone means Atlas."""
_BUILDERS = frozenset({"uri", "url", "request", "newbuilder"})
_METHODS = frozenset({"method", "setmethod", "withmethod", "customrequest"})


class Calls(Silence):
    """Finds which calls of a program are HTTP calls."""

    def __init__(self, program: Program, sought: Sought, neighbours: Mapping[str, frozenset[str]]) -> None:
        super().__init__(program, neighbours)
        self.sought = sought
        self.near = _SPEAKS.search(self.text) is not None
        self._helpers: dict[str, tuple[bool, str | None]] = {}

    def addresses(self, call: Call) -> list[Texts]:
        """Return the texts of a call's arguments that may be a URL or a path."""
        skipped = rules.words("words", "not_urls") | rules.words("words", "content")
        values = [*call.args, *(value for key, value in call.keyed.items() if key not in skipped)]
        return [self.program.fold(one) for one in values]

    def retired(self, call: Call) -> Iterator[tuple[str | None, Text]]:
        """Yield the methods and addresses of the retired calls that a call may be."""
        is_http, method = self._method(call)
        if not is_http and call.name in self.program.functions:
            is_http, of_helper = self._helper(call.name)
            method = method or of_helper
        addresses = self.addresses(call) if is_http else []
        if is_http and call.receiver is not None:
            addresses.append(self.program.fold(call.receiver))
        elif len(call.args) > 2 and not self.is_quiet(call.node):
            addresses.append(made(url_join, *(self.program.fold(one) for one in call.args if self._word(one) is None)))
        for one in (one for texts in addresses for one in texts):
            if self.sought.paths.find(one.s, near=self.near and is_http):
                yield method, one

    def _helper(self, name: str) -> tuple[bool, str | None]:
        """Return whether a function of the program makes HTTP calls, and their method if there is only one."""
        if name not in self._helpers:
            self._helpers[name] = False, None  # a function that calls itself
            around = self.program.functions[name]
            inner = [
                self._method(call)
                for node, call in self.program.calls.items()
                if any(one.start <= node.start < node.end <= one.end for one in around)
            ]
            methods = {method for is_http, method in inner if is_http}
            self._helpers[name] = bool(methods), methods.pop() if len(methods) == 1 else None
        return self._helpers[name]

    def _method(self, call: Call) -> tuple[bool, str | None]:
        """Return whether a call is an HTTP call, and its method if known."""
        name, on = call.name, (call.on or [""])[-1]
        is_http = name in rules.words("words", "asks") | rules.words("words", "reads")
        method = self._given(call)
        is_store = not rules.words("words", "stores").isdisjoint(words_of(on))
        if method is None and is_store and name.lower() in {"get", "fetch"}:
            return False, None
        if method is None:
            method = said(on.lower()) if name == "new" else verb_in(name)  # Ruby's Net::HTTP::Get.new
        if method is None and name in rules.words("words", "reads"):
            sends = rules.words("words", "content").intersection(call.keyed)
            method = "POST" if sends or (name in {"urlopen", "Request"} and len(call.args) > 1) else "GET"
        if method is None or name.casefold() in _BUILDERS:
            method = self._chained(call) or method
        return (is_http and name != "newBuilder") or method is not None, method

    def _given(self, call: Call) -> str | None:
        """Return the method among a call's arguments."""
        keyed = [call.keyed[key] for key in rules.table("words", "given") if key in call.keyed]
        return next(filter(None, map(self._word, [*keyed, *call.args])), None)

    def _word(self, node: Node) -> str | None:
        """Return the method that an argument names: a text, a constant, or a symbol."""
        found = self.program.fold(node)
        if len(found) == 1 and (word := said(found[0].s)) is not None:
            return word
        if node.text.startswith(":"):
            return said(node.text)
        if node.role not in {"member", "name"} and node.kind not in {"argument", "value_argument"}:
            return None
        name = (node.words() or [""])[-1]
        return said(name.removeprefix("Method").upper()) if len(node.text) < 40 and not name.islower() else None

    def _chained(self, call: Call) -> str | None:
        """Return the HTTP method that a chain of calls names before or after a call."""
        node = call.node
        for one in node.above():
            if one.role == "call":
                outer = self.program.calls[one]
                if outer.receiver is None or not outer.receiver.start <= node.start < node.end <= outer.receiver.end:
                    break
                if outer.name.casefold() in _METHODS and outer.args:
                    return self._word(outer.args[0])
                verb = verb_in(outer.name)
                if verb is not None and len(outer.name) < 12:
                    return verb
            elif one.role not in {"member", "through", "arguments"}:
                break
        inner = call.receiver
        while inner is not None and inner.role == "call":
            before = self.program.calls[inner]
            if before.name.casefold() == "method" and before.args:
                return self._word(before.args[0])
            if not before.args and (method := said(before.name.casefold())) is not None:
                return method
            inner = before.receiver
        return None
