"""What an exchange would send: the core's own generator, driven with replies that stand in for Atlas's own."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

import attrs

from shim.core.content import dumps
from shim.core.messages import Answer, Call, Outcome, Reply, Send
from shim.core.recognize import Match
from shim.core.route import VERSION_GONE, Context, Memory
from shim.documents.before import Before
from shim.documents.calls import Successor, Target
from shim.documents.errors import ErrorRule
from shim.documents.fields import BARE, BODY, Resource, When
from shim.documents.lens import FROM_LENS, Lens
from shim.documents.model import Operation
from shim.documents.objects import BodyMembers
from shim.documents.question import RequestBody
from shim.documents.sources import Where, is_step, parse_source
from shim.documents.vocabulary import Json, JsonObject
from shim.documents.ways import Values
from shim.tools.pairs import played

_EXAMPLES = {
    "integer": "1", "number": "1", "boolean": "true", "time": '"2026-01-01T00:00:00Z"',
    "object": "{}", "objects": "[{}]", "array": "[]",
}  # fmt: skip
"""JSON of the types that a text in braces is not of."""
_NO_CODE = "404 or 405 without an errorCode"  # which are one to the core


@attrs.define(eq=False)
class DrySend:
    """A call that is sent."""

    send: Send
    before: DrySend | None = None
    """The call after whose answer it is sent; None if it is the first."""
    answered: list[str] = attrs.field(factory=list)
    """What that was answered with; an empty text is a success."""
    notes: Sequence[str] = ()
    """Those of the record if it succeeds."""
    errors: dict[str, None] = attrs.field(factory=dict)
    """What the shim itself may answer then."""
    goes_on: bool = False
    """Whether it is sent for further pages, or items, too."""
    role: str = "answer"
    """``look`` or ``write`` if another call of its tier follows when all goes well."""
    ahead: int = 0
    """How many calls of its tier went before it."""

    def is_like(self, other: Send) -> bool:
        """Return whether another call asks the same for another page or item."""
        call, new = self.send.call, other.call
        is_same = (new.method, new.path) == (call.method, call.path)
        is_same = is_same and other.route == self.send.route
        return is_same and (new.target, new.body) != (call.target, call.body)

    @property
    def why(self) -> str:
        """What leads to it, as the end of a sentence; empty for the first."""
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
    """Return a side as a sentence names it."""
    if route == "successor":
        return "the successor"
    return route


@attrs.define
class DryRun:
    """All that an exchange sends."""

    reason: str = ""
    """Why the first call is sent, or none."""
    sends: list[DrySend] = attrs.field(factory=list)
    """The calls, in the order in which they follow each other."""
    refused: str = ""
    """The error that the shim itself answers with where nothing fails."""


@attrs.define
class _Player:
    """Plays exchanges of a call, one for each way that its replies may take."""

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
        """Follow all that the first call leads to."""
        step = self.after([])
        if isinstance(step, Send):
            self._send([], step, None, "")
        else:
            self._close([_own_error(step)])

    def _follow(self, script: list[Reply], last: DrySend) -> None:
        """Follow each reply to the last call."""
        ends = list[str]()  # of successes: the shim's own answers
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
        """Note a call that is sent after ``last`` was answered so, and follow it, unless it is known."""
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
        """Note the shim's own error, if all that succeeds ends with one."""
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
    """Note how an exchange ends that succeeds with a call."""
    last.notes = last.notes or outcome.record.notes
    if error:
        last.errors[error] = None


def _is_odd(step: Send | Outcome) -> bool:
    """Return whether a reply could not be translated."""
    return isinstance(step, Answer) and step.reply.status >= 500


