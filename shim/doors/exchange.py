"""One exchange in a library's own terms, as steps for the ``driver``.

A ``Door`` is the library's own part. ``steps`` yields the methods that do I/O
(``send``, ``following``, ``close``), which may be coroutine functions; it calls the
others directly.
"""

from __future__ import annotations

import time
from abc import abstractmethod
from collections.abc import Callable
from functools import partial
from typing import Any, ClassVar
from urllib.parse import urlsplit

import attrs

from shim.core.content import acceptable, with_content
from shim.core.messages import (
    Answer,
    Command,
    Outcome,
    Read,
    Record,
    Reply,
    Send,
    advance,
)
from shim.doors.driver import Steps
from shim.doors.native import is_stale
from shim.doors.notice import notify
from shim.doors.recognition import RetiredCall

TIMED_OUT = (
    "The call's total timeout of {:g} s expired "
    "before all required upstream requests had been sent."
)

_MAY_BE_CUT_SHORT = frozenset({"GET", "HEAD", "OPTIONS"})
"""Methods that change nothing (RFC 9110, 9.2.1).

Cutting a write short would leave it unknown whether it was executed.
"""


@attrs.define(eq=False)
class Content:
    """The part of a response that was read, and the iterator of the rest."""

    chunks: list[bytes] = attrs.field(factory=list)
    rest: Any = ()
    complete: bool = False
    """Whether the chunks are the whole content."""
    decoded: bool = False
    """Whether something else, such as an auth flow, has already read and decoded it."""
    fault: str | None = None
    """Why the content can't be read."""


@attrs.define(eq=False)
class Door:
    """A retired call in progress through one library.

    Its body was read if the translation needs it.
    """

    following: ClassVar[Callable[..., Any]] = next
    """Continues to read ``content``: ``next`` or ``anext``."""

    retired: RetiredCall
    sent: Send | None = attrs.field(init=False, default=None)
    """The core's last request."""
    rewritten: bool = attrs.field(init=False, default=False)
    """Whether its target differs from the caller's."""
    inner: Any = attrs.field(init=False, default=None)
    """The library's request for it."""
    native: Any = attrs.field(init=False, default=None)
    """The response to that request."""
    content: Content | None = attrs.field(init=False, default=None)
    """The part of that response that was read."""
    start: float = attrs.field(init=False, factory=time.perf_counter)

    @property
    def follows(self) -> bool:
        """Whether the library may follow redirects.

        The target of a successor's redirect is not translated.
        """
        return self.sent is None or self.sent.route == "legacy"

    def url_sent(self, send: Send, own: str) -> str:
        """Return the URL to send to.

        It is the caller's own where the core did not change the target.
        """
        if not send.rewritten:
            return own
        parts = urlsplit(own)
        if self.retired.led:
            origin = send.call.origin
        else:
            origin = parts._replace(path="", query="", fragment="").geturl()
        return origin + send.call.target

    def lines(self, send: Send) -> tuple[list[tuple[str, str]], bool]:
        """Return the request's field lines, and whether it has the caller's body.

        They lack a Digest signature over another target and, if the body is another,
        the fields about the caller's body. The body of a read has no meaning (RFC 9110,
        9.3.1), and is not sent to a successor.
        """
        call, sent = self.retired.call, send.call
        means_something = send.route == "legacy" or bool(sent.body)
        same_body = (
            means_something and sent.method == call.method and sent.body == call.body
        )
        lines: list[tuple[str, str]] = []
        for name, given in sent.headers:
            kind = name.lower()
            if self.retired.led and kind == "host":
                value = sent.origin.partition("://")[2]
            else:
                value = given
            if not same_body and kind in {"content-length", "transfer-encoding"}:
                continue
            if (
                send.rewritten
                and kind == "authorization"
                and is_stale(value, sent.target)
            ):
                continue
            lines.append(
                (
                    name,
                    acceptable(value)
                    if kind == "accept-encoding" and send.may_read
                    else value,
                )
            )
        return lines, same_body

    @abstractmethod
    def request(self, send: Send) -> Any:
        """Return the caller's request, with the parts that the core changed."""

    @abstractmethod
    def send(self, request: Any) -> Any:
        """Send a request without the caller's hooks, and don't read the content."""

    @abstractmethod
    def head(self, native: Any) -> Reply:
        """Return the status and fields of a response."""

    @abstractmethod
    def unread(self, native: Any) -> Content:
        """Return the content of a response, with everything unread in ``rest``."""

    def close(self, native: Any) -> Any:
        """Close a response that is not handed to the caller."""
        native.close()

    @abstractmethod
    def answered(self, reply: Reply) -> Any:
        """Return a response that the shim wrote.

        It is on the connection of the native response if there is one.
        """

    @abstractmethod
    def passed(self) -> Any:
        """Return the native response, to be read from its beginning."""

    def retype(self, response: Any, content_type: str) -> None:
        """Return a response with another media type, which passes unchanged."""
        del response.headers["Content-Type"]
        response.headers["Content-Type"] = content_type

    @abstractmethod
    def show(self, response: Any, record: Record) -> None:
        """Attach the caller's own request and the record to a response."""

    def show_error(self, error: BaseException) -> None:
        """Attach the caller's own request to an exception."""

    def seconds(self) -> float | None:
        """Return the seconds one plain call may wait, or None; see ``together``."""
        return None

    def within(self, left: float, words: str) -> None:
        """Limit the last request to ``left`` seconds.

        If none are left, raise the library's own timeout.
        """


