"""The client's side: each call sent once, to the one configured origin."""

from __future__ import annotations

import secrets
import ssl
from collections import Counter as Tally
from collections.abc import AsyncIterator, Callable
from time import monotonic
from urllib.parse import urlsplit

import attrs

from shim.core.messages import Call
from shim.gateway.errors import Refusal
from shim.gateway.fields import PSEUDONYM, for_upstream
from shim.gateway.http1.deadlines import NEVER
from shim.gateway.limits import Limits
from shim.gateway.options import Options
from shim.gateway.tls import ReloadableContext, system_context
from shim.gateway.tracing import Tracing
from shim.gateway.upstream.pool import Pool
from shim.gateway.upstream.proxy import proxy_for
from shim.gateway.upstream.response import UpstreamResponse

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_WITH_CONTENT = frozenset({"PATCH", "POST", "PUT"})
"""Methods whose requests say that they have no content (RFC 9110, 8.6)."""

_USUAL = ("connection_terminated", "connection_timeout", "http_response_timeout")
"""Types of failures that are counted as 0 from the start: a rate needs a series that exists before."""


@attrs.frozen
class OutboundCall:
    """One call about to be sent.

    ``rewritten``: the caller has signed another target. ``readable``: its reply may be read, and so comes in a coding
    that can be undone. A ``stream`` is content that takes the place of the call's body, of ``length`` bytes if that
    is known, else chunked; it can be sent once. If the same head was sent ``early``, its reply is the call's.
    ``until`` is a time of the loop's clock, from which on TimeoutError is raised in place of what has not come.
    ``traced`` says that the call has its span.
    """

    call: Call
    rewritten: bool = False
    readable: bool = False
    stream: AsyncIterator[bytes] | None = None
    length: int | None = None
    early: Early | None = None
    until: float = NEVER
    traced: bool = False


@attrs.frozen
class Early:
    """A head that was sent before the call was decided, and its reply; ``began`` is in seconds of perf_counter."""

    head: bytes
    response: UpstreamResponse
    began: float


class Upstream:
    """Sends calls to one origin, over kept connections.

    The environment's ``proxy`` for that origin is looked up once, at the start, and netrc never: a login found there
    would be added to calls that it was not given for. ``hundreds`` counts replies by the first digit of their
    status, and ``failures`` calls that got none, by Proxy-Status type. ``tracing`` gives each call a span. ``name`` is
    this gateway's own in Via: a call may pass another one before or after. ``deadline`` is for the gateway's own calls,
    ``now`` the loop's clock.
    """

    def __init__(
        self, options: Options, budget: Limits, tls: ReloadableContext, tracing: Tracing | None = None
    ) -> None:
        self._options = options
        self._budget = budget
        self._tls = tls
        self._tracing = tracing
        self.name = f"{PSEUDONYM}-{secrets.token_hex(4)}"
        self.deadline = options.deadline
        self.origin = urlsplit(options.upstream)
        self.proxy = proxy_for(options.upstream)
        # A tunnel is logged in to once; without TLS each request names the whole URL and carries the login itself.
        is_absolute = self.proxy is not None and self.origin.scheme != "https"
        self._prefix = options.upstream if is_absolute else ""
        self._login = self.proxy.login if self.proxy is not None and is_absolute else None
        self._host = f"Host: {self.origin.netloc}"
        self.pool: Pool | None = None
        self.now: Callable[[], float] = monotonic
        self.hundreds = [0] * 10
        self.failures: Tally[str] = Tally(dict.fromkeys(_USUAL, 0))
        self._others: dict[str, Upstream] = {}

    def elsewhere(self, origin: str) -> Upstream:
        """Return what sends calls to another origin, as anybody would: by the system's trust, without a certificate.

        Its calls count with these; needs a running loop.
        """
        if (other := self._others.get(origin)) is None:
            other = Upstream(attrs.evolve(self._options, upstream=origin), self._budget, self._tls, self._tracing)
            other.name, other.hundreds, other.failures = self.name, self.hundreds, self.failures
            context = system_context()
            other._make_pool(lambda: context)
            self._others[origin] = other
        return other

    async def open(self) -> None:
        """Make the pool of connections; needs a running loop."""
        self._make_pool(lambda: self._tls.context)

    def _make_pool(self, context: Callable[[], ssl.SSLContext]) -> None:
        self.pool = Pool(self.origin, self._options, self._budget, self.proxy, context)
        self.now = self.pool.deadlines.now

    async def close(self) -> None:
        """Close all connections."""
        for pool in (self.pool, *(other.pool for other in self._others.values())):
            if pool is not None:
                await pool.close()

    async def send(self, outbound: OutboundCall, head: bytes = b"", until: float = NEVER) -> UpstreamResponse:
        """Send one call, its target as it is, and return the reply's head; raises Refusal if no reply comes.

        The ``head`` is made of the call, and ``until`` is the call's, unless they are given. A read that met a kept
        connection closed under it, and got no byte of an answer, is sent once more, on a new one (RFC 9110, 9.2.2);
        nothing else is ever sent twice.
        """
        if outbound.early is not None and outbound.early.head == self.head_of(outbound):
            return outbound.early.response
        if self._tracing is not None and not outbound.traced:
            with self._tracing.upstream(outbound.call, self.origin) as (call, answered):
                traced = await self.send(attrs.evolve(outbound, call=call, traced=True), until=until)
                answered(traced.head.status)
            return traced
        assert self.pool is not None, "open() comes first"
        call, stream, until = outbound.call, outbound.stream, min(until, outbound.until)
        if until <= self.now():
            raise TimeoutError
        head = head or self.head_of(outbound)
        chunked = stream is not None and outbound.length is None
        may_repeat = stream is None and not call.body and call.method in _SAFE
        response: UpstreamResponse | None = None
        try:
            if (connection := self.pool.lend()) is not None:
                connection.until = until
                try:
                    response = await connection.request(head, call.method, call.body, stream, chunked=chunked)
                except Refusal as refusal:
                    if not may_repeat or connection.heard or refusal.error != "connection_terminated":
                        raise
            if response is None:
                connection = await self.pool.connect(until)
                connection.until = until
                response = await connection.request(head, call.method, call.body, stream, chunked=chunked)
        except Refusal as refusal:
            self.failures[refusal.error or "none"] += 1
            if self.proxy is None:
                raise
            said, detail = f"{refusal.said} by the proxy {self.proxy}", f"The proxy is {self.proxy}."
            raise attrs.evolve(refusal, detail=f"{refusal.detail} {detail}", said=said.strip()) from None
        self.hundreds[response.head.status // 100] += 1
        return response

    def head_of(self, outbound: OutboundCall) -> bytes:
        """Return the head that is sent for a call."""
        call, length = outbound.call, outbound.length
        lines = [
            f"{call.method} {self._prefix}{call.target} HTTP/1.1",
            self._host,
            *for_upstream(call.headers, readable=outbound.readable),
            f"Via: 1.1 {self.name}",
        ]
        if outbound.stream is not None and length is None:
            lines.append("Transfer-Encoding: chunked")
        elif length is not None:
            lines.append(f"Content-Length: {length}")
        elif call.body or call.method in _WITH_CONTENT:
            lines.append(f"Content-Length: {len(call.body or b'')}")
        if self._login is not None:
            lines.append(f"Proxy-Authorization: {self._login}")
        text = "\r\n".join(lines)
        if text.count("\n") != len(lines) - 1 or text.count("\r") != len(lines) - 1 or "\0" in text:
            raise ValueError("a field value of the call has a line break")
        return f"{text}\r\n\r\n".encode()