def _answers(operation: Operation, send: DrySend) -> Iterator[tuple[str, Reply]]:
    """Yield replies to a call after which another call follows, each in words: successes first, without any."""
    kind = (("Content-Type", "application/json"),)
    page: JsonObject = {"results": [{}], "totalCount": 1}
    tier = operation.successors.get(send.send.route)
    if tier:
        targets = [target for _, target in tier.targets()]
    else:
        targets = []
    query = send.send.call.query
    looks = []
    for target in targets:
        for look in target.looks[send.ahead :][:1]:
            looks.append(_looked_up(target, look, query))
    looks += [_seen(target.lens) for target in targets if target.lens is not None]
    # One that is read for an error in it, as that of a user who is not active.
    if tier and any(one.when for one in tier.errors.values()):
        looks += [_document(_no_error({}, tier.errors))]
    successes: list[Json] = [*looks, page, [{}], {**page, "links": [{"rel": "next"}]}]
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
    """Return the error that the shim itself answers with; empty without one, and where a reply can't be translated."""
    if (
        not isinstance(outcome, Answer)
        or outcome.code is None
        or outcome.reply.status >= 500
    ):
        return ""
    said = json.loads(outcome.reply.body or b"{}")
    return f"{outcome.code}: {said.get('content', said).get('detail', '')}"


def questions(operation: Operation) -> Iterator[tuple[str, bytes | None]]:
    """Yield the bodies that lead to different calls, and their differences in words; None for no body.

    A body has all members that the document declares: texts are ``{placeholders}``, all
    else is an example.
    """
    tiers = [*operation.successors.values()]
    request = operation.request
    lens = operation.lens
    said = _members(
        [request, *(tier.request for tier in tiers if tier.when is None)], tiers
    )
    if lens is not None:
        others = {}
        for name, value in said.items():
            if parse_source(name)[0] not in lens.members:
                others[name] = value
        yield f"it has none of {', '.join(lens.members)}", dumps(_document(others))
    for word in operation.words or ("",):
        body = _document(
            said | ({request.choose: word} if request and request.choose else {})
        )
        if request and request.bare:
            sent = body.get(BARE)
        else:
            sent = body
        yield word, dumps(sent) if operation.has_body else None
    for tier in tiers:
        said = _members([tier.request], [tier])
        if tier.when is not None:
            value = _value(tier.when, holds=True)
            document = _document(said | {tier.when.source: value})
            yield in_words(tier.when), dumps(document)
        elif (
            tier.request is not None and request is not None
        ):  # whose other members this tier refuses
            yield (
                f"it has only {' and '.join(tier.request.members)}",
                dumps(_document(said)),
            )


def _members(
    requests: Sequence[RequestBody | None], tiers: Sequence[Successor]
) -> dict[str, Json]:
    """Return the declared members of a legacy body, and the sources that these tiers' calls read, with examples."""
    said: dict[str, Json] = {}
    for request in filter(None, requests):
        said |= _examples(request)
    targets = list[Target]()
    for tier in tiers:
        targets.extend(target for _, target in tier.targets())
    if any(requests):
        for target in targets:
            _read_by_target(target, said)
    for target in targets:
        if target.lens is not None:
            for name in target.lens.means:
                _drop(said, name)
    return said


def _read_by_target(target: Target, said: dict[str, Json]) -> None:
    """Add the sources that the bodies of a tier's calls read."""
    inside = list[Resource]()
    for write in target.writes:
        if write.each:
            # Its body reads the items of a list, and not the legacy body.
            inside += write.made
    given = target.given
    if target.lens:
        given = (*given, *FROM_LENS)
    _read_by([one for one in target.made if one not in inside], said, given)
    for write in target.writes:
        if write.each and write.each not in target.given:
            said[write.each] = _items(write)


def _drop(said: dict[str, Json], name: str) -> None:
    """Drop a member that means the same as another one, since the examples of the two would differ."""
    outer, _, inner = name.partition(".")
    one = said.pop(outer, None)
    if isinstance(one, dict) and inner:
        one.pop(inner, None)
        said[outer] = one


def _examples(members: BodyMembers) -> dict[str, Json]:
    """Return an example of each member, also of the objects in it, except refused ones."""
    said = {name: _example(kind, name) for name, kind in members.members.items()}
    for name, inside in members.inside.items():
        one = _examples(inside)
        if members.members[name] == "objects":
            said[name] = [one]
        elif inside.keyed:
            said[name] = {f"{{{name}}}": one}
        else:
            said[name] = one
    refused = []
    for name, rule in members.refused.items():
        if not rule.takes(said[name], said):
            refused.append(name)
    for name in refused:
        del said[name]
    return said


