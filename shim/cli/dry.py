"""What an exchange would send: the core's own generator, driven with replies that stand in for Atlas' own."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

import attrs

from shim.core.content import dumps
from shim.core.exchange import exchange
from shim.core.messages import Answer, Call, Outcome, Read, Reply, Send, advance
from shim.core.recognise import Match
from shim.core.route import VERSION_GONE, Context, Memory
from shim.documents.calls import Successor
from shim.documents.fields import BODY, When
from shim.documents.model import Operation
from shim.documents.question import RequestBody
from shim.documents.sources import Step, parse_source, unquoted
from shim.documents.vocabulary import Json, JsonObject
from shim.documents.ways import Values

_EXAMPLES = {
    "integer": "1", "number": "1", "boolean": "true", "time": '"2026-01-01T00:00:00Z"',
    "object": "{}", "objects": "[{}]", "array": "[]", "strings": "[]",
}  # fmt: skip
"""JSON of the types that a text in braces is not of."""
_NO_CODE = {status: f"{status} without an errorCode" for status in (404, 405)}


@attrs.define(eq=False)
class DrySend:
    """A call that is sent, at once or after the one ``before`` was ``answered`` so; an empty text is a success.

    ``notes`` are those of the record if it succeeds. If it ``goes_on``, further pages of it are sent, too.
    """

    send: Send
    before: DrySend | None = None
    answered: list[str] = attrs.field(factory=list)
    notes: Sequence[str] = ()
    goes_on: bool = False

    @property
    def why(self) -> str:
        """What leads to it, as the rest of a sentence that begins with "if"; empty for the first."""
        if self.before is None:
            return ""
        said = [one for one in self.answered if one] or ["with success"]
        if "404" in said:
            said = [one for one in said if one != _NO_CODE[404]]
        elif set(_NO_CODE.values()) <= {*said}:
            said = [*(one for one in said if one not in _NO_CODE.values()), "404 or 405 without an errorCode"]
        place = "it" if self.before.send.route == "legacy" else self.before.send.route
        return f"{place} answers {(', or ' if ' or ' in said[-1] else ' or ').join(said)}"


@attrs.define
class DryRun:
    """All calls of an exchange, in the order in which they follow each other, and why the first one is sent.

    ``errors`` are those that the shim itself would answer with, in words; ``refused`` is the one that it answers with
    where nothing fails.
    """

    reason: str = ""
    sends: list[DrySend] = attrs.field(factory=list)
    errors: dict[str, None] = attrs.field(factory=dict)
    refused: str = ""


def dry_run(match: Match, call: Call, context: Context) -> DryRun:
    """Return what an exchange with an empty memory sends, whatever it is answered."""
    found, answers = DryRun(), [*_answers(match.operation)]
    known: dict[Any, DrySend] = {}

    def follow(script: list[Reply], last: DrySend | None) -> None:
        for said, reply in answers if last else [("", None)]:
            replies = script if reply is None else [*script, reply]
            step = _after(match, call, context, replies)
            if not isinstance(step, Send):
                if error := _own_error(step):
                    found.errors[error] = None
                    found.refused = found.refused or (error if not said else "")
                if last is not None and not said and not last.notes:
                    last.notes = step.record.notes
                continue
            new = step.call
            if last is not None and (new.method, new.path, step.route) == (*_place(last.send), last.send.route):
                last.goes_on = True
                continue
            key = (len(replies), new.method, new.target, new.headers, new.body)
            if key in known:
                known[key].answered += [said] if said not in known[key].answered else []
                continue
            known[key] = DrySend(step, last, [said])
            found.sends.append(known[key])
            follow(replies, known[key])

    follow([], None)
    end = _after(match, call, context, [Reply(500)] if found.sends else [])
    found.reason = "" if isinstance(end, Send) else end.record.reason
    return found


def _place(send: Send) -> tuple[str, str]:
    return send.call.method, send.call.path


def _after(match: Match, call: Call, context: Context, script: Sequence[Reply]) -> Send | Outcome:
    """Return what an exchange sends after these replies, or its outcome."""
    steps, replies = exchange(match, call, attrs.evolve(context, memory=Memory())), iter(script)
    full, reply = Reply(0), None
    while True:
        step = advance(steps, reply)
        if isinstance(step, Read):
            reply = full
        elif isinstance(step, Send) and (new := next(replies, None)) is not None:
            full, reply = new, attrs.evolve(new, body=None)
        else:
            return step


def _answers(operation: Operation) -> Iterator[tuple[str, Reply]]:
    """Yield replies that lead on, if any do, and what each is in words: successes first, which have no words."""
    kind = (("Content-Type", "application/json"),)
    page: JsonObject = {"results": [{}], "totalCount": 1}
    successes: list[Json] = [page, [{}], {**page, "links": [{"rel": "next"}]}]
    yield from (("", Reply(200, kind, dumps(one))) for one in successes)
    yield from (("an empty list", Reply(200, kind, one)) for one in (b'{"results": []}', b"[]"))
    codes = dict.fromkeys(code for one in operation.successors.values() for code in one.after)
    errors = [("410", 410, VERSION_GONE), ("404", 404, "RESOURCE_NOT_FOUND")]
    for said, status, code in (*errors, *((code, status, code) for code in codes for status in (400, 404))):
        content = dumps({"detail": "", "error": status, "errorCode": code})
        yield said, Reply(status, (*kind, ("X-Error-Code", code)), content)
    yield from ((said, Reply(status, (), b"")) for status, said in _NO_CODE.items())


def _own_error(outcome: Outcome) -> str:
    """Return the error that the shim itself answers with; empty without one, and where a reply can't be translated."""
    if not isinstance(outcome, Answer) or outcome.code is None or outcome.reply.status >= 500:
        return ""
    said = json.loads(outcome.reply.body or b"{}")
    return f"{outcome.code}: {said.get('content', said).get('detail', '')}"


