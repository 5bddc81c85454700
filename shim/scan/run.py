"""What one scan carries along while it follows programs."""

from __future__ import annotations

import ast
import re
from collections import deque

import attrs

from shim.documents.model import Operation
from shim.scan.hits import Hit, Mention
from shim.scan.methods import METHODS
from shim.scan.modules import Modules
from shim.scan.paths import Paths, by_method
from shim.scan.sdk import Reference
from shim.scan.values import Frame, Func, Place, Text, Value, known

_COMMAND = re.compile(r"\s*(curl|wget|http|https|xh|xhs)\s")

DEEPEST = 8
"""So many calls of the program's own functions are followed into each other."""


@attrs.define(eq=False)
class Run:
    """One scan: its modules, what it looks for, and what it has found so far.

    ``hits`` are those of the function that is being followed; ``budget`` bounds how many calls are
    followed in one module, after which a call's result counts as unknown.
    """

    modules: Modules
    paths: Paths
    sdk: dict[str, Operation]
    hits: list[Hit] = attrs.field(factory=list)
    found: list[Hit] = attrs.field(factory=list)
    mentions: list[Mention] = attrs.field(factory=list)
    references: dict[Place, Reference] = attrs.field(factory=dict)
    hints: dict[frozenset[Place], str] = attrs.field(factory=dict)
    waiting: deque[Func] = attrs.field(factory=deque)
    queued: set[ast.AST] = attrs.field(factory=set)
    memo: dict[object, tuple[Value, tuple[Hit, ...]]] = attrs.field(factory=dict)
    stack: list[ast.AST] = attrs.field(factory=list)
    budget: int = 0
    quiet: int = 0

    def match(self, text: Text) -> tuple[Operation, ...]:
        """Return the operations whose path a text is."""
        return self.paths.find(text.s)

    def mention(self, value: Value, node: ast.expr, frame: Frame) -> None:
        """Note the retired paths that an expression makes, unless it only compares or prints them."""
        if not frame.generic or self.quiet:
            return
        place = frame.module.place(node)
        for path in known(value):
            operations = self.match(path)
            if operations:
                self.mentions.append(Mention(place, operations, None, path))
            elif _COMMAND.match(path.s):
                self._command(path, place)

    def _command(self, command: Text, place: Place) -> None:
        """Note the retired paths in a command line that calls them."""
        words = [word.strip("'\"") for word in command.s.split()]
        method = next((word for word in words if word in METHODS), None)
        for word in words:
            operations = self.paths.find(word)
            fitting = by_method(operations, method)
            if fitting:
                self.mentions.append(Mention(place, fitting, method, Text(word, command.atoms)))

    def queue(self, func: Func) -> None:
        """Have a function followed by itself, its parameters unknown, once."""
        if func.node not in self.queued:
            self.queued.add(func.node)
            self.waiting.append(func)

    def hint(self, path: Text, method: str) -> None:
        """Note the method that stands beside a path."""
        self.hints.setdefault(path.atoms, method)

    def resolved(self) -> list[Mention]:
        """Return the mentions with the methods that were hinted at."""
        done = []
        for mention in self.mentions:
            method = mention.method or self.hints.get(mention.path.atoms)
            fitting = by_method(mention.operations, method)
            if not fitting:
                method, fitting = None, by_method(mention.operations, None)
            done.append(attrs.evolve(mention, operations=fitting, method=method))
        return done
