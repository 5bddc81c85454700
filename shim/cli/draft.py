"""``atlas-shim draft``: a mapping document from two OpenAPI descriptions, proved on recorded pairs."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from shim.cli.failures import plain
from shim.cli.output import FILE
from shim.tools.draft.descriptions import read_description
from shim.tools.draft.drafting import Asked, draft
from shim.tools.draft.pairs import read_pairs


@click.command()
@click.argument("old", type=FILE)
@click.argument("new", type=FILE, required=False)
@click.option("--operation", "operations", multiple=True, required=True, metavar="ID", help="Repeat for get and list.")
@click.option("--successor", "successors", multiple=True, metavar="ID", help="Its successor's id, if it differs.")
@click.option("--pairs", "recorded", type=FILE, help="Recorded answers of both versions, one JSON object a line.")
@click.option("-o", "--output", "target", type=click.Path(dir_okay=False, path_type=Path), help="The file to write.")
def command(  # noqa: PLR0913 - one argument for each option
    *,
    old: Path,
    new: Path | None,
    operations: tuple[str, ...],
    successors: tuple[str, ...],
    recorded: Path | None,
    target: Path | None,
) -> None:
    """Draft a mapping document for a read, from API descriptions.

    OLD and NEW are OpenAPI descriptions in JSON; one is enough if it has the operation in both versions. The versions
    are those of the pairs, else the oldest and the newest. All operations must be of one resource. With --pairs the
    document has the rules that every pair confirms. Whatever no pair proves is a line with "# ?" for you to decide;
    names and descriptions alone prove nothing. Nothing is sent.

    A line of the file of pairs: {"path": …, "old_version": …, "old": {…}, "new_version": …, "new": {…}}

    Exit codes: 0 a document was written, questions or not; 2 bad usage or files.
    """
    if successors and len(successors) != len(operations):
        raise click.UsageError("give --successor once for each --operation, or not at all")
    before = read_description(old)
    after = before if new is None else read_description(new)
    pairs = read_pairs(recorded) if recorded is not None else ()
    sides = {pair.old_version for pair in pairs}, {pair.new_version for pair in pairs}
    versions = [side.pop() if len(side) == 1 else "" for side in sides]
    wanted = [
        Asked(operation, successor, *versions)
        for operation, successor in zip(operations, successors or ("",) * len(operations), strict=True)
    ]
    text = draft(before, after, wanted, pairs)
    if target is None:
        click.echo(plain(text) if sys.stdout.isatty() else text, nl=False)
        return
    target.write_text(text, "utf-8")
    questions = text.count("# ? ")
    click.echo(f"{target} is written, with {questions} question{'s' * (questions != 1)} left (# ?).")
    check = f"atlas-shim check {f'--pairs {recorded} ' if recorded is not None else ''}{target}"
    click.echo(f"Next: answer them, and run {check}")
