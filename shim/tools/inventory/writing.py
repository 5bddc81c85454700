"""Append a line for each recognized call, from any number of processes and threads."""

from __future__ import annotations

import errno
import json
import logging
import os
import shlex
import stat
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from shim.core.messages import Record
from shim.documents.model import Operation

if TYPE_CHECKING:  # doors write, too, and have no radar
    from shim.tools.radar.radar import Sighting

logger = logging.getLogger("shim")

VARIABLE = "ATLAS_SHIM_INVENTORY"

# The start of the User-Agent of the shim's own commands, which are not callers.
COMMANDS = "atlas-shim-cli/"

# Characters of a text that are stored, so that every line is short.
_MAX_TEXT_LENGTH = 400
_failed: set[str] = set()


@attrs.frozen
class CallSite:
    """A call's place in a program."""

    filename: str
    lineno: int
    """From 1; 0 if it is not known."""
    module: str = ""
    """Its ``__name__``."""
    target: str = ""
    """If no line is known, the name of the function that the call's thread or task
    runs.
    """


def retired(
    record: Record,
    *,
    where: CallSite | None = None,
    agent: str | None = None,
    peer: str | None = None,
) -> dict[str, object]:
    """Return the entry of a retired call.

    ``where`` is the call's place in a Python program, ``agent`` the caller's
    ``User-Agent`` and ``peer`` its address. It has no ids, queries, bodies or
    credentials.
    """
    entry: dict[str, object] = {
        "operation": record.operation,
        "api": record.api,
        "route": record.route,
        "reason": record.reason[:_MAX_TEXT_LENGTH],
    }
    if where is not None:
        # The end of a path is more useful than its start.
        entry["file"] = where.filename[-_MAX_TEXT_LENGTH:]
        entry["line"] = where.lineno or None
        entry["target"] = where.target[:_MAX_TEXT_LENGTH] or None
    entry["agent"] = agent and agent[:_MAX_TEXT_LENGTH]
    entry["peer"] = peer
    for level, names in record.by_level().items():
        if level != "renamed":
            entry[level] = list(names)
    entry["dropped"] = len(record.dropped) or None
    return entry


def announced(
    sighting: Sighting, *, agent: str | None = None, peer: str | None = None
) -> dict[str, object]:
    """Return the entry of a call whose reply announces the end of its operation."""
    entry: dict[str, object] = {
        "announced": f"{sighting.method} {sighting.path}",
        "version": sighting.version or None,
    }
    for name in ("sunset", "deprecation"):
        instant = getattr(sighting, name)
        entry[name] = None if instant is None else written(instant)
    entry["agent"] = agent and agent[:_MAX_TEXT_LENGTH]
    entry["peer"] = peer
    return entry


def write(
    entry: Callable[[], dict[str, object]],
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
) -> str:
    """Append the result of ``entry`` to the file that ``ATLAS_SHIM_INVENTORY`` names.

    Members that are None are left out. Does nothing without a file, and for a call of
    the shim's own commands. ``clock`` returns seconds since the epoch. Never raises,
    and logs the first failure. Returns the cause of a failure, else an empty text.
    """
    path = environ.get(VARIABLE)
    if not path:
        return ""
    try:
        known = {name: value for name, value in entry().items() if value is not None}
        if str(known.get("agent")).startswith(COMMANDS):
            return ""
        # Escaped as ASCII, no value can contain a line break.
        dated = {"time": written(clock()), **known}
        line = json.dumps(dated, separators=(",", ":"))
        _append(path, line.encode() + b"\n")
    except Exception as error:  # noqa: BLE001 - an inventory must not break the call that it writes down
        if isinstance(error, OSError):
            cause = error.strerror
        else:
            cause = None
        cause = cause or type(error).__name__
        if path not in _failed:
            _failed.add(path)
            logger.warning("can't write to the inventory %s: %s", path, cause)
        return cause
    return ""


def _append(path: str, line: bytes) -> None:
    # One write to a file opened for appending keeps lines of several processes whole.
    # It is opened for each line, because it may be rotated, and a fork then shares
    # nothing.
    descriptor = opened(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        if os.write(descriptor, line) < len(line):
            # The disk is full: end the line, so that the next one starts on its own.
            os.write(descriptor, b"\n")
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), path)
    finally:
        os.close(descriptor)


def opened(path: str | Path, flags: int) -> int:
    """Open an inventory and return its descriptor.

    Raises OSError unless it is a regular file; a link is refused, too. A pipe may have
    no reader, and a link may lead to another user's file.
    """
    for name in ("O_CLOEXEC", "O_NONBLOCK", "O_NOFOLLOW"):
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        reason = error.strerror
        if error.errno == errno.ELOOP:
            reason = "it is a link, and links are not followed"
        raise OSError(error.errno, reason, str(path)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return descriptor


def written(now: float) -> str:
    """Return an instant, in seconds since the epoch, as the inventory has it."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def explain_command(operation: Operation) -> str:
    """Return the command that shows the replacement of an operation, for a shell.

    The path is the operation's template, so it has no project or cluster.
    """
    options: list[str] = []
    # another version is another operation
    if operation.versions.end or not operation.oldest:
        options = ["--accept", operation.accept]
    return shlex.join(
        ["atlas-shim", "explain", operation.method, operation.full_path, *options]
    )
