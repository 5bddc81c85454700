"""A count on the terminal while something long goes on."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_OFTEN = 0.2
"""Seconds between two counts; what is over before the first shows none."""


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Give a function that is told a number now and then, and shows it on a terminal's standard error."""
    shown = time.monotonic()
    written = False

    def tell(number: int) -> None:
        nonlocal shown, written
        if time.monotonic() - shown >= _OFTEN:
            click.echo(f"\r{number} {what} …", err=True, nl=False)
            shown, written = time.monotonic(), True

    yield tell if sys.stderr.isatty() else lambda _: None
    if written:
        click.echo("\r\x1b[K", err=True, nl=False)
