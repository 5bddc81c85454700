"""What stands in the line of a call: never an id, a query, a credential or content."""

from __future__ import annotations

import logging
import time
from datetime import datetime
from functools import lru_cache

import attrs
import orjson

from shim.core.recognise import Engine, Match
from shim.documents.check_calls import targets
from shim.documents.templates import parameter_name
from shim.gateway.counting.failures import Failure, failure_of
from shim.gateway.errors import Challenged, Refusal, internal

logger = logging.getLogger("shim.gateway.calls")

_AGENT = 200

_LEVELS = {number: logging.getLevelName(number) for number in (10, 20, 30, 40)}


@attrs.define(eq=False)
class CallLine:
    """One answered call.

    ``began`` is in seconds since the epoch, ``seconds`` and ``upstream_seconds`` are durations: all of the call, and
    what upstream took to its heads and to what was read of its contents. ``status`` is None when the caller left
    unanswered. ``path`` is the raw one; what is shown of it is a template. ``client`` is the name in
    the caller's certificate, ``failure`` what the call counts as.
    """

    method: str
    path: str
    peer: str
    request_id: str
    engine: Engine
    began: float = attrs.field(factory=time.time)
    clock: float = attrs.field(factory=time.perf_counter)
    level: int = logging.INFO
    match: Match | None = None
    route: str = "pass"
    reason: str = ""
    status: int | None = None
    upstream_status: int | None = None
    seconds: float = 0.0
    upstream_seconds: float | None = None
    agent: str | None = None
    client: str | None = None
    code: str | None = None
    failure: Failure | None = None
    challenged: Challenged | None = None
    said: str = ""

    @property
    def operation(self) -> str:
        """The operation of a recognised call, ``other`` for what is passed on."""
        return "other" if self.match is None else self.match.operation.id

    @property
    def is_error(self) -> bool:
        """Whether somebody should look at it: a refusal of the gateway's own, or a status from 500 on."""
        return self.level > logging.DEBUG and (self.code is not None or self.status is None or self.status >= 500)

    def refused(self, refusal: Refusal) -> None:
        """Take in why the gateway itself answers with an error; a step of a client's handshake is no event."""
        self.code, self.said = refusal.code, refusal.said or refusal.error or ""
        self.challenged, self.failure = refusal.challenged, failure_of(refusal)
        if self.challenged is not None:
            self.level = logging.DEBUG
        elif self.code == "SHIM_KEY_REFUSED":
            self.level = logging.WARNING

    def failed(self) -> None:
        """Take in that the gateway has a defect, which is logged beside this."""
        self.level, self.code, self.failure = logging.ERROR, "SHIM_INTERNAL_ERROR", failure_of(internal())

    def cut(self, refusal: Refusal | None) -> None:
        """Take in why an answer that was being streamed ended early, if it did."""
        if refusal is not None:
            self.failure = None, refusal.status, refusal.error or "none"

    def answered(self, status: int | None) -> None:
        """Take in how the call ended."""
        self.status, self.seconds = status, time.perf_counter() - self.clock
        if status is not None and status >= 500:
            self.level = max(self.level, logging.WARNING)

    def template(self) -> str:
        """Return the path with every part masked that is not a word of a mapping document."""
        if self.match is not None:
            return f"{self.match.api.base}{self.match.operation.path.text}"
        return masked(self.path, self.engine)

    def json(self) -> str:
        """Return the line as JSON, members without a value left out."""
        members = {
            "time": instant(self.began),
            "level": _LEVELS[self.level].lower(),
            "event": "call",
            "method": self.method,
            "path": self.template(),
            "operation": self.operation,
            "route": self.route,
            "status": self.status,
            "duration_ms": round(self.seconds * 1000, 3),
            "request_id": self.request_id,
            "peer": self.peer,
        }
        if self.upstream_seconds is not None:
            members["upstream_status"] = self.upstream_status
            members["upstream_ms"] = round(self.upstream_seconds * 1000, 3)
        if self.client:
            members["client"] = plain_agent(self.client)
        if self.agent:
            members["agent"] = plain_agent(self.agent)
        why = (("reason", self.reason), ("error", self.code), ("said", self.said))
        members |= {name: value for name, value in why if value}
        return orjson.dumps(members).decode()

    def text(self) -> str:
        """Return the line for people."""
        status = "unanswered" if self.status is None else self.status
        upstream = agent = why = client = ""
        if self.client:
            client = f" ({plain_agent(self.client)})"
        if self.upstream_seconds is not None:
            upstream = f" (upstream {self.upstream_status or '-'} in {self.upstream_seconds * 1000:.1f} ms)"
        if self.agent:
            agent = f' | "{plain_agent(self.agent)}"'
        if self.code:
            why = f" | {self.code}: {self.said}" if self.said else f" | {self.code}"
        elif self.reason:
            why = f" | {self.reason}"
        return (
            f"{instant(self.began)} {_LEVELS[self.level]:<7} {self.method} {self.template()} | {self.operation} "
            f"{self.route} | {status} in {self.seconds * 1000:.1f} ms{upstream} | {self.peer}{client} {self.request_id}"
            f"{agent}{why}"
        )


def masked(path: str, engine: Engine) -> str:
    """Return a path with every part masked that is not a word of a mapping document."""
    known = _words(engine)
    return "/".join([part if part in known else "*" for part in path.split("/")])


@lru_cache(maxsize=256)
def plain_agent(agent: str) -> str:
    """Return a User-Agent in printable ASCII, cut at a length that any honest one has."""
    text = agent[:_AGENT].encode("ascii", "backslashreplace").decode()
    return "".join([one if one.isprintable() and one not in '"\\' else "?" for one in text])


@lru_cache(maxsize=4)
def _words(engine: Engine) -> frozenset[str]:
    """Return the words of all paths that the documents name: what else stands in a path may be somebody's name."""
    found = {""}
    for document in engine.documents:
        for api in document.apis.values():
            found.update(api.base.split("/"))
        for operation in document.operations:
            paths = [
                operation.path,
                *(target.path for one in operation.successors.values() for _, target in targets(one)),
            ]
            found.update(part for path in paths for part in path.text.split("/") if not parameter_name(part))
    return frozenset(found)


@lru_cache(maxsize=2)
def _minute(minutes: int) -> tuple[str, str]:
    """Return a minute of local time as text, and its offset from UTC."""
    moment = datetime.fromtimestamp(minutes * 60).astimezone()
    text = moment.isoformat(timespec="minutes")
    return text[:16], text[16:]


def instant(seconds: float) -> str:
    """Return an instant as ISO 8601 with milliseconds and the offset of local time."""
    minutes, rest = divmod(seconds, 60)
    text, offset = _minute(int(minutes))
    return f"{text}:{int(rest * 1000) / 1000:06.3f}{offset}"
