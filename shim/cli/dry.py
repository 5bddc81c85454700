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
from shim.documents.before import Before
from shim.documents.calls import Successor, Target
from shim.documents.fields import BARE, BODY, When
from shim.documents.model import Operation
from shim.documents.question import RequestBody
from shim.documents.sources import Step, parse_source
from shim.documents.vocabulary import Json, JsonObject
from shim.documents.ways import Values

_EXAMPLES = {
    "integer": "1", "number": "1", "boolean": "true", "time": '"2026-01-01T00:00:00Z"',
    "object": "{}", "objects": "[{}]", "array": "[]",
}  # fmt: skip
"""JSON of the types that a text in braces is not of."""
_NO_CODE = {status: f"{status} without an errorCode" for status in (404, 405)}


@attrs.define(eq=False)
class DrySend:
    """A call that is sent, at once or after the one ``before`` was ``answered`` so; an empty text is a success.

    ``notes`` are those of the record if it succeeds, ``errors`` what the shim itself may answer then. If it
    ``goes_on`` it is sent for further pages, or items, too. ``role`` is that of a call which another of its tier
    follows, when all goes well: ``look``, or ``write``; so many of its tier went ``ahead`` of it.
    """

    send: Send
    before: DrySend | None = None
    answered: list[str] = attrs.field(factory=list)
    notes: Sequence[str] = ()
    errors: dict[str, None] = attrs.field(factory=dict)
    goes_on: bool = False
    role: str = "answer"
    ahead: int = 0

    def is_like(self, other: Send) -> bool:
        """Return whether another call asks the same for another page or item."""
        call, new = self.send.call, other.call
        is_same = (new.method, new.path, other.route) == (call.method, call.path, self.send.route)
        return is_same and (new.target, new.body) != (call.target, call.body)

    @property
    def why(self) -> str:
        """What leads to it, as the rest of a sentence that begins with "if"; empty for the first."""
        if self.before is None:
            return ""
        said = ["with success"] if "" in self.answered else self.answered
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
    found = DryRun()
    known: dict[Any, DrySend] = {}

    def follow(script: list[Reply], last: DrySend | None) -> None:
        ends = list[str]()  # of what succeeds: what the shim answers itself
        for said, reply in _answers(match.operation, last) if last else [("", None)]:
            replies = script if reply is None else [*script, reply]
            step = _after(match, call, context, replies)
            error = "" if isinstance(step, Send) else _own_error(step)
            is_odd = isinstance(step, Answer) and step.reply.status >= 500  # a reply that can't be translated
            ends += [] if said or is_odd else [error]
            found.errors |= {error: None} if error else {}
            if not isinstance(step, Send):
                if last is not None and not said:
                    last.notes = last.notes or step.record.notes
                    last.errors |= {error: None} if error else {}
                continue
            new = step.call
            if last is not None and last.is_like(step):
                if not last.goes_on:
                    last.goes_on = True
                    follow(replies, last)
                continue
            key = (len(replies), new.method, new.target, new.headers, new.body)
            if key in known:
                known[key].answered += [said] if said not in known[key].answered else []
                continue
            known[key] = DrySend(step, last, [said])
            if last is not None and not said and step.route == last.send.route:
                last.role = "look" if last.send.call.method == "GET" else "write"
                known[key].ahead = last.ahead + 1
            found.sends.append(known[key])
            follow(replies, known[key])
        found.refused = found.refused or (ends[0] if ends and all(ends) else "")

    follow([], None)
    end = _after(match, call, context, [Reply(500)] if found.sends else [])
    found.reason = "" if isinstance(end, Send) else end.record.reason
    return found


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


def _answers(operation: Operation, send: DrySend) -> Iterator[tuple[str, Reply]]:
    """Yield replies to a call that lead on, if any do, and what each is in words: successes first, without any."""
    kind = (("Content-Type", "application/json"),)
    page: JsonObject = {"results": [{}], "totalCount": 1}
    tier = operation.successors.get(send.send.route)
    targets = [target for _, target in tier.targets()] if tier else []
    looks = [_looked_up(target, look) for target in targets for look in target.looks[send.ahead :][:1]]
    successes: list[Json] = [*looks, page, [{}], {**page, "links": [{"rel": "next"}]}]
    yield from (("", Reply(200, kind, dumps(one))) for one in successes)
    yield from (("an empty list", Reply(200, kind, one)) for one in (b'{"results": []}', b"[]"))
    codes = dict.fromkeys(code for one in operation.successors.values() for code in one.after)
    errors = [("410", 410, VERSION_GONE), ("404", 404, "RESOURCE_NOT_FOUND")]
    for said, status, code in (*errors, *((code, status, code) for code in codes for status in (400, 404))):
        content = dumps({"detail": "", "error": status, "errorCode": code})
        yield said, Reply(status, (*kind, ("X-Error-Code", code)), content)
    yield from ((said, Reply(status, (), b"")) for status, said in _NO_CODE.items())


