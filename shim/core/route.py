"""The inputs of an exchange, the memory of earlier replies, and the decision which side is asked first."""

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
"""Seconds for which a reply is believed: ten minutes, since sunset dates move in both directions."""

MAX_ENTRIES = 8192
"""Entries of a memory, a few hundred bytes each; the least recently used goes first."""


@attrs.define(eq=False)
class Memory:
    """What replies taught, kept between exchanges: words by key, each believed for ten minutes; thread-safe.

    Times are monotonic seconds, passed in; an entry stamped later than now is ignored.
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
        """Return the word, or None when nothing was learned or it is too old."""
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
    """What one exchange is given from outside."""

    settings: Settings
    memory: Memory
    clock: Callable[[], float]
    """Returns seconds since the epoch, for dates."""
    base: str
    """The URL that the caller used and links lead back to: ``scheme://authority``, perhaps a path before ``/api``."""
    loads: Callable[[bytes], Any] = loads
    """The JSON codec, as is ``dumps``."""
    dumps: Callable[..., bytes] = dumps
    monotonic: Callable[[], float] = attrs.field(kw_only=True)
    """The clock for durations."""
    whole: bool = False
    """Whether a first page has all items that were read: an iteration need not read them again for each page."""


@attrs.frozen
class Decision:
    """Which side is asked first."""

    route: str
    """``legacy``, a tier, or ``none`` when nobody could answer."""
    reason: str
    """A sentence for people."""
    sunset: datetime
    """The one in force."""
    corrects: bool
    """Whether replies may lead on to another side."""
    legacy_next: bool = False
    """Whether legacy is asked if the tier knows nothing."""
    since: float | None = None
    """From when on it holds while replies teach nothing, in seconds since the epoch; None if it will end by itself."""


def sunset_of(operation: Operation, settings: Settings) -> datetime:
    """Return the sunset in force: the operator's for the document, else the operation's own."""
    return settings.sunsets.get(operation.document, operation.sunset)


def has_successor(operation: Operation, settings: Settings) -> bool:
    """Return whether an operation's successors may be asked: it has some, and their switch, if any, is on."""
    if operation.switch and operation.switch not in settings.writes:
        return False
    return bool(operation.successors)


def is_strict(operation: Operation, settings: Settings) -> bool:
    """Return whether members that a successor would ignore are refused."""
    return f"{operation.switch}{STRICT}" in settings.writes


def constant_of(operation: Operation, settings: Settings) -> ConstantAnswer | None:
    """Return the one answer that is left; None if no answer is, or it is that of a write that is not switched on."""
    switched_on = operation.switch in settings.writes and not is_strict(
        operation, settings
    )
    if not operation.switch or switched_on:
        return operation.constant
    return None


VERSION_GONE = "VERSION_GONE"
"""Atlas's error code for a version of an endpoint that has gone, for every caller."""

_USER = re.compile(r'digest .*?\busername="([^"]*)"', re.IGNORECASE)


def retired_key(match: Match, origin: str, call: Call | None = None) -> tuple[str, ...]:
    """Return the key for a retired answer of legacy: for all callers, or for a path and credentials (hashed)."""
    key = ("retired", origin, match.operation.id, match.api.name)
    if call is None:
        return key
    return (*key, _of_caller(call, call.path))


def empty_key(call: Call, path: str) -> tuple[str, ...]:
    """Return the key under which a successor's list is remembered as empty, for a caller and the path of that list."""
    return ("empty", call.origin, _of_caller(call, path))


def _of_caller(call: Call, path: str) -> str:
    said = field(call.headers, "authorization") or ""
    user = _USER.match(said)
    return str(hash((path, user[1] if user else said)))


def tier_key(match: Match, origin: str) -> tuple[str, ...]:
    """Return the key under which the tier of a call's cluster is remembered, learned from a success alone."""
    return ("tier", origin, *match.cluster)


def learn_retired(match: Match, call: Call, reply: Reply, context: Context) -> None:
    """Remember that legacy answered as retired.

    ``VERSION_GONE`` is about the endpoint's version and is believed for every call of
    the operation. Any other answer may be due to one caller's request, or its identity,
    so it is believed for that path and these credentials alone: it does not redirect
    other callers.
    """
    is_gone = (
        reply.status == 410 and field(reply.headers, "x-error-code") == VERSION_GONE
    )
    key = retired_key(match, call.origin, None if is_gone else call)
    context.memory.remember(key, str(reply.status), context.monotonic())


