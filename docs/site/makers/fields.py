"""Write the page of fields from the mapping documents: each old field and its new source."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime

from makers.markdown import table

from shim.cli.examples import in_words
from shim.documents import load_documents, mapping_folders
from shim.documents.calls import Successor, Target
from shim.documents.errors import ErrorRule
from shim.documents.fields import BODY, Field, Resource, Rule
from shim.documents.model import Document, Operation
from shim.documents.objects import RefusedChoice
from shim.documents.question import QueryRule, RequestBody
from shim.documents.verbs import Parameter
from shim.documents.vocabulary import Fidelity
from shim.documents.ways import From, Group, Keyed, Values

_HEAD = """\
# From old to new, field by field

This page shows which endpoint answers each retired call, and which new field each old field comes from. It is generated
from the [mapping documents](../../mappings/README.md), which the shim itself uses. For one call, use
`atlas-shim explain GET URL`.

A column or a bold word is one of these sources:

- **flex** and **dedicated**: the tiers of a cluster
- **successor**: a newer version of the same call
- **former**: a flex cluster that was an M2 or M5

Paths start after `/api/atlas/v2`. The `Accept` version is in brackets, unless it is 2024-11-13. Each field has a
[level](../explanation/fidelity.md): **exact**, **renamed**, **derived** (computed, or close to the old meaning),
**constant** (true of every such resource) or **absent** (unknown, so omitted).

Retired paths start with `/api/atlas/v1.0` or `/api/atlas/v2`, unless a section has its own rule. A request body with a
member that isn't listed gets a 400. Members that only occur in responses may be sent back; they have no effect.
"""

_BASE = "/api/atlas/v2"
_USUAL = "2024-11-13"

Said = dict[tuple[Sequence[str], tuple[str, ...]], str]
"""The section in which a row already occurs, by the tiers of its table and its cells."""


def fields() -> str:
    """Return the page of the shipped documents."""
    return page(load_documents(mapping_folders({})))


def page(read: Sequence[Document]) -> str:
    """Return the page, with a part for each document.

    Parts are ordered by their first sunset. Documents without any successor come last.
    """
    documents = sorted(read, key=_place)
    return _HEAD + "".join(
        f"\n{part}\n" for document in documents for part in _document(document)
    )


def _place(document: Document) -> tuple[bool, datetime, str]:
    operations = document.operations
    return (
        not any(one.successors for one in operations),
        min(one.sunset for one in operations),
        document.title,
    )


def _document(document: Document) -> Iterator[str]:
    yield f"## {document.title}"
    if len(document.apis) == 1:
        yield f"Only below `{next(iter(document.apis.values())).base}`."
    yield "\n".join(map(_call, document.operations))
    yield "Conditions:"
    yield "\n".join(_statements(document))
    said: Said = {}
    for name, resource in document.resources.items():
        users = [one for one in document.operations if _tiers(one, resource)]
        if users:
            yield f"### Response: {_spaced(name)}"
            if len(users) < len(document.operations):
                yield f"For {_ids(users, document.operations)}."
            yield from _members(
                resource, _tiers(users[0], resource), _spaced(name), said
            )
    own = list(document.resources.values())
    if others := [
        one for one in document.operations if one.fields and one.resource not in own
    ]:
        yield f"{_ids(others, document.operations)}: same response as a read, from the same sources."


def _statements(document: Document) -> Iterator[str]:
    """Yield the conditions of operations, as items of a list.

    Each condition occurs once, with all its operations.
    """
    operations = document.operations
    true_of: dict[tuple[str, str], list[Operation]] = {}
    for operation in operations:
        for tier, statement in dict.fromkeys(
            _answering(operation, list(document.resources.values()))
        ):
            if statement:
                true_of.setdefault((tier, statement), []).append(operation)
    together: dict[str, dict[str, list[str]]] = {}
    for (tier, statement), those in true_of.items():
        together.setdefault(_ids(those, operations), {}).setdefault(tier, []).append(
            statement
        )
    for ids in sorted(together, key=lambda ids: ids != _ids(operations, operations)):
        parts = [
            f"{tier and f'**{tier}**: '}{' '.join(said)}"
            for tier, said in sorted(
                together[ids].items(), key=lambda one: bool(one[0])
            )
        ]
        yield f"- {ids}: {' '.join(parts)}"


def _ids(those: Sequence[Operation], operations: Sequence[Operation]) -> str:
    """Return the ids of operations, or "all" if the document has no other operations."""
    return (
        "all"
        if len(those) == len(operations) > 1
        else ", ".join(_code(one.id) for one in those)
    )


def _tiers(operation: Operation, resource: Resource) -> tuple[str, ...]:
    return tuple(
        tier for tier, one in operation.successors.items() if one.resource == resource
    )


def _spaced(name: str) -> str:
    """Return a resource's name as people write it: restoreJob becomes "restore job"."""
    return re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()


