"""The command ``atlas-shim``.

A command's module is imported when the command is called.

``output`` writes text and JSON, and ``failures`` turns errors into one line and an exit
code. ``atlas-shim --help`` loads no HTTP library.
"""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from importlib import import_module
from typing import Any

# SIGHUP must not kill a gateway that is still loading.
if sys.argv[1:2] == ["serve"] and os.name == "posix":
    signal.signal(signal.SIGHUP, signal.SIG_IGN)

import click

from shim._version import __version__
from shim.cli.failures import failure_of

GROUPS = {
    "Start here": {
        "demo": "Show a retired call on this machine, without and with the shim.",
        "check": "Check settings, documents, drop-in, and connection to Atlas.",
        "explain": "Explain how a call is answered, and which call to make instead.",
        "prove": "Compare retired reads with the successor's own answers.",
    },
    "The gateway": {
        "serve": "Run the gateway.",
        "status": "Show the gateway's status, and whether the shim can be removed.",
        "front": "Print a configuration for a proxy in front of the gateway.",
    },
    "Your programs": {
        "run": "Run any program with its retired calls translated.",
        "atlas": "Run the commands that the Atlas CLI removed.",
    },
    "Migration": {
        "scan": "Find retired calls in source code.",
        "inventory": "List the callers of retired calls that were recorded.",
        "calendar": "List the sunsets that Atlas announced, and the replacements.",
    },
    "Your own documents": {
        "pairs": "Compare recorded old responses with translations of new ones.",
    },
}
"""Heading to rows of the help: a command's name, and the first sentence of its help."""

COMMANDS = {name: said for rows in GROUPS.values() for name, said in rows.items()}
"""Command to its help sentence; commands outside all groups are not listed."""
COMMANDS["fake-atlas"] = "Run only the fake Atlas."

_PLACES = {"fake-atlas": ("demo", "fake_atlas"), "atlas": ("atlas_cli.run", "command")}
"""Command to module and name.

Other commands are ``command`` in the module of their name.
"""


@contextmanager
def _reader_may_leave() -> Iterator[None]:
    """Ignore a reader that has left the pipe, as ``head`` does.

    The command ends with its own exit code.
    """
    try:
        try:
            yield
        finally:
            sys.stdout.flush()
    except BrokenPipeError as fault:
        # Python flushes the rest at its exit
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        ended = fault.__context__
        raise SystemExit(ended.code if isinstance(ended, SystemExit) else 0) from None


class Commands(click.Group):
    """A group that imports a command when it is called.

    Inheritance is click's way to extend a group.
    """

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a command."""
        if cmd_name not in COMMANDS:
            return None
        module, name = _PLACES.get(cmd_name, (cmd_name, "command"))
        command: click.Command = getattr(import_module(f"shim.cli.{module}"), name)
        return command

    def format_commands(
        self,
        ctx: click.Context,  # noqa: ARG002 - click's signature
        formatter: click.HelpFormatter,
    ) -> None:
        """Write the groups of commands without importing any command."""
        for heading, rows in GROUPS.items():
            with formatter.section(heading):
                formatter.write_dl(
                    [(name.ljust(9), said) for name, said in rows.items()]
                )

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """Find a command; for an unknown one, suggest the nearest."""
        if (
            args
            and args[0] not in COMMANDS
            and (near := get_close_matches(args[0], COMMANDS, n=1))
        ):
            ctx.fail(f"No such command {args[0]!r}; did you mean {near[0]}?")
        return super().resolve_command(ctx, args)

    def make_context(self, *args: Any, **more: Any) -> click.Context:
        """Parse a command line, which may print the help."""
        with _reader_may_leave():
            return super().make_context(*args, **more)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command.

        Errors that users can fix become one line and an exit code instead of a
        traceback.
        """
        try:
            with _reader_may_leave():
                return super().invoke(ctx)
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                raise
            raise failure from error


@click.group(
    cls=Commands,
    context_settings={
        "help_option_names": ["-h", "--help"],
        "max_content_width": 80,
        "show_default": True,
    },
    epilog="Exit codes: 0 success; 1 an error from Atlas, or a check that failed; 2 bad usage or settings; 3 network.",
)
@click.version_option(__version__, message="atlas-shim %(version)s")
@click.pass_context
def main(context: click.Context) -> None:
    """Keep programs working that call MongoDB Atlas's retired serverless backup API.

    Start with "atlas-shim demo". Credentials come from the variables that Atlas's own
    tools read (MONGODB_ATLAS_PUBLIC_API_KEY and so on), never from flags.
    """
    if os.environ.get("NO_COLOR"):
        context.color = False
