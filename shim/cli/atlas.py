"""``atlas-shim atlas``: the removed commands of the Atlas CLI, for ``alias atlas='atlas-shim atlas'``."""

from __future__ import annotations

import sys
from typing import Any

import click


class Words(click.Command):
    """A command that takes all words unparsed, except a single --help (inheritance is click's way to extend one)."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave the words to the command."""
        if args in (["-h"], ["--help"]):
            return super().parse_args(ctx, args)
        ctx.params["words"] = tuple(args)
        return []


@click.command(cls=Words, options_metavar="serverless ... | WORD...")
def command(**given: Any) -> None:
    """Run the commands that the Atlas CLI removed; pass others on to it.

    For old scripts: alias atlas='atlas-shim atlas'. Flags, output, profiles and variables are
    those of the Atlas CLI; "atlas-shim atlas serverless" lists the commands. Any other command
    goes to the "atlas" on the PATH, with the words as they are.

    Exit codes: serverless commands return 0 on success, 1 on any error, 141 if their output pipe
    was closed; others return the Atlas CLI's code, or 127 if it is not on the PATH.
    """
    # Loaded by this command alone, so that the others start fast.
    from shim.cli.atlas_cli.run import run  # noqa: PLC0415

    sys.exit(run(given["words"]))