def _call(operation: Operation) -> str:
    targets = "".join(
        f"; **{tier}** {_targets(successor, operation.method)}"
        for tier, successor in operation.successors.items()
    )
    return f"- `{operation.id}`: `{operation.method} {operation.path.text}`{_versions(operation)}{targets}."


def _dates(operation: Operation) -> str:
    if operation.lives:
        return f"From {operation.version} on. The endpoint still exists and is called first."
    return f"Deprecated {operation.deprecated:%Y-%m-%d}, sunset {operation.sunset:%Y-%m-%d}."


def _versions(operation: Operation) -> str:
    """Return the versions of an operation that has another form in later versions."""
    return (
        f" in versions before {operation.versions.end}"
        if operation.versions.end
        else ""
    )


def _answering(
    operation: Operation, own: Sequence[Resource]
) -> Iterator[tuple[str, str]]:
    """Yield the conditions of an operation, each with its tier."""
    yield "", _dates(operation)
    yield "", operation.note
    if operation.blank is not None:
        since = f"Atlas still answers, but since {operation.blank:%Y-%m-%d} as if the resource did not exist."
        yield (
            "legacy",
            f"{since} So {operation.first} is called first, and legacy only if {operation.first} has no answer.",
        )
    if operation.switch:
        done = "Sent" if operation.successors else "Accepted"
        yield (
            "",
            f"{done} only with `ATLAS_SHIM_WRITES={operation.switch}`; otherwise the response is a 410.",
        )
    if operation.lens and operation.lens.switch:
        some, word = (
            " or ".join(map(_code, operation.lens.members)),
            operation.lens.switch,
        )
        yield (
            "",
            f"Bodies with {some}: sent only with `ATLAS_SHIM_WRITES={word}`; otherwise the response is a 410.",
        )
    for tier, successor in operation.successors.items():
        if successor.switch:
            word = f"`ATLAS_SHIM_{'READS' if operation.method == 'GET' else 'WRITES'}={successor.switch}`"
            yield tier, f"Only with {word}."
            yield tier, f"{_led(successor)}."
        elif successor.after and tier != operation.first:
            yield tier, f"Called after {' or '.join(map(_code, successor.after))}."
        if successor.resource not in own and successor.switch:
            yield tier, f"Response: {_spaced(successor.resource.name)}, below."
        yield from ((tier, sentence) for sentence in _before(successor.only))
        yield from (
            (tier, _error(name, rule)) for name, rule in successor.errors.items()
        )
        yield from (
            (tier, _query(name, rule)) for name, rule in _queries(successor).items()
        )
        yield tier, successor.note
    if operation.switch and operation.constant is not None:
        yield (
            "",
            f"The response is `{json.dumps(operation.constant.value)}`. {operation.constant.why}",
        )
    if not operation.successors:
        yield "", operation.without_successor
    yield from (("", said) for said in _request(operation))


def _led(successor: Successor) -> str:
    """Return when a successor with a switch is called."""
    if successor.adds:
        return "Its list is added to the other list"
    if successor.when is not None:
        words = " or ".join(map(str, sorted(successor.when.words)))
        return f"Called for a body in which `{successor.when.source}` is {words}"
    return f"Called after {' or '.join(map(_code, successor.after))}"


def _error(name: str, rule: ErrorRule) -> str:
    new = [
        *([str(rule.status)] if rule.status else []),
        *([_code(rule.code)] if rule.code else []),
    ]
    text = f", with the text {json.dumps(rule.detail)}" if rule.detail else ""
    where = f" if {in_words(rule.when)}" if rule.when else ""
    if not new:
        return f"{_code(name)}{where} is passed on{text}."
    return f"{_code(name)}{where} becomes {' '.join(new)}{text}."


