"""The table as text and as Markdown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from benchmarks.load import Measured

HEAD = (
    "setting",
    "candidate",
    "requests/s",
    "x nginx",
    "p50 ms",
    "p99 ms",
    "cpu µs/req",
    "RSS MiB",
    "failed",
)


def cells(
    setting: str, results: Mapping[str, Measured], reference: str
) -> list[tuple[str, ...]]:
    """Return a setting's rows; ``x nginx`` is the ratio to the reference's rate."""
    found: list[tuple[str, ...]] = []
    base = results.get(reference)
    for name, one in results.items():
        ratio = f"{one.rate / base.rate:.3f}" if base and base.rate else "-"
        figures = (
            f"{one.p50:.2f}",
            f"{one.p99:.2f}",
            f"{one.cpu:.0f}",
            f"{one.resident:.0f}",
            str(one.failures),
        )
        found.append((setting, name, f"{one.rate:.0f}", ratio, *figures))
    return found


def text(table: Sequence[tuple[str, ...]], head: tuple[str, ...] = HEAD) -> str:
    """Return an aligned table."""
    widths = [
        max(len(line[index]) for line in (head, *table)) for index in range(len(head))
    ]
    return "\n".join(
        "  ".join(
            cell.ljust(width) if index < 2 else cell.rjust(width)
            for index, (cell, width) in pairs
        ).rstrip()
        for line in (head, *table)
        for pairs in [list(enumerate(zip(line, widths, strict=True)))]
    )


def markdown(table: Sequence[tuple[str, ...]], head: tuple[str, ...] = HEAD) -> str:
    """Return a Markdown table."""
    lines = [
        head,
        tuple("---" if index < 2 else "---:" for index in range(len(head))),
        *table,
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)
