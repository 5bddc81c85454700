"""The messages between an exchange and a door: HTTP messages, commands, outcomes and the record.

A door drives the generator of ``exchange.exchange`` by ``advance``: it answers ``Send``
with the head of the reply it got (its body unread), ``Read`` with the same reply and
its content, and executes the outcome. A reply that was neither read nor handed
back must be closed by the door.
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
"""Field lines in order, duplicates kept."""


@attrs.frozen
class Call:
    """A request as it is sent to an origin."""

    method: str
    origin: str
    """``scheme://authority``."""
    target: str
    """The raw request target in origin form, percent-encoding untouched (RFC 9112, 3.2.1)."""
    headers: Headers = attrs.field(default=(), repr=False)  # credentials are among them
    body: bytes | None = attrs.field(default=None, repr=False)
    """None while unread."""

    @property
    def path(self) -> str:
        """The target without its query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """What stands behind the target's first question mark."""
        return self.target.partition("?")[2]


@attrs.frozen
class Reply:
    """A response."""

    status: int
    headers: Headers = ()
    body: bytes | None = None
    """The decoded content; None while nobody asked for it, and with a fault."""
    fault: str | None = None
    """Why the content could not be had (too large, undecodable), in plain words."""


def field(headers: Headers, name: str) -> str | None:
    """Return the first value of a field, None when it is missing; names compare case-insensitively."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def without(headers: Headers, names: Iterable[str]) -> Headers:
    """Return the field lines whose names, in lower case, are not among the given ones."""
    gone = frozenset(names)
    return tuple([line for line in headers if line[0].lower() not in gone])


def replaced(headers: Headers, name: str, value: str) -> Headers:
    """Return the field lines with one value for a field, put last."""
    return (*without(headers, (name.lower(),)), (name, value))


def framed(reply: Reply, method: str) -> Headers:
    """Return the fields of a complete reply to a method, with the length of its body and no coding.

    Those of an answer to HEAD speak of the content that GET has, and stay; no length is
    made up (RFC 9110, 9.3.2).
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
    """How one legacy field is filled on the side that answered; ``owner`` is the document with its rule."""

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
    """One value that could not be translated: its place, the value, and the reason."""

    where: str
    said: Any
    why: str


@attrs.frozen
class Sent:
    """One upstream request, the status it got (None while unanswered), and the side it was sent to."""

    method: str
    target: str
    status: int | None = None
    route: str = ""


@attrs.frozen
class Record:
    """What happened in one exchange of a recognized operation."""

    operation: str
    api: str
    """``v1.0`` or ``v2``."""
    route: str
    """The side whose answer the caller got: ``legacy``, a tier, or ``none`` when the shim answered alone."""
    reason: str
    """Why that side; for people, as ``notes`` are."""
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
    """Send this call; answer with status and fields."""

    call: Call
    route: str
    """``legacy`` or a tier."""
    rewritten: bool
    """Whether the target is not the caller's own: a signature over the path (HTTP Digest) has to be made anew then."""
    may_read: bool = True
    """Whether content of the reply may be read; else the caller's ``Accept-Encoding`` can stay."""
    done: str = ""
    """A sentence on the writes that were done before, for the caller if no reply comes; empty if none was."""
    held: int = 0
    """The bytes that the exchange keeps for later steps: the caller's body, decoded, and further calls."""
    needs_last: bool = True
    """Whether the exchange still needs something of the reply before this call."""
    is_one_of_several: bool = False
    """Whether it is one of several writes that stand for one: once begun they are finished, whoever waits for them."""


@attrs.frozen
class Read:
    """Read the last reply, ``limit`` decoded bytes at most; answer with reply and body, or with its ``fault`` set."""

    limit: int


@attrs.frozen
class PassThrough:
    """Hand the last reply back as it came, byte for byte, streaming if it was not read."""

    record: Record
    content_type: str = ""
    """Its media type in the caller's version; empty where the reply's own stays."""


@attrs.frozen
class Translated:
    """A legacy document, the items of a list, or content; the fidelity of its fields; and the values left out."""

    value: Any
    fields: tuple[FieldReport, ...]
    dropped: tuple[Dropped, ...] = ()


@attrs.frozen(eq=False)
class Repeated:
    """What one success says of further reads of its operation that have the same query, on any cluster."""

    call: Call = attrs.field(repr=False)
    """The call that was sent; it alone has credentials."""
    route: str
    """Where further reads go, but for a cluster that was found on another tier."""
    path: Template
    """The successor's path."""
    expected: int
    """The status of the success."""
    since: float
    """From when on it holds, by the clock."""
    timeless: bool
    """Whether the same content always makes the same answer."""
    translate: Callable[[Any, str, bytes], Translated | None]
    """Takes the match, path and content of another call; returns None if that takes a whole exchange."""


@attrs.frozen
class Answer:
    """Hand this reply back instead; its body is complete and its Content-Length not yet set."""

    reply: Reply
    record: Record
    code: str | None = None
    """The ``errorCode`` of an error that the shim itself answers with, None of a translation."""
    repeated: Repeated | None = attrs.field(default=None, eq=False, repr=False)
    """None unless one success made the answer, to a call that was decided by its date or by settings."""


Command = Send | Read
Outcome = PassThrough | Answer
Exchange = Generator[Command, Reply, Outcome]


def advance(exchange: Exchange, reply: Reply | None) -> Command | Outcome:
    """Give an exchange the answer to its last command, None to begin; return the next command or the outcome."""
    try:
        if reply is None:
            return next(exchange)
        return exchange.send(reply)
    except StopIteration as end:
        outcome: Outcome = end.value
        return outcome