def _looked_up(target: Target, look: Before) -> JsonObject:
    """Return an answer to a look before a call: it gives all names, and stands for no error."""
    found: JsonObject = {"results": [{}]}
    for name, source in look.gives.items():
        lists = [_items(write) for write in target.writes if write.each == name]
        lists += [[] for write in target.writes if write.but == name]
        _put(found, parse_source(source), [*lists, f"{{{name}}}"][0])
    for condition in [rule.when for rule in look.errors.values() if rule.when]:
        if condition.given is None:
            _put(found, parse_source(condition.source), _value(condition, holds=False))
        elif not condition.given:
            _put(found, parse_source(condition.source), "{any}", anew=False)
    return found


def _items(write: Before) -> list[Json]:
    """Return two items of the list for each of which a write is made."""
    items: list[Json] = []
    for number in ("", " 2"):
        item: JsonObject = {}
        for rule in [rule for made in write.made for field in made.fields for rule in field.rules[BODY]]:
            for source in rule.sources:
                name = write.each if source == BARE else source
                words = [*rule.verb.values] if isinstance(rule.verb, Values) else [f"{{{name}{number}}}"]
                _put(item, parse_source(source), words[bool(number) and len(words) > 1])
        items.append(item.get(BARE, item))
    return items


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
            _put(body, operation.request.choose.split("."), word)
        content = body.get(BARE) if operation.request and operation.request.bare else body
        yield word, dumps(content) if operation.has_body else None
    for tier in tiers:
        body = _body([tier.request], [tier])
        if tier.when is not None:
            _put(body, parse_source(tier.when.source), _value(tier.when, holds=True))
            yield in_words(tier.when), dumps(body)
        elif tier.request is not None and operation.request is not None:  # whose other members this tier refuses
            yield f"it has {' and '.join(tier.request.members)} alone", dumps(body)


def _body(requests: Sequence[RequestBody | None], tiers: Sequence[Successor]) -> JsonObject:
    """Return a legacy body with what these declare, and with what the bodies of these tiers' calls read."""
    body: JsonObject = {}
    for request in filter(None, requests):
        for name, kind in request.members.items():
            value = _example(kind, name)
            if name not in request.refused or request.refused[name].takes(value):
                _put(body, name.split("."), value)
    for target in (target for tier in tiers for _, target in tier.targets() if any(requests)):
        once = [one for one in target.made if not any(one in write.made for write in target.writes if write.each)]
        for field in (field for made in once for field in made.fields):  # those inside read other objects
            for rule in field.rules[BODY]:
                for path in (path for path in map(parse_source, rule.sources) if path[0] not in target.given):
                    word = next(iter(rule.verb.values)) if isinstance(rule.verb, Values) else None
                    _put(body, path, word or _example(field.type, ".".join(path)), anew=word is not None)
        for write in target.writes:
            if write.each and write.each not in target.given:
                body[write.each] = _items(write)
    return body


def _example(kind: str, name: str) -> Json:
    """Return a value of a type: the name in braces, where it may be a text."""
    text = f"{{{name}}}"
    return json.loads(_EXAMPLES[kind]) if kind in _EXAMPLES else [text] if kind == "strings" else text


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


def _value(condition: When, *, holds: bool) -> Json:
    """Return a value for which a condition holds, or for which it does not."""
    words: list[Any] = sorted(condition.words, key=str)
    is_word = bool(words) and condition.negated != holds
    return words[0] if is_word else "{any}"


def in_words(condition: When) -> str:
    """Return a condition in words."""
    if condition.given is not None:
        return f"{condition.source} is {'given' if condition.given else 'not given'}"
    relation = "is not" if condition.negated else "is"
    words = sorted(word if isinstance(word, str) else json.dumps(word) for word in condition.words)
    return f"{condition.source} {relation} {' or '.join(words)}"
