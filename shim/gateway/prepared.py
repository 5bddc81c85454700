"""What is remembered of a head that was answered before: the call that is sent for it, and answers by their content.

It is kept on the head, which callers say again and again, and stands until a reload, the date of a sunset, whatever the
core's memory learns, or a minute is over. All that is not as usual (a status, a coding that is broken, a list that goes
on) goes the ordinary way with the reply that has come: nothing is asked twice.
"""

from __future__ import annotations

from time import monotonic
from typing import TYPE_CHECKING

import attrs

from shim.core.messages import Answer, Headers, Record, Repeated
from shim.core.recognise import Match
from shim.core.responses import document_reply
from shim.gateway.fields import for_caller, notes
from shim.gateway.http1.head import RequestHead
from shim.gateway.http1.response import Lines, lines_of
from shim.gateway.upstream.client import OutboundCall, Upstream

if TYPE_CHECKING:
    from shim.core.memory import Memory
    from shim.gateway.plan import Plan

GOOD_FOR = 60.0
"""Seconds after which a call is decided anew, so that what memory has learned does not grow old unseen."""

ANSWERS = 2
"""Answers that are kept of a call: a poller of a list that two servers write differently finds both."""

BYTES = 4 * 1024 * 1024
"""What all kept answers may take, in bytes of upstream's and translated content."""

_MARK = "~" * 32
"""Stands for a credential where there is none yet."""


@attrs.define(eq=False)
class Prepared:
    """A call that is made again, as long as it ``stands``.

    ``before`` and ``after`` are the head that is sent, with room for the credential, whose place and name in the
    caller's head are ``credential``. ``answers`` are content, what it became, and the record of that.
    """

    plan: Plan
    scheme: str
    match: Match
    repeated: Repeated
    linked: bool
    status: int
    outbound: OutboundCall
    credential: tuple[int, str] | None
    before: bytes
    after: bytes
    generation: int
    until: float
    answers: list[tuple[bytes, bytes, Record]] = attrs.field(factory=list)
    _shown: tuple[Headers, Record, Lines] | None = None

    def stands(self, plan: Plan, scheme: str, memory: Memory, now: float) -> bool:
        """Return whether the call would be decided as it was; ``now`` is in seconds since the epoch."""
        return (
            self.plan is plan
            and self.scheme == scheme
            and self.generation == memory.generation
            and self.repeated.since <= now
            and monotonic() < self.until
        )

    def head(self, head: RequestHead) -> bytes | None:
        """Return the head that is sent for a caller's, None if its credential stands elsewhere or may not cross."""
        if head.credential is None or self.credential is None:
            return self.before if head.credential is self.credential else None
        place, name, value = head.credential
        if (place, name) != self.credential or value[:6].lower() == "digest":
            return None
        return b"%b%b%b" % (self.before, value.encode(), self.after)

    def answer(self, headers: Headers, content: bytes) -> tuple[Lines, bytes, Record] | None:
        """Return the field lines and the content of the answer to a success, and its record; None if it is unusual."""
        for known, made, record in self.answers:
            if known == content:
                break
        else:
            translated = self.repeated.translate(content)
            if translated is None:
                return None
            made, record = translated
        shown = self._shown
        if shown is None or shown[0] is not headers or shown[1] is not record:
            fields = document_reply(b"", self.status, self.match.content_type, headers).headers
            lines = lines_of((*for_caller(fields), *notes(record, linked=self.linked)))
            shown = self._shown = headers, record, lines
        return shown[2], made, record


@attrs.define
class Shelf:
    """Keeps answers of prepared calls, in so many bytes together."""

    limit: int = BYTES
    _size: int = 0
    _holders: set[Prepared] = attrs.field(factory=set)

    def keep(self, prepared: Prepared, content: bytes, made: bytes, record: Record) -> None:
        """Keep an answer, unless the same content makes another one some other time, or it is large."""
        size = len(content) + len(made)
        if not prepared.repeated.timeless or size > self.limit // 4:
            return
        if self._size + size > self.limit:
            for holder in self._holders:
                holder.answers.clear()
            self._holders.clear()
            self._size = 0
        gone = prepared.answers[ANSWERS - 1 :]
        prepared.answers[:] = [(content, made, record), *prepared.answers[: ANSWERS - 1]]
        self._size += size - sum(len(said) + len(answer) for said, answer, _ in gone)
        self._holders.add(prepared)


def prepare(  # noqa: PLR0913 - all that decided it
    head: RequestHead, scheme: str, plan: Plan, match: Match, memory: Memory, upstream: Upstream, outcome: Answer,
    *, linked: bool,
) -> Prepared | None:  # fmt: skip
    """Return what is remembered of a call that was answered; None if it has to be decided anew each time."""
    repeated, record = outcome.repeated, outcome.record
    if repeated is None or head.base is None or head.is_http10 or head.method != "GET" or head.has_content:
        return None
    call = repeated.call
    if head.credential is not None:
        place, name, _ = head.credential
        lines = [(one, _MARK) if one == name else (one, value) for one, value in call.headers]
        call = attrs.evolve(call, headers=tuple(lines))
    outbound = OutboundCall(call, readable=True)
    before, _, after = upstream.head_of(outbound).partition(_MARK.encode())
    return Prepared(
        plan, scheme, match, repeated, linked, record.sent[0].status or 0, outbound,
        None if head.credential is None else head.credential[:2],
        before, after, memory.generation, monotonic() + GOOD_FOR,
    )  # fmt: skip
