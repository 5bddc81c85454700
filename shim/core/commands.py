"""What an exchange asks of a door, and how it ends.

A door drives the generator of ``exchange.exchange`` by ``advance``: it answers ``Send`` with the head of the
reply it got (its body unread), ``Read`` with the same reply and its content, and does what the
outcome says. A reply that was neither read nor handed back must be closed by the door.
"""

from __future__ import annotations

from collections.abc import Generator

import attrs

from shim.core.messages import Call, Reply
from shim.core.record import Record


@attrs.frozen
class Send:
    """Send this call; answer with status and fields.

    ``rewritten`` says that the target is not the caller's own, so that a signature over the path
    (HTTP Digest) has to be made anew. ``route`` is ``legacy``, ``flex`` or ``dedicated``. Where it is sure
    that nothing of the reply will be read (not ``may_read``), the caller's ``Accept-Encoding`` can stay.
    """

    call: Call
    route: str
    rewritten: bool
    may_read: bool = True


@attrs.frozen
class Read:
    """Read the content of the last reply, decoded, ``limit`` bytes at most; answer with reply and body.

    Content that is longer or cannot be decoded is answered with ``fault`` set instead.
    """

    limit: int


@attrs.frozen
class PassThrough:
    """Hand the last reply back as it came, byte for byte, streaming if it was not read."""

    record: Record


@attrs.frozen
class Answer:
    """Hand this reply back instead; its body is complete and its Content-Length not yet set.

    ``code`` is the ``errorCode`` of an error that the shim itself answers with, None of a translation.
    """

    reply: Reply
    record: Record
    code: str | None = None


Command = Send | Read
Outcome = PassThrough | Answer
Exchange = Generator[Command, Reply, Outcome]


def advance(exchange: Exchange, reply: Reply | None) -> Command | Outcome:
    """Give an exchange the answer to its last command, None to begin; return the next command or the outcome."""
    try:
        return next(exchange) if reply is None else exchange.send(reply)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
