"""One call from its head to its last byte: retired calls are translated, others passed on.

    limits > [prepared] > checks > gate > exchange =Send=> signer > upstream =Read=> exchange > reply > ledger

A connection calls ``Handler`` with each request. An ``UpstreamCall`` performs the
commands of the core's generator.
"""

from __future__ import annotations

import asyncio
import logging

import attrs

from shim.core.messages import Answer, Reply, field
from shim.core.recognize import Match
from shim.core.settings import RouteWord
from shim.core.state import together
from shim.flags.values import FeatureFlag
from shim.gateway.allow import READS
from shim.gateway.checks import check, check_allowed
from shim.gateway.credentials.gates import CallerGate
from shim.gateway.credentials.signers import step_of_digest
from shim.gateway.errors import INTERNAL, Failure, Refusal, busy, unreadable
from shim.gateway.exchange import Shared, UpstreamCall
from shim.gateway.http1.body import BUFFERED
from shim.gateway.http1.clients import forwarded_peer
from shim.gateway.http1.head import RequestHead
from shim.gateway.http1.response import Request
from shim.gateway.ledger import Ledger
from shim.gateway.limits import Entry, Limits
from shim.gateway.log_writer import tell
from shim.gateway.logs import CallLine, ids_of
from shim.gateway.plan import Plan
from shim.gateway.prepared import Repeats
from shim.gateway.upstream.client import WITH_CONTENT
from shim.gateway.upstream.connection import UpstreamResponse

cut_log = logging.getLogger("shim.gateway.cut")

# Bytes of content of a call that is recognized or signed, which may need a second
# attempt.
KEPT = 1024 * 1024


def _line_of(head: RequestHead, plan: Plan, peer: str) -> CallLine:
    """Return the log line of a call before anything is sent."""
    path = head.target.partition("?")[0]
    request_id, trace = ids_of(head.headers)
    line = CallLine(head.method, path, peer, request_id, plan.engine, trace)
    line.agent = head.agent
    line.route = "refused"
    return line


@attrs.define(eq=False, repr=False)
class Handler:
    """Answers requests."""

    plan: Plan
    """The parts that answer new requests."""
    shared: Shared
    gate: CallerGate
    limits: Limits
    ledger: Ledger
    authorities: frozenset[str] = frozenset()
    """The authorities of this listener."""
    flag: FeatureFlag[Plan] | None = None
    repeats: Repeats = attrs.field(
        default=attrs.Factory(
            lambda self: Repeats(self.shared, self.limits.kept), takes_self=True
        )
    )

    async def __call__(self, request: Request) -> None:
        """Answer one request.

        Any error becomes an answer, or ends the connection.
        """
        plan = self.plan
        head = request.head
        peer = request.way.peer.address
        if plan.options.trusted_proxies:
            peer = forwarded_peer(peer, head.headers, plan.options.trusted_proxies)
        line = _line_of(head, plan, peer)
        request.request_id = f"X-Request-Id: {line.request_id}\r\n".encode("ascii")
        with Entry(self.limits, peer) as entry:
            try:
                if entry.excess:
                    raise busy(entry.excess)  # noqa: TRY301 - answered below, as all are
                await self._answer(request, plan, entry, line)
            except Refusal as refusal:
                # its frames would keep the data alive until garbage collection
                refusal.__traceback__ = None
                line.refused(refusal)
                request.refuse(refusal)
            except ConnectionResetError:  # the caller closed the connection
                raise
            except Exception:
                # the connection sends this answer, and logs the traceback
                line.refused(INTERNAL)
                raise
            finally:  # before it stops counting as in flight
                line.answered(request.status, whole=request.whole)
                self.ledger.add(line)
                tell(line)

    async def _answer(
        self, request: Request, plan: Plan, entry: Entry, line: CallLine
    ) -> None:
        """Answer a call like earlier ones, or check and send it; raises Refusal."""
        early = None
        repeated = self.repeats.find(request, plan, line.path)
        if repeated is not None:
            early = await repeated.answer(request, plan, entry, line)
            if early is None:
                return
        run = UpstreamCall(self.shared, request, plan, entry, line, early)
        run.call, run.base, run.is_moved = check(
            request, plan, self.authorities, self.shared.upstream.name
        )
        call = run.call
        match = plan.engine.recognize(call.method, call.target, call.headers)
        line.match = None
        if match is not None and not match.operation.lives:
            line.match = match
        is_listed = plan.options.allow is not None
        run.signer = await self.gate.admit(request.head, call, match, listed=is_listed)
        line.key = run.signer.proven
        # A caller that the gate refused gets no entry in the flag's memory.
        if self.flag is not None and match is not None:
            run.plan = plan = await self._by_flag(self.flag, plan, match)
            line.reason = plan.settings.because
        run.call = check_allowed(call, match, plan, run.signer)
        # Switching off stops translation, but not access control or signing.
        if plan.settings.route is not RouteWord.OFF:
            run.match = match
        await self._forward(run)
        is_success = 200 <= (line.upstream_status or 0) < 300
        if self.flag is not None and match is not None and is_success:
            self.flag.trust(match)

    async def _by_flag(self, flag: FeatureFlag[Plan], plan: Plan, match: Match) -> Plan:
        """Return the plan that a feature flag chooses for a call."""
        while seconds := flag.waits(match):  # noqa: ASYNC110 - a thread has the words
            await asyncio.sleep(seconds)
        return flag.variant(plan, match)

    async def _forward(self, run: UpstreamCall) -> None:
        """Send a call upstream, and reply."""
        request = run.request
        plan = run.plan
        line = run.line
        await _receive(run)
        try:
            outcome = await run.finish()
            reply = run.reply(outcome)
            record = None if outcome is None else outcome.record
            if reply.body is None:
                line.failure = await relay(request, reply, run.last)
            else:
                request.answer(reply)
                # A remembered answer may depend only on the head, the plan and the
                # memory.
                is_alone = self.flag is None and type(self.gate) is CallerGate
                if is_alone and isinstance(outcome, Answer):
                    self.repeats.learn(request, plan, run, outcome)
                # They would be held until the caller has read the reply, over TLS
                # twice.
                del (
                    outcome,
                    reply,
                )
                await request.way.flushed()
        except Refusal as refusal:
            if (
                refusal.status != 503
                or run.response is None
                or (run.method in READS and not run.done)
            ):
                raise
            # A 503 invites a retry, which would execute the write twice.
            detail = "Upstream's reply is larger than the memory that is left for it; the call was executed."
            raise unreadable(
                "http_response_body_size", together(detail, run.done)
            ) from None
        finally:
            run.close()
        if record is not None:
            line.translated(record)
            if line.match is not None:
                self.shared.inventory.add(record, line)


