"""A group whose commands are imported when they are called, and whose errors are one line each."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import click

from shim.cli.failures import failure_of


class Commands(click.Group):
    """A click group (inheritance is click's way to extend one) over modules of ``shim.cli``.

    ``sentences`` has a help sentence by command name; each module has its command as ``command``.
    """

    def __init__(self, *args: Any, sentences: Mapping[str, str], **attributes: Any) -> None:
        super().__init__(*args, **attributes)
        self._sentences = sentences

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Return the names in the order of the table."""
        return list(self._sentences)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        """Import a command; raises Failure when the extra that it needs is not installed."""
        if cmd_name not in self._sentences:
            return None
        try:
            module = import_module(f"shim.cli.{cmd_name.replace('-', '_')}")
        except ModuleNotFoundError as error:
            failure = failure_of(error)
            raise failure or error from error
        command: click.Command = module.command
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        """Write the list of commands without importing one."""
        with formatter.section("Commands"):
            formatter.write_dl(list(self._sentences.items()))

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; an error that a user can do something about becomes one line and an exit code."""
        try:
            return super().invoke(ctx)
        except Exception as error:
            failure = failure_of(error)
            if failure is None:
                raise
            raise failure from error
