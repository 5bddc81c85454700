"""The table: as text, as Markdown, and as a picture."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import attrs

from benchmarks.load import Measured
from benchmarks.settings import Setting


@attrs.frozen
class Row:
    """One setting, and what each candidate that ran made of it."""

    setting: Setting
    results: dict[str, Measured]

    @property
    def name(self) -> str:
        """The setting in words."""
        return self.setting.name


HEAD = ("setting", "candidate", "requests/s", "x nginx", "p50 ms", "p99 ms", "cpu µs/req", "RSS MiB", "failed")


def cells(rows: Sequence[Row], reference: str) -> list[tuple[str, ...]]:
    """Return the table's cells; ``x nginx`` is each rate against the reference's in the same setting."""
    found: list[tuple[str, ...]] = []
    for row in rows:
        base = row.results.get(reference)
        for name, one in row.results.items():
            ratio = f"{one.rate / base.rate:.3f}" if base and base.rate else "-"
            figures = (f"{one.p50:.2f}", f"{one.p99:.2f}", f"{one.cpu:.0f}", f"{one.resident:.0f}", str(one.failures))
            found.append((row.name, name, f"{one.rate:.0f}", ratio, *figures))
    return found


def text(table: Sequence[tuple[str, ...]], head: tuple[str, ...] = HEAD) -> str:
    """Return an aligned table."""
    widths = [max(len(line[index]) for line in (head, *table)) for index in range(len(head))]
    return "\n".join(
        "  ".join(cell.ljust(width) if index < 2 else cell.rjust(width) for index, (cell, width) in pairs).rstrip()
        for line in (head, *table)
        for pairs in [list(enumerate(zip(line, widths, strict=True)))]
    )


def markdown(table: Sequence[tuple[str, ...]], head: tuple[str, ...] = HEAD) -> str:
    """Return a Markdown table."""
    lines = [head, tuple("---" if index < 2 else "---:" for index in range(len(head))), *table]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def plot(rows: Sequence[Row], reference: str, path: Path) -> None:
    """Draw requests/s against the reference, a group of bars a setting; needs matplotlib."""
    import matplotlib as mpl  # noqa: PLC0415 - only for the picture, and not in any extra

    mpl.use("Agg")
    from matplotlib import pyplot as plt  # noqa: PLC0415 - see above

    names = list(dict.fromkeys(name for row in rows for name in row.results if name != reference))
    figure, axes = plt.subplots(figsize=(11, 4.5))
    width = 0.8 / max(len(names), 1)
    for index, name in enumerate(names):
        places = [place + index * width for place, row in enumerate(rows) if name in row.results]
        shown = [row for row in rows if name in row.results]
        axes.bar(places, [row.results[name].rate / row.results[reference].rate for row in shown], width, label=name)
    axes.set_xticks([place + 0.4 - width / 2 for place in range(len(rows))], [row.name for row in rows], rotation=20)
    axes.axhline(1, color="grey", linewidth=0.8)
    axes.set_ylabel(f"requests/s, {reference} = 1")
    axes.set_yscale("log")
    axes.legend()
    figure.tight_layout()
    figure.savefig(path, dpi=120)
