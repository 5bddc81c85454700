"""All programs of a scan: resolves names that other files define."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from pathlib import PurePath

import attrs

from shim.tools.scan.files import Source
from shim.tools.scan.fold import Program, Texts
from shim.tools.scan.sightings import Sought
from shim.tools.scan.texts import UNKNOWN, Place, known
from shim.tools.scan.tree import Node

_SHORTEST = 4
_GROUPS = {"tsx": "javascript", "typescript": "javascript"}


@attrs.define
class Project:
    """Top-level constants and functions of the programs, for others of the same language."""

    programs: dict[Source, Program] = attrs.field(factory=dict)
    too_deep: set[Source] = attrs.field(factory=set)
    _constants: dict[tuple[str, str], list[Program]] = attrs.field(factory=dict)
    _functions: dict[tuple[str, str], list[Program]] = attrs.field(factory=dict)
    _is_asking: bool = False
    _taken: dict[tuple[str, str], bool] = attrs.field(factory=dict)

    def add(self, source: Source, program: Program) -> None:
        """Add a program."""
        self.programs[source] = program
        group = _GROUPS.get(source.language, source.language)
        for scope, name in program.names:
            if scope is None and len(name) >= _SHORTEST:
                self._constants.setdefault((group, name), []).append(program)
        for name in program.functions:
            if len(name) >= _SHORTEST:
                self._functions.setdefault((group, name), []).append(program)

    def neighbours(self, source: Source) -> dict[str, frozenset[str]]:
        """Return the function names of the other files in a file's folder, by bare file name."""
        return {
            PurePath(one.file).stem: frozenset(program.functions)
            for one, program in self.programs.items()
            if one.path.parent == source.path.parent and one is not source
        }

    def exported(self, sought: Sought) -> frozenset[str]:
        """Return the names whose value in some program is a retired path."""
        self._is_asking = True  # Each program is evaluated without the others.
        found = {
            name
            for program in self.programs.values()
            for name in {*(name for scope, name in program.names if scope is None), *program.functions}
            if len(name) >= _SHORTEST and any(sought.paths.find(one.s) for one in self._value(program, name))
        }
        self._is_asking = False
        for program in self.programs.values():
            program.forget()
        return frozenset(found)

    def _value(self, program: Program, name: str) -> Texts:
        if (None, name) in program.names:
            return program.named(name, program.root, {}, member=True)
        return program.returned(name, (), {}) if name in program.functions else UNKNOWN

    def constant(self, name: str, asking: Program) -> Texts:
        """Return the value of a name in another file that a program may import it from."""
        return self._ask(name, asking, self._constants, lambda other: other.named(name, other.root, {}, member=True))

    def returned(self, name: str, args: Sequence[Texts], keyed: Mapping[str, Node], asking: Program) -> Texts:
        """Return the values that another file's function returns."""
        return self._ask(name, asking, self._functions, lambda other: other.returned(name, args, keyed))

    def _ask(
        self,
        name: str,
        asking: Program,
        table: Mapping[tuple[str, str], Sequence[Program]],
        look: Callable[[Program], Texts],
    ) -> Texts:
        """Return the first answer of another program whose names the asking program can import."""
        group = _GROUPS.get(asking.language, asking.language)
        if self._is_asking or (group, name) not in table:
            return UNKNOWN
        self._is_asking = True  # One step only: a program that is asked does not ask others.
        try:
            for other in table[group, name][:8]:
                if other is not asking and self._may_take(asking, other) and known(found := look(other)):
                    return found
        finally:
            self._is_asking = False
        return UNKNOWN

    def _may_take(self, asking: Program, other: Program) -> bool:
        """Return whether a program can import another's names: it names the file, or both are in one folder."""
        key = (asking.file, other.file)
        if key not in self._taken:
            path, its = PurePath(asking.file), PurePath(other.file)
            by_folder = asking.language in {"go", "java", "csharp", "kotlin", "scala", "php", "ruby", "swift"}
            is_folder = its.stem in {"__init__", "index", "mod"} or asking.language == "go"
            stem = its.parent.name if is_folder else its.stem
            named = re.search(rf"\b{re.escape(stem)}\b", asking.root.text) is not None
            self._taken[key] = named or (by_folder and path.parent == its.parent)
        return self._taken[key]


def statement(program: Program, place: Place) -> tuple[int, int]:
    """Return the first and the last line of the statement at a place; of a compound statement, of its head."""
    text, found = program.root.text, [(1 << 60, place.line, place.end_line)]
    for node in program.root.walk():
        if node.parent is not None and (node.parent.role == "block" or node.parent is program.root):
            first, last = (text.count("\n", 0, at) + 1 for at in (node.start, node.end))
            if first <= place.line <= last:
                body = node.first("block")
                head = last if body is None else max(first, text.count("\n", 0, body.start))
                found.append((last - first, first, head))
    return min(found)[1:]
