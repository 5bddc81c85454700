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

    ``corrects`` tells whether replies may lead on to another side, ``legacy_next`` whether that is legacy where
    flex knows nothing; ``reason`` is in plain words.
    """

    route: str
    reason: str
    corrects: bool
    legacy_next: bool = False


def sunset_of(operation: Operation, settings: Settings) -> datetime:
    """Return the sunset in force: the operator's for the document, else the operation's own."""
    return settings.sunsets.get(operation.document, operation.sunset)


def has_successor(operation: Operation, settings: Settings) -> bool:
    """Tell whether an operation's successors may be asked: there are some, and a switch they have is on."""
    return bool(operation.successors) and (not operation.switch or operation.switch in settings.writes)


def retired_key(match: Match, origin: str) -> tuple[str, str, str]:
    """Return the key under which a legacy operation is remembered as retired."""
    return (origin, match.operation.id, match.api.name)


def decide(match: Match, origin: str, settings: Settings, memory: Memory, now: float) -> Decision:
    """Decide which side is asked first; ``now`` is in seconds since the epoch."""
    operation, corrects = match.operation, settings.route is RouteWord.AUTO
    sunset = sunset_of(operation, settings)
    over = now >= sunset.timestamp()
    date = f"its sunset, {_written(sunset)}, {'has passed' if over else 'is still to come'}"
    is_blank = operation.blank is not None and not over and now >= operation.blank.timestamp()
    if is_blank and operation.blank is not None:
        date = f"{date}, but since {_written(operation.blank)} its answers mean nothing"
    successor = has_successor(operation, settings)
    if settings.route in _LEGACY:
        return Decision("legacy", _LEGACY[settings.route], corrects)
    if settings.route is RouteWord.FLEX:
        reason = "the route is set to flex"
    else:
        reason = date if corrects else f"the route is decided by date: {date}"
        status = memory.retired.recall(retired_key(match, origin), now) if corrects else None
        if status is not None:
            is_blank, reason = False, f"the legacy endpoint answered {status} less than ten minutes ago"
        elif not (over or is_blank):
            return Decision("legacy", reason, corrects)
        elif corrects and not successor and operation.constant is None:
            # Nothing else could answer, and real sunset dates moved: asking is the only thing that can work.
            return Decision("legacy", f"{reason}, and there is no successor to ask instead", corrects)
        tier = memory.tiers.recall((origin, *match.cluster), now) if corrects and match.cluster else None
        if tier is not None and tier != "flex" and tier in operation.successors:
            reason = f"{reason}; the cluster was found on the {tier} tier less than ten minutes ago"
            return Decision(tier, reason, corrects)
    if successor:
        return Decision("flex", reason, corrects, legacy_next=corrects and is_blank)
    return Decision("none", f"{reason}, and there is no successor", corrects)


_LEGACY = {RouteWord.OFF: "the shim is switched off", RouteWord.LEGACY: "the route is set to legacy"}


@lru_cache(maxsize=64)
def _written(sunset: datetime) -> str:
    return sunset.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ").replace("T00:00Z", "")
