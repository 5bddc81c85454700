"""Remember an exchange, for reads of the same operation with the same form of head.

A fleet's reads differ in the cluster, in credentials and in the ids of traces. One
exchange decides for all of them which request is sent and how it is answered:
parameters fill the path, and the route's memory is asked for each cluster. Any other
reply (another status, broken content, a list with more pages) takes the ordinary path.
No call is sent twice.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Hashable
from functools import lru_cache
from time import monotonic, perf_counter
from typing import TYPE_CHECKING

import attrs

from shim.core.messages import Answer, Headers, Record, Repeated, Sent
from shim.core.recognize import Candidates, Match, match_of
from shim.core.responses import document_reply
from shim.core.route import tier_key
from shim.core.settings import RouteWord
from shim.core.successor import has_tiers
from shim.gateway.exchange import Shared, UpstreamCall
from shim.gateway.fields import for_caller, notes
from shim.gateway.http1.head import Credential
from shim.gateway.http1.response import Blank, Lines, Request, lines_of, mark
from shim.gateway.kept import KeptAnswer, KeptAnswers
from shim.gateway.limits import Entry
from shim.gateway.logs import CallLine
from shim.gateway.plan import Plan
from shim.gateway.upstream.connection import OutboundCall, UpstreamResponse

if TYPE_CHECKING:
    from functools import _lru_cache_wrapper

# The limit on remembered reads, by operation, query, form of head, and tier.
MAX_REPEATS = 256
PATHS = 8192  # the limit on remembered matches
_MAX_KEY_LENGTH = 300  # the limit on such a path and the call's Accept, in characters
_PATH, _CREDENTIAL, _FREE = range(3)
_is_plain = re.compile(r"(?:/[A-Za-z0-9_-][A-Za-z0-9._-]*)+/?").fullmatch

_Matched = tuple[Candidates | None, Match | None, tuple[str, ...] | None]


@attrs.define(eq=False)
class Prepared:
    """How reads of one operation are sent to a tier and answered, for any cluster."""

    repeated: Repeated
    outbound: OutboundCall
    head: Blank
    suffix: str
    """The part after the path in its target."""
    record: Record
    """The record of a success, with a mark in place of the path."""
    status: int
    content_type: str
    linked: bool
    """Whether that path differs from the caller's."""
    _fields: tuple[Headers, Lines] | None = None
    _notes: tuple[Record, Blank] | None = None

    def lines(
        self, headers: Headers, record: Record, path: bytes
    ) -> tuple[Lines, bytes]:
        """Return the answer's field lines, as texts and as bytes with its path.

        ``lines`` are those of the reply.
        """
        fields = self._fields
        noted = self._notes
        if fields is None or fields[0] is not headers:
            shown = document_reply(b"", self.status, self.content_type, headers).headers
            fields = self._fields = headers, lines_of(for_caller(shown))
        if noted is None or noted[0] is not record:
            noted = self._notes = (
                record,
                Blank.of(lines_of(notes(record, linked=self.linked)).text),
            )
        return fields[1], fields[1].text + noted[1].filled((path,))


