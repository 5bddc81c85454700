"""The ratios of ``benchmarks/README.md`` as a picture: ``python -m benchmarks.picture`` draws it anew.

It reads the table under "One run" and writes ``docs/pictures/benchmarks.svg``; a test compares the two.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from pathlib import Path

import attrs

from shim.page import templates

ROOT = Path(__file__).parents[1]
README = ROOT / "benchmarks" / "README.md"
PICTURE = ROOT / "docs" / "pictures" / "benchmarks.svg"

MIDDLE, DECADE = 180, 74.0  # where 1 stands in the template, and how far a factor of ten is from it
TOP, HEADING, BAR, GAP = (
    92,
    24,
    22,
    14,
)  # heights of the title, a setting's heading, a bar, and the space after a setting


@attrs.frozen
class Group:
    """One setting, and the gateway's rate in it as a multiple of each peer's, as the table writes it."""

    setting: str
    ratios: dict[str, str]


def ratios(page: str) -> list[Group]:
    """Return the table under "One run" of a page."""
    lines = [line for line in page.partition("## One run")[2].splitlines() if line.startswith("|")]
    head, _, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    peers = [cell.rpartition("against ")[2] for cell in head[1:]]
    return [Group(row[0], {peer: cell for peer, cell in zip(peers, row[1:], strict=True) if cell}) for row in rows]


def picture(groups: Sequence[Group]) -> str:
    """Return an SVG: a bar for each ratio on a logarithmic axis, to the left below 1, to the right above it.

    Raises ValueError on a ratio that is no number above zero.
    """
    drawn, y = [], TOP
    for group in groups:
        bars = [
            {"y": top, "peer": peer, "ratio": ratio, "end": MIDDLE + DECADE * math.log10(float(ratio))}
            for top, (peer, ratio) in zip(itertools.count(y + HEADING, BAR), group.ratios.items(), strict=False)
        ]
        end = y + HEADING + BAR * len(bars)
        drawn.append({"setting": group.setting, "y": y, "bars": bars, "end": end})
        y = end + GAP
    return templates(Path(__file__).parent, {}).get_template("picture.svg.j2").render(groups=drawn, height=y + 4)


if __name__ == "__main__":
    PICTURE.write_text(picture(ratios(README.read_text("utf-8"))), "utf-8")
