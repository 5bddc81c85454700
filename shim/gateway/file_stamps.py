"""What changes whenever a file does."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

Stamps = list[tuple[int, ...] | None]


def stamps(paths: Iterable[str]) -> Stamps:
    """Look at files; links are followed, so that a mounted secret's swap is seen. None stands for one that is gone."""
    return [stamp(path) for path in paths]


def stamp(path: str) -> tuple[int, ...] | None:
    """Look at one file."""
    try:
        found = Path(path).stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
