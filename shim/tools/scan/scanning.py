"""The scan of a set of paths, from files to findings: searches all texts, then parses those with a match."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import attrs

from shim.core.recognise import Engine
from shim.core.settings import Settings
from shim.tools.scan.files import Content, Source, Unread, UnreadError, decoded, read, source_files
from shim.tools.scan.findings import Finding, finding_of
from shim.tools.scan.fold import Program
from shim.tools.scan.known import Pragma, pragmas
from shim.tools.scan.lines import Lines, is_recording
from shim.tools.scan.living import MARKS, Mention, Versions, is_living, mentions
from shim.tools.scan.programs import Reader
from shim.tools.scan.project import Project, statement
from shim.tools.scan.sightings import Sought, Use
from shim.tools.scan.texts import Atom
from shim.tools.scan.tree import parsed

NO_GRAMMARS = (
    "no grammars installed: findings are lines of text; for calls with methods: pip install 'atlas-shim[scan]'"
)


@attrs.frozen
class Remark:
    """A remark on a file and line (0: the whole file), or on the whole scan ("" as file)."""

    file: str
    line: int
    message: str


@attrs.frozen
class ScanReport:
    """A scan's result: ``ignored`` counts findings hidden by comments, ``files`` the files read.

    ``errors`` are files that could not be read, ``unread`` what a scan skips: pictures, links that lead elsewhere,
    vendored folders.
    """

    findings: tuple[Finding, ...]
    errors: tuple[Remark, ...]
    notes: tuple[Remark, ...]
    unread: tuple[Unread, ...]
    files: int
    ignored: int


@attrs.define
class _Gathered:
    """The texts of a scan; ``others`` are programs without a word to look for."""

    contents: dict[Source, Content] = attrs.field(factory=dict)
    others: list[Source] = attrs.field(factory=list)
    mentions: list[Mention] = attrs.field(factory=list)
    errors: list[Remark] = attrs.field(factory=list)
    unread: list[Unread] = attrs.field(factory=list)
    notes: list[Remark] = attrs.field(factory=list)
    files: int = 0


def scan(
    paths: Sequence[Path], engine: Engine, settings: Settings, at: datetime, exclude: Iterable[str] = ()
) -> ScanReport:
    """Scan files and folders; sunsets are compared with ``at``.

    A file that can't be read is an error in the report and does not stop the scan.
    """
    sources = list(source_files(paths, exclude))
    living = [one.id for one in engine.operations if is_living(one)]
    sought = Sought(engine, living)
    gathered = _gather(sources, sought)
    versions = Versions(engine.operations, gathered.mentions)
    if versions.silent != frozenset(living):
        sought = Sought(engine, versions.silent)
        gathered = _gather(sources, sought)
    project = Project()
    uses = _read(gathered, project, sought)
    findings: list[Finding] = []
    ignored = 0
    for source in sorted(uses, key=lambda one: one.file):
        content = gathered.contents[source]
        found = versions.spoken_for(uses[source], content.text)
        comments = pragmas(content.text)
        program = project.programs.get(source)
        kept, speaking = list[Use](), set[Pragma]()
        for use in found:
            lines = statement(program, use.place) if comments and program is not None else ()
            fitting = [one for one in comments if one.covers(use.place, use.operations[0], lines)]
            speaking.update(fitting)
            kept += [] if fitting else [use]
        findings += [_finding(content, use, settings, at) for use in kept]
        ignored += len(found) - len(kept)
        unused = [comment for comment in comments if comment not in speaking]
        gathered.notes += [Remark(source.file, one.line, "this ignore comment hides nothing") for one in unused]
    return ScanReport(
        tuple(findings),
        tuple(gathered.errors),
        tuple(gathered.notes),
        tuple(gathered.unread),
        gathered.files,
        ignored,
    )


def _gather(sources: Iterable[Source | Unread], sought: Sought) -> _Gathered:
    """Read each file, and keep the texts with a word to look for."""
    gathered = _Gathered()
    for source in sources:
        if isinstance(source, Unread):
            _not_read(gathered, source)
            continue
        try:
            raw = read(source)
            gathered.files += 1
            has_marks = any(mark in raw for mark in MARKS)
            wide = raw[:2] in {b"\xff\xfe", b"\xfe\xff"}
            if not has_marks and not wide and b"atlas-shim:" not in raw and not sought.concerns_bytes(raw):
                if source.language:
                    gathered.others.append(source)
                continue
            content = decoded(source, raw)
            is_program = source.language and source.ending != "ipynb"
            if is_program and not sought.concerns_closely(content.text) and "atlas-shim:" not in content.text:
                gathered.others.append(source)
                gathered.mentions += mentions(content.text) if has_marks else ()
                continue
        except UnreadError as error:
            _not_read(gathered, Unread(source.file, str(error), error.is_odd))
            continue
        if has_marks:
            gathered.mentions += mentions(content.text)
        gathered.contents[source] = content
    return gathered


def _not_read(gathered: _Gathered, one: Unread) -> None:
    if one.is_odd:
        gathered.errors.append(Remark(one.file, 0, one.reason))
    else:
        gathered.unread.append(one)


@cache
def has_grammars() -> bool:
    """Return whether the extra ``scan`` is installed."""
    return find_spec("ast_grep_py") is not None


def _read(gathered: _Gathered, project: Project, sought: Sought) -> dict[Source, list[Use]]:
    """Return the uses in each file."""
    uses: dict[Source, list[Use]] = {}
    for source, content in gathered.contents.items():
        uses[source] = []
        if source.is_documentation:
            lines = list(_by_line(source, content.text, sought))
            if lines:
                said = f"documentation names retired operations {len(lines)} times (it makes no calls)"
                gathered.notes.append(Remark(source.file, lines[0].place.line, said))
        elif not source.language and is_recording(content.text):
            gathered.unread.append(
                Unread(source.file, "a recording, baseline or mapping document, which makes no calls")
            )
        elif source.language and has_grammars():
            uses[source] = list(_parse(gathered, project, source, content, sought))
        else:
            uses[source] = _guarded(gathered, source, lambda: _by_line(source, content.text, sought))  # noqa: B023
            if source.language:
                gathered.notes.append(Remark("", 0, NO_GRAMMARS))
    for source in _users(gathered, project, sought):
        _parse(gathered, project, source, gathered.contents[source], sought)
    used: set[Atom] = set()
    readers = {
        source: Reader(program, sought, project.neighbours(source), used)
        for source, program in project.programs.items()
    }
    for source, reader in readers.items():
        uses[source] = _guarded(gathered, source, reader.calls)
    for source, reader in readers.items():
        content = gathered.contents[source]
        uses[source] += _guarded(gathered, source, reader.paths)
        if content.shell:
            shell = attrs.evolve(source, ending="sh")
            uses[source] += _guarded(gathered, source, lambda: _by_line(shell, content.shell, sought))  # noqa: B023
        broken = _broken_lines(reader.program)
        if source in project.too_deep or broken:
            lines = _guarded(gathered, source, lambda: _by_line(source, content.text, sought))  # noqa: B023
            uses[source] += [one for one in lines if source in project.too_deep or one.place.line in broken]
    gathered.notes = list(dict.fromkeys(gathered.notes))
    return {source: _settled(found) for source, found in uses.items()}


def _parse(gathered: _Gathered, project: Project, source: Source, content: Content, sought: Sought) -> Iterable[Use]:
    """Add a program; if no grammar can read it, return the uses in its lines."""

    def parse() -> Iterator[Use]:
        root, too_deep = parsed(source.language, content.text)
        project.add(source, Program(source.file, source.language, root, project))
        if too_deep:
            project.too_deep.add(source)
            gathered.notes.append(
                Remark(source.file, 0, "nested too deeply to parse fully; it was read line by line, too")
            )
        yield from ()

    _guarded(gathered, source, parse)
    return () if source in project.programs else _by_line(source, content.text, sought)


def _guarded(gathered: _Gathered, source: Source, look: Callable[[], Iterable[Use]]) -> list[Use]:
    """Return a reader's findings; if it fails, the error is this file's alone."""
    try:
        return list(look())
    except (Exception, RecursionError) as error:  # noqa: BLE001 - whatever it is, it is this file's
        gathered.errors.append(Remark(source.file, 0, f"could not be read: {type(error).__name__}: {error}"[:200]))
        return []


def _by_line(source: Source, text: str, sought: Sought) -> Iterable[Use]:
    if not sought.concerns(text):
        return ()
    return Lines(source.file, text, source.ending, sought).uses()


def _users(gathered: _Gathered, project: Project, sought: Sought) -> Iterator[Source]:
    """Yield the programs that use a retired path only by another file's name."""
    names = project.exported(sought)
    if not names:
        return
    pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(name.encode()) for name in sorted(names)) + rb")\b")
    languages = {one.language for one in project.programs}
    for source in gathered.others:
        if source.language in languages or {source.language, *languages} & {"typescript", "tsx", "javascript"}:
            try:
                raw = read(source)
                if pattern.search(raw):
                    gathered.contents[source] = decoded(source, raw)
                    yield source
            except UnreadError:
                continue  # The file changed after it was first read.