@attrs.define(eq=False)
class RepeatedCall:
    """A call like earlier ones: their stored parts, and its own values.

    ``tier_key`` is the cluster's key in the route's memory, or None if the cluster has
    one tier.
    """

    repeats: Repeats
    prepared: Prepared
    match: Match
    path: str
    upstream_path: bytes
    tier_key: tuple[str, ...] | None

    async def answer(
        self, request: Request, plan: Plan, entry: Entry, line: CallLine
    ) -> UpstreamResponse | None:
        """Answer a call like earlier ones; raises Refusal.

        Returns upstream's answer if upstream was asked, but only an exchange can
        translate the answer.
        """
        prepared = self.prepared
        shared = self.repeats.shared
        limit = plan.settings.body_limit
        began = perf_counter()
        head = prepared.head.filled(_values(request, self.upstream_path))
        line.match = self.match
        left = made = None
        try:
            until = shared.upstream.now() + plan.settings.deadline
            line.is_sent(prepared.repeated.route)
            left = response = await shared.upstream.send(prepared.outbound, head, until)
            if response.head.status == prepared.repeated.expected:
                content = response.whole(limit)
                if content is not None:
                    left = None  # all of it has arrived
                else:
                    content = (await response.read(limit, entry.take)).body
                    entry.hold(len(content or b"") - sum(map(len, response.chunks)))
                line.upstream_seconds = perf_counter() - began
                if content is not None:
                    made = self._made(content)
            if made is None:
                left = None
                response.sent = head
                response.began = began
                return response
            is_long = entry.hold(len(made.body))
            self._reply(request, response, made, line)
            # the answer waits until the caller has read it, but not its parts
            if is_long:
                response.chunks = []
                content = None
                made = None
                await request.way.flushed()
        finally:
            if line.upstream_seconds is None:
                line.upstream_seconds = perf_counter() - began
            if left is not None:
                left.close()
        return None

    def _made(self, content: bytes) -> KeptAnswer | None:
        """Return the translated content, or None if it is unusual."""
        prepared, answers, key = (
            self.prepared,
            self.repeats.answers,
            (self.prepared, self.path),
        )
        kept = answers.find(key, content)
        if kept is not None:
            return kept
        made = prepared.repeated.translate(self.match, self.path, content)
        if made is None:
            return None
        record = prepared.record
        if made.fields is not record.fields or made.dropped:
            record = attrs.evolve(record, fields=made.fields, dropped=made.dropped)
            if not made.dropped:  # most often the next answer has the same
                prepared.record = record
        answer = KeptAnswer(content, made.value, record)
        if prepared.repeated.timeless:
            answers.keep(key, answer)
        return answer

    def _reply(
        self,
        request: Request,
        response: UpstreamResponse,
        made: KeptAnswer,
        line: CallLine,
    ) -> None:
        """Answer with the translated content, and count it."""
        record = made.record
        headers = response.head.headers
        shared = self.repeats.shared
        prepared = self.prepared
        path = self.upstream_path
        request.answer_with(
            prepared.status, *prepared.lines(headers, record, path), made.body
        )
        line.upstream_status = response.head.status
        line.translated(record)
        if self.tier_key is not None:
            shared.memory.remember(self.tier_key, prepared.repeated.route, monotonic())
        if response.head.announces or shared.inventory.is_on:
            target = path.decode() + prepared.suffix
            if response.head.announces:
                shared.inventory.look(
                    attrs.evolve(prepared.outbound.call, target=target), headers, line
                )
            sent = Sent("GET", target, response.head.status, prepared.repeated.route)
            shared.inventory.add(attrs.evolve(record, sent=(sent,)), line)