def _before(target: Target | None) -> Iterator[str]:
    """Yield the calls before a successor's own, one sentence each."""
    if target is None:
        return
    for one in target.before:
        call = f"`{one.method} {(one.path or target.path).text.removeprefix(_BASE)}`"
        but = f" that is not in `{one.but}`" if one.but else ""
        each = f" once for each of `{one.each}`{but}" if one.each else ""
        ends = "".join(
            f" {_error(name, rule)} Nothing more is sent then."
            for name, rule in one.errors.items()
        )
        yield f"{'First' if one.method == 'GET' else 'Then'} {call}{each}.{ends}"


def _queries(successor: Successor) -> dict[str, QueryRule]:
    found: dict[str, QueryRule] = {}
    for target in (successor.only, *successor.choices.values()):
        if isinstance(target, Target):
            found |= target.query
    return found


def _query(name: str, rule: QueryRule) -> str:
    if rule.drop:
        return f"The query parameter `{name}` is not sent: {rule.why}"
    words = "".join(f", `{old}` as `{new}`" for old, new in rule.values.items())
    default = f", by default `{rule.default}`" if rule.default is not None else ""
    return f"The query parameter `{name}` is passed on{words}{default}."


def _targets(successor: Successor, method: str) -> str:
    if successor.only is not None:
        return _target(successor.only, method)
    return "; ".join(
        f"for `{word}` {'a 400 ' + _code(one.error_code) if isinstance(one, RefusedChoice) else _target(one, method)}"
        for word, one in successor.choices.items()
    )


def _target(target: Target, method: str) -> str:
    other = f"{target.method} " if target.method not in {"", method} else ""
    version = "" if target.version == _USUAL else f" ({target.version})"
    return f"`{other}{target.path.text.removeprefix(_BASE)}`{version}"


def _request(operation: Operation) -> Iterator[str]:
    """Yield how a request's body is converted."""
    if operation.request is not None:
        yield from _body(operation, operation.request, operation.successors)
    for tier, successor in operation.successors.items():
        if successor.request is not None:
            yield from _body(operation, successor.request, {tier: successor})


def _body(
    operation: Operation, request: RequestBody, successors: Mapping[str, Successor]
) -> Iterator[str]:
    members = [
        f"{_code(name)}{' (required)' if name in request.required else ''}"
        for name in request.members
    ]
    if members:
        yield f"The body may have {', '.join(members)}."
    if request.rest:
        others = "other members" if members else "members"
        yield f"All {others} are accepted unchanged."
    elif not members:
        yield "The body has no members."
    for name, refused in request.refused.items():
        error = f"a 400 {_code(refused.error_code)}: {refused.detail}"
        value = (
            _code(json.dumps(refused.value))
            if refused.but is None
            else f"any but {_code(json.dumps(refused.but))}"
        )
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
                yield f"{sent}: the body unchanged."
            else:
                rows = _shared(
                    (name, told.removesuffix("."))
                    for name, told in _rows(target.body, (BODY,), levels=False)
                )
                yield f"{sent}: {'; '.join(' '.join(row).replace('.<br>', ', ') for row in rows) or 'an empty object'}."


def _members(
    resource: Resource, tiers: Sequence[str], title: str, said: Said
) -> Iterator[str]:
    """Yield the members of a response, and their translated values.

    The members are a table if the response comes from several tiers. ``said`` has the
    section in which each row of the document already occurs.
    """
    rows = list(_rows(resource, tiers))
    before = [said[tiers, row] for row in rows if (tiers, row) in said]
    same = max(before, key=before.count, default="")
    again = [
        row for row in rows if before.count(same) > 3 and said.get((tiers, row)) == same
    ]
    said.update({(tiers, row): title for row in rows if (tiers, row) not in said})
    shown = _shared(row for row in rows if row not in again)
    reasons = {
        rule.why
        for field in resource.walk()
        for tier in tiers
        for rule in field.rules[tier]
    } - {""}
    text = "\n".join(cell for row in shown for cell in row[1:])
    notes = sorted((why for why in reasons if text.count(why) > 1), key=text.index)
    shown = [(name, *(_noted(cell, notes) for cell in cells)) for name, *cells in shown]
    if len(tiers) > 1:
        yield table(("member", *(f"on {tier}" for tier in tiers)), shown).rstrip("\n")
    elif shown:
        yield "\n".join(f"- {name}: {cell}" for name, cell in shown)
    else:
        yield "An empty object."
    if again:
        yield f"Same as in {same}: {', '.join(row[0] for row in again)}."
    yield from (f"({number}) {why}" for number, why in enumerate(notes, 1))
    for field in resource.walk():
        for tier in tiers:
            if words := _words(field.rules[tier]):
                pairs = [
                    f"{_code(old)} from {' or '.join(map(_code, new))}"
                    for old, new in words.items()
                ]
                pairs += [
                    f"{_code(word)} never" for word in field.words if word not in words
                ]
                yield f"Values of `{field.name}` on {tier}: {', '.join(pairs)}."


