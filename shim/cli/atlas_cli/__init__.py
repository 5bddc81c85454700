"""The commands that the Atlas CLI removed in 1.52, for scripts that still run ``atlas serverless …``.

    words -> flags, commands -> profile -> calls -> shim.atlas -> output

``run`` does this: ``flags`` reads words as pflag does, ``commands`` is the table of commands, ``profile`` reads the
CLI's configuration, ``calls`` asks Atlas, and ``output`` prints the fields that the CLI printed.
"""

from __future__ import annotations

import sys

import click


@click.command(
    options_metavar="",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="serverless ... | WORD...")
def command(words: tuple[str, ...]) -> None:
    """Run the commands that the Atlas CLI removed; pass others on to it.

    For old scripts: alias atlas='atlas-shim atlas'. Flags, output, profiles and variables are
    those of the Atlas CLI; "atlas-shim atlas serverless" lists the commands. Any other command
    goes to the "atlas" on the PATH, with the words as they are.

    Exit codes: serverless commands return 0 on success, 1 on any error, 141 if their output pipe
    was closed; others return the Atlas CLI's code, or 127 if it is not on the PATH.
    """
    # Loaded by this command alone, so that the others start fast.
    from shim.cli.atlas_cli.run import run  # noqa: PLC0415

    sys.exit(run(words))
