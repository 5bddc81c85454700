"""The verdict: for how long nobody has made a retired call, and whether the shim can be removed.

It says no more than is known: a gateway knows its own calls since its start; an inventory reaches back further and has
calls of other programs.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import attrs

from shim.gateway.ledger import Snapshot
from shim.tools.inventory.reading import read_lines
from shim.tools.inventory.verdict import FORM, LEGACY, Ahead, Ends, judge, look_at, part, sentences
from shim.tools.inventory.writing import opened, written

DAY = 86400

ENOUGH = 30
"""Days without a retired call after which the shim can go: a monthly job would have called by then."""

EDGE = 1024 * 1024
"""Bytes that are read from the beginning and from the end of an inventory: it may be long, its lines are in order."""


def span(seconds: float) -> str:
    """Return a time span in its largest unit, as in ``3 days``; under a minute it is ``less than a minute``."""
    for name, size in (("day", DAY), ("hour", 3600), ("minute", 60)):
        if (count := int(seconds // size)) >= 1:
            return f"{count} {name}" if count == 1 else f"{count} {name}s"
    return "less than a minute"


@attrs.frozen
class Written:
    """What the inventory says: when it begins, and when the last retired call was, in seconds since the epoch.

    Either is None if no line says it. ``doubts`` are reasons not to trust its silence. ``ahead`` are calls of
    operations whose sunset is in the future; they are not retired calls.
    """

    reaches: float | None
    last: float | None
    doubts: tuple[str, ...] = ()
    ahead: tuple[Ahead, ...] = ()


def verdict(retired: Snapshot, started: float, now: float, inventory: Written | None, ends: Ends) -> dict[str, Any]:
    """Return the member ``silence`` of the status, whose ``word`` is ``called``, ``quiet`` or ``unproven``.

    It follows from the ``retired`` calls since the gateway ``started``, and from the inventory, if there is one. A call
    that Atlas answered itself is not retired if ``ends`` knows a future sunset of its operation.
    """
    ahead, seen = [], []
    for (operation, route), row in retired.items():
        last_at, sunset = row["last_at"][0], ends(operation) if route == LEGACY else None
        if sunset is None:
            seen.append((last_at, f" ({operation})"))
        else:
            ahead.append(Ahead(sunset, operation, row["calls"], written(last_at)))
    since, place, everywhere = started, "since this gateway started", "came by here"
    doubts = () if inventory is None else inventory.doubts
    if inventory is not None:
        everywhere = "wrote to the inventory"
        ahead += inventory.ahead
        seen += [(inventory.last, "")] if inventory.last is not None else []
        if inventory.reaches is not None and inventory.reaches < started:
            since, place = inventory.reaches, "since the inventory begins"
    last, what = max(seen, default=(None, ""))
    quiet = max(0.0, now - max(since, last or 0.0))
    days = int(quiet // DAY)
    word, sentence = "unproven", f"Nobody has made a retired call for {span(quiet)}{'' if last else f', {place}'}"
    if last is not None and not days:
        word, sentence = "called", f"Retired calls are still made: the last one {span(now - last)} ago{what}."
    elif days < ENOUGH:
        sentence += f". That is too short to prove anything: wait for {ENOUGH} days."
    elif doubts:
        sentence += ", as far as is known."
    else:
        word, sentence = "quiet", f"{sentence}: the shim can go, if all that could make one {everywhere}."
    known: dict[str, Ahead] = {}
    for one in ahead:  # the gateway's own calls may be in the inventory too, so that the larger of two counts holds
        other = known.get(one.operation, one)
        known[one.operation] = attrs.evolve(one, calls=max(one.calls, other.calls), last=max(one.last, other.last))
    recent = written(now - ENOUGH * DAY)
    return {
        "word": word,
        "sentence": sentence,
        "days": days,
        "last": written(last) if last is not None else None,
        "since": written(since),
        "doubts": [*doubts],
        "ahead": [*sentences(sorted(one for one in known.values() if one.last > recent))],
    }


def look(path: Path, ends: Ends) -> Written:
    """Return what an inventory says, and what ``verdict`` doubts about its silence; ``ends`` as for ``judge``."""
    try:
        source, lines = look_at(path), _edges(path)
    except OSError as error:
        return Written(None, None, (f"The inventory can't be read: {error.strerror}.",))
    found = read_lines([lines])
    if not found.first:
        return Written(None, None, ("The inventory says nothing of since when it was written.",))
    over, ahead = part(found.callers, ends)
    last = max((one.last for one in over), default="")
    # What is left is silence, and whether that can be believed is judged as `atlas-shim inventory` does.
    since = datetime.fromisoformat(last or found.first) + timedelta(seconds=1 if last else 0)
    quiet = judge(read_lines([lines], since.strftime(FORM)), [source], since, datetime.now(UTC), ends)
    first, latest = (datetime.fromisoformat(one).timestamp() if one else None for one in (found.first, last))
    return Written(first, latest, quiet.doubts, tuple(ahead))


def _edges(path: Path) -> list[bytes]:
    """Return the whole lines at the beginning and at the end of a file, once each."""
    with os.fdopen(opened(path, os.O_RDONLY), "rb") as file:
        head, size = file.read(EDGE), file.seek(0, 2)
        file.seek(max(len(head), size - EDGE))
        tail = file.read()
    if size > 2 * EDGE:  # what is cut in two is left out
        head, tail = head.rpartition(b"\n")[0] + b"\n", tail.partition(b"\n")[2]
    return [line for line in (head + tail).split(b"\n") if line]
