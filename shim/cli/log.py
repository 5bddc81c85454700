"""Logging, set up in one place: lines on stderr, the shim's own loggers at the chosen level."""

from __future__ import annotations

import logging
from collections.abc import Callable
from typing import Any

import click

LEVELS = ("debug", "info", "warning", "error")
VARIABLE = "ATLAS_SHIM_LOG_LEVEL"


def log_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command ``--log-level`` and ``--verbose``, and set logging up before it runs."""
    level = click.option(
        "--log-level",
        type=click.Choice(LEVELS),
        default="info",
        show_default=True,
        envvar=VARIABLE,
        show_envvar=True,
        expose_value=False,
        is_eager=True,
        callback=lambda _context, _parameter, word: set_up(word),
        help="How much is logged, on stderr.",
    )
    verbose = click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=lambda _context, _parameter, wanted: set_up("debug") if wanted else None,
        help="The same as --log-level debug.",
    )
    return level(verbose(command))


def set_up(level: str) -> None:
    """Send log lines to stderr: those of the shim from this level on, those of its libraries from warning on."""
    logging.basicConfig(format="%(asctime)s %(levelname)-7s %(name)s: %(message)s", level=logging.WARNING)
    logging.getLogger("shim").setLevel(level.upper())
