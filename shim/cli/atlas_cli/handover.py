"""Passes every other command, its words unchanged, to the real Atlas CLI on the PATH."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

MISSING = "`atlas-shim atlas` hands every command but `atlas serverless …` to the Atlas CLI, which is not on the PATH"
NOT_EXECUTABLE, NOT_FOUND = 126, 127
"""A shell's exit codes for a command that can't be run."""

MARK = "_ATLAS_SHIM_HANDED_TO"
"""Variable with a process id and the programs tried for it, so that no wrapper is tried twice."""


def hand_over(words: Sequence[str], environ: Mapping[str, str]) -> int:
    """Become the real ``atlas``; returns an exit code only if that fails."""
    pid, *tried = environ.get(MARK, "").split(os.pathsep)
    if pid not in {str(os.getpid()), str(os.getppid())}:  # the parent: a wrapper without ``exec``
        tried = []
    program = next((path for path in _candidates(environ) if path not in tried), None)
    if program is None:
        sys.stderr.write(f"atlas-shim: {MISSING}\n")
        return NOT_FOUND
    environment = {**environ, MARK: os.pathsep.join([str(os.getpid()), *tried, program])}
    sys.stdout.flush()
    sys.stderr.flush()
    try:
        if os.name != "posix":
            return subprocess.run([program, *words], env=environment, check=False).returncode  # noqa: S603 - the user's
        return os.execve(program, ["atlas", *words], environment)  # noqa: S606 - as above
    except OSError as error:
        sys.stderr.write(f"atlas-shim: {program}: {error.strerror}\n")
        return NOT_EXECUTABLE


def _candidates(environ: Mapping[str, str]) -> Iterator[str]:
    """Yield every executable named ``atlas`` on the PATH that is not a wrapper around atlas-shim."""
    name = "atlas.exe" if os.name == "nt" else "atlas"
    for place in environ.get("PATH", os.defpath).split(os.pathsep):
        path = Path(place or ".") / name
        if path.is_file() and os.access(path, os.X_OK) and not _is_wrapper(path):
            yield str(path.absolute())


def _is_wrapper(path: Path) -> bool:
    """Return whether a program is a script that mentions atlas-shim."""
    try:
        with path.open("rb") as file:
            start = file.read(4096)
    except OSError:
        return False
    return start.startswith(b"#!") and (b"atlas-shim" in start or b"-m shim" in start)
