"""The scan of a set of paths, from files to findings."""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import attrs

from shim.core.recognise import Engine
from shim.core.settings import Settings
from shim.scan.files import LANGUAGES, SourceFile, UnreadableError, is_made, parse, read, source_files
from shim.scan.findings import Finding, finding_of
from shim.scan.living import Versions
from shim.scan.pragmas import line_pragmas, pragmas, spoken_for
from shim.scan.python.modules import Modules, SourceModule
from shim.scan.python.reader import Reader
from shim.scan.sightings import Sightings, Use
from shim.scan.trees.grammars import NoGrammarError, tree_of
from shim.scan.trees.reading import Programs

_DEEP = 6000
"""How deep Python may recurse while nested expressions of functions in functions are read."""
_TOO_DEEP = "is nested too deeply to be followed"
_PLAIN = frozenset({"json", "yaml", "shell", "terraform"})
"""Languages in which a text needs no quotes."""
_DATA = frozenset({"json", "yaml"})


@attrs.frozen
class Remark:
    """Something to say about a file: an error that kept it from being scanned, or a note."""

    file: str
    line: int
    message: str


@attrs.frozen
class ScanReport:
    """What a scan found: ``ignored`` counts findings that a comment speaks for, ``files`` the files read.

    ``broken`` counts files in which a part can't be parsed and the rest was read; there is a note on each.
    """

    findings: tuple[Finding, ...]
    errors: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    files: int
    ignored: int
    broken: int = 0


@attrs.define
class _Gathered:
    """What was read: Python's modules wait for each other, other programs are read one by one."""

    programs: Programs
    modules: dict[SourceModule, SourceFile] = attrs.field(factory=dict)
    others: list[SourceFile] = attrs.field(factory=list)
    passed: list[tuple[str, Path, str]] = attrs.field(factory=list)
    order: dict[str, int] = attrs.field(factory=dict)
    errors: list[Remark] = attrs.field(factory=list)
    notes: list[Remark] = attrs.field(factory=list)
    files: int = 0
    broken: int = 0


def scan(  # noqa: PLR0913, PLR0917 - what to scan, with what, on which day, without what, and whom to tell
    paths: Sequence[Path],
    engine: Engine,
    settings: Settings,
    at: datetime,
    exclude: Iterable[str] = (),
    tell: Callable[[int], None] = lambda _: None,
) -> ScanReport:
    """Scan files and folders; ``at`` is the instant that tells deprecated from gone.

    A file that can't be read or parsed is an error in the report and does not stop the scan. ``tell`` is called with
    the number of files before each.
    """
    sources = list(source_files(paths, exclude))
    versions = Versions(engine.operations, (path for _, path, _ in sources))
    sightings = Sightings(engine, versions.silent)
    gathered = _Gathered(Programs(sightings))
    for file, path, language in sources:
        tell(gathered.files)
        gathered.files += 1
        gathered.order[file] = gathered.files
        try:
            _gather(gathered, sightings, file, path, language)
        except UnreadableError as error:
            of_data = language in _DATA and path.name not in {one.name for one in paths}
            (gathered.notes if of_data else gathered.errors).append(Remark(file, error.line, str(error)))
        except (RecursionError, NoGrammarError) as error:
            said = str(error) if isinstance(error, NoGrammarError) else _TOO_DEEP
            gathered.errors.append(Remark(file, 0, said))
    with _deeply():
        _follow_names(gathered)
    errors = [*gathered.errors, *read_modules(gathered.modules, sightings)]
    uses: dict[str, list[Use]] = {}
    for use in sightings.uses():
        uses.setdefault(use.place.file, []).append(use)
    findings: list[tuple[int, Finding]] = []
    notes = gathered.notes
    ignored = 0
    trees: dict[SourceFile, ast.Module | None] = {source: module.tree for module, source in gathered.modules.items()}
    for source, tree in {**trees, **dict.fromkeys(gathered.others)}.items():
        found = versions.spoken_for(uses.get(source.file, []), source.text)
        comments = line_pragmas(source.text) if tree is None else pragmas(source.text)
        speaking = [spoken_for(use.place, use.operations[0], comments, tree) for use in found]
        kept = [use for use, comment in zip(found, speaking, strict=True) if comment is None]
        findings += [(gathered.order[source.file], _finding(source, use, settings, at)) for use in kept]
        ignored += len(found) - len(kept)
        unused = (comment for comment in comments if comment not in speaking)
        notes += [Remark(source.file, one.line, "this ignore comment speaks for nothing") for one in unused]
    findings.sort(key=lambda one: one[0])
    return ScanReport(
        tuple(one for _, one in findings), tuple(errors), tuple(notes), gathered.files, ignored, gathered.broken
    )


def _gather(gathered: _Gathered, sightings: Sightings, file: str, path: Path, language: str | None) -> None:
    """Read one file; raises UnreadableError, NoGrammarError and RecursionError."""
    try:
        source = read(file, path, language or "python")
        tree = parse(source) if language in {None, "python"} else None
    except UnreadableError:
        if language is None and path.is_file():
            known = ", ".join(LANGUAGES)
            raise UnreadableError(f"can't be read as code: its name does not end in one of {known}") from None
        raise
    if tree is not None:
        gathered.modules[SourceModule(file, path, tree, source.text.split("\n"))] = source
    elif language is not None and not is_made(source, language):
        quoted = language not in _PLAIN
        if sightings.concerns(source.text) and (not quoted or sightings.concerns_closely(source.text)):
            _grow(gathered, source, language)
        elif language not in _DATA:
            gathered.passed.append((file, path, language))


def _grow(gathered: _Gathered, source: SourceFile, language: str) -> None:
    """Read a program by its grammar; raises UnreadableError, NoGrammarError and RecursionError."""
    tree = tree_of(source.file, language, source.text)
    with _deeply():
        gathered.programs.add(tree)
    gathered.others.append(source)
    if tree.root.has_error and language not in _DATA:
        gathered.broken += 1
        gathered.notes.append(Remark(source.file, tree.broken_line, "can't be parsed here; the rest was read"))


def _follow_names(gathered: _Gathered) -> None:
    """Read the programs that use each other's names, and those that have nothing else of interest."""
    gathered.programs.share()
    for file, path, language in gathered.passed:
        try:
            source = read(file, path, language)
            if gathered.programs.uses(language, source.text):
                _grow(gathered, source, language)
        except (UnreadableError, NoGrammarError, RecursionError):
            continue  # it has no word of what is looked for
    gathered.errors += [Remark(file, 0, _TOO_DEEP) for file in gathered.programs.tell()]


@contextmanager
def _deeply() -> Iterator[None]:
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(max(before, _DEEP))
    try:
        yield
    finally:
        sys.setrecursionlimit(before)


def read_modules(sources: Mapping[SourceModule, SourceFile], sightings: Sightings) -> list[Remark]:
    """Read the modules that may have a finding; return an error for each that is nested too deeply."""
    errors: list[Remark] = []
    modules = Modules(sources)
    concerned = [module for module, source in sources.items() if sightings.concerns(source.text)]
    chosen = modules.leading_to(concerned) if concerned else []
    reader = Reader(Modules(chosen), sightings)
    with _deeply():
        for module in chosen:
            try:
                reader.read(module)
            except RecursionError:
                errors.append(Remark(module.file, 0, _TOO_DEEP))
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