def _broken_lines(program: Program) -> set[int]:
    """Return the uses in the lines of a program that its grammar can't read."""
    text = program.root.text
    return {
        line
        for node in program.root.walk()
        if node.kind == "ERROR"
        for line in range(text.count("\n", 0, node.start) + 1, text.count("\n", 0, node.end) + 2)
    }


_KINDS = ("call", "sdk", "command", "resource", "path", "text")


def _settled(uses: Iterable[Use]) -> list[Use]:
    """Return each use once: of several uses of one operation in a line, the most specific."""
    best: dict[tuple[int, str], Use] = {}
    for use in sorted(uses, key=lambda one: _KINDS.index(one.kind)):
        best.setdefault((use.place.line, use.operations[0].path.text), use)
    return sorted(best.values(), key=lambda one: (one.place.line, one.place.column, one.operations[0].id))


def _finding(content: Content, use: Use, settings: Settings, at: datetime) -> Finding:
    place = use.place
    lines = content.text.split("\n")[place.line - 1 : place.end_line]
    row = lines[0]
    lines[-1] = lines[-1][: place.end_column - 1]
    lines[0] = lines[0][place.column - 1 :]
    finding = attrs.evolve(finding_of(use, settings, at, "\n".join(lines)), row=row)
    if content.cells is None:
        return finding
    (cell, line), (_, end_line) = content.cells[place.line - 1], content.cells[place.end_line - 1]
    return attrs.evolve(finding, cell=cell, place=attrs.evolve(place, line=line, end_line=end_line))
