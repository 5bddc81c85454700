"""``docs/reference/fields.md``, from old to new, field by field: what the mapping documents say."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

import attrs
from makers.markdown import table

from shim.cli.successors import when
from shim.documents import load_documents, mapping_folders
from shim.documents.calls import ErrorRule, Successor, Target
from shim.documents.casts import Values
from shim.documents.fields import BODY, Field, Resource, Rule
from shim.documents.model import Document, Operation
from shim.documents.question import QueryRule, RefusedChoice, RequestBody
from shim.documents.verbs import From, Parameter, way_of
from shim.documents.vocabulary import Fidelity
from shim.documents.ways import AS_IS, Group, Keyed, Whole

_HEAD = """\
# From old to new, field by field

What each retired call is answered from, and where each member of its answer comes from: those of serverless instances
and of the shared tier, which became flex and dedicated clusters, reads of clusters in versions that end next, and calls
of former M2 and M5 clusters, which are behind a switch.
The page is made of the [mapping documents](../../mappings/README.md) by `python docs/site/reference.py`, so it says
what the shim does. `atlas-shim explain GET URL` says the same of one call, with the call to make instead.

**flex** and **dedicated** are the tiers on which a cluster may live, **successor** is a newer version of the same call.
Their paths are those below `/api/atlas/v2`, with the version of `Accept` in brackets. The words for
how near a value is to what it was: **exact**, **renamed** (the same value under another name or spelling), **derived**
(computed, or close to the old meaning), **constant** (true of every such resource), **absent** (can't be known, and is
left out). [What they promise](../explanation/fidelity.md).
"""

_BASE = "/api/atlas/v2"

Said = dict[tuple[Sequence[str], tuple[str, ...]], str]
"""The title of the resource under which a row stands, by the tiers of its table and its cells."""


def fields() -> str:
    """Return the page of the shipped documents."""
    return page(load_documents(mapping_folders({})))


def page(read: Sequence[Document]) -> str:
    """Return the page, a part for each document: first what ended first, last that of which nothing is left."""
    documents = sorted(read, key=_place)
    return _HEAD + "".join(f"\n{part}\n" for document in documents for part in _document(document))


def _place(document: Document) -> tuple[bool, datetime, str]:
    operations = document.operations
    return not any(one.successors for one in operations), min(one.sunset for one in operations), document.title


def _document(document: Document) -> Iterator[str]:
    yield f"## {document.title}"
    yield f"Below {' and '.join(_code(api.base) for api in document.apis.values())}."
    asked: dict[tuple[str, ...], str] = {}
    for operation in document.operations:
        yield f"### {operation.id}"
        yield _call(operation)
        yield "\n".join(f"- {item}" for item in _answering(operation))
        request = tuple(_request(operation))
        same = asked.setdefault(request, operation.id)
        yield from request if same == operation.id or not request else [f"Its body is as that of {_code(same)}."]
    said: Said = {}
    for name, resource in document.resources.items():
        users = [one for one in document.operations if _tiers(one, resource)]
        if users:
            yield f"### Members of the answer: {_spaced(name)}"
            yield f"In answers to {', '.join(_code(one.id) for one in users)}."
            yield from _members(resource, _tiers(users[0], resource), _spaced(name), said)
    own = list(document.resources.values())
    if others := [_code(one.id) for one in document.operations if one.fields and one.resource not in own]:
        yield f"{' and '.join(others)} answer with the members that a read has, from the same places."


def _tiers(operation: Operation, resource: Resource) -> tuple[str, ...]:
    return tuple(tier for tier, one in operation.successors.items() if one.resource == resource)


def _spaced(name: str) -> str:
    """Return a resource's name as people write it: restoreJob is "restore job"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _call(operation: Operation) -> str:
    dates = f"deprecated {operation.deprecated:%Y-%m-%d}, sunset {operation.sunset:%Y-%m-%d}"
    if operation.lives:
        dates = f"from {operation.version} on, lives on and is asked first"
    note = f" {operation.note}" if operation.note else ""
    return f"`{operation.method} {operation.path.text}`{_versions(operation)}, {dates}.{note}"


def _versions(operation: Operation) -> str:
    """Say which versions an operation has, where a later one is another operation."""
    ends = [one.version for one in operation.versions if one.operator == "<"]
    return f" in versions before {'-'.join(f'{int(part):02}' for part in ends[0].split('.'))}" if ends else ""


