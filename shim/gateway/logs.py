"""Build each call's log line, as text or as a JSON object, and read a request's ids.

A line has no id from Atlas, no query, secret or content. Of a path it shows only the
words of Atlas's API.
"""

from __future__ import annotations

import logging
import re
import secrets
import time
from collections import Counter as Tally
from datetime import datetime
from functools import lru_cache
from itertools import count
from typing import Any

import attrs
import orjson

from shim.codes import cure_of
from shim.core.messages import Call, Headers, Record
from shim.core.recognize import Engine, Match
from shim.gateway.errors import INTERNAL, Challenged, Failure, Refusal
from shim.tools.radar.radar import shape_of

_LEVELS = {number: logging.getLevelName(number).lower() for number in (10, 20, 30, 40)}

_PATH = 500  # characters of a path that are read
_shape_of = lru_cache(maxsize=4096)(shape_of)

# Callers' ids that are logged and sent back.
_SANE = re.compile(r"[A-Za-z0-9._~:/+=@-]{1,128}")
_TRACE = re.compile(r"[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(?:-.*)?")
"""``traceparent``, and the trace in it (W3C Trace Context, 3.2)."""

_process = secrets.token_hex(6)
_numbers = count(1)


@attrs.define(eq=False)
class CallLine:
    """The values of one call for the log and the ledger."""

    method: str
    path: str
    """As received."""
    peer: str
    request_id: str
    engine: Engine
    trace_id: str = ""
    began: float = attrs.field(factory=time.time)
    """In seconds since the epoch."""
    clock: float = attrs.field(factory=time.perf_counter)
    level: int = logging.INFO
    match: Match | None = None
    route: str = "pass"
    reason: str = ""
    status: int | None = None
    """None if the caller left before the whole answer was written, unless it is an
    error.
    """
    upstream_status: int | None = None
    seconds: float = 0.0
    """The total duration of the call."""
    upstream_seconds: float | None = None
    """Upstream's part of the duration."""
    agent: str | None = None
    key: str = ""
    """The public part of the key that the caller proved."""
    code: str | None = None
    failure: Failure | None = None
    """The failure that the call counts as."""
    challenged: Challenged | None = None
    said: str = ""
    done: Tally[str] = attrs.field(factory=Tally)
    """The writes that upstream executed for it: method and shape of the path, with
    their number.
    """

    def is_sent(self, route: str) -> None:
        """Record the destination of the call.

        ``route`` is empty if it is only passed on.
        """
        if route and self.match is not None:
            self.route = route
        else:
            self.route = "pass"

    def has_done(self, call: Call) -> None:
        """Record a write that upstream answered with a success."""
        self.done[f"{call.method} {_shape_of(call.path[:_PATH])}"] += 1

    def translated(self, record: Record) -> None:
        """Record how a retired call was answered."""
        # on an endpoint that is not retired
        passed = self.match is None and record.route == "legacy"
        self.route = "pass" if passed else record.route
        self.reason = record.reason

    def refused(self, refusal: Refusal) -> None:
        """Record why the gateway itself answers with an error.

        It is a warning, unless it is a step of a handshake.
        """
        why = refusal.detail.partition(". ")[0].removesuffix(".")
        more = f" ({refusal.said})" if refusal.said else ""
        self.code = refusal.code
        self.said = f"{why}{more}"
        self.challenged = refusal.challenged
        self.failure = refusal.failure
        if self.code == INTERNAL.code:
            severe = logging.ERROR
        else:
            severe = logging.WARNING
        if self.challenged is None:
            self.level = severe
        else:
            self.level = logging.DEBUG

    def answered(self, status: int | None, *, whole: bool) -> None:
        """Record how the call ended.

        ``whole`` means that all of the answer was written.
        """
        # A caller that has read an error's status needs no body: curl -f leaves then.
        has_error = self.failure is not None or (status or 0) >= 400
        self.status = status if whole or has_error else None
        self.seconds = time.perf_counter() - self.clock
        if self.status is None or self.status >= 500:
            self.level = max(self.level, logging.WARNING)

    def _what_was_done(self) -> str:
        """Return the writes that were executed for a call without a success, or ''."""
        if not self.done or (self.failure is None and 0 < (self.status or 0) < 400):
            return ""
        writes = [f"{count} x {write}" for write, count in self.done.items()]
        return f"done: {', '.join(writes)}"

    def members(self) -> dict[str, Any]:
        """Return the values of a line, by their names in JSON.

        Unknown ones are empty.
        """
        upstream_ms = None
        if self.upstream_seconds is not None:
            upstream_ms = round(self.upstream_seconds * 1000, 3)
        return {
            "time": instant(self.began),
            "level": _LEVELS[self.level],
            "event": "call",
            "method": self.method,
            "path": self._shape(),
            "operation": self._operation(),
            "route": self.route,
            "status": self.status,
            "duration_ms": round(self.seconds * 1000, 3),
            "request_id": self.request_id,
            "trace_id": self.trace_id,
            "peer": self.peer,
            "key": plain(self.key),
            "agent": plain(self.agent or ""),
            "upstream_status": self.upstream_status,
            "upstream_ms": upstream_ms,
            "reason": self.reason,
            "error": self.code,
            "cure": cure_of(self.code or "") or None,
            "said": self.said,
            "done": self._what_was_done().removeprefix("done: "),
        }

    def _shape(self) -> str:
        """Return the path without names and ids."""
        if self.match is None:
            return _shape_of(self.path[:_PATH])
        return f"{self.match.api.base}{self.match.operation.path.text}"

    def _operation(self) -> str:
        if self.match is None:
            return "other"
        return self.match.operation.id

    def json(self) -> str:
        """Return the line as JSON, without members that have no value."""
        shown = {}
        for name, value in self.members().items():
            if value not in {None, ""} or name == "status":
                shown[name] = value
        return orjson.dumps(shown).decode()

    def text(self) -> str:
        """Return the line for people."""
        level = _LEVELS[self.level].upper()
        parts = [
            f"{instant(self.began)} {level:<7} {self.method} {self._shape()}",
            f"{self._operation()} {self.route}",
            f"{self.status or 'unanswered'} in {self.seconds * 1000:.1f} ms",
        ]
        if self.upstream_seconds is not None:
            took = f"{self.upstream_seconds * 1000:.1f} ms"
            parts[-1] += f" (upstream {self.upstream_status or '-'} in {took})"
        who = self.peer
        if self.key:
            who += f" key {plain(self.key)}"
        parts.append(f"{who} {self.request_id}")
        if self.agent:
            parts.append(f'"{plain(self.agent)}"')
        if why := self._why():
            parts.append(why)
        return " | ".join(parts)

    def _why(self) -> str:
        """Return the reason for the route or error, the fix, and the executed writes."""
        why = self.said or self.reason
        if self.code is not None:
            why = f"{self.code}: {why}" if why else self.code
        parts = (why, cure_of(self.code or ""), self._what_was_done())
        return ". ".join(part.rstrip(".") for part in parts if part)


