"""Sunsets on a line, with today between them."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby

from shim import page as html
from shim.gateway.board.instants import distance
from shim.gateway.board.status import Sunset

_MARGIN = 20
"""Days that the line is longer than what is on it, at least."""


def time_line(sunsets: Sequence[Sunset]) -> str:
    """Return the line, drawn in percent of the width, so that letters keep their size; a sentence says it, too."""
    ordered = sorted(sunsets, key=lambda one: one.days_left)
    days = {left: [*same] for left, same in groupby(ordered, key=lambda one: one.days_left)}
    marks = {0: "today", **{left: f"{same[0].sunset[:10]}, {distance(left)}" for left, same in days.items()}}
    margin = max(_MARGIN, (max(marks) - min(marks)) // 10)
    first, last = min(marks) - margin, max(marks) + margin
    drawn = []
    for number, left in enumerate(sorted(marks)):
        at = 100 * (left - first) / (last - first)
        anchor = "start" if at < 25 else "end" if at > 75 else "middle"
        what, over = ("now", number % 3) if left == 0 and left not in days else ("sunset", number % 3)
        drawn.append(
            f"<line class='{what}' x1='{at:.1f}%' x2='{at:.1f}%' y1='{20 + 18 * over}' y2='76'/>"
            f"<text x='{at:.1f}%' y='{15 + 18 * over}' text-anchor='{anchor}'>{html.text(marks[left])}</text>"
        )
    said = "; ".join(
        f"{same[0].sunset[:10]}, {distance(left)}: {', '.join(one.title for one in same)}"
        for left, same in days.items()
    )
    return (
        f"<figure><svg class='line' role='img' aria-label={html.quoted(f'Sunsets: {said}')}>"
        f"<line class='axis' x1='0' x2='100%' y1='76' y2='76'/>{''.join(drawn)}</svg></figure>"
    )
