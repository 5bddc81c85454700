"""Decide which side is asked first, from an exchange's inputs and the memory of earlier replies."""

from __future__ import annotations

import math
import re
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

import attrs

from shim.core.content import dumps, loads
from shim.core.messages import Call, Reply, field
from shim.core.recognize import Match
from shim.core.settings import STRICT, RouteWord, Settings
from shim.documents.model import ConstantAnswer, Operation

TTL = 600.0
"""Seconds for which a reply stays valid: ten minutes, since sunset dates move in both directions."""

MAX_ENTRIES = 8192
"""The maximum number of entries in a memory, a few hundred bytes each.

The least recently used is removed.
"""


@attrs.define(eq=False)
class Memory:
    """What replies taught, stored between exchanges: words by key, each valid for ten minutes; thread-safe.

    Times are monotonic seconds passed by the caller; an entry with a later time than
    now is ignored.
    """

    _entries: OrderedDict[Hashable, tuple[float, str]] = attrs.field(
        factory=OrderedDict, init=False
    )
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def remember(self, key: Hashable, word: str, now: float) -> None:
        """Store a word under a key, as learned at ``now``."""
        with self._lock:
            self._entries[key] = (now, word)
            self._entries.move_to_end(key)
            if len(self._entries) > MAX_ENTRIES:
                self._entries.popitem(last=False)

    def recall(self, key: Hashable, now: float) -> str | None:
        """Return the stored word, None if there is none or it is too old."""
        with self._lock:
            learned, word = self._entries.get(key, (now, None))
            if not 0 <= now - learned < TTL:
                del self._entries[key]
                return None
            if word is not None:
                self._entries.move_to_end(key)
            return word

    def forget(self, key: Hashable) -> None:
        """Drop the stored route of a key, if there is one."""
        with self._lock:
            self._entries.pop(key, None)


@attrs.frozen
class Context:
    """The inputs of one exchange."""

    settings: Settings
    memory: Memory
    clock: Callable[[], float]
    """Returns seconds since the epoch, for dates."""
    base: str
    """The URL that the caller used, for links:

    ``scheme://authority``, perhaps with a path before ``/api``.
    """
    loads: Callable[[bytes], Any] = loads
    """The JSON codec, like ``dumps``."""
    dumps: Callable[..., bytes] = dumps
    monotonic: Callable[[], float] = attrs.field(kw_only=True)
    """The clock for durations."""
    whole: bool = False
    """Whether a first page contains all items that were read, so that an iteration needs no second read."""


@attrs.frozen
class Decision:
    """Which side is asked first, and why."""

    route: str
    """``legacy``, a tier, or ``none`` if no side can answer."""
    reason: str
    """The reason, as a sentence."""
    sunset: datetime
    """The sunset date in force."""
    corrects: bool
    """Whether replies may send the call to another side."""
    legacy_next: bool = False
    """Whether legacy is asked if the tier finds nothing."""
    since: float | None = None
    """From when the decision stays valid unless a reply changes it, in seconds since the epoch; None if it expires."""


def sunset_of(operation: Operation, settings: Settings) -> datetime:
    """Return the sunset in force: the operator's for the document, or else the operation's own."""
    return settings.sunsets.get(operation.document, operation.sunset)


def has_successor(operation: Operation, settings: Settings) -> bool:
    """Return whether an operation has successors and their switch, if any, is on."""
    if operation.switch and operation.switch not in settings.writes:
        return False
    return bool(operation.successors)


def is_strict(operation: Operation, settings: Settings) -> bool:
    """Return whether members that a successor would ignore are refused."""
    return f"{operation.switch}{STRICT}" in settings.writes


def constant_of(operation: Operation, settings: Settings) -> ConstantAnswer | None:
    """Return the only remaining answer; None if there isn't one, or its write is not switched on."""
    switched_on = operation.switch in settings.writes and not is_strict(
        operation, settings
    )
    if not operation.switch or switched_on:
        return operation.constant
    return None


VERSION_GONE = "VERSION_GONE"
"""Atlas's error code for an endpoint version that is gone for every caller."""

_USER = re.compile(r'digest .*?\busername="([^"]*)"', re.IGNORECASE)


def retired_key(match: Match, origin: str, call: Call | None = None) -> tuple[str, ...]:
    """Return the key of legacy's retired answer, for all callers or for a path and (hashed) credentials."""
    key = ("retired", origin, match.operation.id, match.api.name)
    if call is None:
        return key
    return (*key, _of_caller(call, call.path))


def empty_key(call: Call, path: str) -> tuple[str, ...]:
    """Return the key under which a successor's empty list is stored, for a caller and the list's path."""
    return ("empty", call.origin, _of_caller(call, path))


def _of_caller(call: Call, path: str) -> str:
    said = field(call.headers, "authorization") or ""
    user = _USER.match(said)
    return str(hash((path, user[1] if user else said)))


def tier_key(match: Match, origin: str) -> tuple[str, ...]:
    """Return the key under which the tier of a call's cluster is stored.

    Only a success teaches it.
    """
    return ("tier", origin, *match.cluster)