def steps(door: Door) -> Steps[Any]:
    """Yield the steps of a retired call, and return the response, unread.

    The program is warned before the first byte is sent. The inventory gets the call
    even if it fails.
    """
    retired = door.retired
    if retired.warns:
        notify(retired)
    exchange = retired.exchange()
    done = ""
    try:
        command: Command | Outcome = advance(exchange, None)
        while isinstance(command, Send | Read):
            if isinstance(command, Send):
                done = command.done
                reply = head = yield from _send(door, command)
            else:
                reply = yield from _read(door, head, command.limit)
            command = advance(exchange, reply)
        if isinstance(command, Answer):
            response = door.answered(command.reply)
        else:
            response = door.passed()
            if command.content_type:
                door.retype(response, command.content_type)
        door.show(response, command.record)
        if isinstance(command, Answer) and door.native is not None:
            yield partial(door.close, door.native)
    except BaseException as error:
        _failed(door, error, done)
        if door.native is not None:
            yield partial(door.close, door.native)
        raise
    if retired.noted:
        retired.write_down(command.record)
    return response


def _send(door: Door, command: Send) -> Steps[Reply]:
    """Send a call in place of the last one, and return the head of its reply."""
    if door.native is not None:
        yield partial(door.close, door.native)
        door.native = None
    if door.retired.led:
        command = attrs.evolve(command, rewritten=True)
    door.inner = door.request(command)
    if door.sent is not None:
        _hurry(door, command.call.method)
    door.sent = command
    door.rewritten = command.rewritten
    door.content = None
    door.native = yield partial(door.send, door.inner)
    return door.head(door.native)


def _read(door: Door, head: Reply, limit: int) -> Steps[Reply]:
    """Read the last reply, and return it with its content.

    At most a chunk beyond ``limit`` bytes is read.
    """
    content = door.content = door.unread(door.native)
    size = 0
    while not content.complete and size <= limit:
        piece = yield partial(door.following, content.rest, None)
        if piece is None:
            content.complete = True
            piece = b""
        content.chunks.append(piece)
        size += len(piece)
    if content.fault is not None:
        return attrs.evolve(head, fault=content.fault)
    return with_content(
        head,
        content.chunks,
        limit,
        complete=content.complete,
        decoded=content.decoded,
    )


def _failed(door: Door, error: BaseException, done: str) -> None:
    """Record a call that got no answer.

    The exception lists the writes ``done`` before it.
    """
    door.show_error(error)
    if done:
        error.add_note(done)
    # After GeneratorExit the stack no longer has the caller's line.
    if (
        door.retired.noted
        and door.sent is not None
        and not isinstance(error, GeneratorExit)
    ):
        door.retired.write_down(None, "none", f"no answer: {type(error).__name__}")


def _hurry(door: Door, method: str) -> None:
    """Limit a later request to the rest of the caller's own timeouts.

    In most libraries they limit one wait each. An exchange may wait for all of them
    together, counted from its start. Then the caller gets the library's own timeout, as
    from a slow server.
    """
    seconds = door.seconds()
    if seconds is None:
        return
    left = seconds - (time.perf_counter() - door.start)
    if left <= 0 or method in _MAY_BE_CUT_SHORT:
        door.within(left, TIMED_OUT.format(seconds))


def together(read: float | None = None, **others: float | None) -> float | None:
    """Return how many seconds one plain call may wait, or None if it may wait forever."""
    if read is None:
        return None
    return read + sum(filter(None, others.values()))


def shorter(left: float, timeout: float | None) -> float:
    """Return a timeout that is no longer than the remaining time."""
    if timeout is None:
        return left
    return min(left, timeout)
