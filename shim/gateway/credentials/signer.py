"""What signing is: attempts at one call, each judged by its reply's head, until one stands."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Generator
from typing import Any, Protocol

import attrs

from shim.core.messages import Call, Headers, Reply, Send
from shim.gateway.errors import Refusal
from shim.gateway.validation import InboundRequest

Attempts = Generator[Call | Awaitable[Any], Any, None]
"""Yields a call to send, and is sent the head of its reply; or something to wait for, and is sent its result. When it
ends, the last reply stands."""


@attrs.frozen
class OutboundCall:
    """One call about to be sent.

    A ``stream`` is content that takes the place of the call's body, of ``length`` bytes if that is known.
    """

    command: Send
    stream: AsyncIterator[bytes] | None = None
    length: int | None = None

    @property
    def replayable(self) -> bool:
        """Whether the call's content, if it has any, can be sent a second time."""
        return self.stream is None


class UpstreamSigner(Protocol):
    """Decides which credentials a call carries upstream."""

    @property
    def may_resend(self) -> bool:
        """Whether a call may have to be sent a second time, so that its content is better kept."""
        ...

    def attempts(self, outbound: OutboundCall) -> Attempts:
        """Run the attempts at one call; raises Refusal when it can't be authorized."""
        ...

    def challenge(self) -> Headers | None:
        """Return the lines that take the place of upstream's Digest challenge, which the caller could not answer.

        None where the caller's own credentials were sent, so that the challenge is for the caller.
        """
        ...


class CallerGate(Protocol):
    """Decides who may call."""

    async def admit(self, request: InboundRequest, *, recognised: bool) -> UpstreamSigner:
        """Return who signs this call; raises Refusal. ``recognised`` says that the mappings know the operation."""
        ...

    async def close(self) -> None:
        """Give up what was opened to decide that."""
        ...


class Asker(Protocol):
    """Sends a call of the gateway's own upstream."""

    async def __call__(self, call: Call) -> Reply:
        """Return the whole reply, its content decoded, None for too much of it; raises Refusal."""
        ...


def try_again(said: str) -> Refusal:
    """Upstream wanted another signature for content that is gone."""
    return Refusal(
        503,
        "SHIM_SIGN_AGAIN",
        "Upstream asked for a new signature, and the content of this call was too long to be kept for a second "
        "attempt. Nothing was executed; make the call again.",
        said=said,
        headers=(("Retry-After", "1"),),
        close=True,
    )
