"""``atlas-shim atlas``: the removed commands of the Atlas CLI, for ``alias atlas='atlas-shim atlas'``."""

from __future__ import annotations

import sys
from typing import Any

import click


class Words(click.Command):
    """A command (inheritance is click's way to extend one) that takes all words as they are, ``--help`` too."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Leave the words to the command."""
        ctx.params["words"] = tuple(args)
        return []


@click.command(cls=Words, add_help_option=False, short_help="Speak the removed commands of the Atlas CLI.")
def command(**given: Any) -> None:
    """Speak the removed "atlas serverless …" commands of the Atlas CLI, and hand every other one to it."""
    # Only this command pays for what it loads.
    from shim.cli.atlas_cli.run import run  # noqa: PLC0415

    sys.exit(run(given["words"]))
