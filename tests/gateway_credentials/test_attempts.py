"""How a signer's attempts are driven: calls are sent, what else is yielded is waited for."""

from collections.abc import Callable
from typing import Any

import attrs
import pytest

from shim.core.messages import Call, Reply, Send
from shim.credentials import ApiKey
from shim.gateway.credentials import OutboundCall
from shim.gateway.credentials.api_key_signer import authorization, challenge_of
from shim.gateway.credentials.signer import Attempts
from shim.gateway.errors import Refusal, busy
from shim.gateway.upstream.signed import send

CALL = Call("GET", "https://cloud.mongodb.com", "/x")


@attrs.define
class Response:
    """One reply of an upstream made of nothing."""

    head: Reply
    was_read: bool = False
    closed: bool = False

    async def read(self, limit):
        """Give the whole reply."""
        self.was_read = True
        return self.head

    def close(self):
        """Give it up."""
        self.closed = True


@attrs.define
class Upstream:
    """Answers with one status after the other."""

    statuses: list[int]
    sent: list[Response] = attrs.field(factory=list)

    async def send(self, call, stream=None, length=None, *, readable=False):
        """Answer with the next status."""
        self.sent.append(Response(Reply(self.statuses[len(self.sent)])))
        return self.sent[-1]


@attrs.define
class Signer:
    """Signs with a generator that a test gives it."""

    steps: Callable[[list[object]], Attempts]
    may_resend = True
    seen: list[object] = attrs.field(factory=list)

    def attempts(self, outbound):
        """Begin."""
        return self.steps(self.seen)

    def challenge(self):
        """Leave upstream's."""


async def value(given):
    return given


async def broken():
    raise busy("no")


async def sent(steps, *statuses):
    upstream: Any = Upstream(list(statuses))
    signer = Signer(steps)
    found: Any
    try:
        found = await send(upstream, signer, OutboundCall(Send(CALL, "pass", rewritten=False)))
    except Refusal as refusal:
        found = refusal
    return found, upstream.sent, signer.seen


async def test_calls_and_waits():
    """Each step is answered by what became of it, and the last reply stands; the one before it was read and closed."""

    def steps(seen):
        seen.append((yield value("token")))
        seen.append((yield CALL).status)
        seen.append((yield value("another")))
        seen.append((yield CALL).status)

    found, (first, last), seen = await sent(steps, 401, 200)
    assert seen == ["token", 401, "another", 200]
    assert found is last
    assert (first.was_read, first.closed, last.was_read, last.closed) == (True, True, False, False)


async def test_wait_that_fails():
    """What a wait raises is the end of the call, and of the reply that was there before it."""

    def steps(seen):
        try:
            yield CALL
            yield broken()
        finally:
            seen.append("ended")

    found, (first,), seen = await sent(steps, 401)
    assert isinstance(found, Refusal)
    assert first.closed
    assert seen == ["ended"]


async def test_signer_that_refuses():
    """A signer may refuse the call after its reply, which is closed then."""

    def steps(seen):
        yield CALL
        raise busy("no")

    found, (first,), _ = await sent(steps, 200)
    assert isinstance(found, Refusal)
    assert first.closed


@pytest.mark.parametrize("lines", ['opaque="o", algorithm=SHA-256', 'opaque=""', "algorithm=md5", "stale=true"])
def test_answer_to_a_challenge(lines):
    """What the challenge names is named again, its opaque to the letter (RFC 7616, 3.4), and nothing else."""
    challenge = f'Digest realm="r", nonce="n", qop="auth", {lines}'
    found = challenge_of(Reply(401, (("WWW-Authenticate", challenge),)), ApiKey('u"', "p"))
    assert found is not None
    text = authorization(found[0], "GET", "/x")
    assert text.startswith('Digest username="u\\"", realm="r", nonce="n", uri="/x", response="')
    assert ", nc=00000001," in text
    assert text.endswith("".join(f", {one}" for one in sorted(lines.split(", ")) if one != "stale=true"))