def questions(operation: Operation) -> Iterator[tuple[str, bytes | None]]:
    """Yield the bodies that lead to different calls, and what tells each from the others, in words; None for no body.

    A body has all members that the document declares: ``{placeholders}`` for texts, examples of other types.
    """
    tiers = [*operation.successors.values()]
    for word in operation.words or ("",):
        body = _body([operation.request, *(tier.request for tier in tiers if tier.when is None)], tiers)
        if operation.request and operation.request.choose:
            _put(body, unquoted(operation.request.choose), word)
        yield word, dumps(body) if operation.has_body else None
    for tier in tiers:
        if tier.when is not None:
            body = _body([tier.request], [tier])
            _put(body, parse_source(tier.when.source), _fulfilling(tier.when))
            yield in_words(tier.when), dumps(body)


def _body(requests: Sequence[RequestBody | None], tiers: Sequence[Successor]) -> JsonObject:
    """Return a legacy body with what these declare, and with what the bodies of these tiers' calls read."""
    body: JsonObject = {}
    for request in filter(None, requests):
        for name, kind in request.members.items():
            value = _example(kind, name)
            if name not in request.refused or request.refused[name].takes(value):
                _put(body, unquoted(name), value)
    bodies = [target.body for tier in tiers for _, target in tier.targets() if target.body and any(requests)]
    for field in (field for made in bodies for field in made.fields):  # those inside read other objects
        for rule in field.rules[BODY]:
            for source in rule.sources:
                is_word = isinstance(rule.verb, Values)
                value = next(iter(rule.verb.values)) if isinstance(rule.verb, Values) else _example(field.type, source)
                _put(body, parse_source(source), value, anew=is_word)
    return body


def _example(kind: str, name: str) -> Json:
    """Return a value of a type: the name in braces, where it may be a text."""
    return json.loads(_EXAMPLES.get(kind, json.dumps(f"{{{name}}}")))  # type: ignore[no-any-return]  # JSON


def _put(body: JsonObject, path: Sequence[str | Step], value: Json, *, anew: bool = True) -> None:
    """Put a value into an object, by names and through lists of one."""
    here: Any = body
    for at, following in pairwise(path):
        inner: Any = [] if isinstance(following, Step) else {}
        if isinstance(here, list):
            here += [] if here else [inner]
            here = here[0]
        else:
            here = here.setdefault(at, inner)
    if isinstance(here, list):
        here += [] if here else [value]
    elif anew or path[-1] not in here:
        here[path[-1]] = value


def _fulfilling(condition: When) -> Json:
    words: list[Any] = sorted(condition.words, key=str)
    return "{any}" if condition.negated or condition.given else words[0] if words else None


def in_words(condition: When) -> str:
    """Return a condition in words."""
    if condition.given is not None:
        return f"{condition.source} is {'given' if condition.given else 'not given'}"
    relation = "is not" if condition.negated else "is"
    words = sorted(word if isinstance(word, str) else json.dumps(word) for word in condition.words)
    return f"{condition.source} {relation} {' or '.join(words)}"
