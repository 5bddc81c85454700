"""Create and remove the folder of a run's files.

No other user can replace the folder. It is removed when the run is over, but a killed
run leaves its folder behind. Each run locks its own folder, so that the next run can
tell which ones are abandoned.
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
"""Seconds: a younger folder may not be locked yet."""

_is_plain = re.compile(r"/[\w./+@=-]*", re.ASCII).fullmatch
"""A path that needs no quotes in any variable: no separator, quote or space."""


def make_folder(place: Path) -> tuple[Path, int]:
    """Return a new folder, and a file descriptor that holds its lock.

    This process and those that inherit the descriptor hold the lock together.
    """
    folder = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=place))
    lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    fcntl.flock(lock, fcntl.LOCK_EX)
    return folder, lock


def note_inner(outer: Path) -> None:
    """Record in the folder of a run that another was started inside it."""
    # the outer run has ended, or belongs to a user whose rights were given up
    with contextlib.suppress(OSError):
        (outer / _INNER).touch()


def has_inner(folder: Path) -> bool:
    """Return whether a run was started inside the one of this folder."""
    return (folder / _INNER).exists()


def remove_dead(place: Path) -> None:
    """Remove this user's folders of runs that were killed."""
    for folder in place.glob(f"{_PREFIX}*"):
        # another user's folder, a running one, or one that is being removed
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
    """Return the parent of a run's folder.

    Programs with their own /tmp can still read the first two candidates. Raises
    SettingsError if no place belongs to this user alone: a user who can replace the
    folder could choose the code that programs load.
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
        f"TMPDIR: found no safe folder among {', '.join(places)}: this user can't write there, or others could "
        "replace files there; set it to your own folder, as in: export TMPDIR=$(mktemp -d -p ~)"
    )


def _is_safe(place: Path) -> bool:
    """Return whether only this user and root can replace a folder or the files in it."""
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
