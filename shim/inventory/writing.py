"""Appending to the inventory: one line a recognised call, by any number of processes and threads."""

from __future__ import annotations

import json
import logging
import os
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import attrs

from shim.core.recognise import Engine
from shim.core.record import Record
from shim.documents.model import Operation, Target
from shim.documents.templates import Template, parameter_name

logger = logging.getLogger("shim")

VARIABLE = "ATLAS_SHIM_INVENTORY"

LONGEST = 4000
"""Bytes of one line: below the page that every system appends in one piece."""
_AGENT, _REASON, _FILE = 200, 400, 1000
_failed: set[str] = set()


@attrs.frozen
class CallSite:
    """Where in a program a call is made; ``lineno`` counts from 1, ``module`` is the file's ``__name__``."""

    filename: str
    lineno: int
    module: str = ""


def wanted(environ: Mapping[str, str] = os.environ) -> bool:
    """Tell whether there is an inventory to write, so that nobody looks for a call site in vain."""
    return bool(environ.get(VARIABLE))


def note(  # noqa: PLR0913 - an entry's parts
    record: Record,
    engine: Engine,
    *,
    where: CallSite | None = None,
    agent: str | None = None,
    environ: Mapping[str, str] = os.environ,
    clock: Callable[[], float] = time.time,
) -> None:
    """Append one call to the inventory that ``ATLAS_SHIM_INVENTORY`` names; does nothing without one.

    ``engine`` has the documents that the call was answered by; ``where`` is the call's place in a Python
    program, ``agent`` the caller's ``User-Agent``. Templates stand in for paths: there are no ids, no
    queries, no bodies, no credentials in it. Never raises; the first failure to write to a file is logged.
    """
    path = environ.get(VARIABLE)
    if not path:
        return
    try:
        _append(path, line_of(record, engine.named(record.operation), where, agent, clock()))
    except Exception as error:  # noqa: BLE001 - an inventory must not break the call that it writes down
        if path not in _failed:
            _failed.add(path)
            said = error.strerror if isinstance(error, OSError) else type(error).__name__
            logger.warning("the inventory %s can't be written: %s", path, said)


def _append(path: str, line: bytes) -> None:
    # A line is written in one call to a file opened for appending, so lines of several processes
    # stay whole. Opened anew each time: the file may be rotated, and a fork shares nothing. Without
    # blocking, since the name may turn out to be a pipe that nobody reads.
    flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_NONBLOCK", 0)
    descriptor = os.open(path, flags, 0o644)
    try:
        if os.write(descriptor, line) < len(line):
            # The disk is full; what comes next must not stand on the same line.
            os.write(descriptor, b"\n")
    finally:
        os.close(descriptor)


def line_of(
    record: Record, operation: Operation | None, where: CallSite | None, agent: str | None, now: float
) -> bytes:
    """Return a call as one line of JSON, at most ``LONGEST`` bytes; ``now`` is in seconds since the epoch."""
    entry: dict[str, Any] = {
        "time": datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "operation": record.operation,
        "api": record.api,
        "route": record.route,
        "reason": record.reason[:_REASON],
    }
    if where is not None:
        # The end of a path says more than its start.
        entry |= {"file": where.filename[-_FILE:], "line": where.lineno}
    if agent is not None:
        entry["agent"] = agent[:_AGENT]
    if operation is not None and (call := successor_of(operation, record)) is not None:
        entry["successor"] = call
    entry |= {level: list(names) for level, names in record.by_level().items() if level != "renamed"}
    if record.dropped:
        entry["dropped"] = len(record.dropped)
    # Escaped, every character is one that no other process can be interrupted in, and no line break.
    line = json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"
    for key in ("constant", "derived", "absent", "reason", "agent", "file"):
        if len(line) <= LONGEST:
            break
        if entry.pop(key, None) is not None:
            entry["cut"] = True
        line = json.dumps(entry, separators=(",", ":")).encode("ascii") + b"\n"
    return line


def successor_of(operation: Operation, record: Record) -> str | None:
    """Return the successor's call as method and path template, by what was sent; None when none fits.

    On the legacy route it is the call to make after the sunset, where there is but one.
    """
    targets = [
        target
        for tier, successor in operation.successors.items()
        if tier == record.route or record.route not in operation.successors
        for target in (successor.only, *successor.choices.values())
        if isinstance(target, Target)
    ]
    if record.route in operation.successors:
        sent = [(one.method, one.target.partition("?")[0]) for one in record.sent]
        targets = [
            target
            for target in targets
            if any(target.method == method and _is(target.path, path) for method, path in sent)
        ]
    else:
        flex = operation.successors.get("flex")
        targets = [flex.only] if flex is not None and flex.only is not None else []
    return f"{targets[0].method} {targets[0].path.text}" if targets else None


def _is(template: Template, path: str) -> bool:
    segments = path[1:].split("/")
    return len(segments) == len(template.segments) and all(
        parameter_name(want) or want == have for want, have in zip(template.segments, segments, strict=True)
    )