def learn_retired(match: Match, call: Call, reply: Reply, context: Context) -> None:
    """Store that legacy answered as retired.

    ``VERSION_GONE`` concerns the endpoint's version and is valid for every call of the
    operation. Any other answer may depend on one caller's request or identity, so it is
    valid only for that path and these credentials: it does not redirect other callers.
    """
    is_gone = (
        reply.status == 410 and field(reply.headers, "x-error-code") == VERSION_GONE
    )
    key = retired_key(match, call.origin, None if is_gone else call)
    context.memory.remember(key, str(reply.status), context.monotonic())


def decide(
    match: Match, call: Call, context: Context, answered: str | None = None
) -> Decision:
    """Decide which side is asked first.

    ``answered`` is the status of legacy's retired answer, if any.
    """
    operation = match.operation
    settings = context.settings
    sunset = sunset_of(operation, settings)
    if operation.lives or settings.route in LEGACY:
        because = LEGACY.get(settings.route, "the endpoint is not retired")
        return Decision("legacy", because, sunset, corrects=False)
    if settings.route in {RouteWord.AUTO, RouteWord.DATE}:
        return _decide_by_date(match, call, context, sunset, answered)
    because = f"the route is set to {settings.route}"
    set_so = Decision(operation.first, because, sunset, corrects=False, since=-math.inf)
    return _if_there(set_so, operation, settings)


def _decide_by_date(
    match: Match, call: Call, context: Context, sunset: datetime, answered: str | None
) -> Decision:
    """Decide by date, and where replies count, by legacy's answer and the cluster's tier."""
    operation = match.operation
    settings = context.settings
    corrects = settings.route is RouteWord.AUTO
    now = context.clock()
    is_over = now >= sunset.timestamp()
    state = "has passed" if is_over else "is in the future"
    reason = f"its sunset, {_written(sunset)}, {state}"
    blank = operation.blank
    is_blank = False
    if blank is not None and not is_over and now >= blank.timestamp():
        is_blank = True
        reason = f"{reason}, but since {_written(blank)} its responses are empty"
    if not corrects:
        reason = f"the route is decided by date: {reason}"
    elif answered is None:
        answered = _answered_before(match, call, context)
    # Legacy's answer before its sunset, perhaps to this caller only, is valid for a
    # while.
    certain = sunset.timestamp() + 2 * TTL
    since: float | None = certain if now >= certain else None
    if answered is not None:
        is_blank = False
        since = None
        reason = f"the legacy endpoint answered {answered} less than ten minutes ago"
    elif not (is_over or is_blank):
        return Decision("legacy", reason, sunset, corrects)
    elif corrects and not _can_answer(operation, settings):
        # Sunset dates have moved before: only a request can show whether legacy still
        # works.
        lacking = f"{reason}, and there is no successor to call instead"
        lacking = _switched_off(operation, settings) or lacking
        return Decision("legacy", lacking, sunset, corrects)
    tier = _found_before(match, call, context) if corrects else None
    if tier is not None:
        reason = f"{reason}; the cluster was found on the {tier} tier less than ten minutes ago"
        return Decision(tier, reason, sunset, corrects, since=since)
    asks_legacy = corrects and is_blank
    first = Decision(operation.first, reason, sunset, corrects, asks_legacy, since)
    return _if_there(first, operation, settings)


def _can_answer(operation: Operation, settings: Settings) -> bool:
    """Return whether a successor or a constant can answer instead of legacy."""
    if has_successor(operation, settings):
        return True
    return constant_of(operation, settings) is not None


def _answered_before(match: Match, call: Call, context: Context) -> str | None:
    """Return the status of legacy's recent retired answer, to all callers or to this one."""
    recall = context.memory.recall
    now = context.monotonic()
    to_all = recall(retired_key(match, call.origin), now)
    return to_all or recall(retired_key(match, call.origin, call), now)


def _found_before(match: Match, call: Call, context: Context) -> str | None:
    """Return the tier, other than the first, where a call's cluster was recently found."""
    if not match.cluster:
        return None
    key = tier_key(match, call.origin)
    tier = context.memory.recall(key, context.monotonic())
    if tier == match.operation.first or tier not in match.operation.successors:
        return None
    return tier


def _if_there(decision: Decision, operation: Operation, settings: Settings) -> Decision:
    """Return a decision for a successor, or for no side if there is none."""
    if has_successor(operation, settings):
        return decision
    lacking = f"{decision.reason}, and there is no successor"
    lacking = _switched_off(operation, settings) or lacking
    return Decision("none", lacking, decision.sunset, decision.corrects)


def _switched_off(operation: Operation, settings: Settings) -> str:
    """Return why a write whose switch is off is not sent; empty for any other call."""
    word = operation.switch
    if not word or word in settings.writes:
        return ""
    return f"this write is switched off (set ATLAS_SHIM_WRITES={word})"


LEGACY = {
    RouteWord.OFF: "the shim is switched off",
    RouteWord.LEGACY: "the route is set to legacy",
}
"""The route words that never select a successor, with their reasons."""


@lru_cache(maxsize=64)
def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ").replace("T00:00Z", "")
