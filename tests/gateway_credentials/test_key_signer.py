"""Signing with an API key, step by step, where no wire shows the difference."""

import asyncio
from typing import Any, cast

import pytest

from shim.core.messages import Call, Reply
from shim.credentials import ApiKey
from shim.gateway.credentials.api_key import KeySigner
from shim.gateway.errors import Refusal
from shim.gateway.upstream.client import OutboundCall

CALL = Call("GET", "https://cloud.mongodb.com", "/x")


class Response:
    """A reply of which nothing is read."""

    def __init__(self, head: Reply) -> None:
        self.head = head

    async def read(self, limit: int) -> Reply:
        """Read it."""
        return self.head

    def close(self) -> None:
        """Close it."""


class Upstream:
    """Answers with what it is given, in turn, and keeps what it was sent."""

    deadline = 10.0

    def __init__(self, *answers: Reply) -> None:
        self.answers = list(answers)
        self.calls: list[Call] = []

    async def send(self, outbound: OutboundCall) -> Any:
        """Take one call; others may come before it has its answer."""
        self.calls.append(outbound.call)
        answer = self.answers.pop(0)
        await asyncio.sleep(0)
        return Response(answer)

    def fields(self, number: int) -> dict[str, str]:
        """The field lines of a call."""
        return dict(self.calls[number].headers)


async def content():
    yield b"x"


@pytest.fixture
def signer() -> KeySigner:
    return KeySigner(ApiKey("key", "secret"), lambda: ())


def challenge(nonce):
    return Reply(401, (("WWW-Authenticate", f'Digest realm="r", nonce="{nonce}", qop="auth"'),))


async def send(signer: KeySigner, upstream: Upstream, stream: Any = None) -> int:
    """Send one call, and return the status of its answer."""
    answer = await signer.send(cast("Any", upstream), OutboundCall(CALL, stream=stream))
    return answer.head.status


async def test_a_streamed_call_that_is_challenged_after_all_is_to_be_made_again(signer):
    """Upstream let the question for a nonce in without one, and not the call, whose content is gone by then."""
    upstream = Upstream(Reply(200), challenge("n"))
    with pytest.raises(Refusal, match="SHIM_SIGN_AGAIN"):
        await send(signer, upstream, content())
    assert ["Authorization" in upstream.fields(number) for number in range(len(upstream.calls))] == [False, False]


async def test_the_nonce_that_was_used_last_is_lent_first(signer):
    """After calls at once, calls one after the other keep to one nonce, and the others grow old unused."""
    upstream = Upstream(challenge("n0"), challenge("n1"), *[Reply(200)] * 5)
    await asyncio.gather(send(signer, upstream), send(signer, upstream))
    for _ in range(3):
        assert await send(signer, upstream) == 200
        assert 'nonce="n1"' in upstream.fields(-1)["Authorization"]


@pytest.mark.parametrize("lacking", ['nonce="n"', 'realm="r"'])
async def test_a_challenge_that_lacks_a_part_is_the_callers(signer, lacking):
    """Nothing can be signed with it, and the 401 is the answer."""
    upstream = Upstream(Reply(401, (("WWW-Authenticate", f'Digest {lacking}, qop="auth"'),)))
    assert await send(signer, upstream) == 401
