"""``atlas-shim diff``: a retired endpoint and its successor asked side by side, where both still answer."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, datetime
from functools import partial

import attrs
import click

from shim.atlas import AtlasClient
from shim.atlas.convert import Model
from shim.cli import output
from shim.cli.comparison import Difference, compare, compare_lists
from shim.cli.resources import client
from shim.core.recognise import Engine, shared_engine
from shim.core.record import Record
from shim.core.settings import RouteWord, Settings
from shim.errors import AtlasError

EXIT = {"surprises": 1, "error": 5, "announced": 0, "same": 0, "gone": 4}
"""Verdict -> exit code; of several verdicts the first one here counts."""

NOT_ABOUT_MEANING = frozenset({401, 403, 429})
"""Errors that say who asks and how often, and nothing about what there is."""


@attrs.frozen
class Comparison:
    """What came of one resource: a verdict (see EXIT), who answered, how many items both have, what differs."""

    resource: str
    verdict: str
    legacy: str
    successor: str = "not asked"
    compared: int = 0
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()


@attrs.frozen
class Resource:
    """One kind of resource: how to read all there is, and how to read one again; a single one has no ids."""

    read: Callable[[AtlasClient, str, str], Sequence[Model]]
    again: Callable[[AtlasClient, str, str, str], Model] | None = None


RESOURCES: Mapping[str, Resource] = {
    "snapshots": Resource(
        lambda atlas, *at: list(atlas.cloud_backups.iter_serverless_backup_snapshots(*at, items_per_page=500)),
        lambda atlas, *at: atlas.cloud_backups.get_serverless_backup_snapshot(*at),
    ),
    "restores": Resource(
        lambda atlas, *at: list(atlas.cloud_backups.iter_serverless_restore_jobs(*at, items_per_page=500)),
        lambda atlas, *at: atlas.cloud_backups.get_serverless_restore_job(*at),
    ),
    "instance": Resource(lambda atlas, *at: [atlas.serverless_instances.get_serverless_instance(*at)]),
}

ENDING = """Credentials come from the environment, as for the command snapshots.
MONGODB_ATLAS_BASE_URL is the Atlas to ask, and no gateway, which would translate; ATLAS_SHIM_ROUTE and
ATLAS_SHIM_SUNSET have no say here.