def plain(said: str) -> str:
    """Return a caller's text in printable ASCII, at most 200 characters of it."""
    return _plain(said[:200])


@lru_cache(maxsize=256)
def _plain(said: str) -> str:
    text = said.encode("ascii", "backslashreplace").decode()
    return "".join(
        [one if one.isprintable() and one not in '"\\' else "?" for one in text]
    )


def instant(seconds: float) -> str:
    """Return an instant as ISO 8601 with milliseconds and the offset of local time."""
    return _millisecond(int(seconds * 1000))


@lru_cache(maxsize=2)
def _millisecond(count: int) -> str:
    return (
        datetime.fromtimestamp(count / 1000)
        .astimezone()
        .isoformat(timespec="milliseconds")
    )


def ids_of(headers: Headers) -> tuple[str, str]:
    """Return the id that finds a call, and its trace, empty without one.

    The id is ``X-Request-Id``, else the trace of ``traceparent``, else a new one.
    """
    name = trace = ""
    for field, value in headers:
        # cheap, because most have neither
        if len(field) == len("X-Request-Id") or len(field) == len("traceparent"):
            lower = field.lower()
            if lower == "x-request-id" and not name and _SANE.fullmatch(value):
                name = value
            elif lower == "traceparent" and (found := _TRACE.fullmatch(value)):
                trace = found[1]
    return name or trace or f"{_process}-{next(_numbers):x}", trace
