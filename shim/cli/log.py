"""What commands that run until a signal share: log lines on stderr, and waiting for the signal."""

from __future__ import annotations

import asyncio
import signal

import click

from shim.cli.options import together
from shim.gateway.log_lines import set_up

LEVELS = ("debug", "info", "warning", "error")
VARIABLE = "ATLAS_SHIM_LOG_LEVEL"


log_options = together(
    click.option(
        "--log-level",
        type=click.Choice(LEVELS),
        default="info",
        show_default=True,
        envvar=VARIABLE,
        show_envvar=True,
        expose_value=False,
        is_eager=True,
        callback=lambda _context, _parameter, word: set_up(word.upper()),
        help="How much is logged, on stderr.",
    ),
    click.option(
        "-v",
        "--verbose",
        is_flag=True,
        expose_value=False,
        callback=lambda _context, _parameter, wanted: set_up("DEBUG") if wanted else None,
        help="The same as --log-level debug.",
    ),
)
"""Gives a command ``--log-level`` and ``--verbose``, and sets logging up before it runs."""


async def until_signal() -> None:
    """Return when SIGINT or SIGTERM arrives."""
    loop = asyncio.get_running_loop()
    arrived = asyncio.Event()
    numbers = (signal.SIGINT, signal.SIGTERM)
    for number in numbers:
        loop.add_signal_handler(number, arrived.set)
    try:
        await arrived.wait()
    finally:
        for number in numbers:
            loop.remove_signal_handler(number)
