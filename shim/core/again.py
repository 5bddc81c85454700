"""Repeated calls of one process: decided once a minute, and translated only if upstream's content has changed.

Anything unusual is left to ``exchange``, with the replies received so far.
"""

from __future__ import annotations

import threading
from collections import OrderedDict

import attrs

from shim.core.context import Context, Memory
from shim.core.exchange import exchange
from shim.core.messages import Answer, Call, Exchange, Read, Record, Reply, Send, Translate, advance, without
from shim.core.question import OWN_WORDS
from shim.core.recognise import Match
from shim.core.responses import document_reply
from shim.core.settings import Settings

GOOD_FOR = 60.0
"""Seconds after which a call is decided again, so that what memory learned can expire."""

SIZE = 64
"""The most calls that are remembered; the oldest goes first."""

BYTES = 64 * 1024
"""The most bytes of one kept answer, upstream's and translated content together."""

Key = tuple[str, str, str, str, bool]


@attrs.define(eq=False)
class Known:
    """How a call was answered: by one success, with status ``expected``, of a call to ``target``.

    It is valid from ``since`` (clock) ``until`` a monotonic time, while ``generation`` is memory's. ``answers`` are
    the last two: upstream's content, its translation, and the record.
    """

    match: Match
    settings: Settings
    memory: Memory
    generation: int
    since: float
    until: float
    target: str
    accept: tuple[str, str]
    route: str
    expected: int
    status: int
    translate: Translate
    timeless: bool
    answers: tuple[tuple[bytes, bytes, Record], ...] = ()
    lock: threading.Lock = attrs.field(factory=threading.Lock)

    def stands(self, match: Match, context: Context) -> bool:
        """Return whether the decision is still valid."""
        is_same = self.match.compiled is match.compiled and self.settings is context.settings
        is_fresh = self.memory is context.memory and self.generation == self.memory.generation
        return is_same and is_fresh and self.since <= context.clock() and context.monotonic() < self.until

    def answer(self, content: bytes) -> tuple[bytes, Record] | None:
        """Return the translation of content and its record, None if it is unusual."""
        for said, body, record in self.answers:
            if said == content:
                return body, record
        with self.lock:  # it is made for one call at a time
            made = self.translate(content)
        if made is not None:
            self.keep(content, *made)
        return made

    def keep(self, content: bytes, body: bytes, record: Record) -> None:
        """Keep an answer, unless it is large or depends on the time."""
        if self.timeless and len(content) + len(body) <= BYTES:
            self.answers = ((content, body, record), *self.answers[:1])


@attrs.frozen
class Repeats:
    """The remembered calls of a process; holds no credentials."""

    _known: OrderedDict[Key, Known] = attrs.field(factory=OrderedDict)
    _lock: threading.Lock = attrs.field(factory=threading.Lock)

    def exchange(self, match: Match, call: Call, context: Context) -> Exchange:
        """Run one exchange as ``exchange`` does, with what is remembered of the same call."""
        key = (context.base, call.method, call.target, match.content_type, context.whole)
        known, replies = self._known.get(key), list[Reply]()
        if known is not None and known.stands(match, context):
            headers = (*without(call.headers, OWN_WORDS), known.accept)
            sent = Send(Call(call.method, call.origin, known.target, headers), known.route, rewritten=True)
            replies.append((yield sent))
            if replies[0].status == known.expected:
                reply = yield Read(context.settings.body_limit)
                made = None if reply.body is None else known.answer(reply.body)
                if made is not None:
                    body, record = made
                    return Answer(document_reply(body, known.status, match.content_type, reply.headers), record)
                replies.append(reply)
        steps = exchange(match, call, context)
        command = advance(steps, None)
        while isinstance(command, Send | Read):
            reply = replies.pop(0) if replies else (yield command)
            if isinstance(command, Send):
                sent, head = command, reply
            command = advance(steps, reply)
        if isinstance(command, Answer) and command.repeated is not None and reply.body is not None:
            self._learn(key, match, context, sent, head, command, reply.body)
        return command

    def _learn(  # noqa: PLR0913, PLR0917 - all that was decided
        self, key: Key, match: Match, context: Context, sent: Send, head: Reply, outcome: Answer, content: bytes
    ) -> None:
        repeated = outcome.repeated
        assert repeated is not None, "only such replies are remembered"
        known = Known(
            match,
            context.settings,
            context.memory,
            context.memory.generation,
            repeated.since,
            context.monotonic() + GOOD_FOR,
            sent.call.target,
            sent.call.headers[-1],
            sent.route,
            head.status,
            outcome.reply.status,
            repeated.begin(),
            repeated.timeless,
        )
        known.keep(content, outcome.reply.body or b"", outcome.record)
        with self._lock:
            self._known[key] = known
            if len(self._known) > SIZE:
                self._known.popitem(last=False)
