"""Neutral HTTP messages: what every door turns its own kind into, and back."""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus

import attrs

Headers = tuple[tuple[str, str], ...]
"""Field lines in order, duplicates kept."""


@attrs.frozen
class Call:
    """A request as it is sent to an origin.

    ``target`` is the raw request target in origin form, percent-encoding untouched
    (RFC 9112, 3.2.1); ``origin`` is ``scheme://authority``; ``body`` is None while unread.
    """

    method: str
    origin: str
    target: str
    headers: Headers = attrs.field(default=(), repr=False)  # credentials are among them
    body: bytes | None = attrs.field(default=None, repr=False)

    @property
    def path(self) -> str:
        """The raw path, without the query."""
        return self.target.partition("?")[0]

    @property
    def query(self) -> str:
        """The raw query, without its question mark; empty when there is none."""
        return self.target.partition("?")[2]


@attrs.frozen
class Reply:
    """A response: status and fields, and the decoded content once it was read.

    ``fault`` says in plain words why the content could not be had (too large, undecodable);
    ``body`` is None then, and while nobody asked for it.
    """

    status: int
    headers: Headers = ()
    body: bytes | None = None
    fault: str | None = None


def field(headers: Headers, name: str) -> str | None:
    """Return the first value of a field, None when it is missing; names compare case-insensitively."""
    wanted = name.lower()
    return next((value for key, value in headers if key.lower() == wanted), None)


def without(headers: Headers, names: Iterable[str]) -> Headers:
    """Return the field lines but those of the given lower-case names."""
    gone = names if isinstance(names, frozenset) else frozenset(names)
    return tuple([line for line in headers if line[0].lower() not in gone])


def replaced(headers: Headers, name: str, value: str) -> Headers:
    """Return the field lines with one value for a field, put last."""
    return (*without(headers, (name.lower(),)), (name, value))


def framed(reply: Reply, method: str) -> Headers:
    """Return the fields of a complete reply to a method, with the length of its body and no coding.

    Those of an answer to HEAD speak of the content that GET has, and stay; no length is made up (RFC 9110, 9.3.2).
    """
    if method == "HEAD":
        return without(reply.headers, ("transfer-encoding",))
    lines = without(reply.headers, ("content-length", "content-encoding", "transfer-encoding"))
    if reply.status == 204:  # which has no content to have a length (RFC 9110, 8.6)
        return lines
    return (*lines, ("Content-Length", str(len(reply.body or b""))))


def reason_phrase(status: int) -> str:
    """Return the reason phrase of a status, empty for one that has none (RFC 9110, 15)."""
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
