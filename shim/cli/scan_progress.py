"""Shows progress on the terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

_OFTEN = 0.2
"""Seconds before the first count, and between counts."""


@contextmanager
def counting(what: str) -> Iterator[Callable[[int], None]]:
    """Yield a function that shows a number on standard error, if that is a terminal."""
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