def _answering(operation: Operation) -> Iterator[str]:
    """Yield who answers an operation, as items of a list."""
    if operation.blank is not None:
        since = f"**legacy**: its answers mean nothing since {operation.blank:%Y-%m-%d}, though they still come."
        yield f"{since} So {operation.first} is asked first, and legacy where that knows nothing."
    if operation.switch:
        done = "Sent" if operation.successors else "Taken"
        yield f"{done} only with `ATLAS_SHIM_WRITES={operation.switch}`; elsewhere the answer is a 410 that says so."
    for tier, successor in operation.successors.items():
        said = [f"**{tier}**: {_targets(successor, operation.method)}."]
        if successor.switch:
            word = f"`ATLAS_SHIM_{'READS' if operation.method == 'GET' else 'WRITES'}={successor.switch}`"
            said.append(f"Only with {word}, and {_led(successor)}. Its answer is: {_spaced(successor.resource.name)}.")
        elif successor.after and tier != operation.first:
            said.append(f"Asked after {' or '.join(map(_code, successor.after))}.")
        said += [_error(name, rule) for name, rule in successor.errors.items()]
        said += [_query(name, rule) for name, rule in _queries(successor).items()]
        yield " ".join([*said, *([successor.note] if successor.note else [])])
    if operation.switch and operation.constant is not None:
        yield f"The answer is `{json.dumps(operation.constant.value)}`. {operation.constant.why}"
    if not operation.successors:
        yield operation.without_successor


def _led(successor: Successor) -> str:
    """Say when a successor with a switch is asked."""
    if successor.adds:
        return "its list is added to the other"
    if successor.when is not None:
        return f"for a body in which `{successor.when.source}` is {' or '.join(map(str, sorted(successor.when.words)))}"
    return f"after {' or '.join(map(_code, successor.after))}"


def _error(name: str, rule: ErrorRule) -> str:
    new = [*([str(rule.status)] if rule.status else []), *([_code(rule.code)] if rule.code else [])]
    text = f", with the text {json.dumps(rule.detail)}" if rule.detail else ""
    return f"{_code(name)} comes as {' '.join(new) or 'it is'}{text}."


def _queries(successor: Successor) -> dict[str, QueryRule]:
    found: dict[str, QueryRule] = {}
    for target in (successor.only, *successor.choices.values()):
        if isinstance(target, Target):
            found |= target.query
    return found


def _query(name: str, rule: QueryRule) -> str:
    if rule.drop:
        return f"The query's `{name}` is not sent: {rule.why}"
    words = "".join(f", `{old}` as `{new}`" for old, new in rule.values.items())
    default = f", by default `{rule.default}`" if rule.default is not None else ""
    return f"The query's `{name}` is sent as `{rule.to}`{words}{default}."


def _targets(successor: Successor, method: str) -> str:
    if successor.only is not None:
        return _target(successor.only, method)
    return "; ".join(
        f"for `{word}` {'a 400 ' + _code(one.error_code) if isinstance(one, RefusedChoice) else _target(one, method)}"
        for word, one in successor.choices.items()
    )


def _target(target: Target, method: str) -> str:
    return f"`{target.method or method} {target.path.text.removeprefix(_BASE)}` ({target.version})"


def _request(operation: Operation) -> Iterator[str]:
    """Yield what becomes of a request's body."""
    if operation.request is not None:
        yield from _body(operation, operation.request, operation.successors)
    for tier, successor in operation.successors.items():
        if successor.request is not None:
            yield from _body(operation, successor.request, {tier: successor})


def _body(operation: Operation, request: RequestBody, successors: Mapping[str, Successor]) -> Iterator[str]:
    members = [
        f"{_code(name)} ({type_}{', required' if name in request.required else ''})"
        for name, type_ in request.members.items()
    ]
    taken = f"The body may have {', '.join(members)}." if members else "The body has no members."
    others = "All other members are taken as they are." if request.rest else "Any other member is a 400."
    ignored = " Members that only answers have may be sent back, without effect." if request.ignored else ""
    yield f"{taken}{ignored} {others}"
    for name, refused in request.refused.items():
        value, error = _code(json.dumps(refused.value)), f"a 400 {_code(refused.error_code)}: {refused.detail}"
        strict = f"With `{operation.switch}-strict` it is {error}"
        yield f"`{name}` with {value} is {f'ignored: {refused.ignored} {strict}' if refused.ignored else error}"
    for tier, successor in successors.items():
        targets: Mapping[str, Target | RefusedChoice] = successor.choices
        if successor.only is not None:
            targets = {"": successor.only}
        for word, target in targets.items():
            sent = f"Sent to {tier}" + (f" for `{word}`" if word else "")
            if isinstance(target, RefusedChoice):
                yield f"{sent}: nothing. {target.detail}"
            elif target.body is None:
                yield f"{sent}: the body as it came."
            else:
                rows = _shared(
                    (name, told.removesuffix(".")) for name, _, told in _rows(target.body, (BODY,), levels=False)
                )
                yield f"{sent}: {'; '.join(' '.join(row).replace('.<br>', ', ') for row in rows) or 'an empty object'}."


