"""All programs of a scan: resolves names that other files define."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import PurePath

import attrs

from shim.tools.scan.files import Source
from shim.tools.scan.fold import Program, Trail
from shim.tools.scan.sought import Sought
from shim.tools.scan.texts import UNKNOWN, Texts, known

_SHORTEST = 4  # the fewest characters of a name that is looked up in other files
_BY_FOLDER = frozenset({"go", "java", "csharp", "kotlin", "scala", "php", "ruby", "swift"})
"""Languages in which files of a folder see each other's names."""


@attrs.define
class Project:
    """Top-level constants and functions of the programs, for others of the same language.

    ``folders`` has the functions of each folder's files, by bare file name.
    """

    programs: dict[Source, Program] = attrs.field(factory=dict)
    folders: dict[PurePath, dict[str, frozenset[str]]] = attrs.field(factory=dict)
    trail: Trail = attrs.field(factory=Trail)
    _defining: dict[tuple[str, str], list[Program]] = attrs.field(factory=dict)
    _is_asking: bool = False

    def add(self, source: Source, program: Program) -> None:
        """Add a program."""
        self.programs[source] = program
        path = PurePath(source.file)
        self.folders.setdefault(path.parent, {})[path.stem] = frozenset(program.functions)
        for name in _defined(program):
            self._defining.setdefault((group(source.language), name), []).append(program)

    def exported(self, sought: Sought) -> frozenset[str]:
        """Return the names whose value in some program is a retired path."""
        self._is_asking = True  # Each program is evaluated without the others.
        found = {
            name
            for program in self.programs.values()
            for name in _defined(program)
            for one in (*program.member(name), *program.returned(name))
            if sought.find(one)
        }
        self._is_asking = False
        for program in self.programs.values():
            program.memory.clear()
        return frozenset(found)

    def ask(self, asking: Program, name: str, look: Callable[[Program], Texts]) -> Texts:
        """Return the first answer of another program from which a program can import a name."""
        if self._is_asking:
            return UNKNOWN
        self._is_asking = True  # One step only: a program that is asked does not ask others.
        try:
            for other in self._defining.get((group(asking.language), name), [])[:8]:
                if other is not asking and _may_take(asking, other) and known(found := look(other)):
                    return found
        finally:
            self._is_asking = False
        return UNKNOWN


def group(language: str) -> str:
    """Return the language whose files can import a language's."""
    return {"tsx": "javascript", "typescript": "javascript"}.get(language, language)


def _defined(program: Program) -> set[str]:
    names = {*(name for scope, name in program.names if scope is None), *program.functions}
    return {name for name in names if len(name) >= _SHORTEST}


def _may_take(asking: Program, other: Program) -> bool:
    """Return whether a program can import another's names: it names the file, or both are in one folder."""
    path, its = PurePath(asking.file), PurePath(other.file)
    is_folder = its.stem in {"__init__", "index", "mod"} or asking.language == "go"
    stem = its.parent.name if is_folder else its.stem
    named = re.search(rf"\b{re.escape(stem)}\b", asking.root.text) is not None
    return named or (asking.language in _BY_FOLDER and path.parent == its.parent)
