"""The scan of a set of paths, from files to findings: searches all texts, then parses those with a match."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from datetime import datetime
from functools import cache
from importlib.util import find_spec
from pathlib import Path, PurePath

import attrs

from shim.core.recognise import Engine
from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.tools.scan.files import Source, UnreadError, decode, read, source_files
from shim.tools.scan.findings import Finding, FindingState, pragmas
from shim.tools.scan.fold import Program
from shim.tools.scan.lines import Lines, is_recording
from shim.tools.scan.living import MARKS, Mention, Versions, is_living, mentions
from shim.tools.scan.programs import Reader
from shim.tools.scan.project import Project, group
from shim.tools.scan.sought import Sought, Use
from shim.tools.scan.tree import Node, parsed

NO_GRAMMARS = (
    "no grammars installed: findings are lines of text; for calls with methods: pip install 'atlas-shim[scan]'"
)
_KINDS = ("call", "sdk", "command", "resource", "path", "text")  # the kinds of uses, the most specific first


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
    unread: tuple[Remark, ...]
    files: int
    ignored: int


def scan(
    paths: Sequence[Path], engine: Engine, settings: Settings, at: datetime, exclude: Iterable[str] = ()
) -> ScanReport:
    """Scan files and folders; sunsets are compared with ``at``.

    A file that can't be read is an error in the report and does not stop the scan.
    """
    sources = list(source_files(paths, exclude))
    living = frozenset(one.id for one in engine.operations if is_living(one))
    texts = _Texts(Sought(engine, living), sources)
    versions = Versions(engine.operations, texts.mentions)
    if versions.silent != living:
        texts = _Texts(Sought(engine, versions.silent), sources)
    findings, ignored = list[Finding](), 0
    for source, uses in sorted(texts.uses().items(), key=lambda one: one[0].file):
        program, comments, rows = texts.project.programs.get(source), pragmas(source.text), source.text.split("\n")
        unused = set(comments)
        for use in versions.spoken_for(uses, source.text):
            first, last = use.place.line, use.place.end_line
            ends = program.statement(first) if comments and program is not None else (first, first)
            fitting = [one for one in comments if one.covers(use.operations[0], [*range(first, last + 1), *ends])]
            unused.difference_update(fitting)
            ignored += bool(fitting)
            findings += [] if fitting else [_finding(source, rows, use, settings, at)]
        for one in (one for one in comments if one in unused):
            texts.note(source.file, one.line, "this ignore comment hides nothing")
    said = tuple(texts.errors), tuple(texts.notes), tuple(texts.unread)
    return ScanReport(tuple(findings), *said, texts.files, ignored)


@cache
def has_grammars() -> bool:
    """Return whether the extra ``scan`` is installed."""
    return find_spec("ast_grep_py") is not None


class _Texts:
    """The texts of a scan that have a word to look for; ``others`` are programs without."""

    def __init__(self, sought: Sought, sources: Iterable[Source | UnreadError]) -> None:
        self.sought = sought
        self.wanted: list[Source] = []
        self.others: list[Source] = []
        self.mentions: list[Mention] = []
        self.errors: list[Remark] = []
        self.unread: list[Remark] = []
        self.notes: dict[Remark, None] = {}
        self.project = Project()
        self.files = 0
        for source in sources:
            try:
                if isinstance(source, UnreadError):
                    raise source
                self._read(source)
            except UnreadError as error:
                (self.errors if error.is_odd else self.unread).append(Remark(error.file, 0, error.reason))

    def note(self, file: str, line: int, message: str) -> None:
        """Note a remark, once."""
        self.notes[Remark(file, line, message)] = None

    def _read(self, source: Source) -> None:
        raw = read(source)
        self.files += 1
        has_marks = any(mark in raw for mark in MARKS)
        is_wide = raw[:2] in {b"\xff\xfe", b"\xfe\xff"}
        is_wanted = is_wide or b"atlas-shim:" in raw or self.sought.concerns_bytes(raw)
        if is_wanted or has_marks:
            decode(source, raw)
        self.mentions += mentions(source.text) if has_marks else ()
        is_program = source.language and source.ending != "ipynb"
        is_close = "atlas-shim:" in source.text or self.sought.concerns_closely(source.text)
        if is_wanted and (is_close or not is_program):
            self.wanted.append(source)
        else:
            source.text = ""
            self.others += [source] if is_program else []

    def uses(self) -> dict[Source, list[Use]]:
        """Return the uses in each file."""
        found: dict[Source, list[Use]] = {source: [] for source in self.wanted}
        for source in self.wanted:
            if source.is_documentation:
                lines = self._by_line(source)
                said = f"documentation names retired operations {len(lines)} times (it makes no calls)"
                if lines:
                    self.note(source.file, lines[0].place.line, said)
            elif not source.language and is_recording(source.text):
                reason = "a recording, baseline or mapping document, which makes no calls"
                self.unread.append(Remark(source.file, 0, reason))
            elif not source.language or not has_grammars() or not self._parse(source):
                found[source] = self._by_line(source)
                if source.language and not has_grammars():
                    self.note("", 0, NO_GRAMMARS)
        for source in self._users():
            self._parse(source)
        used: set[Node] = set()
        readers = {
            source: Reader(program, self.sought, self.project.folders[PurePath(source.file).parent], used)
            for source, program in self.project.programs.items()
        }
        for source, reader in readers.items():
            found[source] = self._guarded(source, reader.calls)
        for source, reader in readers.items():
            found[source] += self._guarded(source, reader.paths)
            if broken := reader.program.unparsed:
                seen = {use.place.line for use in found[source]}
                wanted = [use for use in self._by_line(source) if use.place.line not in seen]
                found[source] += [use for use in wanted if 0 in broken or use.place.line in broken]
        return {source: _settled(some) for source, some in found.items()}

    def _parse(self, source: Source) -> bool:
        """Add a program, and return whether its grammar could read it."""

        def parse() -> Iterator[Use]:
            root, too_deep = parsed(source.language, source.text)
            program = Program(source.file, source.language, root, self.project.ask, self.project.trail)
            if too_deep:
                program.unparsed.add(0)
                self.note(source.file, 0, "nested too deeply to parse fully; it was read line by line, too")
            self.project.add(source, program)
            yield from ()

        self._guarded(source, parse)
        return source in self.project.programs

    def _guarded(self, source: Source, look: Callable[[], Iterable[Use]]) -> list[Use]:
        """Return a reader's findings; if it fails, the error is this file's alone."""
        try:
            return list(look())
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this file's
            self.errors.append(Remark(source.file, 0, f"could not be read: {type(error).__name__}: {error}"[:200]))
            return []

    def _by_line(self, source: Source) -> list[Use]:
        if not self.sought.concerns(source.text):
            return []
        return self._guarded(source, Lines(source.file, source.text, source.ending, self.sought).uses)

    def _users(self) -> Iterator[Source]:
        """Yield the programs that use a retired path only by another file's name."""
        names = self.project.exported(self.sought)
        pattern = re.compile(rb"\b(?:" + b"|".join(re.escape(name.encode()) for name in sorted(names)) + rb")\b")
        groups = {group(program.language) for program in self.project.programs.values()}
        for source in self.others if names else ():
            with suppress(UnreadError):  # The file changed after it was first read.
                if group(source.language) in groups and pattern.search(raw := read(source)):
                    decode(source, raw)
                    yield source