def _read_by(
    made: Iterable[Resource],
    said: dict[str, Json],
    given: Sequence[str] = (),
    *,
    each: str = "",
    number: str = "",
) -> None:
    """Add the sources that rules read, except names that are given: a word that they know, or an example.

    ``each`` is the list whose items they read, if any, and ``number`` tells these
    apart.
    """
    for resource in made:
        for field in resource.fields:
            for rule in field.rules[BODY]:
                words = list[str]()
                if isinstance(rule.verb, Values):
                    words += rule.verb.values
                for source in rule.sources:
                    if parse_source(source)[0] in given:
                        continue
                    name = each if each and source == BARE else source
                    if words:
                        said[source] = words[-1 if number else 0]
                    elif source not in said:
                        said[source] = _example(field.type, f"{name}{number}")


def _items(write: Before) -> list[Json]:
    """Return two items of the list for each of which a write is made."""
    items: tuple[dict[str, Json], ...] = {}, {}
    for said, number in zip(items, ("", " 2"), strict=True):
        _read_by(write.made, said, each=write.each, number=number)
    return [said.get(BARE, _document(said)) for said in items]


def _looked_up(target: Target, look: Before, query: str) -> JsonObject:
    """Return an answer to a look before a call: it fits its query, gives all names, and stands for no error."""
    said: dict[str, Json] = {"results": [{}]}
    for name, text in parse_qsl(query):
        said[f"results[only].{look.members.get(name, name)}"] = text
    lists = dict[str, list[Json]]()
    for write in target.writes:
        lists.setdefault(write.but, [])
    for write in target.writes:
        lists[write.each] = _items(write)
    fields = target.body.fields if target.body else ()
    types = {}
    for field in fields:
        for rule in field.rules[BODY]:
            for source in rule.sources:
                types[source] = field.type
    for name, source in look.gives.items():
        example = _example(types.get(name, "string"), name)
        said[source] = lists.get(name, example)
    return _document(_no_error(said, look.errors))


def _no_error(
    said: dict[str, Json], errors: Mapping[str, ErrorRule]
) -> dict[str, Json]:
    """Return the values of a success, with those for which it stands for no error."""
    for condition in (rule.when for rule in errors.values() if rule.when):
        if condition.given is None:
            said[condition.source] = _value(condition, holds=False)
        elif not condition.given:
            said.setdefault(condition.source, "{any}")
    return said


def _seen(lens: Lens) -> JsonObject:
    """Return an answer to a look through a lens: one item in each list, which the example of a body names."""
    names = {}
    for name, spec in lens.lists.items():
        if "." not in name:
            names[name] = (*spec.by, spec.identity)
    return {
        name: [{member: f"{{{member}}}" for member in members}]
        for name, members in names.items()
    }


def _example(kind: str, name: str) -> Json:
    """Return a value of a type: the name in braces, where it may be a text."""
    text = f"{{{name}}}"
    if kind in _EXAMPLES:
        example: Json = json.loads(_EXAMPLES[kind])
        return example
    if kind == "strings":
        return [text]
    return text


def _document(said: Mapping[str, Json]) -> JsonObject:
    """Return an object that has these values at these sources: below names, and in lists of one item."""
    body: JsonObject = {}
    for source, value in said.items():
        here: Any = body
        path = parse_source(source)
        for at, following in pairwise(path):
            inner: Any = [] if is_step(following) else {}
            if isinstance(here, list):
                here += [] if here else [inner]
                here = here[0]
                if isinstance(at, Where):
                    here[at.member] = True
            else:
                here = here.setdefault(at, inner)
        if isinstance(here, list):
            here += [] if here else [value]
        else:
            here[path[-1]] = value
    return body


def _value(condition: When, *, holds: bool) -> Json:
    """Return a value for which a condition holds, or for which it does not."""
    words: list[Any] = sorted(condition.words, key=str)
    is_word = bool(words) and condition.negated != holds
    return words[0] if is_word else "{any}"


def in_words(condition: When | None) -> str:
    """Return a condition in words, empty for none."""
    if condition is None:
        return ""
    if condition.given is not None:
        return f"{condition.source} is {'given' if condition.given else 'not given'}"
    if condition.alike is not None:
        return (
            f"all {condition.source} are {'alike' if condition.alike else 'not alike'}"
        )
    relation = "is not" if condition.negated else "is"
    words = sorted(
        word if isinstance(word, str) else json.dumps(word) for word in condition.words
    )
    return f"{condition.source} {relation} {' or '.join(words)}"
