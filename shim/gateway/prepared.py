"""What the gateway remembers of a request head that it has answered: the upstream call, and answers by content.

It is kept with the head until a reload, the date of a sunset, a change of the core's memory, or for a minute. Any other
reply (another status, broken content, a list with more pages) goes the ordinary way; no call is sent twice.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from time import monotonic, perf_counter
from weakref import WeakSet

import attrs

from shim.core.messages import Answer, Headers, Record, Repeated
from shim.core.recognise import Match
from shim.core.responses import document_reply
from shim.core.route import Memory
from shim.gateway.exchange import Exchange
from shim.gateway.fields import for_caller, notes
from shim.gateway.http1.body import BUFFERED
from shim.gateway.http1.head import Credential
from shim.gateway.http1.response import Lines, Request, lines_of
from shim.gateway.limits import Entry
from shim.gateway.logs import CallLine
from shim.gateway.plan import Plan
from shim.gateway.radar_inventory import RadarInventory
from shim.gateway.upstream.client import Upstream
from shim.gateway.upstream.connection import OutboundCall, UpstreamResponse

GOOD_FOR = 60.0  # seconds after which a call is decided anew, so that what memory has learned does not grow old unseen
BYTES = 4 * 1024 * 1024  # what all kept answers may take, in bytes of upstream's and translated content
_MARK = secrets.token_hex(16)  # stands for a credential, of which none is kept


@attrs.define(eq=False)
class Prepared:
    """What was decided of a call.

    The head that is sent is ``before`` and ``after`` a credential, whose place and name in the caller's head are
    ``credential``. The answer to a success has ``status``. ``answers`` are the last two: the content, what it became,
    and the record of that. A poller of a list that two servers write differently finds both.
    """

    plan: Plan
    scheme: str
    generation: int
    until: float
    match: Match
    repeated: Repeated
    outbound: OutboundCall
    credential: tuple[int, str] | None
    before: bytes
    after: bytes
    status: int
    linked: bool
    answers: list[tuple[bytes, bytes, Record]] = attrs.field(factory=list)
    _shown: tuple[Headers, Record, Lines] | None = None
    _noted: tuple[Record, Headers] | None = None

    def head(self, credential: Credential | None) -> bytes | None:
        """Return the head that is sent with a credential, None if that stands elsewhere or can't cross."""
        if credential is None or self.credential is None:
            return self.before if credential is None and self.credential is None else None
        place, name, value = credential
        if (place, name) != self.credential or value[:6].lower() == "digest":
            return None
        return b"%b%b%b" % (self.before, value.encode(), self.after)

    def lines(self, headers: Headers, record: Record) -> Lines:
        """Return the field lines of an answer whose upstream reply had these."""
        shown = self._shown
        if shown is None or shown[0] is not headers or shown[1] is not record:
            noted = self._noted
            if noted is None or noted[0] is not record:  # upstream's fields differ more often
                noted = self._noted = record, notes(record, linked=self.linked)
            fields = document_reply(b"", self.status, self.match.content_type, headers).headers
            lines = lines_of((*for_caller(fields), *noted[1]))
            shown = self._shown = headers, record, lines
        return shown[2]


