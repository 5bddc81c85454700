"""``python -m benchmarks``: run the parts that were asked for and print one table."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import click

from benchmarks import credentials, dropin, fronts, loading, overhead, pollers, report
from benchmarks.bodies import legacy_path
from benchmarks.candidates import CANDIDATES, PLAIN_ONLY, REFERENCE, missing
from benchmarks.certificate import Certificate, certificate
from benchmarks.load import Measured, measure
from benchmarks.processes import upstream
from benchmarks.settings import QUICK, SETTINGS, Setting

SINGLES: dict[str, tuple[Callable[[int], list[tuple[str, str]]], int, int]] = {
    "credentials": (credentials.measure, 10, 3),
    "fronts": (fronts.measure, 10, 3),
    "drop-in": (dropin.measure, 2000, 200),
    "loading": (loading.measure, 15, 5),
    "overhead": (overhead.measure, 1000, 100),
    "pollers": (pollers.measure, 6, 3),
}
"""Parts that are no comparison of candidates: seconds or rounds in full, and with --quick."""
PARTS = (*SETTINGS, *SINGLES)


@click.command()
@click.option("--quick", is_flag=True, help="Fewer rows, three seconds each.")
@click.option("--only", default="", help="Candidates, with commas between.")
@click.option("--part", "parts", multiple=True, type=click.Choice(PARTS), help="One part; may be given again.")
@click.option("--markdown", type=click.Path(path_type=Path), help="Write the table as Markdown.")
@click.option("--plot", type=click.Path(path_type=Path), help="Draw the ratios; needs matplotlib.")
def main(*, quick: bool, only: str, parts: tuple[str, ...], markdown: Path | None, plot: Path | None) -> None:
    """Measure the gateway beside its peers, the drop-in beside httpx and idle, and all else; print one table."""
    wanted = parts or PARTS
    settings = [one for part in SETTINGS if part in wanted for one in (QUICK if quick else SETTINGS)[part]]
    rows = _rows(settings, names=only.split(",") if only else list(CANDIDATES), seconds=3 if quick else 10)
    singles = []
    for part, (measure_part, full, short) in SINGLES.items():
        if part in wanted:
            singles += measure_part(short if quick else full)
    table = report.cells(rows, REFERENCE)
    click.echo(report.text(table) if table else "", nl=bool(table))
    click.echo(report.text(singles, ("what", "figure")) if singles else "")
    if markdown:
        parts_of_it = [report.markdown(table)] if table else []
        parts_of_it += [report.markdown(singles, ("what", "figure"))] if singles else []
        markdown.write_text("\n".join(parts_of_it))
    if plot and rows:
        report.plot(rows, REFERENCE, plot)


def _rows(settings: list[Setting], *, names: list[str], seconds: int) -> list[report.Row]:
    """Return all rows; a candidate that can't run is named once and left out."""
    ready = []
    for name in names if settings else ():
        lacking = missing(name)
        if lacking:
            click.echo(f"left out: {name}: {lacking}", err=True)
        else:
            ready.append(name)
    rows = []
    with certificate() as pair:
        for setting in settings:
            results = {}
            for name in ready:
                if setting.tls and name in PLAIN_ONLY:
                    continue
                click.echo(f"{setting.name}: {name}", err=True)
                results[name] = _measure(setting, name, pair if setting.tls else None, seconds)
            rows.append(report.Row(setting=setting, results=results))
    return rows


def _measure(setting: Setting, name: str, pair: Certificate | None, seconds: int) -> Measured:
    """Return what a candidate made of a setting, behind an upstream of its own."""
    words = {"certificate": pair} if pair else {}
    with upstream(setting.delay, *(["fresh"] * setting.fresh)) as server, CANDIDATES[name](server.port, **words) as one:
        return measure(one, legacy_path(setting.body), setting.connections, seconds, *setting.words)


if __name__ == "__main__":
    sys.exit(main())
