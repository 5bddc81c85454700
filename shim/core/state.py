"""One exchange in progress: what was sent so far, and the small steps that every part of it takes."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import attrs

from shim.core import responses as answers
from shim.core.commands import Answer, Read, Send
from shim.core.context import Context
from shim.core.messages import Call, Headers, Reply, without
from shim.core.query import QueryError, read_query
from shim.core.recognise import Match
from shim.core.record import Dropped, FieldReport, Record, Sent
from shim.core.route import sunset_of
from shim.core.rules import TranslationContext

Asking = Generator[Send | Read, Reply, Reply | Answer]
"""A step that ends with a reply, or with the shim's own answer in its place."""

_CONDITIONAL = frozenset({"if-match", "if-modified-since", "if-none-match", "if-range", "if-unmodified-since", "range"})
"""Request fields that speak of the legacy representation, which a successor does not have (RFC 9110, 13)."""

_FOREIGN = _CONDITIONAL | {"accept", "content-type"}
"""What a successor is told in its own words, or not at all."""

_ABOUT_BODY = frozenset(
    {"content-digest", "content-encoding", "content-length", "content-md5", "digest", "repr-digest"}
)
"""Request fields that describe the caller's own content, and no other."""

_DEPTH = 100
"""How deep a document may be nested: writing it again must not fail where reading it did not."""


@attrs.define
class ExchangeState:
    """The state of one exchange; ``route`` is the side asked last, ``none`` before any was."""

    match: Match
    call: Call
    context: Context
    started: float
    reason: str
    route: str = "none"
    sent: list[Sent] = attrs.field(factory=list)
    notes: list[str] = attrs.field(factory=list)

    def note(self, text: str) -> None:
        """Add a note for people, unless there is nothing to say or it was said."""
        if text and text not in self.notes:
            self.notes.append(text)


def record(run: ExchangeState, fields: tuple[FieldReport, ...] = (), dropped: tuple[Dropped, ...] = ()) -> Record:
    """Return the record of an exchange as it stands."""
    operation = run.match.operation
    return Record(
        operation=operation.id,
        api=run.match.api.name,
        route=run.route,
        reason=run.reason,
        sunset=sunset_of(operation, run.context.settings),
        deprecated=operation.deprecated,
        sent=tuple(run.sent),
        fields=fields,
        dropped=dropped,
        notes=tuple(run.notes),
    )


def send(run: ExchangeState, call: Call, route: str, *, rewritten: bool) -> Asking:
    """Send one call and note it; no further call is begun after the exchange's deadline."""
    deadline = run.context.settings.deadline
    if run.sent and run.context.clock() - run.started > deadline:
        return error(run, 504, "SHIM_DEADLINE_EXCEEDED", f"Upstream did not answer within {deadline:g} seconds.")
    run.route = route
    run.sent.append(Sent(method=call.method, target=call.target))
    reply = yield Send(call=call, route=route, rewritten=rewritten)
    run.sent[-1] = Sent(method=call.method, target=call.target, status=reply.status)
    return reply


def read(run: ExchangeState) -> Generator[Send | Read, Reply, Reply]:
    """Have the content of the last reply read."""
    return (yield Read(run.context.settings.body_limit))


def successor_call(run: ExchangeState, method: str, target: str, version: str, body: bytes | None) -> Call:
    """Return a call in a successor's terms: its target, its version, and the caller's other fields."""
    kind = f"application/vnd.atlas.{version}+json"
    drops = _FOREIGN if body == run.call.body else _FOREIGN | _ABOUT_BODY
    headers: Headers = (*without(run.call.headers, drops), ("Accept", kind))
    if body:
        headers = (*headers, ("Content-Type", kind))
    return Call(method=method, origin=run.call.origin, target=target, headers=headers, body=body)


def scene(run: ExchangeState) -> TranslationContext:
    """Return what rules may look at in this exchange."""
    return TranslationContext(
        raw=run.match.raw,
        parameters=run.match.parameters,
        now=run.context.clock(),
        api=run.match.api.name,
        links_base=f"{run.context.base}{run.match.api.base}",
    )


def decoded(run: ExchangeState, reply: Reply) -> Any:
    """Return the JSON that a reply carries, None when it carries none."""
    if reply.fault is not None:
        return None
    try:
        document = run.context.loads(reply.body or b"")
    except (ValueError, RecursionError):
        return None
    return document if _is_shallow(document) else None


def _is_shallow(document: Any) -> bool:
    level = [document] if type(document) in {dict, list} else []
    depth = 0
    while level and depth < _DEPTH:
        inner = [value.values() if type(value) is dict else value for value in level]
        level = [value for values in inner for value in values if type(value) in {dict, list}]
        depth += 1
    return not level


def error_code(run: ExchangeState, reply: Reply) -> str | None:
    """Return the ``errorCode`` of an Atlas error, None when the content is no such thing."""
    document = decoded(run, reply)
    code = document.get("errorCode") if type(document) is dict else None
    return code if type(code) is str else None


def error(run: ExchangeState, status: int, code: str, detail: str, parameters: tuple[Any, ...] = ()) -> Answer:
    """Return an error of the shim's own, in an envelope if the caller asked for one."""
    try:
        query = read_query(run.call.query, "one")
        envelope, pretty = query.envelope, query.pretty
    except QueryError:
        envelope, pretty = False, False
    value = answers.error_body(status, code, detail, parameters)
    shown = answers.enveloped(value, status, page=False) if envelope else value
    content = answers.content_of(shown, pretty=pretty, dumps=run.context.dumps)
    reply = answers.document(content, status=status, upstream=(), kind="application/json")
    return Answer(reply, record(run), code)
