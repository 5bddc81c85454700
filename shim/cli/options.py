"""Options that several commands have, each declared once."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, Protocol, TypeVar

import click

F = TypeVar("F", bound=Callable[..., Any])


class Decorator(Protocol):
    """Gives a command an option, or several."""

    def __call__(self, command: F, /) -> F:
        """Return the same command, with the option."""


def together(*options: Decorator) -> Decorator:
    """Return one decorator for several options, which the help lists in this order."""

    def give(command: F) -> F:
        for option in reversed(options):
            command = option(command)
        return command

    return give


output_option: Decorator = click.option(
    "-o",
    "--output",
    type=click.Choice(["table", "json"]),
    default="table",
    show_default=True,
    help="Print text for people, or JSON for programs.",
)

config_option: Decorator = click.option(
    "--config",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help='Read options from this TOML file, as in: route = "auto"',
)
