"""``atlas-shim diff``: retired endpoints and their successors read side by side, where both still answer."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

import attrs
import click

from shim.atlas import AtlasClient
from shim.atlas.convert import Model
from shim.cli import output
from shim.cli.comparison import Difference, compare, compare_lists
from shim.cli.options import cluster_arguments, output_option
from shim.cli.output import printable
from shim.cli.resources import INSTANCES, RESTORES, SNAPSHOTS, ResourceKind, client
from shim.core.recognise import Engine, shared_engine
from shim.core.settings import RouteWord, Settings
from shim.errors import AtlasError

EXIT = {"surprises": 1, "error": 5, "announced": 0, "same": 0, "gone": 4}
"""Verdict -> exit code; of several verdicts the first one here counts."""

NOT_ABOUT_MEANING = frozenset({401, 403, 429})
"""Errors about who asks and how often, which say nothing about the resource."""

RESOURCES: Mapping[str, ResourceKind] = {"snapshots": SNAPSHOTS, "restores": RESTORES, "instance": INSTANCES}

ENDING = """Credentials come from the environment, as for the command snapshots.
MONGODB_ATLAS_BASE_URL is the Atlas to ask; a gateway there would translate, and nothing be compared.
ATLAS_SHIM_ROUTE and ATLAS_SHIM_SUNSET are ignored.

Exit codes: 0 all differences are announced; 1 there are surprises; 2 bad usage or settings; 3 network;
4 nothing to compare, the legacy endpoints are gone; 5 Atlas answered with an error, so that something
was not compared."""


@attrs.frozen
class Comparison:
    """The result for one kind of resource: a verdict (see EXIT), who answered, and what differs.

    ``legacy`` and ``successor`` say what each side did: the route or ``answers``, or its error.
    ``compared`` is the number of items that both have.
    """

    resource: str
    verdict: str
    legacy: str
    successor: str = "not asked"
    compared: int = 0
    differences: tuple[Difference, ...] = ()
    notes: tuple[str, ...] = ()


@click.command(epilog=ENDING)
@cluster_arguments
@click.option(
    "--resource", "wanted", multiple=True, type=click.Choice([*RESOURCES]), help="Only this, repeatable. Default: all."
)
@output_option
def command(*, group: str, cluster: str, wanted: tuple[str, ...], output: str) -> None:
    """Compare the answers of retired endpoints with those of their successors.

    GROUP is a project's id, CLUSTER the name of a serverless instance or of the cluster that replaced
    it. Only reads are made. The successor's answer is compared in the legacy shape: a difference is
    announced when the fidelity table says that the value is not the old one (derived, constant,
    absent), else it is a surprise.
    """
    engine = shared_engine(os.environ)
    past = dict.fromkeys((document.name for document in engine.documents), datetime.fromtimestamp(0, UTC))
    with client(Settings(route=RouteWord.LEGACY)) as old, client(Settings(sunsets=past)) as new:
        found = [_compare(engine, name, (old, new), (group, cluster)) for name in dict.fromkeys(wanted or RESOURCES)]
    verdicts = {one.verdict for one in found}
    verdict = next(verdict for verdict in EXIT if verdict in verdicts)
    _write(verdict, found, output)
    raise SystemExit(EXIT[verdict])


def _write(verdict: str, found: Sequence[Comparison], form: str) -> None:
    if form == "json":
        output.write_json({"verdict": verdict, "comparisons": [attrs.asdict(one) for one in found]})
        return
    for one in found:
        _text(one)


def _compare(engine: Engine, name: str, sides: tuple[AtlasClient, AtlasClient], at: tuple[str, str]) -> Comparison:
    """Ask both sides for one kind of resource; the successor only when legacy answered."""
    kind, (old, new) = RESOURCES[name], sides
    try:
        legacy = _read(kind, old, at)
    except AtlasError as error:
        # What the shim itself takes for a retired endpoint.
        gone = error.status == 410 or (error.status in {404, 405} and error.error_code is None)
        return Comparison(name, "gone" if gone else "error", _said(error))
    try:
        successor = _read(kind, new, at)
        if kind is INSTANCES:
            differences = tuple(compare(engine, legacy[0], successor[0], at[1]))
        else:
            found = compare_lists(engine, legacy, successor, lambda item: kind.one(new)(*at, item).record)
            differences = tuple(found)
    except AtlasError as error:
        means = 400 <= error.status < 500 and error.status not in NOT_ABOUT_MEANING
        return Comparison(name, "surprises" if means else "error", "answers", _said(error))
    surprising = not all(one.announced for one in differences)
    records = [item.record for item in successor if item.record]
    return Comparison(
        resource=name,
        verdict="surprises" if surprising else "announced" if differences else "same",
        legacy="answers",
        successor=records[0].route if records else "answers",
        compared=len({item.raw.get("id") for item in legacy} & {item.raw.get("id") for item in successor}),
        differences=differences,
        notes=tuple(dict.fromkeys(note for record in records for note in record.notes)),
    )


def _read(kind: ResourceKind, atlas: AtlasClient, at: tuple[str, str]) -> list[Model]:
    """Return all snapshots or restore jobs of a cluster; of the instances the one that has its name."""
    return [kind.one(atlas)(*at)] if kind is INSTANCES else list(kind.every(atlas)(*at, items_per_page=500))


def _said(error: AtlasError) -> str:
    return str(error).removesuffix(".")


def _text(one: Comparison) -> None:
    output.heading(one.resource)
    if one.verdict == "gone":
        output.paragraph(f"Nothing to compare: the legacy endpoint is gone ({printable(one.legacy)}).")
        return
    if one.legacy != "answers":
        output.paragraph(f"Not compared, the legacy endpoint said {printable(one.legacy)}.")
        return
    if one.verdict in {"error", "surprises"} and not one.differences:
        output.paragraph(f"Legacy answers, but its successor does not: {printable(one.successor)}.")
        return
    output.paragraph(f"Legacy beside {one.successor}: {one.compared} on both sides, {one.verdict}.")
    announced: dict[tuple[str, str, str], list[Difference]] = {}
    for difference in one.differences:
        if difference.announced:
            announced.setdefault((difference.field, difference.fidelity, difference.why), []).append(difference)
        else:
            mark = click.style("surprise", fg="red", bold=True)
            click.echo(f"  {mark}  {printable(difference.item)}  {_name(difference)}")
            output.paragraph(_told(difference), "            ")
    for (field, level, _), alike in announced.items():  # the first of each is the example
        mark = click.style(level.ljust(8), fg="yellow")
        click.echo(f"  {mark}  {click.style(printable(field), bold=True)} ({len(alike)} of {one.compared})")
        output.paragraph(_told(alike[0]), "            ")
    for note in one.notes:
        output.paragraph(f"Note: {printable(note)}")


def _name(difference: Difference) -> str:
    level = f" ({difference.fidelity})" if difference.fidelity else ""
    return f"{printable(difference.field)}{level}" if difference.field else "as a whole"


def _told(difference: Difference) -> str:
    why = printable(difference.why) if difference.why else ""
    if not difference.field:
        return why
    values = (f"{printable(value)[:120]}" for value in (difference.legacy, difference.successor))
    return "legacy {}; successor {}. ".format(*values) + why