async def _receive(run: UpstreamCall) -> None:
    """Read the whole content of a call that is recognized or signed.

    Other content is streamed.
    """
    head = run.request.head
    match = run.match
    if head.has_content and match is None and not run.signer.signs:
        run.stream = run.request.content.stream()
        return
    if head.has_content or (match is not None and match.needs_body):
        body = await run.request.content.all(KEPT, run.entry.take)
        if body is None:
            detail = f"The request is larger than {KEPT} bytes."
            raise Refusal(
                413, "SHIM_REQUEST_TOO_LARGE", "http_request_error", detail, close=True
            )
        run.call = attrs.evolve(run.call, body=body)
    if run.signer.signs and _is_step_of_digest(run):
        raise step_of_digest()


def _is_step_of_digest(run: UpstreamCall) -> bool:
    """Return whether a write is the first request of a Digest client.

    libcurl sends such a request without content, and the content later with a
    signature.
    """
    call = run.call
    head = run.request.head
    match = run.match or run.line.match
    if (
        call.body
        or call.method not in WITH_CONTENT
        or field(call.headers, "Authorization") is not None
    ):
        return False
    if match is not None:
        return match.operation.request is not None
    return head.has_content or (
        head.length == 0 and field(call.headers, "Content-Type") is not None
    )


async def relay(
    request: Request, reply: Reply, upstream: UpstreamResponse
) -> Failure | None:
    """Send the caller a reply, with upstream's content as it arrives.

    The part that was already read comes first. It returns the failure of a reply that
    ended early, and raises Refusal if upstream fails before anything was sent to the
    caller. Later than that, the caller's connection is aborted, because a clean end
    would make half a reply look complete.
    """
    upstream.lift()
    request.begin(reply, upstream.head.reason)
    # The head is sent with the content that has arrived, or alone if none has.
    piece = upstream.arrived()
    if upstream.is_complete:
        request.end(piece)
        if len(piece) > BUFFERED:  # it is held while waiting
            await request.way.flushed()
        return None
    if upstream.error is not None and not piece:
        raise upstream.error
    try:
        while True:
            request.send(piece)
            piece = b""  # the caller may take long to read it
            await request.way.flushed()
            if not (piece := await upstream.piece()):
                break
    except Refusal as refusal:
        cut_log.warning("a streamed reply ended early: %s", refusal.error)
        request.way.abort()
        return None, refusal.status, refusal.error or "none"
    request.end()
    return None
