"""Example contents of a call and of its answers, computed from a document."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import pairwise
from typing import Any
from urllib.parse import parse_qsl

from shim.core.content import dumps
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

_EXAMPLES = {
    "integer": "1", "number": "1", "boolean": "true", "time": '"2026-01-01T00:00:00Z"',
    "object": "{}", "objects": "[{}]", "array": "[]",
}  # fmt: skip
"""An example in JSON for each type that a text in braces does not fit."""


def questions(operation: Operation) -> Iterator[tuple[str, bytes | None]]:
    """Yield the bodies that lead to different calls, and their differences in words.

    It yields None for no body. A body has all members that the document declares: texts
    are ``{placeholders}``, and other values are examples.
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


def success_bodies(tier: Successor | None, ahead: int, query: str) -> list[Json]:
    """Return the contents of successes that a call may get from a tier.

    ``ahead`` is the number of the tier's calls before it.
    """
    looks: list[Json] = []
    targets = [] if tier is None else [target for _, target in tier.targets()]
    for target in targets:
        for look in target.looks[ahead:][:1]:
            looks.append(_looked_up(target, look, query))
    looks += [_seen(target.lens) for target in targets if target.lens is not None]
    # A reply whose error is read, such as the one for a user who is not active.
    if tier and any(one.when for one in tier.errors.values()):
        looks.append(_document(_no_error({}, tier.errors)))
    page: JsonObject = {"results": [{}], "totalCount": 1}
    return [*looks, page, [{}], {**page, "links": [{"rel": "next"}]}]


def _members(
    requests: Sequence[RequestBody | None], tiers: Sequence[Successor]
) -> dict[str, Json]:
    """Return the declared members of a legacy body, and the sources of its calls.

    The sources are those that these tiers' calls read. All have examples.
    """
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
            # Its body reads the items of a list instead of the legacy body.
            inside += write.made
    given = target.given
    if target.lens:
        given = (*given, *FROM_LENS)
    _read_by([one for one in target.made if one not in inside], said, given)
    for write in target.writes:
        if write.each and write.each not in target.given:
            said[write.each] = _items(write)


def _drop(said: dict[str, Json], name: str) -> None:
    """Drop a member that means the same as another.

    The examples of the two would differ.
    """
    outer, _, inner = name.partition(".")
    one = said.pop(outer, None)
    if isinstance(one, dict) and inner:
        one.pop(inner, None)
        said[outer] = one


def _examples(members: BodyMembers) -> dict[str, Json]:
    """Return an example of each member, except refused ones.

    Objects get examples of their members, too.
    """
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
    """Add the sources that rules read, except given names.

    Each gets a known word or an example. ``each`` is the list whose items they read, if
    any, and ``number`` distinguishes the items.
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
    """Return two items of the list, for each of which a write is made."""
    items: tuple[dict[str, Json], ...] = {}, {}
    for said, number in zip(items, ("", " 2"), strict=True):
        _read_by(write.made, said, each=write.each, number=number)
    return [said.get(BARE, _document(said)) for said in items]


def _looked_up(target: Target, look: Before, query: str) -> JsonObject:
    """Return an answer to a lookup before a call.

    It fits its query, has all names, and is not an error.
    """
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
    """Return the values of a success, including those that make it not an error."""
    for condition in (rule.when for rule in errors.values() if rule.when):
        if condition.given is None:
            said[condition.source] = _value(condition, holds=False)
        elif not condition.given:
            said.setdefault(condition.source, "{any}")
    return said


def _seen(lens: Lens) -> JsonObject:
    """Return an answer to a lookup through a lens.

    Each list has one item, which the example of a body names.
    """
    names = {}
    for name, spec in lens.lists.items():
        if "." not in name:
            names[name] = (*spec.by, spec.identity)
    return {
        name: [{member: f"{{{member}}}" for member in members}]
        for name, members in names.items()
    }


def _example(kind: str, name: str) -> Json:
    """Return a value of a type; if it may be a text, the name in braces."""
    text = f"{{{name}}}"
    if kind in _EXAMPLES:
        example: Json = json.loads(_EXAMPLES[kind])
        return example
    if kind == "strings":
        return [text]
    return text


def _document(said: Mapping[str, Json]) -> JsonObject:
    """Return an object with these values at these sources.

    They are below names, and in lists of one item.
    """
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
    """Return a value for which a condition is true, or false."""
    words: list[Any] = sorted(condition.words, key=str)
    is_word = bool(words) and condition.negated != holds
    return words[0] if is_word else "{any}"


def in_words(condition: When | None) -> str:
    """Return a condition in words, or '' for none."""
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
