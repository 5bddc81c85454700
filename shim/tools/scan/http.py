"""Finds the HTTP calls of a program, with methods and addresses, also through its own functions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from shim.tools.scan import rules
from shim.tools.scan.calls import Call, parameters, plain, results
from shim.tools.scan.fold import Given, Program, Texts
from shim.tools.scan.methods import method_of, said, verb_in
from shim.tools.scan.quiet import Silence
from shim.tools.scan.sightings import Sought
from shim.tools.scan.texts import UNKNOWN, Text, known, made, url_join
from shim.tools.scan.tree import Node

_SPEAKS = re.compile(r"api/atlas|vnd\.atlas|atlas[_-]?(api|base|url|host|client|root)|mongodb", re.IGNORECASE)
"""Words of a program in which the end of a path alone means Atlas."""
_BASES = frozenset({
    "base_url", "baseurl", "prefixurl", "baseaddress", "prefix_url", "baseuri", "base_uri", "setbaseurl", "rooturi",
    "url", "base", "host", "with_base_url",
})  # fmt: skip
"""Names of a client's base URL in constructors, in lower case."""


class Calls(Silence):
    """Finds which calls of a program are HTTP calls."""

    def __init__(self, program: Program, sought: Sought, neighbours: Mapping[str, frozenset[str]]) -> None:
        super().__init__(program, neighbours)
        self.sought = sought
        self.near = _SPEAKS.search(self.text) is not None
        self.alone: dict[Node, bool] = {}
        """Calls inside functions -> whether they are retired calls for any arguments of their function."""

    def addresses(self, call: Call, given: Given) -> list[Texts]:
        """Return the texts of a call's arguments that may be a URL or a path."""
        skipped = rules.words("words", "not_urls") | rules.words("words", "content")
        values = [*call.args, *(value for key, value in call.keyed.items() if key not in skipped)]
        return [self.program.fold(one, given) for one in values]

    def retired(self, call: Call, given: Mapping[str, Texts], depth: int) -> Iterator[tuple[str | None, Text]]:
        """Yield the methods and addresses of retired calls that a call makes, itself or in the functions it calls."""
        is_http, method = self._method(call, given)
        addresses = self.addresses(call, given) if is_http else []
        if is_http and call.receiver is not None:
            addresses.append(self.program.fold(call.receiver, given))
            base = self._base(call)
            if known(base):
                addresses += [
                    made(url_join, base, one) for one in addresses[:-1] if known(one) and "://" not in one[0].s
                ]
        elif len(call.args) > 2 and not self.is_quiet(call.node):
            addresses.append(
                made(url_join, *[self.program.fold(one, given) for one in call.args if self._word(one, given) is None])
            )
        hits = [
            one for texts in addresses for one in texts if self.sought.paths.find(one.s, near=self.near and is_http)
        ]
        yield from ((method, one) for one in hits)
        if hits:
            return
        if depth > 2 or call.name not in self.program.functions:
            return
        words = [self._word(one, given) for one in call.args]
        args = [
            (Text(word),) if word else self.program.fold(one, given) for word, one in zip(words, call.args, strict=True)
        ]
        for function in self.program.functions[call.name][:3]:
            bound = self.program.bound(function, args, call.keyed)
            if not any(known(one) for one in bound.values()) or not self._leads(function, bound):
                continue
            for inner in self._inside(function):
                if inner.node not in self.alone:
                    self.alone[inner.node] = self.is_mock(inner) or any(True for _ in self.retired(inner, {}, 3))
                if not self.alone[inner.node]:
                    yield from self.retired(inner, bound, depth + 1)

    def _base(self, call: Call) -> Texts:
        """Return the base URL of the client that a call is made on."""
        root = (
            next((plain(one.text) for one in reversed(list(call.receiver.names()))), "")
            if call.receiver is not None
            else ""
        )
        values = [value for one in self.program.assigned(root, call.node)[-1:] for value in one.values]
        values += [
            one
            for value in values
            if value.role == "call"
            for function in self.program.functions.get(self.program.calls[value].name, ())
            for one in results(function)
        ]
        for value in values:
            for one in value.walk():
                if (
                    one.role in {"pair", "assign"}
                    and len(one.kids) > 1
                    and plain(one.kids[0].text).casefold() in _BASES
                ):
                    return self.program.fold(one.kids[-1])
                if one.role == "call" and (inner := self.program.calls[one]).name.casefold() in _BASES and inner.args:
                    return self.program.fold(inner.args[0])
        return UNKNOWN

    def _leads(self, function: Node, bound: Mapping[str, Texts]) -> bool:
        """Return whether a function or its arguments have a word to look for."""
        said = "\n".join(one.s for texts in bound.values() for one in texts)
        return self.sought.concerns(said) or self.sought.concerns(function.text)

    def _inside(self, function: Node) -> list[Call]:
        return [
            one
            for one in self.program.calls.values()
            if function.start <= one.node.start and one.node.end <= function.end and parameters(function)
        ]

    def _method(self, call: Call, given: Given) -> tuple[bool, str | None]:
        words = [self._word(one, given) for one in call.args]
        keyed = {key: self._word(value, given) for key, value in call.keyed.items()}
        is_http, method = method_of(call.name, call.on, words, keyed)
        chained = (
            self._chained(call, given) if method is None or call.name.casefold() in {"uri", "url", "request"} else None
        )
        method = chained or method
        if is_http and method is None and call.name.casefold() in {"newbuilder", "url", "uri"}:
            return self._chained(call, given) is not None or call.name.casefold() in {"uri", "url"}, None
        return is_http or method is not None, method

    def _word(self, node: Node, given: Given) -> str | None:
        found = self.program.fold(node, given)
        if len(found) == 1 and (word := said(found[0].s)) is not None:
            return word
        names = list(node.names())
        if node.role in {"member", "name"} or node.kind in {"argument", "value_argument", "simple_symbol"}:
            return (
                said(names[-1].text.removeprefix("Method").lstrip(":").upper())
                if names and len(node.text) < 40 and not re.fullmatch(r"[a-z]+", names[-1].text)
                else said(node.text)
                if node.text.startswith(":")
                else None
            )
        return None

    def _chained(self, call: Call, given: Given) -> str | None:
        """Return the HTTP method that a chain of calls names before or after a call."""
        node = call.node
        for one in node.above():
            if one.role == "call":
                outer = self.program.calls[one]
                if outer.receiver is None or not outer.receiver.start <= node.start < node.end <= outer.receiver.end:
                    return None
                if outer.name.casefold() in {"method", "setmethod", "withmethod", "customrequest"} and outer.args:
                    return self._word(outer.args[0], given)
                verb = verb_in(outer.name)
                if verb is not None and len(outer.name) < 12:
                    return verb
            elif one.role not in {"member", "through", "arguments"}:
                break
        inner = call.receiver
        while inner is not None and inner.role == "call":
            one_in = self.program.calls[inner]
            if said(one_in.name.casefold()) is not None and not one_in.args:
                return said(one_in.name.casefold())
            if one_in.name.casefold() == "method" and one_in.args:
                return self._word(one_in.args[0], given)
            inner = one_in.receiver
        return None
