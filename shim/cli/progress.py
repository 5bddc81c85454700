"""The progress of a watch, on stderr: one line drawn anew on a terminal, elsewhere a line for each change."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import click

from shim.cli import output
from shim.cli.watching import Look

HEARTBEAT = 60.0
"""Seconds after which a line is written even without a change: a silent job looks like a dead one."""


@contextmanager
def progress(subject: str) -> Iterator[Callable[[Look], None]]:
    """Yield a function that shows a look at ``subject``."""
    if sys.stderr.isatty() and not os.environ.get("NO_COLOR"):
        try:
            from rich.console import Console  # noqa: PLC0415 - an extra, and slow to load
            from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415 - as above
        except ImportError:
            pass
        else:
            columns = (SpinnerColumn(), TextColumn("{task.description}", markup=False), TimeElapsedColumn())
            with Progress(*columns, console=Console(stderr=True), transient=True) as living:
                task = living.add_task(output.printable(subject), total=None)
                yield lambda look: living.update(task, description=sentence(subject, look))
            return
    said, told_at = "", 0.0

    def tell(look: Look) -> None:
        nonlocal said, told_at
        text = sentence(subject, look)
        if text != said or look.elapsed - told_at >= HEARTBEAT:
            said, told_at = text, look.elapsed
            click.echo(f"{text} (after {look.elapsed:.0f} s)", err=True)

    yield tell


def sentence(subject: str, look: Look) -> str:
    """Return what a look saw in one line that can't steer the terminal."""
    again = f"; asking again in {look.wait:.0f} s" if look.wait else ""
    trouble = f"; {look.trouble}{again}" if look.trouble else ""
    return output.printable(f"{subject}: {look.state.value}{trouble}")
