"""One exchange: what it is given from outside, what outlives it, and how far it got."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Sequence
from datetime import datetime
from typing import Any

import attrs

from shim.core.content import JsonReader, dumps, loads
from shim.core.messages import Call, Dropped, FieldReport, Record, Reply, Send, Sent
from shim.core.question import LegacyQuery
from shim.core.recognise import Match
from shim.core.responses import CallError
from shim.core.settings import Settings
from shim.core.translate import UpstreamPage
from shim.documents.vocabulary import JsonObject

TTL = 600.0
"""Seconds for which a reply is believed: ten minutes, since sunset dates move in both directions."""

SIZE = 2048
"""Entries of a memory; the least recently used goes first."""


@attrs.define(eq=False)
class Memory:
    """What replies taught, kept between exchanges: words by key, each believed for ten minutes; thread-safe.

    ``generation`` changes whenever a word is learned that was not known before, or is forgotten. Times are monotonic
    seconds, passed in; an entry stamped later than now is ignored.
    """

    generation: int = 0
    _entries: OrderedDict[Hashable, tuple[float, str]] = attrs.field(factory=OrderedDict, init=False)
    _lock: threading.Lock = attrs.field(factory=threading.Lock, init=False)

    def remember(self, key: Hashable, word: str, now: float) -> None:
        """Store a word under a key, as learned at ``now``."""
        with self._lock:
            known = self._entries.get(key)
            self.generation += known is None or known[1] != word or not 0 <= now - known[0] < TTL
            self._entries[key] = (now, word)
            self._entries.move_to_end(key)
            if len(self._entries) > SIZE:
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
        """Drop what was learned under a key, if anything was."""
        with self._lock:
            self.generation += self._entries.pop(key, None) is not None


@attrs.frozen
class Context:
    """What one exchange is given from outside.

    ``base`` is the URL that the caller used and that links lead back to, ``scheme://authority`` and perhaps a path
    before ``/api``. ``clock`` returns seconds since the epoch, for dates; ``monotonic`` is the clock for durations.
    ``loads`` and ``dumps`` are the JSON codec. If ``whole``, the first page of a list whose upstream pages were all
    read has all items, so that an iteration over it does not read them again for each page.
    """

    settings: Settings
    memory: Memory
    clock: Callable[[], float]
    base: str
    loads: Callable[[bytes], Any] = loads
    dumps: Callable[[Any], bytes] = dumps
    monotonic: Callable[[], float] = attrs.field(kw_only=True)
    whole: bool = False


@attrs.define
class ExchangeState:
    """The state of one exchange.

    ``started`` is in seconds of the monotonic clock, ``sunset`` the one in force; ``json`` reads replies. ``route`` is
    the side asked last, ``none`` before any was; it ``knows_nothing`` if it answered that nothing is there.
    ``query`` and ``body`` are what the caller asked for, once read; ``word`` is the part of it that chooses the
    successor's call. ``asked`` is the last call that was sent, ``last`` the head of its reply. ``added`` is the tier
    whose list follows another one's, and that list's pages.
    """

    match: Match
    call: Call
    context: Context
    started: float
    sunset: datetime
    json: JsonReader
    reason: str = ""
    route: str = "none"
    query: LegacyQuery = attrs.field(factory=LegacyQuery)
    body: JsonObject | None = None
    word: str = ""
    knows_nothing: bool = False
    asked: Call = attrs.field(init=False)
    last: Reply = attrs.field(init=False)
    added: tuple[str, Sequence[UpstreamPage]] | None = None
    sent: list[Sent] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    def send(self, call: Call, route: str, *, rewritten: bool, may_read: bool = True) -> Send:
        """Return the command that sends one call; raises CallError if that would begin after the deadline."""
        deadline = self.context.settings.deadline
        if self.sent and self.context.monotonic() - self.started > deadline:
            raise CallError(504, "SHIM_DEADLINE_EXCEEDED", f"Upstream did not answer within {deadline:g} seconds.")
        self.route, self.asked = route, call
        return Send(call, route, rewritten, may_read)

    def got(self, reply: Reply) -> Reply:
        """Note the head of the reply to the call that was sent last, and return it."""
        self.sent.append(Sent(self.asked.method, self.asked.target, reply.status, self.route))
        self.last = reply
        return reply

    def record(self, fields: tuple[FieldReport, ...] = (), dropped: tuple[Dropped, ...] = ()) -> Record:
        """Return the record of the exchange as it stands."""
        operation, because = self.match.operation, self.context.settings.because
        return Record(
            operation=operation.id,
            api=self.match.api.name,
            route=self.route,
            reason=f"{self.reason}; {because}" if because else self.reason,
            sunset=self.sunset,
            deprecated=operation.deprecated,
            sent=tuple(self.sent),
            fields=fields,
            dropped=dropped,
            notes=tuple(dict.fromkeys(filter(None, self.notes))),
        )