@attrs.define(eq=False)
class Repeats:
    """Remembers how reads were answered, and their ``answers`` while memory is left."""

    shared: Shared
    answers: KeptAnswers
    _plan: Plan | None = None
    _known: OrderedDict[Hashable, dict[str, Prepared]] = attrs.field(
        factory=OrderedDict
    )
    _matched: _lru_cache_wrapper[_Matched] = attrs.field(
        init=False, factory=lambda: lru_cache(PATHS)(_matched)
    )

    def find(self, request: Request, plan: Plan, path: str) -> RepeatedCall | None:
        """Return the stored parts of calls like this one, or None.

        It is None if the decision might differ. This happens before the call is
        checked, and the call may be sent before. It differs from a call that passed all
        checks only in plain segments of its path, in its credential and in ids of
        traces. The only check that reads these is the list of allowed calls, which is
        asked here.
        """
        head = request.head
        allow = plan.options.allow
        if plan is not self._plan or _is_digest(request.credential):
            return None
        candidates, match, key = self._looked_up(request, plan, path)
        if match is None:
            known = None
        else:
            known = self._known.get(_key(request, candidates, path))
        if known is None or match is None:
            return None
        if allow is not None and not allow.has(head.method, path, match.operation):
            return None
        tier = ""
        if key is not None and plan.settings.route is RouteWord.AUTO:
            tier = self.shared.memory.recall(key, monotonic()) or tier
        prepared = known.get(
            tier if tier in match.operation.successors else match.operation.first
        )
        if prepared is None or prepared.repeated.since > self.shared.clock():
            return None
        return RepeatedCall(
            self,
            prepared,
            match,
            path,
            prepared.repeated.path.build(match.raw).encode(),
            key,
        )

    def _looked_up(self, request: Request, plan: Plan, path: str) -> _Matched:
        """Return ``_matched`` for a request, or None if it would take much memory."""
        form = request.head.form
        if form is None or len(path) + len(form.accept) > _MAX_KEY_LENGTH:
            return None, None, None
        return self._matched(plan, request.head.method, path, form.accept)

    def learn(
        self, request: Request, plan: Plan, run: UpstreamCall, outcome: Answer
    ) -> None:
        """Remember how a call was answered, unless each such call needs a new decision."""
        head = request.head
        repeated = outcome.repeated
        match = run.match
        record = outcome.record
        if (
            repeated is None
            or match is None
            or head.form is None
            or repeated.call.origin != run.call.origin
        ):
            return
        path, _, query = repeated.call.target.partition("?")
        if (
            run.is_moved
            or path != repeated.path.build(match.raw)
            or _is_digest(request.credential)
        ):
            return
        if plan is not self._plan:
            self._plan = plan
            self._matched.cache_clear()
            self._known.clear()
            self.answers.clear()
        candidates, _, _ = self._looked_up(request, plan, run.line.path)
        if candidates is None:
            return
        suffix = f"?{query}" if query else ""
        call = attrs.evolve(
            repeated.call,
            target=f"{mark(_PATH)}{suffix}",
            headers=_marked(request, repeated),
        )
        outbound = OutboundCall(call, readable=True)
        sent = attrs.evolve(record.sent[0], target=call.target)
        prepared = Prepared(
            repeated, outbound, Blank.of(self.shared.upstream.head_of(outbound)), suffix,
            attrs.evolve(record, sent=(sent,), dropped=()), outcome.reply.status, match.content_type,
            run.leads_on(record),
        )  # fmt: skip
        self._known.setdefault(_key(request, candidates, run.line.path), {})[
            repeated.route
        ] = prepared
        if len(self._known) > MAX_REPEATS:
            self._known.popitem(last=False)


def _matched(plan: Plan, method: str, path: str, accept: str) -> _Matched:
    """Return the operations of a plain path, the match of a read, and its tier's key.

    The match and the key are None if there are none.
    """
    if _is_plain(path):
        looked_up = plan.engine.look_up(method, path)
    else:
        looked_up = None
    if looked_up is None:
        match = None
    else:
        match = match_of(*looked_up, accept)
    if looked_up is None or match is None:
        return None, None, None
    return (
        looked_up[0],
        match,
        tier_key(match, plan.options.upstream) if has_tiers(match) else None,
    )


def _is_digest(credential: Credential | None) -> bool:
    """Return whether a credential signs the caller's target.

    Such a credential is not sent with another target.
    """
    return credential is not None and credential[2][:6].lower() == "digest"


def _key(request: Request, candidates: object, path: str) -> Hashable:
    """Return the key of calls that are sent and answered alike.

    They may differ in the values in their places.
    """
    head = request.head
    credential = request.credential
    if credential is None:
        place = None
    else:
        place = credential[:2]
    return (
        candidates,
        head.form,
        head.method,
        head.target[len(path) + 1 :],
        place,
        request.way.scheme,
    )


def _values(request: Request, path: bytes) -> list[bytes]:
    """Return the values for the places in the head of a call."""
    head = request.head
    credential = request.credential
    assert head.form is not None, "it is remembered"
    free = [head.headers[place][1].encode() for place in head.form.free]
    return [path, b"" if credential is None else credential[2].encode(), *free]


def _marked(request: Request, repeated: Repeated) -> Headers:
    """Return the sent field lines, with marks in place of values that differ."""
    head = request.head
    credential = request.credential
    assert head.form is not None, "it is remembered"
    places = {
        id(head.headers[place]): _FREE + number
        for number, place in enumerate(head.form.free)
    }
    own = {id(line) for line in head.headers}
    marked = []
    for line in repeated.call.headers:
        place = places.get(id(line))
        if credential is not None and id(line) not in own and line == credential[1:]:
            place = _CREDENTIAL
        marked.append(line if place is None else (line[0], mark(place)))
    return tuple(marked)
