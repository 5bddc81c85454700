"""Where a run keeps its files: in a folder that nobody else may replace, which is removed when the run is over.

A run that was killed leaves its folder. Each run holds a lock on its own, so that the
next one can tell which are dead.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import shutil
import stat
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from shim.errors import SettingsError

_PREFIX = "atlas-shim-run-"
_INNER = "inner"
_YOUNG = 60.0
"""Seconds: a younger folder may be one that is not locked yet."""

_is_plain = re.compile(r"/[\w./+@=-]*", re.ASCII).fullmatch
"""A path that can stand in every variable: no separator, quote or space of any."""


def make_folder(place: Path) -> tuple[Path, int]:
    """Return a new folder, and a descriptor that holds its lock: for this process and those that inherit it."""
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def note_inner(outer: Path) -> None:
    """Note in the folder of a run that another was started inside it."""
    # the outer one has ended, or belongs to a user whose rights were given up
    with contextlib.suppress(OSError):
        (outer / _INNER).touch()


def has_inner(folder: Path) -> bool:
    """Return whether a run was started inside the one of this folder."""
    return (folder / _INNER).exists()


def remove_dead(place: Path) -> None:
    """Remove this user's folders of runs that were killed."""
    for folder in place.glob(f"{_PREFIX}*"):
        # another user's, one that runs, or one that is just being removed
        with contextlib.suppress(OSError):
            _remove_if_dead(folder)


def _remove_if_dead(folder: Path) -> None:
    found = folder.lstat()
    is_own = stat.S_ISDIR(found.st_mode) and found.st_uid == os.getuid()
    if not is_own or time.time() - found.st_mtime < _YOUNG:
        return
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(folder)
    finally:
        os.close(lock)


def place_of(environ: Mapping[str, str]) -> Path:
    """Return where a run's folder is made: programs with a /tmp of their own still see the first two.

    Raises SettingsError if no place is of this user alone: who may replace the folder
    would choose the code that programs load.
    """
    if os.getuid():
        usual = environ.get("XDG_RUNTIME_DIR", "")
    else:
        usual = "/run"
    known = (environ.get("TMPDIR", ""), usual, "/tmp", "/var/tmp", "/dev/shm")  # noqa: S108 - mkdtemp makes it
    places = [*filter(_is_plain, known)]
    for place in places:
        if os.access(place, os.W_OK | os.X_OK) and _is_safe(Path(place)):
            return Path(place)
    raise SettingsError(
        f"TMPDIR: a run keeps its files in none of {', '.join(places)}: this user can't write there, or others may "
        "replace files there; set it to a folder of your own, as by: export TMPDIR=$(mktemp -d -p ~)"
    )


def _is_safe(place: Path) -> bool:
    """Return whether only this user and root may replace files in a folder, or the folder itself."""
    resolved = place.resolve()
    for folder in (resolved, *resolved.parents):
        found = folder.stat()
        is_open = (
            found.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            and not found.st_mode & stat.S_ISVTX
        )
        if is_open or found.st_uid not in {0, os.getuid()}:
            return False
    return True
