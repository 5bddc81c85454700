"""The shape of ``/status.json``: what is on the page, as values. Members may come to it, and none goes or changes.

Instants are UTC, as in ``2026-06-01T12:00:00Z``; days are whole, negative for the past. Nothing in it is an id, a
query, a credential or content.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Literal

import attrs

FORMAT = 1
"""The number of this shape; another one is another shape."""

DAY = 86400


def written(seconds: float) -> str:
    """Return seconds since the epoch as ``2026-06-01T12:00:00Z``."""
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@attrs.frozen
class Mode:
    """How the gateway is set: words of its options, where it takes calls, and who asks for an inventory."""

    route: str
    credentials: str
    upstream: str
    listens: str
    writes: tuple[str, ...]
    inventory: bool


@attrs.frozen
class Silence:
    """Whether the shim can go: ``called``, ``quiet`` or ``unproven``, and the sentence that says so.

    ``days`` is for how long nobody is known to have made a retired call; ``last`` is when somebody did last, None
    when nobody has; ``since`` is since when that would have been seen. ``ahead`` are sentences on calls that Atlas
    answers itself until a day still to come, and that are no retired calls yet.
    """

    word: Literal["called", "quiet", "unproven"]
    sentence: str
    days: int
    last: str | None
    since: str
    doubts: tuple[str, ...] = ()
    ahead: tuple[str, ...] = ()


@attrs.frozen
class Sunset:
    """A day on which operations of a document are switched off; ``overridden`` by the option ``sunset``."""

    document: str
    title: str
    sunset: str
    days_left: int
    overridden: bool
    operations: tuple[str, ...]


@attrs.frozen
class Route:
    """Which side a call of an operation is sent to first now, and why: ``legacy``, ``flex``, ``dedicated``, ``none``.

    ``last`` is when it was called last since the start, ``answered`` and ``because`` which side answered then, and
    why; all three are None when it was not.
    """

    operation: str
    method: str
    path: str
    document: str
    first: str
    reason: str
    last: str | None = None
    answered: str | None = None
    because: str | None = None


@attrs.frozen
class Calls:
    """Calls of an operation in the last hour, ``other`` for those passed on; how many of them failed.

    Failed is what was answered with a status from 500 on, or not at all. ``routes`` are the calls by the side that
    answered: ``refused`` by the gateway, ``pass`` without translation.
    """

    operation: str
    calls: int
    failed: int
    routes: Mapping[str, int]


@attrs.frozen
class Minute:
    """Calls in a minute of the last hour."""

    minute: str
    retired: int
    other: int
    failed: int


@attrs.frozen
class Caller:
    """Whose calls they were since the start, as the log shows it; ``retired`` of them of retired operations."""

    peer: str
    agent: str
    calls: int
    retired: int
    last: str


@attrs.frozen
class Field:
    """A field that was not what it used to be, in how many answers since the start, and why."""

    operation: str
    field: str
    level: str
    answers: int
    why: str


@attrs.frozen
class Error:
    """A kind of error since the start, those first that no caller is to blame for, and of these the latest.

    ``origin`` says whose it is: ``atlas``, ``shim`` or ``caller``; ``code`` is the gateway's own ``errorCode``, None
    where Atlas itself answered so; ``cause`` is the type of Proxy-Status (RFC 9209), or Atlas' status.
    """

    origin: str
    operation: str
    code: str | None
    status: int
    cause: str
    calls: int
    first: str
    last: str


@attrs.frozen
class Reload:
    """How settings and documents were read last: ``good``, or ``refused`` for ``problems`` and the last good stay.

    ``good_since`` is when those in use were read, ``refused`` when others were refused last; ``waiting`` options were
    changed and need a restart; ``changes`` are what the last good reload changed.
    """

    state: Literal["good", "refused"]
    good_since: str
    refused: str | None = None
    problems: tuple[str, ...] = ()
    waiting: tuple[str, ...] = ()
    changes: tuple[str, ...] = ()


@attrs.frozen
class Certificate:
    """When the first certificate ends that a ``side`` is shown: callers (``listener``) or Atlas (``upstream``).

    ``refused`` tells that its files were changed to something of no use, and that the last good ones are shown.
    """

    side: str
    not_after: str
    days_left: int
    refused: bool


@attrs.frozen
class Announced:
    """An operation in the gateway's traffic whose replies announce its end, of any side, translated or passed on.

    ``path`` is a template, or a shape with ``{}`` for each name; ``version`` is the date that reply or call named.
    ``sunset`` and ``deprecation`` are instants, None where no date was said; ``deprecated`` tells that it is or will
    be. ``link`` leads to what is written about it. ``calls`` are the replies since the start that said so, ``first``
    and ``last`` when, and ``callers`` whose calls they were, the latest first.
    """

    method: str
    path: str
    version: str
    sunset: str | None
    days_left: int | None
    deprecation: str | None
    deprecated: bool
    link: str
    calls: int
    first: str
    last: str
    callers: tuple[str, ...]


@attrs.frozen
class Status:
    """All of it; ``made`` is now, ``started`` when the gateway began."""

    format: int
    made: str
    version: str
    started: str
    uptime_seconds: int
    ready: bool
    mode: Mode
    silence: Silence
    sunsets: tuple[Sunset, ...]
    routes: tuple[Route, ...]
    hour: tuple[Calls, ...]
    minutes: tuple[Minute, ...]
    callers: tuple[Caller, ...]
    fields: tuple[Field, ...]
    errors: tuple[Error, ...]
    reload: Reload
    certificates: tuple[Certificate, ...]
    announced: tuple[Announced, ...] = ()
