"""The sentence that people wait for: for how long nobody has made a retired call, and whether the shim can go.

It says no more than is known: a gateway knows of its own calls since its start, an inventory of more, if it was
written all the while.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import attrs

from shim.gateway.board.instants import DAY, span, written
from shim.gateway.board.status import Silence
from shim.gateway.board.told import Last
from shim.inventory.ahead import LEGACY, Ahead, Ends, sentences

ENOUGH = 30
"""Days without a retired call after which the shim can go: jobs that run once a month were seen by then."""

RECENT = 1
"""Days in which a call says that it is still made."""


@attrs.frozen
class Written:
    """What the inventory says: since when calls were written down, and when the last was, in seconds since the epoch.

    Either is None when it says nothing of it; ``doubts`` speak against believing its silence. ``ahead`` are calls of
    what ends on a day still to come, and are none of them.
    """

    reaches: float | None
    last: float | None
    doubts: tuple[str, ...] = ()
    ahead: tuple[Ahead, ...] = ()


def silence(lasts: Sequence[Last], started: float, now: float, inventory: Written | None, ends: Ends) -> Silence:
    """Judge by the last calls of a gateway that ``started`` then, and by what the inventory says, if there is one.

    Calls count as retired unless ``ends`` knows a day still to come and Atlas answered them itself.
    """
    own = [
        Ahead(one.operation, sunset, one.calls, written(one.when))
        for one in lasts
        if one.route == LEGACY and (sunset := ends(one.operation)) is not None
    ]
    ahead = sentences(_known((*own, *(inventory.ahead if inventory else ())), now))
    lasts = [one for one in lasts if one.route != LEGACY or ends(one.operation) is None]
    seen = [one.when for one in lasts]
    since, place = started, "since this gateway started"
    doubts = () if inventory is None else inventory.doubts
    if inventory is not None:
        seen += [inventory.last] if inventory.last is not None else []
        if inventory.reaches is not None and inventory.reaches < started:
            since, place = inventory.reaches, "since the inventory begins"
    last = max(seen, default=None)
    quiet = max(0.0, now - max(since, last or 0.0))
    days = int(quiet // DAY)

    def said(word: str, sentence: str) -> Silence:
        found = written(last) if last is not None else None
        return Silence(word, sentence, days, found, written(since), doubts, ahead)  # type: ignore[arg-type]  # its word

    if last is not None and days < RECENT:
        operation = max(lasts, key=lambda one: one.when).operation if lasts else ""
        what = f" ({operation})" if operation and max(one.when for one in lasts) == last else ""
        return said("called", f"Retired calls are still made: the last one {span(now - last)} ago{what}.")
    whole = span(quiet) if last is not None else f"{span(quiet)}, {place}"
    sentence = f"Nobody has made a retired call for {whole}"
    if days < ENOUGH:
        return said("unproven", f"{sentence}. That is too short to prove anything: wait for {ENOUGH} days.")
    if doubts:
        return said("unproven", f"{sentence}, as far as is known.")
    everywhere = (
        "if all that could make one wrote to the inventory" if inventory else "if all that could make one came by here"
    )
    return said("quiet", f"{sentence}: the shim can go, {everywhere}.")


def _known(rows: Iterable[Ahead], now: float) -> list[Ahead]:
    """Return a row for each operation that was called within a month.

    The gateway's own calls may be in the inventory too, so that of two counts the larger one holds.
    """
    known: dict[str, Ahead] = {}
    for one in rows:
        other = known.get(one.operation, one)
        known[one.operation] = attrs.evolve(one, calls=max(one.calls, other.calls), last=max(one.last, other.last))
    recent = written(now - ENOUGH * DAY)
    return sorted((one for one in known.values() if one.last > recent), key=lambda one: (one.sunset, one.operation))
