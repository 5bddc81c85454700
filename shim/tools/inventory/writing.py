"""Appends to the inventory: a line for each recognised call, from any number of processes and threads."""

from __future__ import annotations

import errno
import json
import logging
import os
import re
import shlex
import stat
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import attrs

from shim.core.messages import Record
from shim.core.recognise import Engine
from shim.documents.calls import Target
from shim.documents.model import Operation
from shim.documents.templates import parameter_name

if TYPE_CHECKING:  # doors write, too, and have no radar
    from shim.tools.radar import Sighting

logger = logging.getLogger("shim")

VARIABLE = "ATLAS_SHIM_INVENTORY"

COMMANDS = "atlas-shim-cli/"
"""The start of the shim's own commands' User-Agent, which do not count as callers."""

LONGEST = 4000
"""The most bytes of a line: less than a page, which every system appends in one piece."""
_AGENT, _PEER, _REASON, _FILE = 200, 64, 400, 1000
_failed: set[str] = set()


@attrs.frozen
class CallSite:
    """A call's place in a program; ``lineno`` counts from 1, ``module`` is the file's ``__name__``."""

    filename: str
    lineno: int
    module: str = ""


def wanted(environ: Mapping[str, str] = os.environ) -> bool:
    """Return whether an inventory is written; without one, call sites need not be found."""
    return bool(environ.get(VARIABLE))


def note(  # noqa: PLR0913 - the parts of an entry, and where environment and time come from
    record: Record,
    engine: Engine,
    *,
    where: CallSite | None = None,
    agent: str | None = None,
    peer: str | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
) -> None:
    """Append one call to the inventory that ``ATLAS_SHIM_INVENTORY`` names; do nothing without one.

    ``engine`` has the documents that the call was answered by; ``where`` is the call's place in a Python
    program, ``agent`` the caller's ``User-Agent`` and ``peer`` its address; ``clock`` returns seconds since the
    epoch. Paths are written as templates, so a line holds no ids, queries, bodies or credentials. Never raises: the
    first failure to write to a file is logged.
    """
    _write(environ, lambda: _entry(record, engine.named(record.operation), where, (agent, peer), clock()))


def started(who: str, *, environ: Mapping[str, str] = os.environ, clock: Callable[[], float] = time.time) -> None:
    """Append that ``who`` records calls from now on, so that later silence is evidence."""
    _write(environ, lambda: {"time": written(clock()), "started": who})


def note_announced(
    sighting: Sighting,
    *,
    agent: str | None = None,
    peer: str | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
) -> None:
    """Append one call whose reply announces the end of its operation, as ``note`` appends a retired one."""

    def entry() -> dict[str, object]:
        said: dict[str, object] = {"time": written(clock()), "announced": f"{sighting.method} {sighting.path}"}
        said |= {"version": sighting.version} if sighting.version else {}
        said |= {"sunset": written(sighting.sunset)} if sighting.sunset is not None else {}
        if sighting.deprecated:
            said["deprecation"] = True if sighting.deprecation is None else written(sighting.deprecation)
        said |= {"link": sighting.link} if sighting.link else {}
        return said | _remote(agent, peer)

    _write(environ, entry)


def _write(environ: Mapping[str, str], entry: Callable[[], dict[str, object]]) -> None:
    """Append what ``entry`` returns to the inventory, if there is one; never raises."""
    path = environ.get(VARIABLE)
    if not path:
        return
    try:
        _append(path, _line(entry()))
    except Exception as error:  # noqa: BLE001 - an inventory must not break the call that it writes down
        if path not in _failed:
            _failed.add(path)
            cause = error.strerror if isinstance(error, OSError) else type(error).__name__
            logger.warning("can't write to the inventory %s: %s", path, cause)


def _append(path: str, line: bytes) -> None:
    # One call to a file opened for appending keeps lines of several processes whole. It is opened anew each time,
    # since it may be rotated, and a fork shares nothing.
    descriptor = opened(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    try:
        if os.write(descriptor, line) < len(line):
            # The disk is full: end the line, so that the next one starts on its own.
            os.write(descriptor, b"\n")
    finally:
        os.close(descriptor)


def opened(path: str | Path, flags: int) -> int:
    """Open an inventory and return its descriptor; raises OSError for all but a regular file, a link included.

    A pipe may have nobody at its other end, and a link may lead to somebody else's file.
    """
    for name in ("O_CLOEXEC", "O_NONBLOCK", "O_NOFOLLOW"):
        flags |= getattr(os, name, 0)
    try:
        descriptor = os.open(path, flags, 0o600)
    except OSError as error:
        reason = "it is a link, and links are not followed" if error.errno == errno.ELOOP else error.strerror
        raise OSError(error.errno, reason, str(path)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise OSError(errno.EINVAL, "not a regular file", str(path))
    return descriptor


def _line(entry: dict[str, object]) -> bytes:
    """Return an entry as a line of at most ``LONGEST`` bytes; members that don't fit are left out."""
    for name in ("constant", "derived", "absent", "reason", "agent", "file"):
        if len(line := _json(entry)) <= LONGEST:
            return line
        if entry.pop(name, None) is not None:
            entry["cut"] = True
    return _json(entry)


def _json(entry: dict[str, object]) -> bytes:
    # Escaped as ASCII, no value can hold a line break.
    return json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"


def written(now: float) -> str:
    """Return an instant, in seconds since the epoch, as the inventory has it."""
    return datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _entry(
    record: Record,
    operation: Operation | None,
    where: CallSite | None,
    caller: tuple[str | None, str | None],
    now: float,
) -> dict[str, object]:
    entry: dict[str, object] = {
        "time": written(now),
        "operation": record.operation,
        "api": record.api,
        "route": record.route,
        "reason": record.reason[:_REASON],
    }
    if where is not None:
        # The end of a path says more than its start.
        entry |= {"file": where.filename[-_FILE:], "line": where.lineno}
    entry |= _remote(*caller)
    if operation is not None and (target := _successor(operation, record)) is not None:
        entry["successor"] = f"{target.method} {target.path.text}"
    entry |= {level: list(names) for level, names in record.by_level().items() if level != "renamed"}
    return entry | ({"dropped": len(record.dropped)} if record.dropped else {})


def _remote(agent: str | None, peer: str | None) -> dict[str, object]:
    """Return the known members that name a caller: its ``User-Agent`` and its address."""
    said = {"agent": agent and agent[:_AGENT], "peer": peer and peer[:_PEER]}
    return {name: value for name, value in said.items() if value is not None}


def _successor(operation: Operation, record: Record) -> Target | None:
    """Return the successor call that was sent; on the legacy route the future one, if there is only one."""
    asked = operation.successors.get(record.route)
    if asked is None:
        flex = operation.successors.get(operation.first)
        return None if flex is None else flex.only
    sent = [(one.method, one.target.partition("?")[0]) for one in record.sent]
    for _, target in asked.targets():
        pattern = "/".join("[^/]+" if parameter_name(one) else re.escape(one) for one in target.path.segments)
        if any(method == target.method and re.fullmatch(f"/{pattern}", path) for method, path in sent):
            return target
    return None


def explain_command(operation: Operation) -> str:
    """Return the command that shows what to call in place of a retired operation, ready to be pasted into a shell.

    The path is the operation's template, so it names nobody's project or cluster.
    """
    options: list[str] = []
    if any(bound.operator.startswith("<") for bound in operation.versions):  # a later version is another operation
        options = ["--accept", f"application/vnd.atlas.{operation.version}+json"]
    return shlex.join(["atlas-shim", "explain", operation.method, operation.full_path, *options])
