"""``python -m benchmarks``: run the requested parts and print one table."""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import attrs
import click
import trustme

from benchmarks import dropin, loading, report
from benchmarks.bodies import SIZES, legacy_path
from benchmarks.candidates import CANDIDATES, REFERENCE, missing
from benchmarks.load import Measured, measure
from benchmarks.processes import upstream

SINGLES: dict[str, tuple[Callable[[int], list[tuple[str, str]]], int, int]] = {
    "drop-in": (dropin.measure, 2000, 200),
    "loading": (loading.measure, 15, 5),
}
"""Parts that don't compare candidates: seconds or rounds of a full run, and with --quick."""


@attrs.frozen
class Setting:
    """One row: the body, the connections, upstream's delay in ms, and special conditions.

    ``clusters`` is the number of clusters that are polled in turn. ``fresh`` bodies differ from call to call;
    callers use ``tls``; with ``anew``, each call has a new connection; ``quick`` rows are run with --quick, too.
    """

    body: str
    connections: int
    delay: int = 0
    clusters: int = 1
    fresh: bool = False
    tls: bool = False
    anew: bool = False
    quick: bool = False

    @property
    def name(self) -> str:
        """The setting as a text."""
        special = {
            f"{self.clusters} clusters": self.clusters > 1,
            "fresh": self.fresh,
            "TLS": self.tls,
            "new connection per call": self.anew,
        }
        words = [word for word, so in special.items() if so]
        return ", ".join(
            [self.body, f"{self.connections} conn", f"{self.delay} ms", *words]
        )


BODIES = ("small", "large")
SETTINGS = {
    "fleet": [
        Setting("small", 16, clusters=count, quick=count in {300, 5000})
        for count in (1, 300, 1000, 5000)
    ],
    "gateway": [
        *(
            Setting(body, connections, quick=connections == 16)
            for body in BODIES
            for connections in (1, 16, 64)
        ),
        Setting("small", 64, delay=20, quick=True),
        Setting("large", 16, delay=20),
    ],
    "fresh": [
        Setting(body, count, fresh=True, quick=count == 16)
        for body in SIZES
        for count in (1, 16)
    ],
    "tls": [
        *(
            Setting(body, count, tls=True, quick=(body, count) == ("small", 16))
            for body in BODIES
            for count in (1, 16)
        ),
        Setting("small", 16, tls=True, anew=True, quick=True),
    ],
}
PARTS = (*SETTINGS, *SINGLES)


@click.command()
@click.option("--quick", is_flag=True, help="Fewer rows, three seconds each.")
@click.option("--only", default="", help="Candidates, with commas between.")
@click.option(
    "--part",
    "parts",
    multiple=True,
    type=click.Choice(PARTS),
    help="One part; may be given again.",
)
@click.option(
    "--markdown", type=click.Path(path_type=Path), help="Write the table as Markdown."
)
def main(
    *, quick: bool, only: str, parts: tuple[str, ...], markdown: Path | None
) -> None:
    """Compare the gateway with its peers and the drop-in with its libraries; print one table."""
    wanted = parts or PARTS
    settings = [
        one
        for part in SETTINGS
        if part in wanted
        for one in SETTINGS[part]
        if one.quick or not quick
    ]
    table = _rows(
        settings, only.split(",") if only else list(CANDIDATES), 3 if quick else 10
    )
    singles = []
    for part, (measure_part, full, short) in SINGLES.items():
        if part in wanted:
            singles += measure_part(short if quick else full)
    tables = [
        (rows, head)
        for rows, head in ((table, report.HEAD), (singles, ("what", "figure")))
        if rows
    ]
    click.echo("\n".join(report.text(*one) for one in tables))
    if markdown:
        markdown.write_text("\n".join(report.markdown(*one) for one in tables))


def _rows(
    settings: list[Setting], names: list[str], seconds: int
) -> list[tuple[str, ...]]:
    """Return all rows; a candidate that can't run is reported once and skipped."""
    ready, found = [], []
    for name in names if settings else ():
        if lacking := missing(name):
            click.echo(f"skipped: {name}: {lacking}", err=True)
        else:
            ready.append(name)
    with tempfile.TemporaryDirectory() as folder:
        pair = Path(folder) / "pair.pem"
        trustme.CA().issue_cert(
            "127.0.0.1"
        ).private_key_and_cert_chain_pem.write_to_path(pair)
        for setting in settings:
            results = {}
            for name in ready:
                click.echo(f"{setting.name}: {name}", err=True)
                results[name] = _measure(
                    setting, name, pair if setting.tls else None, seconds
                )
            found += report.cells(setting.name, results, REFERENCE)
    return found


def _measure(setting: Setting, name: str, pair: Path | None, seconds: int) -> Measured:
    """Return a candidate's result for a setting, with its own upstream."""
    words = ("-H", "Connection: close") if setting.anew else ()
    with (
        upstream(setting.delay, fresh=setting.fresh) as server,
        CANDIDATES[name](server.port, pair=pair) as one,
    ):
        return measure(
            one,
            legacy_path(setting.body),
            setting.connections,
            seconds,
            *words,
            clusters=setting.clusters,
        )


if __name__ == "__main__":
    sys.exit(main())
