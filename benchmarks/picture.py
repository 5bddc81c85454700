"""The ratios of ``benchmarks/README.md`` as a picture: ``python -m benchmarks.picture`` draws it anew.

It reads the table under "One run" and writes ``docs/pictures/benchmarks.svg``; a test compares the two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import attrs

ROOT = Path(__file__).parents[1]
README = ROOT / "benchmarks" / "README.md"
PICTURE = ROOT / "docs" / "pictures" / "benchmarks.svg"

WIDTH, MIDDLE, DECADE = 360, 180.0, 74.0
"""The picture's width, where 1 stands, and how far a factor of ten is from it, all in user units."""
TOP, HEADING, BAR, GAP = 92, 24, 22, 14
"""The height of the title, of a setting's heading, of a bar, and the space after a setting."""


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
    lines, y = list[str](), TOP
    for group in groups:
        lines.append(_text(16, y + 14, group.setting, "strong"))
        y += HEADING
        start = y
        for peer, ratio in group.ratios.items():
            lines += _bar(y, peer, ratio)
            y += BAR
        lines.append(f'  <path class="line" d="M{MIDDLE:.0f} {start - 2}V{y - 3}"/>')
        y += GAP
    head = _HEAD.format(height=y + 4, full=round((y + 4) * 4 / 3), inner=y + 3)
    return "\n".join([head, *lines, "</svg>"]) + "\n"


def _bar(y: int, peer: str, ratio: str) -> list[str]:
    length = DECADE * math.log10(float(ratio))
    more, end = length >= 0, MIDDLE + length
    kind, outside, inside, step = ("new", "start", "end", 6) if more else ("legacy", "end", "start", -6)
    return [
        f'  <rect class="{kind}" x="{min(MIDDLE, end):.1f}" y="{y}" width="{max(abs(length), 1):.1f}" height="17"/>',
        _text(MIDDLE - step, y + 13, peer, "quiet", inside),
        _text(end + step, y + 13, ratio, "", outside),
    ]


def _text(x: float, y: float, text: str, kind: str, anchor: str = "start") -> str:
    named = f' class="{kind}"' if kind else ""
    return f'  <text{named} x="{x:.1f}" y="{y}" text-anchor="{anchor}">{escape(text)}</text>'


_HEAD = """\
<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 360 {height}" width="480" height="{full}" role="img" \
aria-labelledby="title desc">
  <title id="title">Requests per second of the gateway against others</title>
  <desc id="desc">A bar for each setting and peer, on a logarithmic axis; the numbers are those of the table "One run" \
in benchmarks/README.md. To the right of the middle the gateway answers more calls, to the left fewer.</desc>
  <style>
    text {{ font: 13.5px system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif; fill: #1f2328; }}
    .strong {{ font-weight: 650; }}
    .quiet {{ fill: #57606a; }}
    .card {{ fill: #ffffff; stroke: #d0d7de; }}
    .legacy {{ fill: #fff1d6; stroke: #b7791f; }}
    .new {{ fill: #dcf3e4; stroke: #2c8a4f; }}
    .line {{ fill: none; stroke: #57606a; stroke-width: 1.5; }}
    @media (prefers-color-scheme: dark) {{
      text {{ fill: #e6edf3; }}
      .quiet {{ fill: #a5b0bc; }}
      .card {{ fill: #12171e; stroke: #3d444d; }}
      .legacy {{ fill: #3b2c10; stroke: #c9963f; }}
      .new {{ fill: #12331f; stroke: #45a868; }}
      .line {{ stroke: #a5b0bc; }}
    }}
  </style>
  <rect class="card" x="0.5" y="0.5" width="359" height="{inner}" rx="10"/>
  <text class="strong" x="16" y="30">Requests per second of the gateway</text>
  <text x="16" y="52">for each of a peer; nginx does not translate</text>
  <text class="quiet" x="172" y="80" text-anchor="end">fewer</text>
  <text class="quiet" x="188" y="80">more, on a log scale</text>"""


if __name__ == "__main__":
    PICTURE.write_text(picture(ratios(README.read_text("utf-8"))), "utf-8")