Exit codes: 0 all differences are announced; 1 there are surprises; 2 bad usage or settings; 3 network;
4 nothing to compare, the legacy endpoints are gone; 5 Atlas answered with an error, so that something
was not compared."""


@click.command(epilog=ENDING)
@click.argument("group")
@click.argument("cluster")
@click.option(
    "--resource", "wanted", multiple=True, type=click.Choice([*RESOURCES]), help="Only this, repeatable. Default: all."
)
@output.output_option
def command(*, group: str, cluster: str, wanted: tuple[str, ...], output: str) -> None:
    """Compare what a retired endpoint and its successor answer, side by side.

    GROUP is a project's id, CLUSTER the name of a serverless instance or what became of it. Only
    reads are made. The successor's answer is compared in the legacy shape: a difference is
    announced when the fidelity table says that the value is not the old one (derived, constant,
    absent), else it is a surprise.
    """
    engine = shared_engine(os.environ)
    past = dict.fromkeys((document.name for document in engine.documents), datetime.fromtimestamp(0, UTC))
    with client(Settings(route=RouteWord.LEGACY)) as old, client(Settings(sunsets=past)) as new:
        found = [
            _compare(engine, name, RESOURCES[name], (old, new), (group, cluster))
            for name in dict.fromkeys(wanted or RESOURCES)
        ]
    verdicts = {one.verdict for one in found}
    verdict = next(verdict for verdict in EXIT if verdict in verdicts)
    if output == "json":
        _json(verdict, found)
    else:
        for one in found:
            _text(one)
    raise SystemExit(EXIT[verdict])


def _compare(
    engine: Engine, name: str, resource: Resource, sides: tuple[AtlasClient, AtlasClient], at: tuple[str, str]
) -> Comparison:
    """Ask both sides for one resource; the successor only when legacy answered."""
    old, new = sides
    try:
        legacy = resource.read(old, *at)
    except AtlasError as error:
        # What the shim itself takes for a retired endpoint.
        gone = error.status == 410 or (error.status in {404, 405} and error.error_code is None)
        return Comparison(name, "gone" if gone else "error", str(error).removesuffix("."))
    try:
        successor = resource.read(new, *at)
        again = partial(_again, resource, new, at)
        found = (
            compare(engine, legacy[0], successor[0], at[1])
            if resource.again is None
            else compare_lists(engine, legacy, successor, again)
        )
        differences = tuple(found)
    except AtlasError as error:
        means = 400 <= error.status < 500 and error.status not in NOT_ABOUT_MEANING
        return Comparison(name, "surprises" if means else "error", "answers", str(error).removesuffix("."))
    records = [item.record for item in successor if item.record]
    return Comparison(
        resource=name,
        verdict=_verdict(differences),
        legacy="answers",
        successor=records[0].route if records else "answers",
        compared=len({item.raw.get("id") for item in legacy} & {item.raw.get("id") for item in successor}),
        differences=differences,
        notes=tuple(dict.fromkeys(note for record in records for note in record.notes)),
    )


def _again(resource: Resource, atlas: AtlasClient, at: tuple[str, str], name: str) -> Record | None:
    assert resource.again is not None, "only items of a list are read again"
    return resource.again(atlas, *at, name).record


def _verdict(differences: Sequence[Difference]) -> str:
    if not differences:
        return "same"
    return "announced" if all(one.announced for one in differences) else "surprises"


def _json(verdict: str, found: Iterable[Comparison]) -> None:
    output.write_json({"verdict": verdict, "comparisons": [attrs.asdict(one) for one in found]})


def _text(one: Comparison) -> None:
    output.heading(one.resource)
    match one:
        case Comparison(verdict="gone"):
            output.paragraph(f"Nothing to compare: the legacy endpoint is gone ({output.printable(one.legacy)}).")
            return
        case Comparison(legacy="answers", verdict="error" | "surprises", compared=0, differences=()):
            output.paragraph(f"Legacy answers, but its successor does not: {output.printable(one.successor)}.")
            return
        case Comparison(verdict="error"):
            output.paragraph(f"Not compared, the legacy endpoint said {output.printable(one.legacy)}.")
            return
    output.paragraph(f"Legacy beside {one.successor}: {one.compared} on both sides, {one.verdict}.")
    _surprises([difference for difference in one.differences if not difference.announced])
    _announced([difference for difference in one.differences if difference.announced], one.compared)
    for note in one.notes:
        output.paragraph(f"Note: {output.printable(note)}")


def _surprises(differences: Sequence[Difference]) -> None:
    for difference in differences:
        mark = f"  {click.style('surprise', fg='red', bold=True)}  "
        click.echo(f"{mark}{output.printable(difference.item)}  {_name(difference)}")
        output.paragraph(_told(difference), "            ")


def _announced(differences: Sequence[Difference], compared: int) -> None:
    """Write announced differences by field and reason, the first of each as an example."""
    kinds: dict[tuple[str, str, str], list[Difference]] = {}
    for one in differences:
        kinds.setdefault((one.field, one.fidelity, one.why), []).append(one)
    for (field, level, _), ones in kinds.items():
        name = click.style(output.printable(field), bold=True)
        click.echo(f"  {click.style(level.ljust(8), fg='yellow')}  {name} ({len(ones)} of {compared})")
        output.paragraph(_told(ones[0]), "            ")


def _name(difference: Difference) -> str:
    level = f" ({difference.fidelity})" if difference.fidelity else ""
    return f"{output.printable(difference.field)}{level}" if difference.field else "as a whole"


def _told(difference: Difference) -> str:
    why = output.printable(difference.why) if difference.why else ""
    if not difference.field:
        return why
    values = (f"{output.printable(value)[:120]}" for value in (difference.legacy, difference.successor))
    return "legacy {}; successor {}. ".format(*values) + why
