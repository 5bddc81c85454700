"""The scan of a set of paths, from files to findings."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import attrs

from shim.core.recognise import Engine
from shim.core.settings import Settings
from shim.scan.files import Source, UnreadableError, parse, python_files, read
from shim.scan.findings import Finding, finding_of
from shim.scan.modules import Module, Modules, imports_of, make_module
from shim.scan.pragmas import Pragma, pragmas, spoken_for, statement_lines
from shim.scan.program import Search, Use, uses


@attrs.frozen
class Remark:
    """Something to say about a file: an error that kept it from being scanned, or a note."""

    file: str
    line: int
    message: str


@attrs.frozen
class Report:
    """What a scan found: ``ignored`` counts findings that a comment speaks for, ``files`` the files read."""

    findings: tuple[Finding, ...]
    errors: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    files: int
    ignored: int


@attrs.frozen
class _Read:
    source: Source
    module: Module


def scan(
    paths: Sequence[Path], engine: Engine, settings: Settings, at: datetime, exclude: Iterable[str] = ()
) -> Report:
    """Scan files and folders; ``at`` is the instant that tells deprecated from gone.

    A file that can't be read or parsed is an error in the report and does not stop the scan.
    """
    search = Search(engine)
    errors: list[Remark] = []
    done: list[_Read] = []
    files = 0
    for file, path in python_files(paths, exclude):
        files += 1
        try:
            source = read(file, path)
            done.append(_Read(source, make_module(file, path, parse(source), source.text)))
        except UnreadableError as error:
            errors.append(Remark(file, error.line, str(error)))
    by_file = {one.source.file: one for one in done}
    found, broken = uses(search, _concerned(search, done))
    errors += [Remark(module.file, 0, reason) for module, reason in broken]
    findings: list[Finding] = []
    notes: list[Remark] = []
    ignored = 0
    for file, one in by_file.items():
        kept, skipped, unused = _spared(one, [use for use in found if use.place.file == file])
        findings += [_finding(one.source, use, settings, at) for use in kept]
        ignored += skipped
        notes += [Remark(file, pragma.line, "this ignore comment speaks for nothing") for pragma in unused]
    return Report(tuple(findings), tuple(errors), tuple(notes), files, ignored)


def _concerned(search: Search, done: Sequence[_Read]) -> list[Module]:
    """Return the modules that may have a finding: those with a word of it, and those that lead to one by imports."""
    modules = Modules(one.module for one in done)
    chosen = {one.module.path: one.module for one in done if search.concerns(one.source.text)}
    if not chosen:
        return []
    importers: dict[Path, list[Module]] = {}
    for one in done:
        for imported in imports_of(one.module, modules):
            importers.setdefault(imported.path, []).append(one.module)
    waiting = list(chosen)
    while waiting:
        for module in importers.get(waiting.pop(), ()):
            if module.path not in chosen:
                chosen[module.path] = module
                waiting.append(module.path)
    return [one.module for one in done if one.module.path in chosen]


def _spared(one: _Read, found: Sequence[Use]) -> tuple[list[Use], int, list[Pragma]]:
    """Return the uses that no comment speaks for, how many others there are, and the comments without a use."""
    comments = pragmas(one.source.text)
    if not comments:
        return list(found), 0, []
    spans = statement_lines(one.module.tree)
    speaking = [spoken_for(use.place, use.operations[0], comments, spans) for use in found]
    kept = [use for use, pragma in zip(found, speaking, strict=True) if pragma is None]
    return kept, len(found) - len(kept), [pragma for pragma in comments if pragma not in speaking]


def _finding(source: Source, use: Use, settings: Settings, at: datetime) -> Finding:
    place = use.place
    lines = source.text.split("\n")[place.line - 1 : place.end_line]
    if len(lines) == 1:
        lines = [lines[0][place.column - 1 : place.end_column - 1]]
    elif lines:
        lines = [lines[0][place.column - 1 :], *lines[1:-1], lines[-1][: place.end_column - 1]]
    finding = finding_of(use, settings, at, "\n".join(lines))
    if source.cells is None:
        return finding
    (cell, line), (_, end_line) = source.cells[place.line - 1], source.cells[place.end_line - 1]
    return attrs.evolve(finding, cell=cell, place=attrs.evolve(place, line=line, end_line=end_line))