def _members(resource: Resource, tiers: Sequence[str], title: str, said: Said) -> Iterator[str]:
    """Yield the table of an answer's members, and one for each member whose words are translated.

    ``said`` has the title of the resource under which each row of the document stands already.
    """
    rows = list(_rows(resource, tiers))
    before = [said[tiers, row] for row in rows if (tiers, row) in said]
    same = max(before, key=before.count, default="")
    again = [row for row in rows if before.count(same) > 3 and said.get((tiers, row)) == same]
    head = ("member", "type", *(f"on {tier}" for tier in tiers))
    yield _table(head, [row for row in rows if row not in again], "An empty object: it has no members.")
    if again:
        yield f"As those of {same}: {', '.join(row[0] for row in again)}."
    said.update({(tiers, row): title for row in rows if (tiers, row) not in said})
    for field in resource.walk():
        words = {tier: _words(field.rules[tier]) for tier in tiers}
        if not any(words.values()):
            continue
        all_words = dict.fromkeys([*field.words, *(word for said in words.values() for word in said)])
        yield f"The words of `{field.name}`:"
        lines = [(_code(word), *(_spelled(words[tier], word) for tier in tiers)) for word in all_words]
        yield _table(("legacy", *tiers), lines, "")


def _rows(
    resource: Resource, tiers: Sequence[str], outer: str = "", *, levels: bool = True
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each field, those of objects in it too: ``regions[].name`` is the name of each region."""
    for field in resource.fields:
        name = f"{outer}{field.name}"
        cells = [_rules(field, field.rules[tier], levels=levels) or "as given" for tier in tiers]
        yield (_code(name), field.type, *cells)
        known = [rule for tier in tiers for rule in field.rules[tier] if rule.fidelity is not Fidelity.ABSENT]
        if field.of is not None and known:
            yield from _rows(field.of, tiers, f"{name}{'[]' if field.type == 'objects' else ''}.", levels=levels)
    if resource.rest:
        less = f", but for {', '.join(map(_code, resource.without))}" if resource.without else ""
        yield (f"`{outer}*`", "any", *[f"all other members unchanged{less}"] * len(tiers))


def _words(rules: Sequence[Rule]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for way in map(way_of, rules):
        for said, means in way.values.items() if isinstance(way, Values) else ():
            found.setdefault(means if isinstance(means, str) else json.dumps(means), []).append(said)
    return found


def _spelled(words: Mapping[str, Sequence[str]], word: str) -> str:
    if not words:
        return _code(word)
    return ", ".join(map(_code, words[word])) if word in words else "never"


def _rules(field: Field, rules: Sequence[Rule], *, levels: bool = False) -> str:
    """Return one cell: each rule with its condition, its level, how the value is made, and why."""
    cell = []
    for rule in rules:
        condition = f"when {when(rule)}: " if rule.when else "else: " if len(rules) > 1 else ""
        told = " ".join(filter(None, (value(field.name, rule), rule.why)))
        if levels:
            told = f"**{rule.fidelity.value}**: {told}" if told else f"**{rule.fidelity.value}**"
        cell.append(condition + told)
    return "<br>".join(cell)


def value(name: str, rule: Rule) -> str:
    """Say in words how a rule makes its value."""
    verb, way = rule.verb, way_of(rule)
    named = {*verb.sources}
    if isinstance(verb, From):
        told = (attrs.evolve(verb, way=AS_IS) if isinstance(way, Values) else verb).how(name)
        if isinstance(way, Values):
            told += ", in other words (below)"
        if isinstance(way, Whole):
            told += ", as a whole number"
        if verb.drop:
            told += f", but for {' and '.join(map(json.dumps, verb.drop))}, which means not known"
    else:
        told = verb.how(name)
    match way:
        case Group(members=members):
            named |= {*members}
        case Keyed(member=member):
            named.add(member)
    if isinstance(verb, Parameter):
        named.add(verb.parameter)
    known = sorted(named, key=len, reverse=True)
    names = "|".join(map(re.escape, known))
    if names:
        told = re.sub(rf"(?<![\w.])(?:{names})(?!\.?\w)", lambda found: _code(found[0]), told)
    told = told.removeprefix(", ")
    return f"{told}." if told else ""


def _code(text: str) -> str:
    return f"`{text}`"


def _shared(rows: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return the rows, those of which all but the name is the same as one."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, *cells in rows:
        names.setdefault(tuple(cells), []).append(name)
    return [(", ".join(said), *cells) for cells, said in names.items()]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], empty: str) -> str:
    shared = _shared(rows)
    return table(head, shared).rstrip("\n") if shared else empty
