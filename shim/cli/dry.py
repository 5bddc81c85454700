"""Compute what an exchange would send: simulated replies drive the core's generator."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from shim.cli.examples import success_bodies
from shim.core.content import dumps
from shim.core.messages import Answer, Call, Outcome, Reply, Send
from shim.core.recognize import Match
from shim.core.route import VERSION_GONE, Context, Memory
from shim.documents.model import Operation
from shim.tools.pairs import played

_NO_CODE = "404 or 405 without an errorCode"  # which are one type for the core


@attrs.define(eq=False)
class DrySend:
    """A call that is sent."""

    send: Send
    before: DrySend | None = None
    """The call before it, whose answer leads to it; None for the first."""
    answered: list[str] = attrs.field(factory=list)
    """The answer to that call; an empty text is a success."""
    notes: Sequence[str] = ()
    """The record's fields if it succeeds."""
    errors: dict[str, None] = attrs.field(factory=dict)
    """The error that the shim itself may answer with then."""
    goes_on: bool = False
    """Whether it is also sent for further pages or items."""
    role: str = "answer"
    """``look`` or ``write`` if another call of its tier follows a success."""
    ahead: int = 0
    """How many calls of its tier came before it."""

    def is_like(self, other: Send) -> bool:
        """Return whether another call is the same for another page or item."""
        call, new = self.send.call, other.call
        is_same = (new.method, new.path) == (call.method, call.path)
        is_same = is_same and other.route == self.send.route
        return is_same and (new.target, new.body) != (call.target, call.body)

    @property
    def why(self) -> str:
        """The answer that leads to it, as the end of a sentence.

        Empty for the first.
        """
        if self.before is None:
            return ""
        said = [
            one
            for one in self.answered
            if one != _NO_CODE or "404" not in self.answered
        ]
        said = ["with success"] if "" in said else said
        between = ", or " if " or " in said[-1] else " or "
        return f"if {named(self.before.send.route)} answers {between.join(said)}"


def named(route: str) -> str:
    """Return the name of a side in a sentence."""
    if route == "successor":
        return "the successor"
    return route


@attrs.define
class DryRun:
    """All that an exchange sends."""

    reason: str = ""
    """Why the first call is sent, or none."""
    sends: list[DrySend] = attrs.field(factory=list)
    """The calls in order."""
    refused: str = ""
    """The error that the shim itself answers with if no call fails."""


@attrs.define
class _Player:
    """Simulates exchanges of a call, one for each sequence of replies."""

    match: Match
    call: Call
    context: Context
    found: DryRun = attrs.field(factory=DryRun)
    known: dict[Any, DrySend] = attrs.field(factory=dict)
    """The calls that were sent, by their place and words."""

    def after(self, script: Sequence[Reply]) -> Send | Outcome:
        """Return the next command after these replies."""
        left = iter(script)
        context = attrs.evolve(self.context, memory=Memory())
        return played(self.match, self.call, context, lambda _: next(left, None))

    def begin(self) -> None:
        """Follow everything that the first call leads to."""
        step = self.after([])
        if isinstance(step, Send):
            self._send([], step, None, "")
        else:
            self._close([_own_error(step)])

    def _follow(self, script: list[Reply], last: DrySend) -> None:
        """Follow each reply to the last call."""
        ends = list[str]()  # the shim's own answers after successes
        for said, reply in _answers(self.match.operation, last):
            replies = [*script, reply]
            step = self.after(replies)
            if isinstance(step, Send):
                error = ""
                self._send(replies, step, last, said)
            else:
                error = _own_error(step)
                if not said:
                    _note_end(last, step, error)
            if not said and not _is_odd(step):
                ends.append(error)
        self._close(ends)

    def _send(
        self, replies: list[Reply], step: Send, last: DrySend | None, said: str
    ) -> None:
        """Record a call that is sent after this answer to ``last``.

        If the call is new, follow it.
        """
        if last is not None and last.is_like(step):
            if not last.goes_on:
                last.goes_on = True
                self._follow(replies, last)
            return
        call = step.call
        key = (len(replies), call.method, call.target, call.headers, call.body)
        known = self.known.get(key)
        if known is not None:
            if said not in known.answered:
                known.answered.append(said)
            return
        new = self.known[key] = DrySend(step, last, [said])
        if last is not None and not said and step.route == last.send.route:
            last.role = "look" if last.send.call.method == "GET" else "write"
            new.ahead = last.ahead + 1
        self.found.sends.append(new)
        self._follow(replies, new)

    def _close(self, ends: Sequence[str]) -> None:
        """Record the shim's own error, if all successes end with one."""
        if not self.found.refused and ends and all(ends):
            self.found.refused = ends[0]


def dry_run(match: Match, call: Call, context: Context) -> DryRun:
    """Return the calls that an exchange with an empty memory can send."""
    player = _Player(match, call, context)
    player.begin()
    found = player.found
    end = player.after([Reply(500)] if found.sends else [])
    if not isinstance(end, Send):
        found.reason = end.record.reason
    return found


def _note_end(last: DrySend, outcome: Outcome, error: str) -> None:
    """Record the end of an exchange whose last call succeeds."""
    last.notes = last.notes or outcome.record.notes
    if error:
        last.errors[error] = None


def _is_odd(step: Send | Outcome) -> bool:
    """Return whether a reply could not be translated."""
    return isinstance(step, Answer) and step.reply.status >= 500


def _answers(operation: Operation, send: DrySend) -> Iterator[tuple[str, Reply]]:
    """Yield replies after which another call follows, each in words.

    Successes come first, without words.
    """
    kind = (("Content-Type", "application/json"),)
    tier = operation.successors.get(send.send.route)
    successes = success_bodies(tier, send.ahead, send.send.call.query)
    yield from (("", Reply(200, kind, dumps(one))) for one in successes)
    yield from (
        ("an empty list", Reply(200, kind, one)) for one in (b'{"results": []}', b"[]")
    )
    codes = dict.fromkeys(
        code for one in operation.successors.values() for code in one.after
    )
    errors = [("410", 410, VERSION_GONE), ("404", 404, "RESOURCE_NOT_FOUND")]
    for code in codes:
        errors += [(code, 400, code), (code, 404, code)]
    for said, status, code in errors:
        content = dumps({"detail": "", "error": status, "errorCode": code})
        yield said, Reply(status, (*kind, ("X-Error-Code", code)), content)
    yield _NO_CODE, Reply(404, (), b"")


def _own_error(outcome: Outcome) -> str:
    """Return the error that the shim itself answers with, or ''.

    It is also empty if a reply can't be translated.
    """
    if (
        not isinstance(outcome, Answer)
        or outcome.code is None
        or outcome.reply.status >= 500
    ):
        return ""
    said = json.loads(outcome.reply.body or b"{}")
    return f"{outcome.code}: {said.get('content', said).get('detail', '')}"
