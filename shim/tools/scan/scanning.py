"""Scan some paths: search every text, parse those with a match, and report findings."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import lru_cache, partial
from importlib.util import find_spec
from pathlib import Path

import attrs

from shim.core.recognize import Engine
from shim.core.route import sunset_of
from shim.core.settings import Settings
from shim.extras import hint
from shim.tools.scan import rules
from shim.tools.scan.files import Source, UnreadError, read, reason, source_files
from shim.tools.scan.findings import Finding, FindingState, Remark, spared
from shim.tools.scan.fold import Program
from shim.tools.scan.lines import DESCRIPTION, RECORDED, TextReader
from shim.tools.scan.packages import Packages, SharedAddresses
from shim.tools.scan.pins import ANY, Pins, files_above, limit
from shim.tools.scan.programs import ProgramReader
from shim.tools.scan.sought import RetiredUse, Sought, newest_version
from shim.tools.scan.tree import parsed

# The limit on the first line of handwritten JavaScript, in characters.
_LONG_FIRST = 5000
# The time of a grammar grows with the square of a line's length.
_LONG_LINE = re.compile(r"[^\n]{20000}")
# Programs that write Terraform's configuration.
_CDKTF = re.compile(r"cdktf|\.gen/|\bimports\.mongodbatlas")
# The kinds of uses, the most specific first.
_KINDS = (
    "call",
    "package",
    "sdk",
    "command",
    "resource",
    "path",
    "text",
)


def scan(  # noqa: PLR0913, PLR0917 - what is scanned, for what, and who looks on
    paths: Sequence[Path],
    engine: Engine,
    settings: Settings,
    at: datetime,
    exclude: Iterable[str] = (),
    through: Callable[[list[Source]], Iterable[Source]] = iter,
) -> Scan:
    """Scan files and folders; sunsets are compared with ``at``.

    All files pass ``through`` a function, one at a time. A file that can't be read is
    an error and does not stop the scan.
    """
    sources = [*source_files(paths, exclude)]
    pins = Pins([*files_above(paths), *(one.file for one in sources)])
    done = Scan(engine, settings, at, pins, Packages(sources))
    for source in through(sources):
        try:
            done.read(source)
        except UnreadError as error:
            done.unread.append(Remark(source.file, 0, str(error)))
        except Exception as error:  # noqa: BLE001 - whatever it is, it is this file's
            done.errors.append(Remark(source.file, 0, reason(error)))
    done.findings.sort(key=lambda one: one.place.file)
    return done


class Scan:
    """A scan in progress or finished.

    ``ignored`` counts findings hidden by comments, and ``files`` the files read.
    ``errors`` are files that could not be read. ``unread`` are the files that a scan
    skips: pictures, links that lead elsewhere, vendored folders.
    """

    def __init__(
        self,
        engine: Engine,
        settings: Settings,
        at: datetime,
        pins: Pins,
        packages: Packages,
    ) -> None:
        self.settings = settings
        self.at = at
        self.pins = pins
        self.packages = packages
        self.sought = lru_cache(maxsize=32)(partial(Sought, engine))
        self.findings: list[Finding] = []
        self.errors: list[Remark] = []
        self.unread: list[Remark] = []
        self.notes: dict[Remark, None] = {}
        self.files = self.ignored = 0

    def read(self, source: Source) -> None:
        """Search one file; raises UnreadError or OSError."""
        if source.problem is not None:
            raise source.problem
        source.text = read(source.file)
        self.files += 1
        shared = self.packages.of(source.file, source.text)
        sought = self._sought_in(source, shared)
        if sought.concerns(source.text):
            uses = self._uses(source, sought, shared)
        else:
            uses = []
        comments = spared(source.text)
        rows = source.text.split("\n") if uses else []
        used = set[int]()
        for use in _settled(uses):
            span = range(use.place.line, use.place.end_line + 1)
            fitting = []
            for at, lines in comments.items():
                if not set(lines).isdisjoint(span):
                    fitting.append(at)
            used.update(fitting)
            self.ignored += bool(fitting)
            if not fitting:
                self.findings += [self._finding(rows, use)]
        for line in sorted(comments.keys() - used):
            self.notes[
                Remark(source.file, line, "this ignore comment has no effect")
            ] = None

    def _sought_in(self, source: Source, shared: SharedAddresses) -> Sought:
        """Return the patterns for a file.

        They depend on the versions in it, in its package and in its tree.
        """
        pinned = self.pins.of(source.file)
        newest = newest_version(source.text) or shared.newest
        if newest is None and source.language == "go" and pinned["sdk"] != ANY:
            newest = str(pinned["sdk"][0])
        sdk = limit(newest or "")
        is_pulumi = (
            pinned["pulumi"] != ANY
            and source.ending != "tf"
            and _CDKTF.search(source.text) is None
        )
        provider = pinned["pulumi" if is_pulumi else "terraform"]
        known = {
            "sdk": sdk,
            "package": ANY,
            "atlas": pinned["atlas"],
            "resource": provider,
            "data": provider,
            "word": pinned["operator"],
        }
        return self.sought(newest, tuple(known.items()))

    def _uses(
        self, source: Source, sought: Sought, shared: SharedAddresses
    ) -> list[RetiredUse]:
        """Return a file's uses."""
        if not source.language and RECORDED.search(source.text) is not None:
            raise UnreadError(
                "a recording, findings of a scan, or a mapping document: it makes no calls"
            )
        if not source.language and DESCRIPTION.search(source.text) is not None:
            raise UnreadError("a description of an API (OpenAPI): it makes no calls")
        first = source.text.partition("\n")[0]
        if source.language == "javascript" and len(first) > _LONG_FIRST:
            raise UnreadError("generated: its first line is very long")
        uses = list[RetiredUse]()
        broken = {0}
        try:
            if source.language and find_spec("ast_grep_py") is None:
                self.notes[
                    Remark(
                        "",
                        0,
                        f"findings are lines of text, not calls: {hint('ast_grep_py')}",
                    )
                ] = None
            elif source.language and _LONG_LINE.search(source.text) is None:
                root = parsed(source.language, source.text)
                program = Program(source.file, source.language, root, shared.constants)
                uses += ProgramReader(program, sought, shared).uses()
                broken = program.unparsed
        except Exception as error:  # noqa: BLE001 - its lines can be read all the same
            self.errors.append(Remark(source.file, 0, reason(error)))
        seen = {use.place.line for use in uses}
        by_line: Iterable[RetiredUse] = ()
        if broken:
            by_line = TextReader(source, sought, shared.constants).uses()
        for one in by_line:
            line = one.place.line
            if line not in seen and not broken.isdisjoint({0, line}):
                uses.append(one)
        if uses and source.ending in rules.words("files", "documentation"):
            said = f"documentation names retired operations {len(uses)} times (it makes no calls)"
            self.notes[Remark(source.file, uses[0].place.line, said)] = None
            uses = []
        return uses

    def _finding(self, rows: Sequence[str], use: RetiredUse) -> Finding:
        operation = use.operations[0]
        sunset = sunset_of(operation, self.settings)
        if self.at >= sunset:
            state = FindingState.GONE
        else:
            state = FindingState.DEPRECATED
        if not operation.successors:
            state = FindingState.NO_SUCCESSOR
        source = rows[use.place.line - 1].strip()
        return Finding(
            **attrs.asdict(use, recurse=False),
            state=state,
            sunset=sunset,
            source=source,
        )


def _settled(uses: Iterable[RetiredUse]) -> list[RetiredUse]:
    """Return each use once.

    Of several uses of one operation in a line, the most specific one stays.
    """
    best: dict[tuple[int, str], RetiredUse] = {}

    def rank(use: RetiredUse) -> tuple[int, bool]:
        return _KINDS.index(use.kind), use.method is None

    def position(use: RetiredUse) -> tuple[int, int, str]:
        return use.place.line, use.place.column, use.operations[0].id

    for use in sorted(uses, key=rank):
        best.setdefault((use.place.line, use.operations[0].path.text), use)
    return sorted(best.values(), key=position)
