"""``atlas-shim atlas``: the removed commands of the Atlas CLI, for ``alias atlas='atlas-shim atlas'``."""

from __future__ import annotations

import sys
from typing import Any

import click


class Words(click.Command):
    """A command (inheritance is click's way to extend one) that takes all words as they are, but --help alone."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave the words to the command."""
        if args in (["-h"], ["--help"]):
            return super().parse_args(ctx, args)
        ctx.params["words"] = tuple(args)
        return []


@click.command(cls=Words, options_metavar="serverless ... | WORD...")
def command(**given: Any) -> None:
    """Speak the Atlas CLI's removed commands; hand it every other one.

    For old scripts: alias atlas='atlas-shim atlas'. Flags, output, profiles and variables are
    those of the Atlas CLI; "atlas-shim atlas serverless" lists the commands. Any other command
    goes to the "atlas" on the PATH, with the words as they are.

    Exit codes: of a serverless command 0 success, 1 any error, 141 nobody read the output; of
    any other command the Atlas CLI's, or 127 when it is not on the PATH.
    """
    # Only this command pays for what it loads.
    from shim.cli.atlas_cli.run import run  # noqa: PLC0415

    sys.exit(run(given["words"]))
