"""Generated functions that write the items of a list at once, a column at a time: one for each kind of items.

Unusual items (a value of another type, a text that JSON writes with an escape, a rule that looks at each item) are
left to the functions that translate an item at a time (``translate``), whose answer and record are the same.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Mapping, Sequence
from contextlib import suppress
from functools import lru_cache, partial
from operator import itemgetter
from typing import Any

import attrs

from shim.core.messages import FieldReport
from shim.core.rules import TranslationContext, TranslationReport
from shim.core.translate import Translator, generated, reports
from shim.documents.fields import Rule
from shim.documents.script import HELP, Columns, Unusual, json_text
from shim.documents.vocabulary import Json

KINDS = 64
"""Kinds of items that have functions, of one list; Atlas has a few."""

NAMES = 4000
"""Characters of a kind's key."""

Write = Callable[[Sequence[Json], float], list[str]]
"""A function that writes items, given the time in seconds since the epoch, in as many pieces for each as its kind has.

The first piece of an item begins with a comma. It raises Unusual for an unusual value, and KeyError for an item of
another kind."""
WriteItems = Callable[[Sequence[Json], float], tuple[list[str], int, tuple[FieldReport, ...]] | None]
"""A function that writes items of all kinds, in their order: it returns the pieces, how many each item has, and what
the fields are; None for an unusual item."""


@attrs.frozen(eq=False)
class Kind:
    """A kind of items: they have the same members, and the same words where conditions look.

    ``begin`` takes what a call is translated with, and returns the function that writes them, in ``pieces`` for each.
    ``ranks`` have what sorts them, the last key first: by a member, and backwards if True stands beside its name. By
    field: ``chosen`` has the number of its rule, and how many it has; ``left_out`` the rule that gives no value. An
    item with all members that a ``complete`` kind looks at is of that kind.
    """

    begin: Callable[[TranslationContext], Write]
    pieces: int
    ranks: Mapping[tuple[str, bool], Callable[[Any], Any]]
    complete: bool
    chosen: Sequence[tuple[str, int, int]]
    left_out: Sequence[tuple[str, Rule]]


def _make_kind(title: str, translator: Translator, order: Sequence[str], columns: Columns) -> Kind:
    """Return a kind; raises Unusual if a rule can't write it."""
    chosen, left_out = list[tuple[str, int, int]](), list[tuple[str, Rule]]()
    around, between, comma = ["',{'"], list[str](), ""
    for field, rules in translator.fields:
        number, rule = next((number, rule) for number, rule in enumerate(rules) if columns.holds(rule.when))
        if len(rules) > 1:
            chosen.append((field.name, number, len(rules)))
        part = rule.verb.column(columns, field)
        if part is None:
            left_out.append((field.name, rule))
        elif part:
            if "." in field.name:
                raise Unusual
            around[-1] += f" + {comma + json_text(field.name) + ':'!r} + {part[0]}"
            between += part[1::2]
            around += part[2::2]
            comma = ","
    around[-1] += " + '}'"
    members = {f"c{number}": member for number, member in enumerate(columns.sources)}
    ranks = dict[tuple[str, bool], Callable[[Any], Any]]()
    for key in reversed(order):
        member = members.get(columns.places.get(key.removeprefix("-"), ""))
        if member is None:
            raise Unusual
        ranks[member, key.startswith("-")] = itemgetter(member)
    if not between:
        raise Unusual
    get = itemgetter(*columns.sources) if len(columns.sources) > 1 else lambda item: (item[columns.sources[0]],)
    look = columns.name("look", get)
    pieces = len(around) + len(between)
    lines = [
        "def begin(context):",
        f"    form = [''] * {pieces}",
        *(f"    form[{2 * number}] = {expression}" for number, expression in enumerate(around)),
        "    def write(items, now):",
        f"        {', '.join(members)}, = zip(*map({look}, items))",
        f"        if not ({columns.condition()}):",
        "            raise Unusual",
        *(f"        {line}" for line in columns.lines),
        "        made = form * len(items)",
        *(f"        made[{2 * number + 1}::{pieces}] = {column}" for number, column in enumerate(between)),
        "        return made",
        "    return write",
    ]
    begin, _ = generated(title, lines, {**HELP, **columns.names})
    return Kind(begin, pieces, ranks, not columns.lacks, chosen, left_out)