def _noted(cell: str, notes: Sequence[str]) -> str:
    """Return a cell in which repeated reasons are replaced by the numbers of their notes."""
    for number, why in enumerate(notes, 1):
        cell = cell.replace(why, f"({number})")
    return cell


def _rows(
    resource: Resource, tiers: Sequence[str], outer: str = "", *, levels: bool = True
) -> Iterator[tuple[str, ...]]:
    """Yield a row for each field, including those of nested objects.

    ``regions[].name`` is the name of each region.
    """
    for field in resource.fields:
        name = f"{outer}{field.name}"
        cells = [
            _rules(field, field.rules[tier], levels=levels) or "as given"
            for tier in tiers
        ]
        yield (_code(name), *cells)
        known = [
            rule
            for tier in tiers
            for rule in field.rules[tier]
            if rule.fidelity is not Fidelity.ABSENT
        ]
        if field.of is not None and known:
            yield from _rows(
                field.of,
                tiers,
                f"{name}{'[]' if field.type == 'objects' else ''}.",
                levels=levels,
            )
    if resource.rest:
        less = (
            f", except {', '.join(map(_code, resource.without))}"
            if resource.without
            else ""
        )
        yield (f"`{outer}*`", *[f"all other members unchanged{less}"] * len(tiers))


def _words(rules: Sequence[Rule]) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for rule in rules:
        for said, means in (
            rule.verb.values.items() if isinstance(rule.verb, Values) else ()
        ):
            found.setdefault(
                means if isinstance(means, str) else json.dumps(means), []
            ).append(said)
    return found


def _rules(field: Field, rules: Sequence[Rule], *, levels: bool = False) -> str:
    """Return one cell: each rule with its condition, its level, its source, and its reason."""
    cell = []
    for rule in rules:
        condition = (
            f"when {in_words(rule.when)}: "
            if rule.when
            else "else: "
            if len(rules) > 1
            else ""
        )
        told = " ".join(filter(None, (value(field.name, rule), rule.why)))
        if not levels and len(rules) > 1:
            told = told or ("as given." if isinstance(rule.verb, From) else "not sent.")
        if levels:
            told = (
                f"**{rule.fidelity.value}**: {told}"
                if told
                else f"**{rule.fidelity.value}**"
            )
        cell.append(condition + told)
    return "<br>".join(cell)


def value(name: str, rule: Rule) -> str:
    """Return the source of a rule's value in words."""
    verb = rule.verb
    named, told = {*verb.sources}, verb.how(name)
    match verb:
        case Values():
            told = f"{From(sources=verb.sources).how(name)}, translated (see below)"
        case Group(members=members) | Keyed(members=members):
            named |= {*members}
    if isinstance(verb, From) and verb.drop:
        told += (
            f", except {' and '.join(map(json.dumps, verb.drop))}, which means unknown"
        )
    if isinstance(verb, Parameter):
        named.add(verb.parameter)
    known = sorted(named, key=len, reverse=True)
    names = "|".join(map(re.escape, known))
    if names:
        told = re.sub(
            rf"(?<![\w.])(?:{names})(?!\.?\w)", lambda found: _code(found[0]), told
        )
    told = told.removeprefix(", ")
    return f"{told}." if told else ""


def _code(text: str) -> str:
    return f"`{text}`"


def _shared(rows: Iterable[Sequence[str]]) -> list[tuple[str, ...]]:
    """Return the rows, merging those that differ only in the name."""
    names: dict[tuple[str, ...], list[str]] = {}
    for name, *cells in rows:
        names.setdefault(tuple(cells), []).append(name)
    return [(", ".join(said), *cells) for cells, said in names.items()]
