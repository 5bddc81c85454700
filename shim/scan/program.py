"""Following a set of modules, and what came to light."""

from __future__ import annotations

import sys
from collections.abc import Iterable

import attrs

from shim.core.recognise import Engine
from shim.documents.model import Operation
from shim.scan.functions import follow_waiting, followed
from shim.scan.hits import settled, uncalled
from shim.scan.imports import only_imported
from shim.scan.modules import Module, Modules
from shim.scan.paths import Paths, shown
from shim.scan.run import Run
from shim.scan.sdk import declared
from shim.scan.values import Place

_DEEP = 6000
"""How deep Python may recurse while it follows nested expressions of functions in functions."""


@attrs.frozen
class Use:
    """One use of retired operations.

    ``kind`` is ``call`` (an HTTP call), ``path`` (a path whose call was not seen), ``sdk`` or ``import``. There are
    several operations when the method is unknown. ``text`` is the path or the name; ``made_at`` lists
    where its literals stand.
    """

    place: Place
    kind: str
    operations: tuple[Operation, ...]
    method: str | None
    text: str
    made_at: tuple[Place, ...] = ()


class Search:
    """What is looked for in programs: the paths and method names of an engine's operations."""

    def __init__(self, engine: Engine) -> None:
        self.paths = Paths(engine)
        self.sdk = declared(engine.operations)
        self.words = (*self.paths.words, *(name.casefold() for name in self.sdk))

    def concerns(self, source: str) -> bool:
        """Tell whether a program text has any word of what is looked for."""
        folded = source.casefold()
        return any(word in folded for word in self.words)


def uses(search: Search, modules: Iterable[Module]) -> tuple[list[Use], list[tuple[Module, str]]]:
    """Return the uses in modules, ordered by place, and the modules that could not be followed, with the reason."""
    run = Run(Modules(modules), search.paths, search.sdk)
    broken: list[tuple[Module, str]] = []
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEEP))
    try:
        _follow(run, broken)
    finally:
        sys.setrecursionlimit(before)
    return _found(run), broken


def _follow(run: Run, broken: list[tuple[Module, str]]) -> None:
    for module in run.modules.all:
        try:
            followed(run, module)
            follow_waiting(run)
        except RecursionError:
            run.waiting.clear()
            broken.append((module, "is nested too deeply to be followed"))


def _found(run: Run) -> list[Use]:
    hits = settled(run.found)
    found = [
        Use(hit.chain[0], "call", hit.operations, hit.method, shown(hit.path.s), _ordered(hit.path.atoms))
        for hit in hits
    ]
    found += [
        Use(one.place, "path", one.operations, one.method, shown(one.path.s), _ordered(one.path.atoms))
        for one in uncalled(run.resolved(), run.found)
    ]
    references = [*run.references.values(), *only_imported(run)]
    found += [Use(one.place, one.kind, (one.operation,), one.operation.method, one.name) for one in references]
    return sorted(
        found, key=lambda use: (use.place.file, use.place.line, use.place.column, use.operations[0].path.text)
    )


def _ordered(places: Iterable[Place]) -> tuple[Place, ...]:
    return tuple(sorted(places, key=lambda place: (place.file, place.line, place.column)))
