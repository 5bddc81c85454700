"""Compare a retired read with the successor's own answer, field by field.

The sources of a document's rules are looked up again here, in an answer that the shim
had no part in.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import attrs

from shim.core.messages import Record
from shim.documents.calls import Successor
from shim.documents.fields import BARE, Field, Resource, Rule
from shim.documents.model import Operation
from shim.documents.sources import NoValue, look_up, parse_source
from shim.documents.vocabulary import Fidelity
from shim.documents.ways import From

MISSING = NoValue.MISSING
_SAME = {Fidelity.EXACT, Fidelity.RENAMED}


@attrs.frozen
class Beside:
    """One field in one item, with both values; MISSING if there is none."""

    name: str
    """In the legacy answer."""
    level: str
    old: Any
    source: str
    """The path of the new value, empty if the field has none."""
    new: Any
    why: str
    wrong: str
    """Empty if all is as documented."""


@attrs.frozen
class Proof:
    """The result for one read."""

    target: str
    """The legacy request target."""
    record: Record
    """What the shim sent and left out."""
    fields: Mapping[str, Sequence[Beside]]
    """The fields of all items, by name."""
    problems: Sequence[str]
    """The fields of the whole answer, without a value."""


def proof_of(
    operation: Operation,
    target: str,
    record: Record,
    made: Any,
    own: Mapping[str, Sequence[Any]],
) -> Proof:
    """Compare the shim's answer with the successor's own answers, its pages by tier."""
    rows = dict[str, list[Beside]]()
    problems = list[str]()
    told = {report.name: report.why for report in record.fields}
    old_items = _items(operation, made)
    paired = 0
    count = 0
    for tier, pages in own.items():
        successor = operation.successors[tier]
        bare = successor.only is not None and successor.only.bare
        new_items = []
        for page in pages:
            new_items.extend(_items(operation, page, bare=bare))
        pairs = _pairs(successor, old_items, new_items)
        paired = paired + len(pairs)
        count = count + len(new_items)
        for row in (
            row
            for both in pairs
            for row in _beside(successor.resource, tier, both, told)
        ):
            rows.setdefault(row.name, []).append(row)
    if lone := len(old_items) - paired:
        problems.append(
            f"{lone} of {len(old_items)} items have no counterpart in the successor's own response"
        )
    if isinstance(made, dict) and operation.shape == "page":
        total = made.get("totalCount")
    else:
        total = None
    if total is not None and total != count:
        problems.append(
            f"totalCount is {total}, and the successor's own answer has {count}"
        )
    return Proof(target, record, rows, problems)


def _items(operation: Operation, document: Any, *, bare: bool = False) -> list[Any]:
    if operation.shape == "one":
        return [{BARE: document} if bare else document]
    if isinstance(document, dict):
        document = document.get("results")
    if isinstance(document, list):
        return document
    return []


def _pairs(
    successor: Successor, old: Sequence[Any], new: Sequence[Any]
) -> list[tuple[Any, Any]]:
    """Return the pairs of items that are about the same thing.

    They are matched by a text that is unique, else by their places.
    """
    for field in sorted(
        successor.resource.fields, key=lambda one: one.name not in {"id", "name"}
    ):
        (rule, *others) = field.rules[successor.tier]
        if (
            field.type != "string"
            or others
            or type(rule.verb) is not From
            or field.words
        ):
            continue
        by_word = {_taken(one, rule)[1]: one for one in new}
        words = [look_up(one, field.name.split(".")) for one in old]
        are_unique = len(by_word) == len(new) and len({*words}) == len(old)
        if are_unique and MISSING not in {*words, *by_word}:
            found = []
            for one, word in zip(old, words, strict=True):
                if word in by_word:
                    found.append((one, by_word[word]))
            return found
    if len(old) == len(new):
        return list(zip(old, new, strict=True))
    return []


def _beside(
    resource: Resource,
    tier: str,
    both: tuple[Any, Any],
    told: Mapping[str, str],
    outer: str = "",
) -> Iterator[Beside]:
    """Yield each field of one object with the values of both sides.

    Fields of objects in it come after it. ``told`` has the record's notes on fields,
    and ``outer`` the path before the names of these.
    """
    old, new = both
    for field in resource.fields:
        name = f"{outer}{field.name}"
        rules = field.rules[tier]
        holding = (one for one in rules if one.when is None or one.when.holds(new))
        rule = next(holding, None)
        was = look_up(old, field.name.split("."))
        source = ""
        said: Any = MISSING
        if rule is not None:
            source, said = _taken(new, rule)
        is_taken = rule is not None and type(rule.verb) is From
        level = rule.fidelity if rule else Fidelity.ABSENT
        wrong = ""
        if was is MISSING and level is not Fidelity.ABSENT:
            wrong = told.get(name) or "it is missing"
        elif is_taken and level in _SAME and not _has_others(field) and was != said:
            wrong = "the values differ"
        why = rule.why if rule else ""
        yield Beside(name, level.value, was, source, said, why, wrong)
        olds = was if isinstance(was, list) else [was]
        news: list[Any] = said if isinstance(said, list) else [said]
        if field.of is not None and is_taken and len(olds) == len(news):
            inner = f"{name}{'[]' if field.type == 'objects' else ''}."
            for pair in zip(olds, news, strict=True):
                if all(isinstance(one, dict) for one in pair):
                    yield from _beside(field.of, tier, pair, told, inner)


def _has_others(field: Field) -> bool:
    """Return whether a field has objects or links.

    Their values are different on each side.
    """
    return field.of is not None or field.type == "links"


def _taken(item: Any, rule: Rule) -> tuple[str, Any]:
    """Return the first source of a rule that has a value, and that value."""
    for source in rule.sources:
        if (value := look_up(item, parse_source(source))) not in (MISSING, None):
            return source, value
    return (rule.sources[0] if rule.sources else ""), MISSING


def example_of(every: Sequence[Beside]) -> Beside:
    """Return the row of a wrong field if there is one, or else one with an old value."""
    return max(every, key=lambda one: (bool(one.wrong), one.old is not MISSING))
