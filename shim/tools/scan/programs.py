"""Find the uses of retired operations in one parsed program.

A call is an HTTP call by its method or name. Messages, documentation, mocks and a
server's routes are not calls.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cache, partial
from itertools import dropwhile, takewhile
from pathlib import Path

from shim.tools.scan import rules
from shim.tools.scan.fold import Program, made, url_join
from shim.tools.scan.lines import command_uses, uses_of_commands
from shim.tools.scan.packages import NO_ADDRESSES, SharedAddresses, completions
from shim.tools.scan.paths import HOLE
from shim.tools.scan.quiet import QuietPlaces
from shim.tools.scan.rules import said, verb_in, words_of
from shim.tools.scan.sought import Place, RetiredUse, Sought, plain_name
from shim.tools.scan.tree import CallExpression, Node, plain

_SPEAKS = re.compile(
    r"api/atlas|vnd\.atlas|atlas[_-]?(api|base|url|host|client|root|sdk)|mongodb[\W_]*atlas|cloud\.mongodb|mongo_?db_?cloud",
    re.IGNORECASE,
)
"""Words of a program in which the end of a path alone means Atlas."""
_GENERATED = re.compile(
    r"(?<!terraform-provider-)(?<!go\.mongodb\.org/atlas/)mongodbatlas", re.IGNORECASE
)
"""Parts of the names of modules that are generated from Terraform's provider, or
CloudFormation's types.
"""
_RELATIVE = re.compile(r"from\s+\.|[\"'`]\.{1,2}/|require_relative")
_SCRIPT = re.compile(
    r"[A-Za-z$@%]*[\"'`({\[]*\s*(sudo\s+|env\s+|\w+=\S+\s+|set -\w+\s*\n\s*|#!.*\n\s*)*(\S*/)?"
    r"(curl|wget|https?|xhs?|atlas|mongocli)(\.exe)?\s+\S"
)
"""The start of a literal that is a command line."""
_WHOLE = frozenset({"csharp", "java", "kotlin", "scala"})
"""Languages whose imports may name no class."""
_PATH = re.compile(r"(?:/[a-z]\w*|[a-z]\w*/(?!/))")
"""The start of a path whose first segment is known, as in ``groups/…`` and
``/clusters``.
"""
_READS = frozenset({"get", "list", "read", "fetch", "find", "iter", "iterate"})
"""The first words of the names of functions that read."""
_WHOLE_PATH = re.compile(r"/?(?:groups|orgs)/")
"""The start of a path of Atlas, which shows that a call is one to an API."""
_TYPED = frozenset({"go", "java", "csharp", "kotlin", "rust"})


class ProgramReader:
    """Reads one program.

    ``own`` are the names that its authors defined, and ``used`` the literals that went
    into calls or into mocks.
    """

    def __init__(
        self, program: Program, sought: Sought, shared: SharedAddresses = NO_ADDRESSES
    ) -> None:
        self.program = program
        self.sought = sought
        self.bases = shared.bases
        self.text = program.root.text
        # A long program has many calls, of few services and mostly by the same
        # receiver.
        self._mentions = cache(self.text.casefold().__contains__)
        self._declares = cache(self._is_declared)
        self.near = _SPEAKS.search(self.text) is not None
        has_generated = _GENERATED.search(self.text) is not None
        if has_generated:
            self.generated = {"mongodbatlas", "Mongodbatlas"}
        else:
            self.generated = set[str]()
        self.has_clients = (
            re.search(r"FeignClient|RegisterRestClient|HttpExchange", self.text)
            is not None
        )
        self.quiet = QuietPlaces(program)
        self.used = set[Node]()
        self.own = set(program.functions)
        self.wrappers = shared.functions
        for node in program.root.walk():
            if node.role == "type":
                own = [one for one in node.kids if one.role == "name"]
                self.own.update(plain(one.text) for one in own)
            elif "import" in node.kind and node.role != "call":
                names = node.words()
                path = Path(program.file)
                if _GENERATED.search(node.text) is not None:
                    self.generated.update(names)
                others = [name for name in names if name != path.stem]
                beside = (path.with_name(name + path.suffix) for name in others)
                if _RELATIVE.search(node.text) or any(map(os.path.isfile, beside)):
                    self.own.update(names)

    def uses(self) -> Iterator[RetiredUse]:
        """Yield the calls and names, then the other paths.

        Those are paths that are not part of a call or a longer path.
        """
        # Inner calls of a chain come first.
        for call in reversed(self.program.calls.values()):
            if self.quiet.is_mock(call):
                self._use(call)
            else:
                yield from self.sought.ending(self._call(call), *self._texts(call.node))
        for node in self.program.root.walk():
            uses = list[RetiredUse]()
            if node.role == "annotation":
                uses = [*self._annotation(node)]
            elif node.role in {"member", "name", "string"}:
                uses = [*self._node(node)]
                if uses and self.quiet.is_quiet(node):
                    continue
            if uses:
                yield from self.sought.ending(uses, *self._texts(node))
        yield from self._paths()

    def _texts(self, node: Node) -> Iterator[str]:
        """Yield the texts that may name a call's version: its chain and its function."""
        roles = {"call", "member", "through", "annotation"}
        chain = [node, *takewhile(lambda one: one.role in roles, node.above())]
        scope = self.program.scope(node)
        yield chain[-1].text
        yield scope.text if scope is not None else ""

    def _call(self, call: CallExpression) -> Iterator[RetiredUse]:
        yield from self._named(call)
        every = self._words(call)
        words = [*dropwhile(lambda word: not word.strip(HOLE), every)]
        yield from command_uses(self.sought, self._place(call.node, call.at), words)
        is_http, method = self._method(call)
        near = self.near and is_http
        is_http = is_http or call.name in self.program.functions
        skipped = rules.words("words", "not_urls") | rules.words("words", "content")
        given = [*call.args]
        given += [value for key, value in call.keyed.items() if key not in skipped]
        if (
            call.receiver is not None
            and not self.program.literals(call.receiver) <= self.used
        ):
            given.append(call.receiver)
        texts = (one for node in given if is_http for one in self.program.fold(node))
        hits = [one for one in texts if self.sought.find(one, near=near)]
        if not hits and len(call.args) > 2 and not self.quiet.is_quiet(call.node):
            parts = [one for one in call.args if self._word(one) is None]
            joined = made(url_join, *map(self.program.fold, parts))
            hits = [one for one in joined if self.sought.find(one, near=near)]
        if not hits and self.bases and not self.quiet.is_quiet(call.node):
            named = []
            for key, value in call.keyed.items():
                if key in rules.words("words", "paths"):
                    named.append(value)
            starts = _PATH if method is not None else _WHOLE_PATH
            hits = []
            for node in given:
                hits.extend(self._completed(node, _PATH if node in named else starts))
            is_read = not _READS.isdisjoint(words_of(call.name)[:1])
            method = method or ("GET" if is_read else None)
        for address in hits:
            self._use(call)
            place = self._place(call.node, call.at)
            yield from self.sought.called(place, method, address, near=self.near)

    def _completed(self, node: Node, starts: re.Pattern[str]) -> list[str]:
        """Return the retired addresses that a text forms with its package's addresses."""
        texts = [one for one in self.program.fold(node) if starts.match(one)]
        bases = [base for base in self.bases if texts and not self.sought.find(base)]
        found = (
            one for text in texts for base in bases for one in completions(base, text)
        )
        return list(dict.fromkeys(one for one in found if self.sought.find(one)))

    def _use(self, call: CallExpression) -> None:
        """Record the literals in a call's arguments, and in its receiver."""
        parts = [*call.args, *call.keyed.values()]
        if call.receiver is not None:
            parts.insert(0, call.receiver)
        self.used |= self.program.literals(*parts)

    def _method(self, call: CallExpression) -> tuple[bool, str | None]:
        """Return whether a call is an HTTP call, and its method if known."""
        name = call.name
        keyed = []
        for key in rules.table("words", "given"):
            if key in call.keyed:
                keyed.append(call.keyed[key])
        method = next(filter(None, map(self._word, [*keyed, *call.args])), None)
        if method is None:
            # Net::HTTP::Get.new
            if name == "new" and call.on:
                method = said(call.on[-1].lower())
            else:
                method = verb_in(name)
        if method is None and name in rules.words("words", "reads"):
            sends = rules.words("words", "content").intersection(call.keyed)
            if sends or (name in {"urlopen", "Request"} and len(call.args) > 1):
                method = "POST"
            else:
                method = "GET"
        if method is None or name.casefold() in rules.words("words", "builders"):
            method = next(filter(None, self._chained(call)), method)
        return method is not None or name in rules.words("words", "asks"), method

    def _word(self, node: Node) -> str | None:
        """Return the method that an argument names: a text, a constant, or a symbol."""
        found = self.program.fold(node)
        word = said(found[0]) if len(found) == 1 else None
        if word is None and node.text[:1] == ":":
            word = said(node.text)
        if len(node.text) < 40:
            name = (node.words() or [""])[-1]
        else:
            name = ""
        return word or (
            None if name.islower() else said(name.removeprefix("Method").upper())
        )

    def _chained(self, call: CallExpression) -> Iterator[str | None]:
        """Yield the methods that the other calls of a chain name.

        Those on the call's result come first.
        """
        outer = takewhile(
            lambda one: one.role in {"call", "member", "through"}, call.node.above()
        )
        links = [self.program.calls[one] for one in outer if one.role == "call"]
        while call.receiver is not None and call.receiver.role == "call":
            call = self.program.calls[call.receiver]
            links.append(call)
        for one in links:
            if (
                one.name.casefold() in rules.words("words", "method_setters")
                and one.args
            ):
                yield self._word(one.args[0])
            yield verb_in(one.name) if len(one.name) < 12 else None

    def _named(self, call: CallExpression) -> Iterator[RetiredUse]:
        """Yield the use of a client library's method."""
        name = call.name
        on = call.on
        if name in rules.words("words", "sync") and on:
            name = on[-1]
        if on:
            last = self.program.assigned(on[0], call.node)[-1:]
            bound = [one.value for one in last]
        else:
            bound = []
        words = [*on, *(word for one in bound for word in one.words())]
        if packaged := self.sought.packaged(self.text, on[-1] if on else "", name):
            place = self._place(call.node, call.at)
            yield RetiredUse(place, "package", packaged, packaged[0].method, name)
            return
        operations = self.sought.named(name, lambda service: self._has(words, service))
        if not operations:
            return
        if not self._is_own(name, on, bound):
            place = self._place(call.node, call.at)
            yield RetiredUse(place, "sdk", operations, operations[0].method, name)

    def _is_own(self, name: str, on: Sequence[str], bound: Sequence[Node]) -> bool:
        """Return whether the program's authors defined a method.

        It is the program's own, or of an object that the authors created.
        """
        is_self = not on or (len(on) == 1 and on[0] in {"self", "cls"})
        if len(on) < 2 and self.program.language in _TYPED:
            is_self = True
        if is_self and name in self.own:
            return True
        if on and on[0] in self.own and not on[0].endswith("Api"):
            return True
        calls = [one for one in bound if one.role == "call"]
        return any(self.own.intersection(one.words()[:1]) for one in calls)

    def _has(self, words: Iterable[str], service: str) -> bool:
        """Return whether one of these words is a service of Atlas's client.

        The program may also declare it as one.
        """
        if self.near and any(plain_name(one).endswith(service) for one in words):
            return True
        named = "|".join(map(re.escape, words))
        return (
            bool(named) and self._mentions(service) and self._declares(named, service)
        )

    def _is_declared(self, named: str, service: str) -> bool:
        declared = rf"{service}\w*[\s*&>?]*\s(?:{named})\b|\b(?:{named})(?:\s*:|\s)\s*[\w.*&\[\] ]*{service}"
        return re.search(declared, self.text, re.IGNORECASE) is not None

    def _words(self, call: CallExpression) -> Iterator[str]:
        """Yield the command lines that a call gets as separate arguments or as a list."""
        if (
            call.receiver is not None
            and call.receiver.role == "call"
            and call.name.casefold() in {"arg", "args"}
        ):
            yield from self._words(self.program.calls[call.receiver])
        yield from (one[0] for arg in call.args for one in self.program.items(arg))

    def _node(self, node: Node) -> Iterator[RetiredUse]:
        """Yield the use in a name, a text or a member that is not the call's own name."""
        sought = self.sought
        if node.role in {"name", "string"} and len(node.text) < 80:
            word = plain(node.text.strip("\"'`"))
            is_generated = (
                node.role == "name"
                and word not in self.wrappers
                and self._is_generated(node)
            )
            if is_generated or not word.startswith("Cfn"):
                found = sought.spelled(word)
            else:
                found = ()
            found = found or (
                sought.wrapped(word.removeprefix("New")) if is_generated else ()
            )
            yield from (
                [RetiredUse(self._place(node), "resource", found, None, word)]
                if found
                else []
            )
        outer = node.parent.role if node.parent else "call"
        if node.role == "member" and node.kids and outer not in {"call", "type"}:
            name = (node.kids[-1].words() or [""])[-1]
            before = node.words()[:-1]
            operations = sought.named(name, partial(self._has, before))
            if operations and name not in self.own and not self.quiet.is_mocked(node):
                yield RetiredUse(
                    self._place(node), "sdk", operations, operations[0].method, name
                )
        if node.role == "string" and _SCRIPT.match(node.text):
            rows = []
            for one in self.program.fold(node):
                rows.extend(one.replace("\\\n", " ").split("\n"))
            place = self._place(node)
            uses = list[RetiredUse]()
            for row in rows:
                uses.extend(uses_of_commands(self.sought, place, row))
            if uses:
                self.used |= self.program.literals(node)
            yield from uses

    def _is_generated(self, name: Node) -> bool:
        """Return whether a name belongs to a generated module.

        It is generated from Terraform's provider, or CloudFormation's types.
        """
        above = name
        while above.parent is not None and above.parent.role in {"member", "through"}:
            above = above.parent
        first = (above.words() or [""])[0]
        is_whole = self.program.language in _WHOLE and bool(self.generated)
        is_bare = is_whole and first == plain(name.text)
        value = []
        for one in self.program.assigned(first, name)[-1:]:
            value.extend(one.value.words())
        return is_bare or not self.generated.isdisjoint([first, *value])

    def _annotation(self, node: Node) -> Iterator[RetiredUse]:
        """Read an annotation that makes a method a call, as in Retrofit and Feign."""
        clients = rules.words("words", "clients")
        is_client = self.has_clients or not clients.isdisjoint(node.words()[:1])
        if (
            self.program.language not in {"java", "kotlin", "csharp", "scala"}
            or not is_client
        ):
            return
        for one in (one for one in node.walk() if one.role == "string"):
            found = self.program.fold(one)[0]
            head, _, rest = found.partition(" ")
            words = (node.parent or node).words()
            verbs = (verb_in(re.sub("Exchange|Mapping", "", word)) for word in words)
            method = said(head) or next(filter(None, verbs), None)
            address = rest if said(head) else found
            place = self._place(one)
            yield from self.sought.called(place, method, address, near=self.near)

    def _paths(self) -> Iterator[RetiredUse]:
        for node in self.program.root.walk():
            if node.role == "string" and "/" in node.text:
                whole = self._whole(node)
                literals = self.program.literals(whole)
                retired = next(filter(self.sought.find, self.program.fold(whole)), None)
                if (
                    retired is not None
                    and not literals <= self.used
                    and not self.quiet.is_quiet(whole)
                ):
                    self.used |= literals
                    found = self.sought.called(self._place(node), None, retired, "path")
                    yield from self.sought.ending(found, *self._texts(node))

    def _whole(self, node: Node) -> Node:
        """Return the largest text expression around a literal."""
        builds = rules.words("words", "format") | rules.words("words", "join")
        while (above := node.parent) is not None:
            outer = above.parent
            is_inner = above.role in {"arguments", "member"}
            if is_inner and outer is not None and outer.role == "call":
                above = outer
                if self.program.calls[above].name.casefold() not in builds:
                    break
            elif (
                above.role not in {"sum", "strings", "through"}
                or above.kind == "expression_statement"
            ):
                break
            node = above
        return node

    def _place(self, node: Node, name: int | None = None) -> Place:
        """Return a node's place.

        If its name is in a later line, the place from there.
        """
        if name is not None and "\n" in self.text[node.start : name]:
            start = name
        else:
            start = node.start
        begin = self.program.position(start)
        end = self.program.position(node.end)
        return Place(self.program.file, *begin, *end)