def _fields_of(translator: Translator, counts: tuple[tuple[Kind, int], ...]) -> tuple[FieldReport, ...]:
    """Return the fields' fidelity over the items of some kinds."""
    report = TranslationReport()
    for kind, items in counts:
        for name, number, rules in kind.chosen:
            report.counts(name, rules)[number] += items
        for name, rule in kind.left_out:
            report.left_out.setdefault(name, []).extend([(rule, None)] * items)
    return reports(translator, report, sum(items for _, items in counts))


@attrs.frozen(eq=False)
class ItemsWriter:
    """What writes one list's items on one tier and API; ``asked`` are the members whose words conditions look at."""

    title: str
    parameters: Sequence[str]
    order: Sequence[str]
    api: str
    translator: Translator
    asked: tuple[str, ...] = attrs.field(init=False)
    _kinds: dict[Hashable, Kind | None] = attrs.field(factory=dict, init=False, repr=False)
    _reported: Callable[..., tuple[FieldReport, ...]] = attrs.field(init=False, repr=False)

    @_reported.default
    def _fields(self) -> Callable[..., tuple[FieldReport, ...]]:
        return lru_cache(maxsize=KINDS)(partial(_fields_of, self.translator))

    @asked.default
    def _asked(self) -> tuple[str, ...]:
        conditions = [rule.when for _, rules in self.translator.fields for rule in rules if rule.when is not None]
        return tuple(dict.fromkeys(when.source for when in conditions if when.given is None))

    def begin(self, context: TranslationContext) -> WriteItems:
        """Return the function that writes the items of one call's list."""
        begun: dict[Kind, Write] = {}

        def write_kind(kind: Kind, items: Sequence[Json], now: float) -> list[str]:
            made = begun.get(kind) or begun.setdefault(kind, kind.begin(context))
            return made(items, now)

        def write(items: Sequence[Json], now: float) -> tuple[list[str], int, tuple[FieldReport, ...]] | None:
            try:
                kind = self._kind(self._key_of(items[0]))
                for (_, backwards), rank in kind.ranks.items():
                    items = sorted(items, key=rank, reverse=backwards)
                if kind.complete:
                    with suppress(KeyError, Unusual):  # perhaps the items are of several kinds
                        return write_kind(kind, items, now), kind.pieces, self._reported(((kind, len(items)),))
                places: dict[tuple[Any, ...], list[int]] = {}
                for place, item in enumerate(items):
                    places.setdefault(self._key_of(item), []).append(place)
                texts, counts = [""] * len(items), dict[Kind, int]()
                for key, where in places.items():
                    kind, ranks = self._kind(key), kind.ranks
                    if kind.ranks.keys() != ranks.keys():
                        return None
                    counts[kind] = len(where)
                    made = write_kind(kind, [items[place] for place in where], now)
                    for number, place in enumerate(where):
                        texts[place] = "".join(made[number * kind.pieces : (number + 1) * kind.pieces])
            except (KeyError, TypeError, ValueError, Unusual):
                return None
            return texts, 1, self._reported(tuple(counts.items()))

        return write

    def _key_of(self, item: Json) -> tuple[Any, ...]:
        """Return the key of an item's kind: its members and words; raises Unusual if it is not an object."""
        if type(item) is not dict:
            raise Unusual
        return (tuple(item), *[item.get(name) for name in self.asked])

    def _kind(self, key: tuple[Any, ...]) -> Kind:
        """Return the kind with a key; raises Unusual if it can't be written, TypeError if it has no word."""
        kind = self._kinds.get(key)
        if kind is None and key not in self._kinds:
            members, *words = key
            if len(self._kinds) >= KINDS or len(str(key)) > NAMES:
                raise Unusual
            columns = Columns(self.parameters, self.api, members, dict(zip(self.asked, words, strict=True)))
            with suppress(Unusual):
                kind = _make_kind(f"{self.title} {len(self._kinds)}", self.translator, self.order, columns)
            self._kinds[key] = kind
        if kind is None:
            raise Unusual
        return kind
