"""Go's text/tabwriter as the Atlas CLI set it up: columns end with a tab, are 6 wide at least and 3 apart."""

from __future__ import annotations

from collections.abc import Sequence

MIN_WIDTH = 6
PADDING = 3


def align(text: str) -> str:
    """Return the text with its tabs replaced by spaces, so that cells of adjacent lines stand under each other.

    A column is a block of adjacent lines that each end a cell there with a tab; what follows the last tab of a
    line is in no column. Widths are counted in characters.
    """
    lines = [line.split("\t") for line in text.split("\n")]
    if len(lines[-1]) > 1 and not lines[-1][-1]:
        # At the end of the text a cell counts only when there is something in it, so that no tab ends the one before.
        lines[-1].pop()
    return "\n".join(_format(lines, []))


def _format(lines: Sequence[list[str]], widths: list[int]) -> list[str]:
    """Lay out lines whose first columns have the given widths, one column further with each call."""
    column, done, at = len(widths), 0, 0
    out: list[str] = []
    while at < len(lines):
        if column >= len(lines[at]) - 1:
            at += 1
            continue
        out += (_line(line, widths) for line in lines[done:at])
        done = at
        while at < len(lines) and column < len(lines[at]) - 1:
            at += 1
        width = max(MIN_WIDTH, *(len(line[column]) + PADDING for line in lines[done:at]))
        out += _format(lines[done:at], [*widths, width])
        done = at
    return out + [_line(line, widths) for line in lines[done:]]


def _line(cells: list[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(widths[at]) if at < len(widths) else cell for at, cell in enumerate(cells)]
    return "".join(padded)
