"""What people read of an inventory, and its page: one HTML file that loads nothing and has no script."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from importlib.resources import files
from typing import Any

import attrs

from shim.cli.fields import no_successor
from shim.cli.next_calls import NextCall
from shim.documents.model import Operation
from shim.page import STYLE, VERDICTS, hash_source, printable, templates
from shim.tools.inventory import explain_command
from shim.tools.inventory.reading import LEVELS, MOST, AnnouncedCalls, Caller, Inventory
from shim.tools.inventory.verdict import Verdict, spoken

ROWS = 500
"""Callers of one operation that the page shows."""

EXPLAINED = "For curl and by the names of SDKs, and field by field:"
"""The text before the command of ``Called.explain``."""


@attrs.frozen
class Called:
    """An operation's name, the operation if a document knows it, its callers, and the calls to make instead."""

    name: str
    operation: Operation | None
    callers: Sequence[Caller]
    instead: Sequence[NextCall]

    @property
    def count(self) -> int:
        """Its calls."""
        return sum(caller.count for caller in self.callers)

    @property
    def explain(self) -> str:
        """The command that shows the calls to make instead; empty without a successor."""
        return "" if self.operation is None or not self.instead else explain_command(self.operation)

    @property
    def ways_out(self) -> list[str]:
        """Sentences on the calls to make instead."""
        if self.operation is None:
            return ["No mapping document knows this operation."]
        said = [no_successor(self.operation)] if no_successor(self.operation) else []
        for call in self.instead:
            word = f" ({call.word})" if call.word else ""
            said.append(f"Instead{word}: {call.method} {call.url}, Accept: {call.accept}")
        return said

    @property
    def last(self) -> str:
        """The instant of its last call."""
        return max(caller.last for caller in self.callers)


def remarks(found: Inventory, verdict: Verdict) -> list[str]:
    """Return sentences on what was read, and what was left out of the callers."""
    said = []
    if found.first:
        said.append(f"The inventory has {found.lines} lines, from {spoken(found.first)} to {spoken(found.last)}.")
    elif verdict.reaches:
        said.append(f"The inventory is empty, and was made at {spoken(verdict.reaches)}.")
    if found.broken:
        said.append(f"{found.broken} of {found.lines} lines can't be read.")
    if found.earlier:
        said.append(f"{found.earlier} calls were made before the window, and are left out.")
    if found.own:
        said.append(f"{found.own} calls of the shim's own commands are left out.")
    if found.untold:
        said.append(f"Only {MOST} callers are listed; {found.untold} calls of others were counted.")
    return said


def lacking(caller: Caller) -> list[str]:
    """Return the fields that have changed in a caller's answers, a text for each level."""
    said = [f"{level}: {', '.join(names)}" for level in LEVELS if (names := getattr(caller, level))]
    return said + ([f"{caller.dropped} values left out"] if caller.dropped else [])


def page(found: Inventory, called: Sequence[Called], verdict: Verdict, now: datetime) -> str:
    """Return the page as HTML; ``now`` is when it is made."""
    values = {
        "verdict": attrs.asdict(verdict),
        "remarks": remarks(found, verdict),
        "called": [_shown(one) for one in called],
        "announced": [announced_row(one) for one in found.announced],
        "made": f"{now:%Y-%m-%d %H:%M} UTC",
    }
    template = templates(files("shim.cli") / "templates", {"spoken": spoken}).get_template("inventory.html.j2")
    looks = {"style": STYLE, "hash": hash_source(STYLE), "verdicts": VERDICTS, "explained": EXPLAINED}
    return template.render(printable(values), **looks)


def _shown(one: Called) -> dict[str, Any]:
    operation = one.operation
    shown = {name: getattr(one, name) for name in ("name", "ways_out", "explain")}
    if operation is not None:
        shown |= {"method": operation.method, "path": operation.full_path, "sunset": f"{operation.sunset:%Y-%m-%d}"}
    rows = [
        {"place": caller.place, "count": caller.count, "first": caller.first, "last": caller.last}
        | {"lacking": lacking(caller)}
        for caller in one.callers[:ROWS]
    ]
    return {"path": "", **shown, "callers": rows, "more": len(one.callers) - ROWS}


def announced_row(one: AnnouncedCalls) -> list[str]:
    """Return the cells of an announced sunset, with its four most frequent callers."""
    callers = sorted(one.callers, key=lambda name: -one.callers[name])
    named = ", ".join(callers[:4]) + (f" and {len(callers) - 4} more" if len(callers) > 4 else "")
    deprecated = {"": "-", "true": "yes"}.get(one.deprecation, one.deprecation[:10])
    return [one.sunset[:10] or "-", deprecated, one.operation, one.version, str(one.count), one.last, named]