def decide(
    match: Match, call: Call, context: Context, answered: str | None = None
) -> Decision:
    """Decide which side is asked first; ``answered`` is the status with which legacy just answered as retired."""
    operation = match.operation
    settings = context.settings
    sunset = sunset_of(operation, settings)
    if operation.lives or settings.route in LEGACY:
        because = LEGACY.get(settings.route, "the endpoint lives on")
        return Decision("legacy", because, sunset, corrects=False)
    if settings.route in {RouteWord.AUTO, RouteWord.DATE}:
        return _decide_by_date(match, call, context, sunset, answered)
    because = f"the route is set to {settings.route}"
    set_so = Decision(operation.first, because, sunset, corrects=False, since=-math.inf)
    return _if_there(set_so, operation, settings)


def _decide_by_date(
    match: Match, call: Call, context: Context, sunset: datetime, answered: str | None
) -> Decision:
    """Decide by date, and where replies count, by legacy's answer and the tier of the cluster."""
    operation = match.operation
    settings = context.settings
    corrects = settings.route is RouteWord.AUTO
    now = context.clock()
    is_over = now >= sunset.timestamp()
    state = "has passed" if is_over else "is still to come"
    reason = f"its sunset, {_written(sunset)}, {state}"
    blank = operation.blank
    is_blank = False
    if blank is not None and not is_over and now >= blank.timestamp():
        is_blank = True
        reason = f"{reason}, but since {_written(blank)} its answers mean nothing"
    if not corrects:
        reason = f"the route is decided by date: {reason}"
    elif answered is None:
        answered = _answered_before(match, call, context)
    # What legacy answered before its sunset, perhaps to this caller alone, is believed
    # for a while.
    certain = sunset.timestamp() + 2 * TTL
    since: float | None = certain if now >= certain else None
    if answered is not None:
        is_blank = False
        since = None
        reason = f"the legacy endpoint answered {answered} less than ten minutes ago"
    elif not (is_over or is_blank):
        return Decision("legacy", reason, sunset, corrects)
    elif corrects and not _can_answer(operation, settings):
        # Real sunset dates moved: asking is the only thing that can work.
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
    """Return whether a successor, or a constant, can answer in place of legacy."""
    if has_successor(operation, settings):
        return True
    return constant_of(operation, settings) is not None


def _answered_before(match: Match, call: Call, context: Context) -> str | None:
    """Return the status with which legacy lately answered as retired: to everybody, or to this caller."""
    recall = context.memory.recall
    now = context.monotonic()
    to_all = recall(retired_key(match, call.origin), now)
    return to_all or recall(retired_key(match, call.origin, call), now)


def _found_before(match: Match, call: Call, context: Context) -> str | None:
    """Return the tier, other than the first, on which a call's cluster was lately found."""
    if not match.cluster:
        return None
    key = tier_key(match, call.origin)
    tier = context.memory.recall(key, context.monotonic())
    if tier == match.operation.first or tier not in match.operation.successors:
        return None
    return tier


def _if_there(decision: Decision, operation: Operation, settings: Settings) -> Decision:
    """Return a decision for a successor, or that nobody could answer, if there is none."""
    if has_successor(operation, settings):
        return decision
    lacking = f"{decision.reason}, and there is no successor"
    lacking = _switched_off(operation, settings) or lacking
    return Decision("none", lacking, decision.sunset, decision.corrects)


def _switched_off(operation: Operation, settings: Settings) -> str:
    """Return the reason why a write whose switch is off is not sent on; empty for any other call."""
    word = operation.switch
    if not word or word in settings.writes:
        return ""
    return f"this write is switched off (set ATLAS_SHIM_WRITES={word})"


LEGACY = {
    RouteWord.OFF: "the shim is switched off",
    RouteWord.LEGACY: "the route is set to legacy",
}
"""The words that never lead to a successor, and the reason that they give."""


@lru_cache(maxsize=64)
def _written(instant: datetime) -> str:
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%MZ").replace("T00:00Z", "")