def _settled(uses: Iterable[Use]) -> list[Use]:
    """Return each use once: of several uses of one operation in a line, the most specific."""
    best: dict[tuple[int, str], Use] = {}
    for use in sorted(uses, key=lambda one: (_KINDS.index(one.kind), one.method is None)):
        best.setdefault((use.place.line, use.operations[0].path.text), use)
    return sorted(best.values(), key=lambda one: (one.place.line, one.place.column, one.operations[0].id))


def _finding(source: Source, rows: Sequence[str], use: Use, settings: Settings, at: datetime) -> Finding:
    """Return the finding for a use; ``at`` is an aware instant."""
    operation, place, cell = use.operations[0], use.place, None
    lines = list(rows[place.line - 1 : place.end_line])
    row = lines[0]
    lines[-1] = lines[-1][: place.end_column - 1]
    lines[0] = lines[0][place.column - 1 :]
    if source.cells:
        (cell, line, row), (_, end_line, _) = source.cells[place.line - 1], source.cells[place.end_line - 1]
        place = attrs.evolve(place, line=line, end_line=end_line)
    sunset = sunset_of(operation, settings)
    state = FindingState.GONE if at >= sunset else FindingState.DEPRECATED
    return Finding(
        place=place,
        kind=use.kind,
        operation=operation,
        others=tuple(other.id for other in use.operations[1:]),
        method=use.method,
        text=use.text,
        state=state if operation.successors else FindingState.NO_SUCCESSOR,
        sunset=sunset,
        source="\n".join(lines),
        row=row,
        cell=cell,
    )
