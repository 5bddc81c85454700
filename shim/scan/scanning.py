"""The scan of a set of paths, from files to findings."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import attrs

from shim.core.recognise import Engine
from shim.core.settings import Settings
from shim.scan.files import SourceFile, UnreadableError, parse, python_files, read
from shim.scan.findings import Finding, finding_of
from shim.scan.pragmas import pragmas, spoken_for
from shim.scan.python.modules import Modules, SourceModule
from shim.scan.python.reader import Reader
from shim.scan.sightings import Sightings, Use

_DEEP = 6000
"""How deep Python may recurse while nested expressions of functions in functions are read."""


@attrs.frozen
class Remark:
    """Something to say about a file: an error that kept it from being scanned, or a note."""

    file: str
    line: int
    message: str


@attrs.frozen
class ScanReport:
    """What a scan found: ``ignored`` counts findings that a comment speaks for, ``files`` the files read."""

    findings: tuple[Finding, ...]
    errors: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    files: int
    ignored: int


def scan(
    paths: Sequence[Path], engine: Engine, settings: Settings, at: datetime, exclude: Iterable[str] = ()
) -> ScanReport:
    """Scan files and folders; ``at`` is the instant that tells deprecated from gone.

    A file that can't be read or parsed is an error in the report and does not stop the scan.
    """
    errors: list[Remark] = []
    sources: dict[SourceModule, SourceFile] = {}
    files = 0
    for file, path in python_files(paths, exclude):
        files += 1
        try:
            source = read(file, path)
            sources[SourceModule(file, path, parse(source), source.text.split("\n"))] = source
        except UnreadableError as error:
            errors.append(Remark(file, error.line, str(error)))
    sightings = Sightings(engine)
    errors += read_modules(sources, sightings)
    uses: dict[str, list[Use]] = {}
    for use in sightings.uses():
        uses.setdefault(use.place.file, []).append(use)
    findings: list[Finding] = []
    notes: list[Remark] = []
    ignored = 0
    for module, source in sources.items():
        found, comments = uses.get(source.file, []), pragmas(source.text)
        speaking = [spoken_for(use.place, use.operations[0], comments, module.tree) for use in found]
        kept = [use for use, comment in zip(found, speaking, strict=True) if comment is None]
        findings += [_finding(source, use, settings, at) for use in kept]
        ignored += len(found) - len(kept)
        unused = (comment for comment in comments if comment not in speaking)
        notes += [Remark(source.file, one.line, "this ignore comment speaks for nothing") for one in unused]
    return ScanReport(tuple(findings), tuple(errors), tuple(notes), files, ignored)


def read_modules(sources: Mapping[SourceModule, SourceFile], sightings: Sightings) -> list[Remark]:
    """Read the modules that may have a finding; return an error for each that is nested too deeply."""
    errors: list[Remark] = []
    modules = Modules(sources)
    concerned = [module for module, source in sources.items() if sightings.concerns(source.text)]
    chosen = modules.leading_to(concerned) if concerned else []
    reader = Reader(Modules(chosen), sightings)
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEEP))
    try:
        for module in chosen:
            try:
                reader.read(module)
            except RecursionError:
                errors.append(Remark(module.file, 0, "is nested too deeply to be followed"))
    finally:
        sys.setrecursionlimit(before)
    return errors


def _finding(source: SourceFile, use: Use, settings: Settings, at: datetime) -> Finding:
    place = use.place
    lines = source.text.split("\n")[place.line - 1 : place.end_line]
    lines[-1] = lines[-1][: place.end_column - 1]
    lines[0] = lines[0][place.column - 1 :]
    finding = finding_of(use, settings, at, "\n".join(lines))
    if source.cells is None:
        return finding
    (cell, line), (_, end_line) = source.cells[place.line - 1], source.cells[place.end_line - 1]
    return attrs.evolve(finding, cell=cell, place=attrs.evolve(place, line=line, end_line=end_line))
