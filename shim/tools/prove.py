"""The proof of one read: each field of the shim's answer, beside what the successor's own answer says of it.

What the rules of a document read is looked up anew here, in an answer that the shim had no part in.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

import attrs

from shim.core.messages import Dropped, Record
from shim.documents.calls import Successor
from shim.documents.fields import BARE, Resource, Rule, When
from shim.documents.model import Operation
from shim.documents.sources import NoValue, look_up, parse_source
from shim.documents.vocabulary import Fidelity, parse_time
from shim.documents.ways import From

MISSING = NoValue.MISSING
_RESULTS = "results"
_MISSES = "it is missing"
_SAME = {Fidelity.EXACT, Fidelity.RENAMED}
_VERSION = re.compile(r"\d+(\.\d+)*")


@attrs.frozen
class Beside:
    """One field in one item: its name in the legacy answer, both values (MISSING if there is none), and what is wrong.

    ``source`` is where the new value stands, empty if the field has none; ``wrong`` is empty if all is as documented.
    """

    name: str
    level: str
    old: Any
    source: str
    new: Any
    why: str
    wrong: str


@attrs.frozen
class Proof:
    """What one read shows: ``fields`` of all items, ``problems`` of the whole, without a value, and what was left out.

    ``dropped`` are values that do not fit, ``leaves`` the names of members that the old answer had no place for.
    """

    fields: tuple[Beside, ...]
    problems: tuple[str, ...]
    dropped: tuple[Dropped, ...]
    leaves: tuple[str, ...]


def proof(operation: Operation, record: Record, made: Any, own: dict[str, list[Any]]) -> Proof:
    """Compare the shim's answer with the successor's own answers, its pages by tier."""
    fields, problems, leaves = list[Beside](), list[str](), list[str]()
    told = {report.name: report.why for report in record.fields}
    old_items, paired, count = _items(operation, made), 0, 0
    for tier, documents in own.items():
        successor = operation.successors[tier]
        target = successor.only
        new_items = [item for one in documents for item in _items(operation, one, bare=bool(target and target.bare))]
        count += len(new_items)
        pairs = _pairs(successor, old_items, new_items)
        paired += len(pairs)
        for old, new in pairs:
            rows = _beside(successor.resource, tier, old, new)
            fields += (
                attrs.evolve(one, wrong=told.get(one.name) or _MISSES) if one.wrong == _MISSES else one for one in rows
            )
        if not successor.resource.rest:
            read = _names_read(successor)
            leaves += sorted({name for item in new_items if isinstance(item, dict) for name in item} - read)
    if paired < len(old_items):
        problems.append(
            f"{len(old_items) - paired} of {len(old_items)} items have none beside them in the successor's own answer"
        )
    total = made.get("totalCount") if isinstance(made, dict) and operation.shape == "page" else None
    if total is not None and total != count:
        problems.append(f"totalCount is {total}, and the successor's own answer has {count}")
    return Proof(tuple(fields), tuple(problems), record.dropped, tuple(dict.fromkeys(leaves)))


def _items(operation: Operation, document: Any, *, bare: bool = False) -> list[Any]:
    if operation.shape == "one":
        return [{BARE: document} if bare else document]
    if isinstance(document, dict):
        document = document.get(_RESULTS)
    return document if isinstance(document, list) else []


def _names_read(successor: Successor) -> set[str]:
    rules = [rule for field in successor.resource.fields for rule in field.rules[successor.tier]]
    sources = [source for rule in rules for source in (*rule.sources, *rule.looked_at)]
    return {str(parse_source(source)[0]) for source in sources}


def _pairs(successor: Successor, old: Sequence[Any], new: Sequence[Any]) -> list[tuple[Any, Any]]:
    """Return the items of both answers that are of one thing: by a text that is unique, else by their places."""
    for field in sorted(successor.resource.fields, key=lambda one: one.name not in {"id", "name"}):
        (rule, *others) = field.rules[successor.tier]
        if field.type != "string" or others or type(rule.verb) is not From or field.words:
            continue
        by_word = {_taken(one, rule)[1]: one for one in new}
        words = [look_up(one, field.name.split(".")) for one in old]
        if len(by_word) == len(new) and len({*words}) == len(old) and MISSING not in {*words, *by_word}:
            return [(one, by_word[word]) for one, word in zip(old, words, strict=True) if word in by_word]
    return list(zip(old, new, strict=True)) if len(old) == len(new) else []


def _beside(resource: Resource, tier: str, old: Any, new: Any) -> Iterator[Beside]:
    """Yield each field of one object with the values of both sides, those of objects in it after it."""
    for field in resource.fields:
        rule = next((one for one in field.rules[tier] if one.when is None or _holds(one.when, new)), None)
        was = look_up(old, field.name.split("."))
        source, said = ("", MISSING) if rule is None else _taken(new, rule)
        is_taken = rule is not None and type(rule.verb) is From
        level, wrong = rule.fidelity if rule else Fidelity.ABSENT, ""
        if was is MISSING and level is not Fidelity.ABSENT:
            wrong = _MISSES
        elif is_taken and field.of is None and field.type != "links" and level in _SAME and was != said:
            wrong = "the values differ"
        yield Beside(field.name, level.value, was, source, said, rule.why if rule else "", wrong)
        inner = f"{field.name}{'[]' if field.type == 'objects' else ''}."
        both = [one if isinstance(one, list) else [one] for one in (was, said)]
        if field.of is not None and is_taken and len(both[0]) == len(both[1]):
            for one, other in zip(*both, strict=True):
                if isinstance(one, dict) and isinstance(other, dict):
                    yield from (attrs.evolve(row, name=inner + row.name) for row in _beside(field.of, tier, one, other))


def _taken(item: Any, rule: Rule) -> tuple[str, Any]:
    """Return the first source of a rule that has a value, and that value."""
    for source in rule.sources:
        if (value := look_up(item, parse_source(source))) not in (MISSING, None):
            return source, value
    return (rule.sources[0] if rule.sources else ""), MISSING


def _holds(when: When, item: Any) -> bool:
    word = look_up(item, parse_source(when.source))
    if when.given is not None:
        return when.given == (word is not MISSING and word is not None)
    return when.negated != (type(word) in {str, bool} and word in when.words)


def known_words(operation: Operation) -> frozenset[str]:
    """Return the words that the operation's documents know, which name nobody."""
    words = set[str]()
    for successor in operation.successors.values():
        for field in successor.resource.walk():
            words.update(field.words)
            for rule in field.rules[successor.tier]:
                words.update(_texts(attrs.asdict(rule.verb)))
    return frozenset(words)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for pair in value.items():
            yield from _texts(pair)
    elif isinstance(value, list | tuple | set | frozenset):
        for one in value:
            yield from _texts(one)


class Mask:
    """Puts a number in the place of each text that may name somebody; the same text gets the same number."""

    def __init__(self, words: frozenset[str]) -> None:
        self.words = words
        self.numbers = Counter[str]()

    def __call__(self, value: Any) -> Any:
        """Return a JSON value with names, ids and addresses masked; times, versions and known words stay."""
        if isinstance(value, dict):
            return {name: self(one) for name, one in value.items()}
        if isinstance(value, list):
            return [self(one) for one in value]
        if not isinstance(value, str) or value in self.words or parse_time(value) or _VERSION.fullmatch(value):
            return value
        return f"text {self.numbers.setdefault(value, len(self.numbers) + 1)}"
