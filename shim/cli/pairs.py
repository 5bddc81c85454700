"""``atlas-shim pairs``: recorded answers of two versions, compared by translation."""

from __future__ import annotations

from pathlib import Path

import click

from shim.cli.engine import document_option, engine_of
from shim.cli.output import (
    FILE,
    heading,
    output_option,
    shortened,
    write_report,
    write_table,
)
from shim.tools.pairs import FieldTally, Replayed, compare, read_pairs, replay


@click.command
@click.argument("files", metavar="FILE...", type=FILE, nargs=-1, required=True)
@document_option
@output_option
def command(files: tuple[Path, ...], *, document: Path | None, output: str) -> None:
    """Compare recorded old responses with translations of new ones.

    Each new response is translated, and compared with the old one. Nothing is sent. A
    line of a FILE: {"path": …, "old_version": …, "old": {…}, "new_version": …, "new":
    {…}}

    Exit codes: 0 if all are equal, except for fields that a document declares absent; 1
    otherwise.
    """
    engine = engine_of(document)
    replayed = list[Replayed]()
    problems = list[str]()
    for file in files:
        place = f"{file.name}: " if len(files) > 1 else ""
        made = replay(engine, read_pairs(file))
        problems += [
            f"{place}line {one.pair.line}: {one.problem}" for one in made if one.problem
        ]
        replayed += made
    lines = compare(replayed)
    report = {
        "pairs": len(replayed),
        "translated": len(replayed) - len(problems),
        "fields": lines,
    }
    problems += [
        f"{line.field}: {_difference(line)}" for line in lines if not line.good
    ]
    absent = [line.field for line in lines if line.absent and line.only_old]
    if absent:
        but = f", except fields declared absent: {', '.join(absent)}"
    else:
        but = ""
    said = f"All {len(replayed)} translations equal the recorded old answers{but}."
    write_report(report, problems, output, lambda: _text(replayed, lines), said)


def _text(replayed: list[Replayed], lines: tuple[FieldTally, ...]) -> None:
    names = ", ".join(dict.fromkeys(one.operation for one in replayed if one.operation))
    heading(f"{len(replayed)} pairs of {names or 'no operation of the document'}")
    write_table(
        [
            ("field", "equal", "differs", "only old", "only new", "note"),
            *map(_row, lines),
        ]
    )


def _row(line: FieldTally) -> list[str]:
    counts = (line.equal, line.differs, line.only_old, line.only_made)
    if line.absent:
        note = "declared absent"
    elif line.total:
        note = ""
    else:
        note = "never seen"
    return [line.field, *(str(count or "-") for count in counts), note]


def _difference(line: FieldTally) -> str:
    """Return how often a field's values are equal, and the first unequal example."""
    example = f"line {line.line}: expected {shortened(line.expected, 60)}, got {shortened(line.got, 60)}"
    example += f" ({line.why})" if line.why else ""
    return f"is equal in {line.equal} of {line.total}; {example}"
