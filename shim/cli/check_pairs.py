"""``atlas-shim check --pairs``: translates recorded new answers and compares them with the old ones."""

from __future__ import annotations

from os.path import commonprefix
from pathlib import Path

from shim.cli import output
from shim.cli.output import printable, write_report
from shim.core.recognise import Engine
from shim.tools.draft.pairs import FieldLine, compare, read_pairs, replay

_SHOWN, _BEFORE = 60, 15
"""Characters shown of an example, and of those the ones before the first difference."""


def check_pairs(engine: Engine, file: Path, form: str) -> None:
    """Run a file of pairs through the documents of an engine, and write the table of fields.

    Exits with 1 if a field differs that is not declared absent.
    """
    replayed = replay(engine, read_pairs(file))
    lines = compare(replayed)
    problems = [f"line {one.pair.line}: {one.problem}" for one in replayed if one.problem]
    report = {"pairs": len(replayed), "translated": len(replayed) - len(problems), "fields": lines}
    problems += [f"{line.field}: {_difference(line)}" for line in lines if not line.good]
    absent = [line.field for line in lines if line.absent and line.only_old]
    but = f", except fields declared absent: {', '.join(absent)}" if absent else ""

    def text() -> None:
        names = ", ".join(dict.fromkeys(one.operation for one in replayed if one.operation))
        output.heading(f"{len(replayed)} pairs of {names or 'no operation of the document'}")
        output.write_table([("field", "equal", "differs", "only old", "only new", "note"), *map(_row, lines)])

    said = f"All {len(replayed)} translations equal the recorded old answers{but}."
    write_report(report, problems, form, text, said)


def _row(line: FieldLine) -> list[str]:
    counts = (line.equal, line.differs, line.only_old, line.only_made)
    note = "declared absent" if line.absent else "" if line.total else "never seen"
    return [line.field, *(str(count or "-") for count in counts), note]


def _difference(line: FieldLine) -> str:
    """Return how often a field differs, and the first example, cut to the text around its first difference."""
    kinds = (
        (line.differs, f"differs in {line.differs} of {line.total}"),
        (0 if line.absent else line.only_old, f"is missing in {line.only_old} of {line.total}"),
        (line.only_made, f"is there in {line.only_made} that had none"),
    )
    counts = ", ".join(text for number, text in kinds if number)
    expected, got = printable(line.expected), printable(line.got)
    if max(len(expected), len(got)) > _SHOWN:
        start = max(0, len(commonprefix((expected, got))) - _BEFORE)  # noqa: RUF071 - the prefix is one of characters
        expected, got = (f"…{text[start : start + _SHOWN]}" for text in (expected, got))
    return f"{counts}; line {line.line}: expected {expected}, got {got}"
