"""Which side is asked first, and why."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

import attrs

from shim.core.memory import Memory
from shim.core.recognise import Match
from shim.core.settings import RouteWord, Settings
from shim.documents.model import Operation


@attrs.frozen
class Decision:
    """The side to ask first: ``legacy``, ``flex``, ``dedicated``, or ``none`` when nobody could answer.

    ``corrects`` tells whether replies may lead on to another side; ``reason`` is in plain words.
    """

    route: str
    reason: str
    corrects: bool


def sunset_of(operation: Operation, settings: Settings) -> datetime:
    """Return the sunset in force: the operator's for the document, else the operation's own."""
    return settings.sunsets.get(operation.document, operation.sunset)


def retired_key(match: Match, origin: str) -> tuple[str, str, str]:
    """Return the key under which a legacy operation is remembered as retired."""
    return (origin, match.operation.id, match.api.name)


def decide(match: Match, origin: str, settings: Settings, memory: Memory, now: float) -> Decision:
    """Decide which side is asked first; ``now`` is in seconds since the epoch."""
    sunset = sunset_of(match.operation, settings)
    over = now >= sunset.timestamp()
    date = f"its sunset, {_written(sunset)}, {'has passed' if over else 'is still to come'}"
    corrects = settings.route is RouteWord.AUTO
    match settings.route:
        case RouteWord.OFF:
            return Decision("legacy", "the shim is switched off", corrects)
        case RouteWord.LEGACY:
            return Decision("legacy", "the route is set to legacy", corrects)
        case RouteWord.FLEX:
            reason = "the route is set to flex"
        case RouteWord.DATE:
            reason = f"the route is decided by date: {date}"
            if not over:
                return Decision("legacy", reason, corrects)
        case _:
            status = memory.retired.recall(retired_key(match, origin), now)
            reason = date if status is None else f"the legacy endpoint answered {status} less than ten minutes ago"
            if status is None and not over:
                return Decision("legacy", reason, corrects)
            if status is None and match.operation.gone is not None:
                # Nothing else could answer, and real sunset dates moved: asking is the only thing that can work.
                return Decision("legacy", f"{reason}, and there is no successor to ask instead", corrects)
            tier = memory.tiers.recall((origin, *match.cluster), now) if match.cluster else None
            if tier is not None and tier != "flex" and tier in match.operation.successors:
                reason = f"{reason}; the cluster was found on the {tier} tier less than ten minutes ago"
                return Decision(tier, reason, corrects)
    if match.operation.gone is not None:
        return Decision("none", f"{reason}, and there is no successor", corrects)
    return Decision("flex", reason, corrects)


@lru_cache(maxsize=64)
def _written(sunset: datetime) -> str:
    return sunset.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ").replace("T00:00Z", "")
