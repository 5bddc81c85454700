"""Signing with an API key, step by step, where no wire shows the difference."""

from typing import Any

import pytest

from shim.core.messages import Call, Reply, Send
from shim.credentials import ApiKey
from shim.gateway.credentials import OutboundCall
from shim.gateway.credentials.api_key_signer import KeySigner
from shim.gateway.errors import Refusal

CALL = Call("GET", "https://cloud.mongodb.com", "/x")


async def good(call):
    return Reply(200)


async def content():
    yield b"x"


@pytest.fixture
def signer() -> KeySigner:
    return KeySigner(ApiKey("key", "secret"), good, lambda: ())


def outbound(stream: Any = None) -> OutboundCall:
    return OutboundCall(Send(CALL, "pass", rewritten=False), stream)


def challenge(nonce):
    return Reply(401, (("WWW-Authenticate", f'Digest realm="r", nonce="{nonce}", qop="auth"'),))


def ended(steps):
    """Let a call be answered with a success."""
    with pytest.raises(StopIteration):
        steps.send(Reply(200))


async def test_a_streamed_call_that_is_challenged_after_all_is_to_be_made_again(signer):
    """Upstream let the question for a nonce in without one, and not the call, whose content is gone by then."""
    steps = signer.attempts(outbound(content()))
    question: Any = next(steps)
    unsigned: Any = steps.send(await question)
    assert "Authorization" not in dict(unsigned.headers)
    with pytest.raises(Refusal, match="SHIM_SIGN_AGAIN"):
        steps.send(challenge("n"))


def test_the_nonce_that_was_used_last_is_lent_first(signer):
    """After calls at once, calls one after the other keep to one nonce, and the others grow old unused."""
    at_once = [signer.attempts(outbound()) for _ in range(2)]
    for number, steps in enumerate(at_once):
        next(steps)
        steps.send(challenge(f"n{number}"))
    for steps in at_once:
        ended(steps)
    for _ in range(3):
        steps = signer.attempts(outbound())
        call: Any = next(steps)
        assert 'nonce="n1"' in dict(call.headers)["Authorization"]
        ended(steps)


@pytest.mark.parametrize("lacking", ['nonce="n"', 'realm="r"'])
def test_a_challenge_that_lacks_a_part_is_the_callers(signer, lacking):
    """Nothing can be signed with it, and the 401 is the answer."""
    steps = signer.attempts(outbound())
    next(steps)
    with pytest.raises(StopIteration):
        steps.send(Reply(401, (("WWW-Authenticate", f'Digest {lacking}, qop="auth"'),)))