@attrs.define(eq=False)
class Repeats:
    """Answers calls by what is remembered of their heads; kept answers take ``limit`` bytes together."""

    upstream: Upstream
    memory: Memory
    inventory: RadarInventory
    clock: Callable[[], float]
    limit: int = BYTES
    _size: int = 0
    _holders: WeakSet[Prepared] = attrs.field(factory=WeakSet)
    """What has answers; it lives as long as its head is remembered."""

    async def answer(
        self, request: Request, plan: Plan, entry: Entry, line: CallLine, *, close: bool
    ) -> UpstreamResponse | None:
        """Answer a call as it was answered before, if it was; raises Refusal, and TimeoutError after the deadline.

        Returns upstream's answer, if upstream was asked and only an exchange can translate the answer.
        """
        prepared = self.found(request, plan)
        head = None if prepared is None else prepared.head(request.credential)
        if prepared is None or head is None:
            return None
        line.match, line.route, limit, began = prepared.match, "refused", plan.settings.body_limit, perf_counter()
        left = made = None
        try:
            until = self.upstream.now() + plan.settings.deadline
            left = response = await self.upstream.send(prepared.outbound, head, until)
            if response.head.status == prepared.repeated.expected:
                content = response.whole(limit)
                if content is not None:
                    left = None  # all of it is here
                else:
                    content = (await response.read(limit)).body
                    if (more := len(content or b"") - sum(map(len, response.chunks))) > BUFFERED:
                        entry.take(more)
                line.upstream_seconds = perf_counter() - began
                if content is not None and prepared.generation == self.memory.generation:
                    made = self._made(prepared, content)
            if made is None:
                left = None
                response.sent, response.began = head, began
                return response
            line.translation = perf_counter() - began - (line.upstream_seconds or 0.0)
            if is_long := len(made[0]) > BUFFERED:
                entry.take(len(made[0]))
            self._reply(request, prepared, response, made, line, close=close)
            if is_long:  # it waits until the caller has taken it
                await request.way.flushed()
        finally:
            if line.upstream_seconds is None:
                line.upstream_seconds = perf_counter() - began
            if left is not None:
                left.close()
        return None

    def _reply(  # noqa: PLR0913 - all that an answer is made of
        self, request: Request, prepared: Prepared, response: UpstreamResponse, made: tuple[bytes, Record],
        line: CallLine, *, close: bool,
    ) -> None:  # fmt: skip
        """Answer with what content became, and take down that it did."""
        (body, record), headers = made, response.head.headers
        request.answer_with(prepared.status, prepared.lines(headers, record), body, close=close)
        line.upstream_status = response.head.status
        line.translated(record)
        if response.head.announces:
            self.inventory.look(prepared.outbound.call, headers, line)
        if self.inventory.is_on:
            self.inventory.add(record, line)

    def found(self, request: Request, plan: Plan) -> Prepared | None:
        """Return what is remembered of a request's head, None if the call might be decided otherwise by now."""
        known = request.head.prepared
        if not isinstance(known, Prepared) or known.plan is not plan or known.scheme != request.scheme:
            return None
        is_fresh = known.generation == self.memory.generation and monotonic() < known.until
        return known if is_fresh and known.repeated.since <= self.clock() else None

    def _made(self, prepared: Prepared, content: bytes) -> tuple[bytes, Record] | None:
        """Return what content becomes, and the record of that; None if it is unusual."""
        for known, body, record in prepared.answers:
            if known == content:
                return body, record
        made = prepared.repeated.translate(content)
        if made is not None:
            self._keep(prepared, content, *made)
        return made

    def learn(self, request: Request, plan: Plan, run: Exchange, outcome: Answer) -> None:
        """Remember how a call was answered, unless it has to be decided anew each time."""
        head, repeated = request.head, outcome.repeated
        if repeated is None or not head.is_remembered or head.is_http10 or head.has_content or run.content is None:
            return
        if run.match is None or repeated.call.origin != run.call.origin:
            return
        prepared, record, call = self.found(request, plan), outcome.record, repeated.call
        if prepared is None or prepared.head(request.credential) is None:
            credential = None if request.credential is None else request.credential[:2]
            if credential is not None:
                lines = tuple([(name, _MARK if name == credential[1] else value) for name, value in call.headers])
                call = attrs.evolve(call, headers=lines)
            repeated, outbound = attrs.evolve(repeated, call=call), OutboundCall(call, readable=True)
            before, _, after = self.upstream.head_of(outbound).partition(_MARK.encode())
            prepared = head.prepared = Prepared(
                plan, request.scheme, self.memory.generation, monotonic() + GOOD_FOR, run.match, repeated, outbound,
                credential, before, after, outcome.reply.status, run.leads_on(record),
            )  # fmt: skip
        self._keep(prepared, run.content, outcome.reply.body or b"", record)

    def _keep(self, prepared: Prepared, content: bytes, body: bytes, record: Record) -> None:
        """Keep an answer, unless it is large, or depends on the time."""
        size = len(content) + len(body)
        if not prepared.repeated.timeless or size > self.limit // 4:
            return
        if self._size + size > self.limit:
            for holder in self._holders:
                holder.answers.clear()
            self._holders.clear()
            self._size = 0
        if len(prepared.answers) > 1:
            said, made, _ = prepared.answers.pop()
            self._size -= len(said) + len(made)
        elif not prepared.answers:
            self._holders.add(prepared)
        self._size += size
        prepared.answers.insert(0, (content, body, record))
