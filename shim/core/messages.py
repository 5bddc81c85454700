"""Messages between an exchange and a door: HTTP messages, commands, outcomes and the record.

A door drives the generator of ``exchange.exchange`` with ``advance``. It answers
``Send`` with the head of the reply (its body unread) and ``Read`` with the same reply
and its content, and it executes the outcome. The door must close a reply that was
neither read nor returned.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from datetime import datetime
from http import HTTPStatus
from typing import Any

import attrs

from shim.documents.templates import Template
from shim.documents.vocabulary import Fidelity

Headers = tuple[tuple[str, str], ...]
"""Field lines in order, duplicates included."""


@attrs.frozen
class Call:
    """A request as it is sent to an origin."""

    method: str
    origin: str
    """``scheme://authority``."""
    target: str
    """The raw request target in origin form, percent-encoding unchanged (RFC 9112, 3.2.1)."""
    headers: Headers = attrs.field(default=(), repr=False)  # includes credentials
    body: bytes | None = attrs.field(default=None, repr=False)
    """The content, None while unread."""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The text after the target's first question mark."""
        return self.target.partition("?")[2]


@attrs.frozen
class Reply:
    """A response."""

    status: int
    headers: Headers = ()
    body: bytes | None = None
    """The decoded content, None while unread and with a fault."""
    fault: str | None = None
    """Why the content is unavailable (too large, undecodable), in plain words."""


def field(headers: Headers, name: str) -> str | None:
    """Return the first value of a field, None if it is missing; names ignore case."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def without(headers: Headers, names: Iterable[str]) -> Headers:
    """Return the field lines except those with the given lower-case names."""
    gone = frozenset(names)
    return tuple([line for line in headers if line[0].lower() not in gone])


def replaced(headers: Headers, name: str, value: str) -> Headers:
    """Return the field lines with one value for a field, placed last."""
    return (*without(headers, (name.lower(),)), (name, value))


def framed(reply: Reply, method: str) -> Headers:
    """Return the fields of a complete reply to a method, with its body's length and no coding.

    In an answer to HEAD, fields that describe the content of GET stay, and no length is
    invented (RFC 9110, 9.3.2).
    """
    if method == "HEAD":
        return without(reply.headers, ("transfer-encoding",))
    lines = without(
        reply.headers, ("content-length", "content-encoding", "transfer-encoding")
    )
    # A 204 has no Content-Length (RFC 9110, 8.6).
    if reply.status == 204:
        return lines
    return (*lines, ("Content-Length", str(len(reply.body or b""))))


def reason_phrase(status: int) -> str:
    """Return the reason phrase of a status, empty for an unregistered one (RFC 9110, 15)."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""


@attrs.frozen(cache_hash=True)
class FieldReport:
    """How one legacy field gets its value on the side that answered.

    ``owner`` is the document that contains its rule.
    """

    name: str
    fidelity: Fidelity
    why: str = ""
    owner: str = ""


def by_level(fields: Iterable[FieldReport]) -> dict[str, tuple[str, ...]]:
    """Return the names of the fields that are not exact, by fidelity level."""
    levels: dict[str, list[str]] = {}
    for report in fields:
        if report.fidelity is not Fidelity.EXACT:
            levels.setdefault(report.fidelity.value, []).append(report.name)
    return {level: tuple(names) for level, names in levels.items()}


@attrs.frozen
class Dropped:
    """A value that could not be translated: its place, the value, and the reason."""

    where: str
    said: Any
    why: str


@attrs.frozen
class Sent:
    """An upstream request, its status (None while unanswered), and the side that received it."""

    method: str
    target: str
    status: int | None = None
    route: str = ""


@attrs.frozen
class Record:
    """The record of one exchange of a recognized operation."""

    operation: str
    api: str
    """The API: ``v1.0`` or ``v2``."""
    route: str
    """The side that answered:

    ``legacy``, a tier, or ``none`` if the shim answered alone.
    """
    reason: str
    """Why that side was chosen, in words for people, as in ``notes``."""
    sunset: datetime
    deprecated: datetime
    sent: tuple[Sent, ...] = ()
    fields: tuple[FieldReport, ...] = ()
    """Every field of the legacy shape."""
    dropped: tuple[Dropped, ...] = ()
    """The values that were left out."""
    notes: tuple[str, ...] = ()

    def by_level(self) -> dict[str, tuple[str, ...]]:
        """Return the names of the fields that are not exact, by fidelity level."""
        return by_level(self.fields)


@attrs.frozen
class Send:
    """Command: send this call; answer with status and fields."""

    call: Call
    route: str
    """The side: ``legacy`` or a tier."""
    rewritten: bool
    """Whether the target differs from the caller's own.

    A signature over the path (HTTP Digest) must then be computed again.
    """
    may_read: bool = True
    """Whether content of the reply may be read.

    If not, the caller's ``Accept-Encoding`` can stay.
    """
    done: str = ""
    """A sentence about writes already sent, for a caller who gets no reply; empty if there are none."""
    held: int = 0
    """How many bytes the exchange stores for later steps: the decoded body, and further calls."""
    needs_last: bool = True
    """Whether the exchange still needs the previous reply before this call."""
    is_one_of_several: bool = False
    """Whether it is one of several writes that replace one.

    Once begun, all are sent, even if the caller leaves.
    """


@attrs.frozen
class Read:
    """Command: read the last reply, ``limit`` decoded bytes at most.

    Answer with body or ``fault``.
    """

    limit: int


@attrs.frozen
class PassThrough:
    """Outcome: return the last reply byte for byte, streamed if it was not read."""

    record: Record
    content_type: str = ""
    """The media type in the caller's version; empty where the reply's own stays."""


@attrs.frozen
class Translated:
    """A legacy document, the items of a list, or content, with its fields' fidelity and the values left out."""

    value: Any
    fields: tuple[FieldReport, ...]
    dropped: tuple[Dropped, ...] = ()


@attrs.frozen(eq=False)
class Repeated:
    """What one successful read teaches about later reads of its operation with the same query, on any cluster."""

    call: Call = attrs.field(repr=False)
    """The call that was sent; only this part has credentials."""
    route: str
    """Where later reads are sent, except for a cluster that was found on another tier."""
    path: Template
    """The successor's path."""
    expected: int
    """The status of the success."""
    since: float
    """From when it is valid, in seconds since the epoch."""
    timeless: bool
    """Whether the same content always gives the same answer."""
    translate: Callable[[Any, str, bytes], Translated | None]
    """Builds the answer for the match, path and content of another call; None if that needs an exchange."""


@attrs.frozen
class Answer:
    """Outcome: return this reply instead.

    Its body is complete and its Content-Length not yet set.
    """

    reply: Reply
    record: Record
    code: str | None = None
    """The ``errorCode`` of an error from the shim itself, None for a translation."""
    repeated: Repeated | None = attrs.field(default=None, eq=False, repr=False)
    """What one success taught, None unless a single success answered a call that was decided by date or settings."""


Command = Send | Read
Outcome = PassThrough | Answer
Exchange = Generator[Command, Reply, Outcome]


def advance(exchange: Exchange, reply: Reply | None) -> Command | Outcome:
    """Pass an exchange the answer to its last command, None to begin.

    Return the next command or the outcome.
    """
    try:
        if reply is None:
            return next(exchange)
        return exchange.send(reply)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
