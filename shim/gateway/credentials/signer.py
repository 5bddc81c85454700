"""What signing is: attempts at one call, each judged by its reply's head, until one stands."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

import attrs

from shim.core.messages import Call, Headers, Reply, field
from shim.gateway.errors import Refusal

Attempts = AsyncGenerator[Call, Reply]
"""Yields a call to send and is sent the head of its reply; when it ends, the last reply stands."""


@attrs.frozen
class Task:
    """One call that is about to be sent.

    ``rewritten`` says that its target is not the caller's; ``replayable`` that its content, if it
    has any, can be sent a second time.
    """

    call: Call
    rewritten: bool = False
    replayable: bool = True


class Signer(Protocol):
    """Decides which credentials a call carries upstream."""

    @property
    def again(self) -> bool:
        """Whether a call may have to be sent a second time, so that its content is better kept."""
        ...

    def attempts(self, task: Task) -> Attempts:
        """Run the attempts at one call; raises Refusal when it can't be authorized."""
        ...

    def shown(self, reply: Reply) -> Reply:
        """Return the head of the reply that stands as the caller may see it."""
        ...


@attrs.frozen
class Visitor:
    """What a gate looks at.

    ``target`` is raw, as it stood in the request line, ``path`` that of its origin form; ``host`` is
    the authority that was called. ``recognised`` says that the mappings know the operation.
    """

    method: str
    target: str
    path: str
    headers: Headers
    host: str
    recognised: bool


class Gate(Protocol):
    """Decides who may call."""

    def admit(self, visitor: Visitor, own: frozenset[str]) -> Signer:
        """Return who signs this call; raises Refusal. ``own`` are the gateway's own authorities."""
        ...


class Asker(Protocol):
    """Sends a call of the gateway's own upstream."""

    async def __call__(self, call: Call) -> Reply:
        """Return the whole reply, its content decoded, None for too much of it; raises Refusal."""
        ...


def scheme(headers: Headers) -> str:
    """Return the lower-case scheme of Authorization, empty when there is none."""
    return (field(headers, "Authorization") or "").partition(" ")[0].lower()


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
