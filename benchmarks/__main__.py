"""``python -m benchmarks``: run the parts that were asked for and print one table."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from benchmarks import credentials, dropin, overhead, pollers, report
from benchmarks.candidates import CANDIDATES, REFERENCE, missing
from benchmarks.load import measure
from benchmarks.processes import upstream

SETTINGS = [(body, connections, 0) for body in ("small", "large") for connections in (1, 16, 64)]
SETTINGS += [("small", 64, 20), ("large", 16, 20)]
QUICK = [("small", 16, 0), ("large", 16, 0), ("small", 64, 20)]
PARTS = ("gateway", "credentials", "drop-in", "overhead", "pollers")


@click.command()
@click.option("--quick", is_flag=True, help="Fewer rows, three seconds each.")
@click.option("--only", default="", help="Candidates, with commas between.")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="One part; may be given again.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the table as Markdown.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the ratios; needs matplotlib.")
def main(*, quick: bool, only: str, parts: tuple[str, ...], markdown: Path | None, plot: Path | None) -> None:
    """Measure the gateway beside its peers, the drop-in beside httpx and idle, and coalescing; print one table."""
    wanted = parts or PARTS
    rows = _gateway(quick=quick, names=only.split(",") if only else list(CANDIDATES)) if "gateway" in wanted else []
    singles = []
    if "credentials" in wanted:
        singles += credentials.measure(3 if quick else 10)
    if "drop-in" in wanted:
        singles += dropin.measure(200 if quick else 2000)
    if "overhead" in wanted:
        singles += overhead.measure(100 if quick else 1000)
    if "pollers" in wanted:
        singles += pollers.measure(3 if quick else 6)
    table = report.cells(rows, REFERENCE)
    click.echo(report.text(table) if table else "", nl=bool(table))
    click.echo(report.text(singles, ("what", "figure")) if singles else "")
    if markdown:
        parts_of_it = [report.markdown(table)] if table else []
        parts_of_it += [report.markdown(singles, ("what", "figure"))] if singles else []
        markdown.write_text("\n".join(parts_of_it))
    if plot and rows:
        report.plot(rows, REFERENCE, plot)


def _gateway(*, quick: bool, names: list[str]) -> list[report.Row]:
    """Return all rows; a candidate that can't run is named once and left out."""
    ready = []
    for name in names:
        lacking = missing(name)
        if lacking:
            click.echo(f"left out: {name}: {lacking}", err=True)
        else:
            ready.append(name)
    rows = []
    for body, connections, delay in QUICK if quick else SETTINGS:
        results = {}
        for name in ready:
            click.echo(f"{body}, {connections} connections, {delay} ms: {name}", err=True)
            with upstream(delay) as server, CANDIDATES[name](server.port) as candidate:
                results[name] = measure(candidate, body, connections, 3 if quick else 10)
        rows.append(report.Row(body=body, connections=connections, delay=delay, results=results))
    return rows


if __name__ == "__main__":
    sys.exit(main())
