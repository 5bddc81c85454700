"""``atlas-shim check --pairs``: translates recorded new answers and compares them with the old ones."""

from __future__ import annotations

from collections.abc import Sequence
from os.path import commonprefix
from pathlib import Path

import attrs

from shim.cli import output
from shim.cli.output import printable, write_report
from shim.core.recognise import Engine
from shim.tools.draft.pairs import FieldLine, Replayed, compare, read_pairs, replay

_SHOWN = 60
"""Characters shown of an example."""
_BEFORE = 15
"""Characters of it shown before the first difference."""


def check_pairs(engine: Engine, file: Path, form: str) -> None:
    """Run a file of pairs through the documents of an engine, and write the table of fields.

    Exits with 1 if a field differs that is not declared absent.
    """
    replayed = replay(engine, read_pairs(file))
    lines = compare(replayed)
    good = sum(1 for one in replayed if not one.problem)
    report = {"pairs": len(replayed), "translated": good, "fields": [attrs.asdict(line) for line in lines]}
    absent = [line.field for line in lines if line.absent and line.only_old]
    but = f", except fields declared absent: {', '.join(absent)}" if absent else ""
    said = f"All {len(replayed)} translations equal the recorded old answers{but}."
    write_report(report, _problems(replayed, lines), form, lambda: _text(replayed, lines), said)


def _problems(replayed: Sequence[Replayed], lines: Sequence[FieldLine]) -> list[str]:
    found = [f"line {one.pair.line}: {one.problem}" for one in replayed if one.problem]
    return [*found, *(f"{line.field}: {_told(line)}" for line in lines if not line.good)]


def _told(line: FieldLine) -> str:
    kinds = (
        (line.differs, f"differs in {line.differs} of {line.total}"),
        (0 if line.absent else line.only_old, f"is missing in {line.only_old} of {line.total}"),
        (line.only_made, f"is there in {line.only_made} that had none"),
    )
    counts = ", ".join(text for number, text in kinds if number)
    expected, got = _examples(line)
    return f"{counts}; line {line.line}: expected {expected}, got {got}"


def _examples(line: FieldLine) -> tuple[str, str]:
    """Return both values, long ones cut to the text around their first difference."""
    expected, got = printable(line.expected), printable(line.got)
    start = max(0, len(commonprefix((expected, got))) - _BEFORE)  # noqa: RUF071 - the prefix is one of characters
    if max(len(expected), len(got)) <= _SHOWN:
        return expected, got
    return f"…{expected[start : start + _SHOWN]}", f"…{got[start : start + _SHOWN]}"


def _text(replayed: Sequence[Replayed], lines: Sequence[FieldLine]) -> None:
    names = ", ".join(dict.fromkeys(one.operation for one in replayed if one.operation))
    output.heading(f"{len(replayed)} pairs of {names or 'no operation of the document'}")
    rows = [
        (
            line.field,
            *(str(number or "-") for number in (line.equal, line.differs, line.only_old, line.only_made)),
            _note(line),
        )
        for line in lines
    ]
    output.write_table(("field", "equal", "differs", "only old", "only new", "note"), rows)


def _note(line: FieldLine) -> str:
    if line.absent:
        return "declared absent"
    return "never seen" if not line.total else ""
